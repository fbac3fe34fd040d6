// The browser's own recording, in stretches. Each is one run of a MediaRecorder: its chunks, joined in order, play.
//
//   stretch 1  |0|1|2|3| ... |39|
//   stretch 2                  |0|1|2|        begun before the one before it ends, so that nothing is missed

import { CAMERA } from "./chunk_store.js";

const CHUNK_MS = 3000;
const STRETCH_MS = {
  microphone: 60000, // short enough to be read again whole, where a part of it is wanted
  camera: 1200000, // each is a file that is played
};
const PIECE = 524288; // bytes; a page that was asleep may hand over a minute at once

const TYPES = {
  microphone: ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"],
  camera: ["video/webm;codecs=vp8", "video/webm", "video/mp4"],
};
const RATES = {
  microphone: { audioBitsPerSecond: 32000 },
  // Whoever looks for a moment finds one picture in five seconds that needs none before it.
  camera: { videoBitsPerSecond: 300000, videoKeyFrameIntervalDuration: 5000 },
};

class Stretch {
  chunks = 0; // how many are kept
  #recorder;
  #chain = Promise.resolve();
  #store;
  #about;
  #onchunk;
  #asked = () => {};

  constructor(kind, stream, store, clock, onchunk) {
    this.#store = store;
    this.#onchunk = onchunk;
    const type = TYPES[kind].find((each) => MediaRecorder.isTypeSupported(each));
    this.#recorder = new MediaRecorder(stream, { mimeType: type, ...RATES[kind] });
    const id = (kind === "camera" ? CAMERA : "") + name();
    this.#about = { id, kind, type: type.split(";")[0], at: clock.at(performance.now()) };
    this.#recorder.addEventListener("start", () => {
      this.#about.at = clock.at(performance.now());
    });
    this.#recorder.addEventListener("dataavailable", (event) => {
      // Reading a blob takes its time; one after the other, or their order would be chance.
      this.#chain = this.#chain.then(() => this.#keep(event.data)).catch(() => this.#end());
      this.#chain.then(this.#asked);
    });
    this.#recorder.start(CHUNK_MS);
  }

  get id() {
    return this.#about.id;
  }

  /** False where the browser has ended it: its track is gone, or there is no room for more. */
  get keeps() {
    return this.#recorder.state === "recording";
  }

  async #keep(blob) {
    for (let at = 0; at < blob.size; at += PIECE) {
      this.chunks = 1 + (await this.#store.add(this.#about, await blob.slice(at, at + PIECE).arrayBuffer()));
      this.#onchunk();
    }
  }

  /** All that was recorded until now is kept when it resolves. */
  async flush() {
    if (this.#recorder.state !== "recording") return this.#chain;
    const kept = new Promise((resolve) => {
      this.#asked = resolve;
    });
    this.#recorder.requestData();
    return kept;
  }

  /** As flush, and nothing more is recorded. */
  async stop() {
    const ended = new Promise((resolve) => {
      this.#recorder.addEventListener("stop", resolve);
    });
    if (!this.#end()) return this.#chain;
    await ended;
    return this.#chain;
  }

  #end() {
    if (this.#recorder.state === "inactive") return false;
    this.#recorder.stop();
    return true;
  }
}

export class Recorder {
  onchunk = () => {};
  #kind;
  #store;
  #clock;
  #stream = null;
  #stretch = null;
  #stopped = null; // until the last of it is kept
  #timer = null;

  static possible(kind) {
    return "MediaRecorder" in window && TYPES[kind].some((each) => MediaRecorder.isTypeSupported(each));
  }

  constructor(kind, store, clock) {
    this.#kind = kind;
    this.#store = store;
    this.#clock = clock;
  }

  get active() {
    return this.#stretch !== null;
  }

  /** Whether what is said now is recorded. */
  get keeps() {
    return Boolean(this.#stretch?.keeps);
  }

  /** Record this stream; another than before begins a new stretch. */
  start(stream) {
    if (stream === this.#stream && this.active) return;
    this.#stream = stream;
    this.renew();
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.renew(), STRETCH_MS[this.#kind]);
  }

  /** Go on in a new stretch, without a gap. */
  renew() {
    if (!this.#stream.active) return; // its device is gone: nothing can be recorded of it
    const before = this.#stretch;
    this.#stretch = new Stretch(this.#kind, this.#stream, this.#store, this.#clock, () => this.onchunk());
    before?.stop();
  }

  /** All that was recorded is kept when it resolves. */
  async stop() {
    clearInterval(this.#timer);
    if (this.#stretch) this.#stopped = this.#stretch.stop();
    this.#stretch = null;
    this.#stream = null;
    await this.#stopped;
  }

  async flush() {
    await this.#stretch?.flush();
  }
}

/** Names sort by their time. */
function name() {
  const chance = Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, "0"));
  return `${Date.now().toString(36).padStart(9, "0")}-${chance.join("")}`;
}
