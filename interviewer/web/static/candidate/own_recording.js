// The browser records the microphone itself while the interview runs, so that a network that is gone takes no word; and
// the camera, apart from it, where the candidate agreed to that.

import { ChunkStore } from "./chunk_store.js";
import { Recorder } from "./recorder.js";
import { ServerClock } from "./server_clock.js";
import { Uploader } from "./uploader.js";

const OFFLINE_MS = 120000; // the server pauses the interview after this long without the page

export class OwnRecording {
  #clock = new ServerClock();
  #store = null;
  #recorder = null;
  #camera = null; // its recorder
  #uploader = null;
  #wanted = null; // the stream to be recorded
  #wantedOfCamera = null;
  #offline = null;

  /** Also sends what an earlier load of the page has left. */
  async open(base) {
    if (!Recorder.possible("microphone")) return;
    this.#store = await ChunkStore.open(base);
    if (!this.#store) return;
    this.#recorder = new Recorder("microphone", this.#store, this.#clock);
    this.#uploader = new Uploader(base, this.#store);
    this.#recorder.onchunk = () => this.#uploader.wake();
    if (Recorder.possible("camera")) {
      this.#camera = new Recorder("camera", this.#store, this.#clock);
      this.#camera.onchunk = this.#recorder.onchunk;
    }
    this.#uploader.start();
    this.#begin();
  }

  /** The interview's clock as this page knows it, which ran on while no server did; null before it was told. */
  get now() {
    return this.#clock.known ? this.#clock.at(performance.now()) : null;
  }

  get possible() {
    return this.#store !== null;
  }

  get active() {
    return Boolean(this.#recorder?.active);
  }

  /** Whether what is said now is recorded: it was asked for, and the browser does it. */
  get keeps() {
    return Boolean(this.#recorder?.keeps);
  }

  /** Record this stream from now on; null: nothing. */
  record(stream) {
    this.#wanted = stream;
    if (stream) this.#begin();
    else this.#recorder?.stop();
  }

  /** As `record`, of the camera. */
  recordCamera(stream) {
    this.#wantedOfCamera = stream;
    if (stream) this.#begin();
    else this.#camera?.stop();
  }

  get keepsCamera() {
    return Boolean(this.#camera?.keeps);
  }

  #begin() {
    if (!this.#clock.known) return;
    if (this.#wanted && this.#recorder) this.#recorder.start(this.#wanted);
    if (!this.#wantedOfCamera || !this.#camera) return;
    try {
      this.#camera.start(this.#wantedOfCamera);
    } catch {
      this.#camera = null; // this browser cannot: the interview goes on without
    }
  }

  onpong(pong, sent, received) {
    if (typeof pong.at !== "number" || sent === undefined) return;
    const jumped = this.#clock.told(pong.at, sent, received);
    // What follows lies elsewhere on the clock.
    if (jumped) for (const each of [this.#recorder, this.#camera]) if (each?.active) each.renew();
    this.#begin();
  }

  /** The connection is gone: what is said goes on being recorded, until the interview pauses by itself. */
  lost() {
    this.#offline ??= setTimeout(() => this.#rest(), OFFLINE_MS);
  }

  #rest() {
    this.record(null);
    this.recordCamera(null);
  }

  /** The connection is back. What the server has to wait for: [[stretch, chunks], ...]. */
  async back() {
    clearTimeout(this.#offline);
    this.#offline = null;
    if (!this.#store) return [];
    await this.#recorder.flush();
    this.#uploader.retry();
    return this.#store.unsent();
  }

  /** The interview is over: nothing more is recorded, and all that was is kept when it resolves. */
  async end() {
    await Promise.all([this.#recorder?.stop(), this.#camera?.stop()]);
    this.#uploader?.end();
  }
}
