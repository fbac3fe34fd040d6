// How long Melvin waits when the candidate pauses. One choice, shown in the device check and beside the interview;
// kept in this tab over a reload, and by the server, which tells it to every page of this interview.

import { kept } from "./kept.js";

const KEY = `pace:${location.pathname}`;
const PACES = ["brisk", "normal", "relaxed"];

export class Pace {
  onchosen = () => {}; // (pace) by the candidate, here
  /** What was chosen in this tab and the server may not hold yet; null where nothing. */
  unsaid = null;
  #groups = [...document.querySelectorAll("[data-pace]")];

  constructor() {
    const chosen = kept.getItem(KEY);
    if (PACES.includes(chosen)) this.unsaid = chosen;
    this.#show(this.unsaid ?? "normal");
    for (const group of this.#groups) {
      group.addEventListener("change", (event) => this.#choose(event.target.value));
    }
  }

  #choose(pace) {
    this.unsaid = pace;
    kept.setItem(KEY, pace);
    this.#show(pace);
    this.onchosen(pace);
  }

  /** What the server holds; a choice on its way there is newer. */
  told(pace) {
    if (!PACES.includes(pace) || (this.unsaid !== null && this.unsaid !== pace)) return;
    this.unsaid = null;
    kept.setItem(KEY, pace);
    this.#show(pace);
  }

  #show(pace) {
    for (const group of this.#groups) {
      for (const input of group.querySelectorAll("input")) input.checked = input.value === pace;
    }
  }
}
