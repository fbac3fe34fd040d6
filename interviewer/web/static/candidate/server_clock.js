// The interview's clock as this page knows it: samples at 16 kHz, told with every pong.

const PER_MS = 16;
const SLACK_MS = 250; // of an honest answer; more, and the clock itself has jumped (a server that was started again)
const AGES_MS = 0.05; // an estimate grows worse by this with every pong: clocks drift

export class ServerClock {
  #offset = null; // ms, to be added to performance.now()
  #error = Infinity; // ms

  get known() {
    return this.#offset !== null;
  }

  /** A pong that says `at`. True where the clock is another one than before. */
  told(at, sent, received) {
    const error = (received - sent) / 2;
    const offset = at / PER_MS - (sent + received) / 2;
    const jumped = this.known && Math.abs(offset - this.#offset) > error + this.#error + SLACK_MS;
    this.#error += AGES_MS;
    if (!jumped && error > this.#error) return false;
    this.#offset = offset;
    this.#error = error;
    return jumped;
  }

  /** The reading at a moment of performance.now(). */
  at(moment) {
    return Math.max(0, Math.round((moment + this.#offset) * PER_MS));
  }
}
