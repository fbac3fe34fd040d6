// Kept chunks go to the server, two at a time, each until the server has it or will never take it. The sound goes
// first, and one of the two takes nothing else; the camera's chunks leave the network free for as long as each took.

import { CAMERA, hex } from "./chunk_store.js";
import { Refused, postJson, send } from "./requests.js";

const FIRST_WAIT_MS = 500;
const LAST_WAIT_MS = 30000;
const GIVE_UP_MS = 30000; // of one try; a request on a dead network would hang for minutes
const HANGS_MS = 3000; // of one that was under way before the network was back: nobody may be there to answer it

export class Uploader {
  #base;
  #store;
  #busy = new Set();
  #idle = new Set(); // wait for something to send
  #late = new Set(); // wait before another try
  #polite = new Set(); // waits after a chunk of the camera
  #underWay = new Map(); // what ends a try, and when that began
  #tries = 0; // since something got through
  #ended = false;
  #told = false; // the server has the manifest

  constructor(base, store) {
    this.#base = base;
    this.#store = store;
    window.addEventListener("online", () => this.retry());
  }

  start() {
    this.#run(true);
    this.#run(false);
  }

  /** There is something new to send. */
  wake() {
    release(this.#idle);
  }

  /** The network is back: try again now. A chunk that arrives twice is taken once. */
  retry() {
    this.#tries = 0;
    for (const [controller, began] of this.#underWay) if (performance.now() - began > HANGS_MS) controller.abort();
    release(this.#late);
  }

  /** Nothing more is recorded in this interview: tell the server what there is, once all of the sound was sent. */
  end() {
    this.#ended = true;
    release(this.#polite);
    this.wake();
  }

  async #run(soundAlone) {
    for (;;) {
      const chunk = await this.#store.next(this.#busy, soundAlone);
      if (chunk) await this.#send(chunk);
      else if (!this.#ended || this.#sends(soundAlone)) await pause(this.#idle);
      else if (soundAlone) {
        if (await this.#sendManifest()) {
          this.#told = true;
          this.wake();
          return;
        }
      } else if (this.#told) {
        await this.#store.forget();
        return;
      } else await pause(this.#idle);
    }
  }

  #sends(soundAlone) {
    return [...this.#busy].some((key) => !soundAlone || !key.split("/")[1].startsWith(CAMERA));
  }

  async #send(chunk) {
    const key = [chunk.interview, chunk.stretch, chunk.number].join("/");
    const began = performance.now();
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), GIVE_UP_MS);
    this.#underWay.set(limit, began);
    this.#busy.add(key);
    try {
      await send("PUT", `${this.#base}/recording/${chunk.stretch}/${chunk.number}`, chunk.type, chunk.bytes, {
        headers: { "Content-Digest": `sha-256=:${base64(chunk.sha256)}:`, "Stretch-At": String(chunk.at) },
        signal: limit.signal,
      });
      this.#tries = 0;
      await this.#store.remove(chunk);
    } catch (error) {
      if (forGood(error)) await this.#store.remove(chunk);
      else await pause(this.#late, this.#wait(error));
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(limit);
      this.#busy.delete(key);
      if (this.#ended) this.wake();
    }
    if (chunk.stretch.startsWith(CAMERA) && !this.#ended) await pause(this.#polite, performance.now() - began);
  }

  /** Whether the server has it, or will not. */
  async #sendManifest() {
    const known = await this.#store.stretches();
    const stretches = await Promise.all(
      known.map(async ({ stretch, type, at, hashes }) => {
        const sha256 = await hex(new TextEncoder().encode(hashes.join("\n")));
        return { stretch, media_type: type, at, chunks: hashes.length, sha256 };
      }),
    );
    try {
      if (stretches.length > 0) await postJson(`${this.#base}/recording`, { stretches }, { within: GIVE_UP_MS });
    } catch (error) {
      if (!forGood(error)) {
        await pause(this.#late, this.#wait(error));
        return false;
      }
    }
    return true;
  }

  #wait(error) {
    this.#tries += 1;
    const grown = Math.min(LAST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(this.#tries, 10));
    const asked = error instanceof Refused ? 1000 * error.retryAfter : 0;
    return Math.max(asked, grown * (0.5 + Math.random() / 2));
  }
}

/** Until released, or for that long. */
function pause(waiting, ms = null) {
  return new Promise((resolve) => {
    waiting.add(resolve);
    if (ms !== null) setTimeout(resolve, ms);
  });
}

function release(waiting) {
  for (const resolve of waiting) resolve();
  waiting.clear();
}

/** The server said no and will say so again. */
function forGood(error) {
  if (!(error instanceof Refused)) return false;
  const { status, code } = error.problem;
  return code !== "unknown" && status >= 400 && status < 500 && ![408, 425, 429].includes(status);
}

function base64(hexDigits) {
  return btoa(String.fromCharCode(...hexDigits.match(/../g).map((pair) => parseInt(pair, 16))));
}
