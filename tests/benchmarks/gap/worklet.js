// Tells when sound begins and ends in what is connected to it, to about a hundredth of a second.

const LOUD = 0.003; // 50 dB below full scale; between Melvin's words the line carries digital silence
const FRAME = 4; // blocks of 128 samples looked at together: 10.7 ms at 48 kHz
const APART = 0.25; // seconds; what is closer together is one sound

class Earshot extends AudioWorkletProcessor {
  #squares = 0;
  #samples = 0;
  #blocks = 0;
  #since = 0;
  #last = null; // when it was last loud; null in silence

  process([input]) {
    if (this.#blocks === 0) this.#since = currentTime;
    for (const channel of input) {
      for (const sample of channel) this.#squares += sample * sample;
      this.#samples += channel.length;
    }
    this.#blocks += 1;
    if (this.#blocks === FRAME) this.#judge();
    return true;
  }

  #judge() {
    const loud = this.#samples > 0 && Math.sqrt(this.#squares / this.#samples) > LOUD;
    const end = this.#since + (FRAME * 128) / sampleRate;
    if (loud && this.#last === null) this.port.postMessage({ begin: this.#since });
    if (loud) this.#last = end;
    else if (this.#last !== null && end - this.#last > APART) {
      this.port.postMessage({ end: this.#last });
      this.#last = null;
    }
    this.#squares = 0;
    this.#samples = 0;
    this.#blocks = 0;
  }
}

registerProcessor("earshot", Earshot);
