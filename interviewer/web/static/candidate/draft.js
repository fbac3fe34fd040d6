// The text in the box, kept twice: on the server, and in this tab until the server has it.

import { randomName } from "./names.js";
import { postJson, Refused } from "./requests.js";

const QUIET_MS = 800; // this long after the last key
const AGAIN_MS = 3000; // after a try that did not reach the server

export class Draft {
  onsaved = () => {};
  onrefused = () => {}; // (problem)
  #url;
  #timer = null;
  #questionId = "";
  #text = "";
  #flight = null;

  constructor(base) {
    this.#url = `${base}/draft`;
  }

  /** What this tab still holds for a question and the server may not have; null where nothing. */
  unsaved(questionId) {
    return sessionStorage.getItem(key(questionId));
  }

  /** Keep the text now in this tab, and soon on the server. */
  keep(questionId, text) {
    if (this.#questionId && this.#questionId !== questionId) this.flush();
    this.#questionId = questionId;
    this.#text = text;
    sessionStorage.setItem(key(questionId), text);
    this.#later(QUIET_MS);
  }

  /** The name under which this text is sent as an answer: the same until a reply comes, even after a reload. */
  sentAs(questionId, text) {
    const kept = JSON.parse(sessionStorage.getItem(sentKey(questionId)) ?? "null");
    if (kept?.text === text) return kept.name;
    const name = randomName();
    sessionStorage.setItem(sentKey(questionId), JSON.stringify({ name, text }));
    return name;
  }

  /** The answer was sent: nothing to keep. */
  forget(questionId) {
    clearTimeout(this.#timer);
    this.#questionId = "";
    sessionStorage.removeItem(key(questionId));
    sessionStorage.removeItem(sentKey(questionId));
  }

  #later(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), ms);
  }

  /** Resolves when no try is on its way: an answer sent now cannot be overtaken by its own draft. */
  async settled() {
    clearTimeout(this.#timer);
    await this.#flight;
  }

  flush() {
    this.#flight = this.#flush();
    return this.#flight;
  }

  async #flush() {
    clearTimeout(this.#timer);
    const questionId = this.#questionId;
    const text = this.#text;
    if (!questionId) return;
    try {
      await postJson(this.#url, { question_id: questionId, text });
      if (questionId !== this.#questionId || text !== this.#text) return;
      this.#questionId = "";
      sessionStorage.removeItem(key(questionId));
      this.onsaved();
    } catch (error) {
      if (error instanceof Refused && error.problem.status < 500) this.onrefused(error.problem);
      else this.#later(AGAIN_MS);
    }
  }
}

function key(questionId) {
  return `draft:${location.pathname}:${questionId}`;
}

function sentKey(questionId) {
  return `sent:${location.pathname}:${questionId}`;
}
