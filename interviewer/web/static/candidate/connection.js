// The connection to the interview, kept up: WebRTC first, a WebSocket where that finds no path, again when it is lost.
//
//   connecting -> open -> lost -> (again) open
//              -> waiting -> entering -> open: the lobby, where Melvin is with others
//              -> moving -> open: this process is about to stop, the next one or another node goes on
//                      -> superseded: another tab took over; start() takes it back
//                      -> ended: the interview is over, or the link is no longer good

import { randomName } from "./names.js";
import { know, nodeQuery, unpin } from "./node.js";
import { NoPath, Peer } from "./peer.js";
import { Refused, postJson } from "./requests.js";
import { Socket } from "./socket.js";

const PING_MS = 1000;
const LOST_MS = 3000; // without anything from the server: a bad network is not a lost one
const UNANSWERED_MS = 10000; // what we send may be lost while what we get is not
// A node that fell silent is asked again, but not waited for as one that lives. Whether it does, the others know: ten
// seconds after its last heartbeat, which is when the first of these is over. Where they say that it lives, it has longer.
const SILENT_MS = [6500, 8000];
const LOBBY_MS = 40000; // the server answers within 20 s; a request without an answer by then is lost
const WAITS_MS = [0, 500, 1000, 2000, 4000, 8000];

export class Connection {
  state = "idle";
  onstate = () => {}; // (state, detail)
  onmessage = () => {};
  onvoice = () => {};
  onpong = () => {}; // (pong, when its ping was sent, when it came), in ms of performance.now()
  /** Sent as soon as a connection stands, before anything else. */
  hello = () => ({ t: "hello", audio: false });
  soundBlocked = false; // no path for sound was found: the socket is used until somebody wants to try again
  #config;
  #stream = () => null;
  #tab = randomName(); // this load of the page
  #way = null;
  #lost = null; // a way that was given up: what is said may still get through, so it stays until another stands
  #timer = null;
  #round = 0;
  #wake = () => {};
  #ping = 0;
  #moving = false; // until a connection stands again
  #asking = null; // ends the question for the place in the lobby
  #unanswered = 0; // when the oldest ping without a pong was sent
  #sent = new Map(); // when each ping was sent, by its number
  #heard = 0; // when anything last came

