// The lobby: shown while Melvin is with others. It says the place in line, and how long where that is known.

const ORDINALS = ["", "", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
const WITH_OTHERS = "Melvin is with other candidates";

const byId = (id) => document.getElementById(id);

export class Lobby {
  ontype = () => {}; // the candidate would rather type now
  shown = false;
  #root = byId("lobby");
  #status = byId("lobby-status");
  #title = byId("lobby-title");
  #time = byId("lobby-time");
  #announcer = byId("lobby-announcer");
  #tabTitle = document.title;

  constructor() {
    byId("lobby-type").addEventListener("click", () => this.ontype());
  }

  /** `place`: number in line, minutes or null, whether typing has room. `speaks`, `begun`: of this candidate. */
  show({ place, minutes, typing }, speaks, begun) {
    const line = place === 1 ? "You are next" : `You are ${ORDINALS[place] ?? `number ${place}`} in line`;
    this.#status.textContent = WITH_OTHERS;
    byId("lobby-begun").hidden = !begun;
    byId("lobby-later").hidden = begun;
    byId("lobby-typing").hidden = !(typing && speaks);
    byId("lobby-type").textContent = begun ? "Go on now by typing" : "Begin now by typing";
    this.#time.hidden = minutes === null;
    this.#time.textContent = minutes === null ? "" : `About ${minutes} ${minutes === 1 ? "minute" : "minutes"}`;
    if (this.#title.textContent !== line) {
      this.#title.textContent = line;
      if (this.shown) this.#announcer.textContent = [line, this.#time.textContent].filter(Boolean).join(". ");
    }
    document.title = `${line} · Melvin`;
    if (this.shown) return;
    this.shown = true;
    this.#root.hidden = false;
    window.scrollTo(0, 0);
    this.#title.focus();
  }

  /** Not by this page's own doing: it tries again, and the place is kept meanwhile. */
  lost() {
    this.#say("Connection lost. Your place is kept for three minutes; trying again.");
  }

  moving() {
    this.#say("One moment. Melvin is being restarted; this page goes on by itself.");
  }

  entering() {
    this.#say("It is your turn");
    document.title = "It is your turn · Melvin";
  }

  #say(words) {
    this.#status.textContent = words;
    this.#announcer.textContent = words;
  }

  hide() {
    this.shown = false;
    this.#root.hidden = true;
    this.#announcer.textContent = "";
    document.title = this.#tabTitle;
  }
}
