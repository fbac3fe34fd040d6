// How loud a stream is, many times a second.

let context = null;

/** One audio context for the page. Browsers start it only after the first press. */
export function audioContext() {
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume().catch(() => {});
  return context;
}

export class Meter {
  #source;
  #analyser;
  #samples;
  #timer;

  /** `onlevel(level, rms)`: level is 0 to 1 on a scale for the eye, rms the plain root mean square. */
  constructor(stream, onlevel) {
    const audio = audioContext();
    this.#source = audio.createMediaStreamSource(stream);
    this.#analyser = audio.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    this.#source.connect(this.#analyser);
    this.#timer = setInterval(() => {
      const rms = this.#measure();
      onlevel(scale(rms), rms);
    }, 80);
  }

  #measure() {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    return Math.sqrt(sum / this.#samples.length);
  }

  close() {
    clearInterval(this.#timer);
    this.#source.disconnect();
  }
}

/** -55 dB and below is 0, -10 dB and above is 1: speech fills most of the bar. */
function scale(rms) {
  const decibels = 20 * Math.log10(Math.max(rms, 1e-6));
  return Math.min(1, Math.max(0, (decibels + 55) / 45));
}
