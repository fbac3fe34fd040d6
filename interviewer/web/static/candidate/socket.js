// The same messages as on the data channel, by WebSocket: for networks that let no sound through.

import { atNode, nodeQuery, unpin } from "./node.js";
import { Refused, sentOn } from "./requests.js";

const REFUSED = 4400;
const OPEN_MS = 15000; // a machine that is gone says nothing, and browsers wait for minutes

export class Socket {
  carriesSound = false;
  onmessage = () => {};
  onclosed = () => {};
  #socket = null;
  #closed = false;

  /** Resolves when messages can be sent. Throws Refused, or TypeError where the server could not be reached. */
  open(base, tab) {
    const url = new URL(atNode(`${base}/control`), location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("tab", tab);
    if (nodeQuery()) url.searchParams.set("node", nodeQuery());
    return new Promise((resolve, reject) => {
      let refusal = null;
      this.#socket = new WebSocket(url);
      const late = setTimeout(() => this.#socket.close(), OPEN_MS);
      this.#socket.addEventListener("message", (event) => {
        const message = JSON.parse(event.data);
        if (message.t === "refused") refusal = message;
        else this.onmessage(message);
      });
      this.#socket.addEventListener("open", () => {
        clearTimeout(late);
        // A refusal follows the opening at once; a moment decides which it is.
        setTimeout(() => resolve(), 300);
      });
      this.#socket.addEventListener("close", (event) => {
        if (event.code === REFUSED && refusal) {
          sentOn(refusal);
          reject(new Refused(refusal, 10));
        } else {
          unpin();
          reject(new TypeError("the server could not be reached"));
        }
        this.#end();
      });
    });
  }

  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  async soundCame() {
    return false;
  }

  #end() {
    if (this.#closed) return;
    this.#closed = true;
    this.onclosed();
  }

  close() {
    this.#closed = true;
    this.#socket?.close();
  }
}
