// The text in the box, kept twice: on the server, and in this tab until the server has it.

import { kept } from "./kept.js";
import { randomName } from "./names.js";
import { passes, postJson } from "./requests.js";

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
  #held = false; // an answer is on its way: what is typed meanwhile stays in this tab

  constructor(base) {
    this.#url = `${base}/draft`;
  }

  /** What this tab still holds for a question and the server may not have; null where nothing. */
  unsaved(questionId) {
    return kept.getItem(key(questionId));
  }

  /** Keep the text now in this tab, and soon on the server. */
  keep(questionId, text) {
    if (this.#questionId && this.#questionId !== questionId) this.flush();
    this.#questionId = questionId;
    this.#text = text;
    kept.setItem(key(questionId), text);
    this.#later(QUIET_MS);
  }

  /** The name under which this text is sent as an answer: the same until a reply comes, even after a reload. */
  sentAs(questionId, text) {
    if (this.sending(questionId) === text) return this.#sent(questionId).name;
    const name = randomName();
    kept.setItem(sentKey(questionId), JSON.stringify({ name, text }));
    return name;
  }

  /** The text to which no reply came yet; null where there is none. */
  sending(questionId) {
    return this.#sent(questionId)?.text ?? null;
  }

  #sent(questionId) {
    return JSON.parse(kept.getItem(sentKey(questionId)) ?? "null");
  }

  /** That answer was sent: nothing to keep. */
  forget(questionId) {
    kept.removeItem(key(questionId));
    kept.removeItem(sentKey(questionId));
    if (this.#questionId !== questionId) return;
    clearTimeout(this.#timer);
    this.#questionId = "";
  }

  #later(ms) {
    clearTimeout(this.#timer);
    if (!this.#held) this.#timer = setTimeout(() => this.flush(), ms);
  }

  /** Resolves when no try is on its way, and begins none before `release`: an answer is not overtaken by its draft. */
  async hold() {
    this.#held = true;
    clearTimeout(this.#timer);
    await this.#flight;
  }

  release() {
    this.#held = false;
    if (this.#questionId) this.#later(QUIET_MS);
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
      if (this.unsaved(questionId) === text) kept.removeItem(key(questionId));
      if (questionId !== this.#questionId || text !== this.#text) return;
      this.#questionId = "";
      this.onsaved();
    } catch (error) {
      if (passes(error)) this.#later(AGAIN_MS);
      else this.onrefused(error.problem);
    }
  }
}

function key(questionId) {
  return `draft:${location.pathname}:${questionId}`;
}

function sentKey(questionId) {
  return `sent:${location.pathname}:${questionId}`;
}
