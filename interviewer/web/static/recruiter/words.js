// The transcript's words by time, and a cursor among the words of a turn for people who use the keyboard.

export class Words {
  constructor(root) {
    this.words = [...root.querySelectorAll(".word[data-s]")]
      .map((element) => ({ element, start: Number(element.dataset.s), end: Number(element.dataset.e) }))
      .sort((a, b) => a.start - b.start);
    this.spoken = null;
    this.cursor = null;
    for (const turn of root.querySelectorAll(".turn-text[tabindex]")) {
      turn.addEventListener("blur", () => this.choose(null));
    }
  }

  // Marks the word that is spoken at `seconds` and returns it; null in a silence.
  mark(seconds) {
    const found = this.at(seconds);
    if (found !== this.spoken) {
      this.spoken?.classList.remove("spoken");
      found?.classList.add("spoken");
      this.spoken = found;
    }
    return found;
  }

  at(seconds) {
    let low = 0;
    let high = this.words.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.words[middle].start <= seconds) low = middle + 1;
      else high = middle;
    }
    // Words of both sides may overlap, so the last few that began are looked at.
    for (let i = low - 1; i >= Math.max(0, low - 4); i--) {
      if (seconds < this.words[i].end) return this.words[i].element;
    }
    return null;
  }

  // Arrow keys, Home and End choose a word of the turn; Enter plays it. True where the key meant something.
  key(turn, key, playFrom) {
    const own = [...turn.querySelectorAll(".word[data-s]")];
    const at = own.indexOf(this.cursor);
    if (key === "Enter") {
      playFrom(Number((at < 0 ? turn.dataset.from : own[at].dataset.s)));
      return true;
    }
    const next = { ArrowRight: at + 1, ArrowLeft: at < 0 ? 0 : at - 1, Home: 0, End: own.length - 1 }[key];
    if (next === undefined || !own.length) return false;
    this.choose(own[Math.min(Math.max(0, next), own.length - 1)]);
    return true;
  }

  choose(word) {
    this.cursor?.classList.remove("cursor");
    word?.classList.add("cursor");
    word?.scrollIntoView({ block: "nearest" });
    this.cursor = word;
  }
}
