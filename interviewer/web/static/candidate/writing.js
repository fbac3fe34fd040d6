// The box for typed answers: kept as it is typed, counted near the limit, sent whole.

import { Draft } from "./draft.js";
import { passes, postJson, Refused } from "./requests.js";

const COUNT_FROM = 0.8; // of the limit; before that a number would only distract
const AGAIN_MS = 3000; // after a try that failed and may succeed later

export class Writing {
  onproblem = () => {}; // (problem) where the interview is over
  onsent = () => {}; // (text)
  #form = document.getElementById("writing");
  #box = document.getElementById("answer");
  #count = document.getElementById("answer-count");
  #saved = document.getElementById("answer-saved");
  #error = document.getElementById("answer-error");
  #send = document.getElementById("send-answer");
  #base;
  #limit;
  #draft;
  #questionId = "";
  #early = new Map(); // texts from the server for questions that are not shown yet
  #arriving = null; // a draft from the server whose parts are not all here

  constructor(config) {
    this.#base = config.base;
    this.#limit = config.typed_limit;
    this.#draft = new Draft(config.base);
    this.#draft.onsaved = () => this.#tell("Saved");
    this.#draft.onrefused = (problem) => this.#refused(problem);
    this.#box.addEventListener("input", () => this.#typed());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
  }

  get shown() {
    return !this.#form.hidden;
  }

  focus() {
    this.#box.focus({ preventScroll: false });
  }

  /** Show the box for a question, or hide it (null). What was typed for another question stays kept with that one. */
  show(questionId) {
    this.#form.hidden = questionId === null;
    if (questionId === null || questionId === this.#questionId) return;
    this.#questionId = questionId;
    this.#fill(this.#draft.unsaved(questionId) ?? "");
    if (this.#box.value) this.#draft.keep(questionId, this.#box.value);
  }

  /** A kept text from the server. What this tab holds and has not saved is newer. */
  arrived({ question_id: questionId, text, part = 0, parts = 1 }) {
    if (part === 0 || this.#arriving?.questionId !== questionId) this.#arriving = { questionId, texts: [] };
    this.#arriving.texts[part] = text;
    if (Object.keys(this.#arriving.texts).length < parts) return;
    const whole = this.#arriving.texts.join("");
    this.#arriving = null;
    const unsaved = this.#draft.unsaved(questionId);
    if (unsaved === null && questionId === this.#questionId && this.#box.value === "") this.#fill(whole);
    else if (unsaved === null && questionId !== this.#questionId) this.#early.set(questionId, whole);
  }

  #fill(text) {
    const early = this.#early.get(this.#questionId);
    this.#early.delete(this.#questionId);
    this.#box.value = text || early || "";
    this.#error.hidden = true;
    this.#tell("");
    this.#counted();
  }

  #typed() {
    this.#error.hidden = true;
    this.#tell("");
    if (this.#counted()) this.#draft.keep(this.#questionId, this.#box.value);
  }

  /** Whether the text is within the limit. Counted as the server counts: whole characters, not UTF-16 units. */
  #counted() {
    const length = this.#box.value.length < this.#limit ? this.#box.value.length : [...this.#box.value].length;
    const over = length - this.#limit;
    const number = (value) => value.toLocaleString("en");
    this.#count.textContent =
      over > 0
        ? `${number(over)} characters too many`
        : length > this.#limit * COUNT_FROM
          ? `${number(-over)} characters left`
          : "";
    this.#count.classList.toggle("field-error", over > 0);
    this.#box.setAttribute("aria-invalid", String(over > 0));
    return over <= 0;
  }

  async send() {
    const text = this.#box.value;
    const questionId = this.#questionId;
    if (!text.trim()) return this.#complain("There is no text yet. Type an answer, or choose Skip for now.");
    if (!this.#counted()) {
      return this.#complain(`An answer may have at most ${this.#limit.toLocaleString("en")} characters. Please shorten it.`);
    }
    return this.#post(questionId, text);
  }

  async #post(questionId, text) {
    this.#send.setAttribute("aria-disabled", "true");
    try {
      await this.#draft.hold();
      const name = this.#draft.sentAs(questionId, text);
      await postJson(`${this.#base}/typed?sent_as=${name}`, { question_id: questionId, text });
      await this.#sent(questionId, text);
    } catch (error) {
      if (passes(error)) this.#later(error, questionId, text);
      else this.#refused(error.problem);
    } finally {
      this.#draft.release();
      this.#send.removeAttribute("aria-disabled");
    }
  }

  /** What was typed while the answer was on its way stays in the box; where its question is gone, it goes after it. */
  async #sent(questionId, text) {
    if (this.#draft.sending(questionId) !== text) return; // sent twice, and this is the second reply
    const isShown = questionId === this.#questionId;
    const now = isShown ? this.#box.value : (this.#draft.unsaved(questionId) ?? text);
    const rest = now.startsWith(text) ? now.slice(text.length).trimStart() : now;
    this.#draft.forget(questionId);
    this.onsent(text.trim());
    if (!isShown) {
      if (rest) await this.#post(questionId, rest);
      return;
    }
    if (rest !== now) this.#box.value = rest;
    if (rest) this.#draft.keep(questionId, rest);
    this.#error.hidden = true;
    this.#tell("Sent");
    this.#counted();
  }

  /** The same text again by itself, under the same name: the server takes it once. Not where it was changed since. */
  #later(error, questionId, text) {
    const why = error instanceof Refused ? `${error.problem.title}.` : "The connection is gone just now.";
    if (questionId === this.#questionId && this.#box.value === text) {
      this.#say(`${why} Your text is kept, and is sent again by itself.`);
    }
    setTimeout(
      () => {
        const changed = questionId === this.#questionId && this.#box.value !== text;
        if (!changed && this.#draft.sending(questionId) === text) this.#post(questionId, text);
      },
      Math.max(AGAIN_MS, (error.retryAfter ?? 0) * 1000),
    );
  }

  #refused(problem) {
    if (problem.next || problem.status === 410) this.onproblem(problem);
    else this.#complain(problem.detail || problem.title);
  }

  #complain(sentence) {
    this.#say(sentence);
    this.focus();
  }

  #say(sentence) {
    if (this.#error.textContent !== sentence) this.#error.textContent = sentence;
    this.#error.hidden = false;
  }

  #tell(word) {
    this.#saved.textContent = word;
  }
}
