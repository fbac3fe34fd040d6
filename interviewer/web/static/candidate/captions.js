// What both sides say, as text. Long texts come in parts; the same id again replaces what stood there.
// A screen reader is told Melvin's finished captions alone: the visible list is quiet, the announcer speaks.

const NAMES = { melvin: "Melvin", candidate: "You" };
const ANNOUNCED_AT_MOST = 20;

export class Captions {
  #log;
  #announcer;
  #empty;
  #parts = new Map(); // id -> texts by part
  #shown = new Map(); // id -> element
  #announced = new Set();
  #typedSoFar = 0;
  #follows = true;

  constructor(log, announcer, empty) {
    this.#log = log;
    this.#announcer = announcer;
    this.#empty = empty;
    log.addEventListener("scroll", () => {
      this.#follows = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    });
    new ResizeObserver(() => this.#follow()).observe(log);
  }

  /** Keep the newest in view, unless the reader has scrolled back. */
  #follow() {
    if (this.#follows) this.#log.scrollTop = this.#log.scrollHeight;
  }

  add({ id, side, text, part = 0, parts = 1, final }) {
    const texts = part === 0 ? [] : (this.#parts.get(id) ?? []);
    texts[part] = text;
    this.#parts.set(id, texts);
    if (texts.filter((piece) => piece !== undefined).length < parts) return;
    const whole = texts.slice(0, parts).join("");
    this.#show(id, side, whole, final);
    if (final && side === "melvin" && !this.#announced.has(id)) this.#announce(id, whole);
  }

  /** What the candidate has typed and sent. */
  typed(text) {
    this.#typedSoFar += 1;
    this.#show(`t${this.#typedSoFar}`, "candidate", text, true);
  }

  /** The newest text of Melvin's that contains `stem`, from there on; '' where there is none. */
  find(stem) {
    const melvins = [...this.#shown.values()].filter((item) => item.dataset.side === "melvin").reverse();
    for (const item of melvins) {
      const text = item.lastElementChild.textContent;
      const at = text.indexOf(stem);
      if (at >= 0) return text.slice(at);
    }
    return "";
  }

  #show(id, side, text, final) {
    let item = this.#shown.get(id);
    if (!item) {
      item = document.createElement("p");
      item.className = "caption";
      item.dataset.side = side;
      const name = document.createElement("span");
      name.className = "caption-side";
      name.textContent = NAMES[side] ?? "";
      const words = document.createElement("span");
      words.className = "caption-text";
      item.append(name, words);
      this.#log.append(item);
      this.#shown.set(id, item);
      this.#empty.hidden = true;
    }
    item.dataset.final = String(Boolean(final));
    item.hidden = text === "";
    item.lastElementChild.textContent = text;
    this.#follow();
  }

  #announce(id, text) {
    this.#announced.add(id);
    const line = document.createElement("p");
    line.textContent = text;
    this.#announcer.append(line);
    while (this.#announcer.childElementCount > ANNOUNCED_AT_MOST) this.#announcer.firstElementChild.remove();
  }
}
