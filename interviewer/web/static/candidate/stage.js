// What the stage shows: who speaks, the question, which controls there are. It is told states and shows them.

const STATUS = {
  waiting: ["One moment", "Melvin is getting ready."],
  speaking: ["Melvin is speaking", ""],
  listening: ["Melvin is listening", "Take your time. He waits while you think."],
  holding: ["Take your time", ""],
  writing: ["Your turn to type", "Melvin waits until you send your answer."],
  paused: ["Paused", ""],
  finished: ["That was the last question", "Taking you to your answers."],
};

/** Melvin waits longer than usual, since the words so far may not be the last. Shown, and not announced. */
const WAITS = "Take your time. If that was all, choose I'm done.";

const NOT_OPEN = { connecting: "Connecting", lost: "Reconnecting", moving: "Reconnecting" };

const HOLD = {
  holding: "Melvin waits and asks nothing. Start speaking when you are ready, or choose Go on.",
  holdingTyping: "Melvin waits and asks nothing. Go on whenever you are ready.",
  paused: "The interview is paused and everything so far is saved. You can close this page and come back with the same link.",
};

export class Stage {
  #root = document.getElementById("stage");
  #status = document.getElementById("status");
  #hint = document.getElementById("status-hint");
  #count = document.getElementById("question-count");
  #title = document.getElementById("question-title");
  #text = document.getElementById("question-text");
  #left = document.getElementById("time-left");
  #hold = document.getElementById("hold");
  #holdText = document.getElementById("hold-text");
  #controls = document.getElementById("controls");
  #mode = document.getElementById("mode");
  #presence = document.getElementById("presence");
  #pace = document.getElementById("stage-pace");
  #captions;
  #writing;
  #state = null;

  constructor(captions, writing) {
    this.#captions = captions;
    this.#writing = writing;
  }

  get phase() {
    return this.#state?.phase ?? "waiting";
  }

  get typing() {
    return Boolean(this.#state?.typing);
  }

  /** Whether the interview has been seen going on. */
  get begun() {
    return this.#state !== null;
  }

  close() {
    this.#root.hidden = true;
  }

  open() {
    this.#root.hidden = false;
    this.#title.focus();
  }

  show(state) {
    const focused = document.activeElement;
    this.#state = state;
    const { phase, question } = state;
    const written = question?.kind === "written";
    const typing = written || state.typing;
    this.#root.dataset.phase = phase;
    this.#root.classList.toggle("stage-waits", Boolean(state.waits));
    this.#status.textContent = (STATUS[phase] ?? STATUS.waiting)[0];
    this.#hint.textContent = this.#usualHint;
    if (question) {
      this.#count.textContent = `Question ${question.number} of ${question.count}${state.probe ? ", one thing more" : ""}`;
      this.#title.textContent = question.title;
    }
    this.asked();
    this.#timeLeft(state.seconds_left);
    const holds = phase === "holding" || phase === "paused";
    this.#hold.hidden = !holds;
    this.#holdText.textContent = HOLD[phase === "holding" && typing ? "holdingTyping" : phase] ?? "";
    this.#controls.hidden = holds || phase === "finished" || !question;
    this.#writing.show(question && typing && phase !== "paused" && phase !== "finished" ? question.id : null);
    this.#press("done").hidden = this.#writing.shown;
    this.#press("pause").hidden = phase === "paused" || phase === "finished";
    this.#mode.hidden = written;
    this.#pace.hidden = typing;
    this.#mode.textContent = typing ? "Speak instead" : "Type instead";
    this.#keepFocus(focused);
  }

  /** The question's text. The state may hold it cut; the caption has all of it. */
  asked() {
    const asked = this.#state?.asked ?? "";
    const whole = asked.endsWith("…") ? this.#captions.find(asked.slice(0, -1).trimEnd()) : "";
    this.#text.textContent = whole || asked;
  }

  /** Calm words, near the end alone; never a number that runs. */
  #timeLeft(seconds) {
    this.#left.hidden = seconds === null || seconds === undefined;
    if (this.#left.hidden) return;
    const minutes = Math.round(seconds / 60);
    const words = seconds < 45 ? "Less than a minute left" : minutes <= 1 ? "About a minute left" : `About ${minutes} minutes left`;
    if (this.#left.textContent !== words) this.#left.textContent = words;
  }

  /** What was focused may be hidden now; a keyboard must not fall back to the top of the page. */
  #keepFocus(focused) {
    if (!this.#root.contains(focused) || focused.checkVisibility()) return;
    if (!this.#hold.hidden) this.#press("resume").focus();
    else if (this.#writing.shown) this.#writing.focus();
    else if (!this.#press("done").hidden && !this.#controls.hidden) this.#press("done").focus();
    else this.#title.focus();
  }

  #press(name) {
    return this.#root.querySelector(`[data-press="${name}"]`);
  }

  hint(text) {
    this.#hint.textContent = text || this.#usualHint;
  }

  get #usualHint() {
    return this.phase === "listening" && this.#state.waits ? WAITS : (STATUS[this.phase] ?? STATUS.waiting)[1];
  }

  level(value) {
    this.#presence.style.setProperty("--level", value.toFixed(2));
  }

  /** The connection's state. While it is not open, the controls say so and do nothing; they keep their focus. */
  connection(state) {
    const yes = state === "open";
    for (const button of this.#root.querySelectorAll("[data-press], #mode, #end")) {
      if (yes) button.removeAttribute("aria-disabled");
      else button.setAttribute("aria-disabled", "true");
    }
    if (yes && this.#state) this.show(this.#state);
    if (yes) return;
    this.#root.dataset.phase = "waiting";
    [this.#status.textContent, this.#hint.textContent] = [NOT_OPEN[state] ?? "Not connected", ""];
  }
}