  constructor(config, stream) {
    this.#config = config;
    this.#stream = stream;
    know(config.nodes ?? []);
    window.addEventListener("online", () => this.#wake());
  }

  get carriesSound() {
    return this.state === "open" && this.#way.carriesSound;
  }

  /** Connect, or connect anew (another microphone, sound wanted again). Resolves when it stands or has ended. */
  async start() {
    const round = ++this.#round;
    const limits = this.state === "lost" ? [...SILENT_MS] : [];
    this.#drop();
    if (this.state === "lost" || this.#moving) this.#away();
    else if (this.state !== "waiting") this.#set("connecting");
    for (let attempt = 0; round === this.#round; attempt += 1) {
      await this.#pause(WAITS_MS[Math.min(attempt, WAITS_MS.length - 1)]);
      if (round !== this.#round) return;
      try {
        const way = await this.#open(nodeQuery() ? limits.shift() : undefined);
        if (round !== this.#round) return way.close();
        return this.#stands(way);
      } catch (error) {
        if (round !== this.#round || (await this.#refused(error, round))) return undefined;
        if (this.state === "entering") attempt = -1;
      }
    }
    return undefined;
  }

  /** `within`: ms in which the offer has to be answered; undefined: as long as any request. */
  async #open(within) {
    if (this.soundBlocked) return this.#openSocket();
    const peer = this.#prepared(new Peer(this.#config, this.#stream()));
    peer.onvoice = (stream) => this.onvoice(stream);
    try {
      await peer.open(`${this.#config.base}/offer`, this.#tab, within);
      return peer;
    } catch (error) {
      peer.close();
      const blocked = error instanceof NoPath || (error instanceof Refused && error.problem.code === "bad-offer");
      if (!blocked) throw error;
      try {
        const socket = await this.#openSocket();
        this.soundBlocked = true;
        return socket;
      } catch (refused) {
        if (inLobby(refused)) this.soundBlocked = true; // wait as who types; sound would not get through either
        throw refused;
      }
    }
  }

  async #openSocket() {
    const socket = this.#prepared(new Socket());
    await socket.open(this.#config.base, this.#tab);
    return socket;
  }

  #prepared(way) {
    way.onmessage = (message) => this.#receive(way, message);
    way.onclosed = () => {
      if (way === this.#way) this.#lose();
    };
    return way;
  }

  #stands(way) {
    this.#way = way;
    this.#moving = false;
    this.#unanswered = 0;
    this.#heard = performance.now();
    way.send(this.hello(way.carriesSound));
    this.#timer = setInterval(() => this.#beat(way), PING_MS);
    this.#forget();
    this.#sent.clear();
    this.#set("open");
    this.#beat(way);
  }

  async #beat(way) {
    if (await way.soundCame()) this.#heard = performance.now();
    if (way !== this.#way) return;
    const now = performance.now();
    const waited = this.#unanswered ? now - this.#unanswered : 0;
    if (waited > UNANSWERED_MS || (waited > LOST_MS && now - this.#heard > LOST_MS)) {
      this.#lose();
      return;
    }
    this.#ping += 1;
    if (!way.send({ t: "ping", n: this.#ping })) return;
    this.#sent.set(this.#ping, now);
    this.#unanswered ||= now;
  }

  #receive(way, message) {
    if (way === this.#way) this.#heard = performance.now();
    if (message.t === "pong") {
      this.#unanswered = 0;
      this.onpong(message, this.#sent.get(message.n), performance.now());
      this.#sent.clear();
    } else if (message.t === "superseded") {
      this.#stop("superseded");
    } else if (message.t === "moving") {
      this.#moving = true; // he hears nothing from now on, and says when the next one may be asked
      if (way === this.#way) this.#away();
    } else if (message.t === "reconnect") {
      this.#moving = true;
      unpin();
      if (way === this.#way) this.#lose();
    } else if (message.t === "finished") {
      this.#stop("ended", { next: message.next });
    } else {
      this.onmessage(message);
    }
  }

  /** Whether this ends it all; else another try follows. */
  async #refused(error, round) {
    if (inLobby(error)) {
      try {
        return await this.#wait(error.problem, round);
      } catch (another) {
        return round !== this.#round || this.#refused(another, round);
      }
    }
    if (!(error instanceof Refused)) {
      this.#away();
      return false;
    }
    const { status, code, next } = error.problem;
    if (code === "restarting" || code === "elsewhere") {
      this.#moving = true;
      this.#away();
      if (status === 503) await this.#pause(1000 * (error.retryAfter || 2));
      return false;
    }
    if (next || [404, 409, 410].includes(status)) {
      this.#stop("ended", { next, problem: error.problem });
      return true;
    }
    this.#set("busy", { problem: error.problem });
    await this.#pause(1000 * (error.retryAfter || 5));
    return false;
  }

  /** In the lobby until it is this candidate's turn; true where something else was begun meanwhile. */
  async #wait({ place, minutes, typing }, round) {
    let knows = { place, minutes, typing };
    for (;;) {
      this.#set("waiting", { place: knows });
      const sound = this.#stream() !== null && !this.soundBlocked;
      const asking = new AbortController();
      this.#asking = asking;
      const options = { signal: asking.signal, within: LOBBY_MS };
      const { enter, ...told } = JSON.parse(await postJson(`${this.#config.base}/lobby`, { sound, knows }, options));
      if (round !== this.#round) return true;
      if (enter) {
        this.#set("entering");
        return false;
      }
      knows = told;
    }
  }

  #lose() {
    this.#forget();
    this.#lost = this.#way;
    this.#way = null;
    this.#drop();
    this.#away();
    this.start();
  }

  #stop(state, detail = {}) {
    this.#round += 1;
    this.#forget();
    this.#drop();
    this.#set(state, detail);
  }

  #drop() {
    clearInterval(this.#timer);
    this.#asking?.abort();
    const way = this.#way;
    this.#way = null;
    way?.close();
  }

  #away() {
    this.#set(this.#moving ? "moving" : "lost");
  }

  #forget() {
    this.#lost?.close();
    this.#lost = null;
  }

  #pause(ms) {
    return new Promise((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, ms);
    });
  }

  #set(state, detail = {}) {
    this.state = state;
    this.onstate(state, detail);
  }

  /** False where nothing is connected. */
  send(message) {
    return this.state === "open" && this.#way.send(message);
  }

  async replaceTrack(track) {
    if (this.carriesSound) await this.#way.replaceTrack(track);
  }
}

function inLobby(error) {
  return error instanceof Refused && error.problem.code === "busy" && "place" in error.problem;
}
