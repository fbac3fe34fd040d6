// One message over the stage: what has happened, and the buttons that help.

export class Banner {
  #place = document.getElementById("banner");
  #text = document.getElementById("banner-text");
  #actions = document.getElementById("banner-actions");
  #kind = null;

  /** `kind` names what it is about, so that only its own kind takes it away. `actions`: [[label, press], ...]. */
  show(kind, tone, text, actions = []) {
    this.#kind = kind;
    this.#place.className = `banner message message-${tone}`;
    this.#text.textContent = text;
    this.#actions.replaceChildren(
      ...actions.map(([label, press]) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "button";
        button.textContent = label;
        button.addEventListener("click", press);
        return button;
      }),
    );
    this.#place.hidden = false;
  }

  hide(kind) {
    if (this.#kind !== kind) return;
    this.#kind = null;
    this.#place.hidden = true;
  }
}
