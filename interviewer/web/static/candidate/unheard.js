// Speech while the interview is paused: nobody hears it, so whoever begins is told at once, also where they do not look.

import { audioContext } from "./meter.js";

const LOUD_RMS = 0.012; // about -38 dB: speech near a microphone, not a quiet room
const ENOUGH = 12; // measurements of 80 ms, about a second; quiet ones count half against it

export class Unheard {
  #onspeech;
  #loud = 0;

  /** `onspeech()` is called once for each pause. */
  constructor(onspeech) {
    this.#onspeech = onspeech;
  }

  /** A measurement of the microphone during a pause. */
  measured(rms) {
    if (this.#loud >= ENOUGH) return;
    this.#loud = Math.max(0, this.#loud + (rms > LOUD_RMS ? 1 : -0.5));
    if (this.#loud < ENOUGH) return;
    chime();
    this.#onspeech();
  }

  /** The pause is over. */
  reset() {
    this.#loud = 0;
  }
}

/** Two soft notes, falling. */
function chime() {
  const audio = audioContext();
  for (const [i, pitch] of [520, 390].entries()) {
    const at = audio.currentTime + i * 0.22;
    const tone = new OscillatorNode(audio, { frequency: pitch });
    const volume = new GainNode(audio, { gain: 0 });
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.12, at + 0.02);
    volume.gain.linearRampToValueAtTime(0, at + 0.2);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.21);
  }
}
