// The interview itself: binds connection, stage, captions, typed answers and sound.

import { Banner } from "./banner.js";
import { Captions } from "./captions.js";
import { Connection } from "./connection.js";
import { Lobby } from "./lobby.js";
import { Meter } from "./meter.js";
import { Stage } from "./stage.js";
import { microphoneCause, TROUBLES } from "./troubles.js";
import { Unheard } from "./unheard.js";
import { Writing } from "./writing.js";

const LOST = "Connection lost. Nothing is lost; reconnecting.";
const LOST_RECORDING =
  "Connection lost; reconnecting. If you are speaking, go on: your browser records it and sends it afterwards.";
const LEAVE_MS = 2000; // the page does not wait longer for the end of its own recording to be kept
const MOVING = "One moment. Melvin is being restarted. Nothing is lost, and you go on where you were.";
const MOVING_RECORDING =
  "One moment. Melvin is being restarted. If you are speaking, go on: your browser records it and sends it afterwards.";
const SILENT_RMS = 0.0004; // what a muted microphone gives; a quiet room is louder
const SILENT_MS = 10000;

const byId = (id) => document.getElementById(id);

export class Interview {
  #config;
  #microphone;
  #pace;
  #recording;
  #camera;
  #connection;
  #captions = new Captions(byId("captions"), byId("announcer"), byId("captions-empty"));
  #writing;
  #stage;
  #banner = new Banner();
  #lobby = new Lobby();
  #voice = byId("melvin-voice");
  #dialog = byId("end-dialog");
  #askedBack = false; // Melvin has asked whether to end it: the dialog is his question too
  #meters = { melvin: null, candidate: null };
  #unheard = new Unheard(() =>
    this.#banner.show("paused", "caution", "The interview is paused: Melvin does not hear you, and nothing is recorded. Choose Go on, then speak.", [
      ["Go on", () => this.#press("resume")],
    ]),
  );
  #wantsTyping; // until the conversation has been told
  #focusBox = false;
  #sendsSound = false; // whether the connection was made with a microphone in it
  #silentSince = null; // Infinity once the candidate was told

  /** `microphone`: with its stream open, or closed where the candidate types. `camera`: null where there is none. */
  constructor(config, microphone, pace, recording, camera) {
    this.#config = config;
    this.#microphone = microphone;
    this.#pace = pace;
    this.#recording = recording;
    this.#camera = camera;
    this.#writing = new Writing(config);
    this.#stage = new Stage(this.#captions, this.#writing);
    this.#connection = new Connection(config, () => microphone.stream);
    this.#connection.hello = (sound) => ({
      t: "hello",
      audio: sound && microphone.stream !== null,
      ...(pace.unsaid && { pace: pace.unsaid }),
      ...(recording.possible && microphone.stream !== null && { records: true }),
      ...(recording.now !== null && { at: recording.now }),
    });
    this.#connection.onpong = (...pong) => recording.onpong(...pong);
    pace.onchosen = (chosen) => this.#connection.send({ t: "pace", pace: chosen });
    this.#connection.onstate = (state, detail) => this.#onConnection(state, detail);
    this.#connection.onmessage = (message) => this.#onMessage(message);
    this.#connection.onvoice = (stream) => this.#onVoice(stream);
    this.#writing.onproblem = (problem) => this.#leave(problem.next, problem);
    this.#writing.onsent = (text) => this.#captions.typed(text);
    microphone.onlost = () => this.#onMicrophoneLost();
    this.#lobby.ontype = () => this.#typeWithoutWaiting();
    this.#bindButtons();
  }

  start(typing) {
    this.#wantsTyping = typing;
    this.#stage.open();
    this.#listenToCandidate();
    this.#stayAwake();
    return this.#connection.start();
  }

  // Buttons

  #bindButtons() {
    for (const button of document.querySelectorAll("[data-press]")) {
      button.addEventListener("click", () => this.#press(button.dataset.press));
    }
    byId("mode").addEventListener("click", () => (this.#stage.typing ? this.#speakInstead() : this.#typeInstead()));
    byId("end").addEventListener("click", () => {
      if (this.#connection.state !== "open") return;
      byId("end-asked").hidden = !this.#askedBack;
      this.#dialog.showModal();
    });
    byId("end-cancel").addEventListener("click", () => this.#keepGoing());
    this.#dialog.addEventListener("cancel", () => this.#keepGoing()); // Escape
    byId("end-pause").addEventListener("click", () => this.#closeAndPress("pause"));
    byId("end-confirm").addEventListener("click", () => this.#closeAndPress("end"));
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.repeat || this.#dialog.open) return;
      event.preventDefault();
      if (this.#writing.shown) this.#writing.send();
      else this.#press("done");
    });
  }

  #press(button) {
    this.#connection.send({ t: "press", button });
  }

  #closeAndPress(button) {
    this.#askedBack = false;
    this.#dialog.close();
    this.#press(button);
  }

  #keepGoing() {
    if (this.#askedBack) this.#closeAndPress("keep");
    else this.#dialog.close();
  }

  /** The candidate said that they want to stop: the dialog opens by itself, and goes when that is settled aloud. */
  #askBack(asks) {
    if (asks === this.#askedBack) return;
    this.#askedBack = asks;
    byId("end-asked").hidden = !asks;
    if (asks && !this.#dialog.open) this.#dialog.showModal();
    else if (!asks && this.#dialog.open) this.#dialog.close();
  }

  #typeInstead() {
    this.#microphone.on = false;
    this.#focusBox = this.#connection.send({ t: "typing", on: true });
  }

  /** Who chose to type finds the cursor in the box as soon as it is there. */
  #showBox() {
    if (!this.#focusBox || !this.#writing.shown) return;
    this.#focusBox = false;
    this.#writing.focus();
  }

  async #speakInstead() {
    if (!this.#microphone.stream) {
      try {
        if (!(await this.#microphone.open())) return;
      } catch (error) {
        const { title, todo } = TROUBLES[microphoneCause(error)];
        this.#banner.show("microphone", "caution", `${title}. ${todo[0]}`, [["Close", () => this.#banner.hide("microphone")]]);
        return;
      }
      this.#listenToCandidate();
    }
    this.#banner.hide("microphone");
    this.#microphone.on = true;
    this.#wantsTyping = false;
    if (this.#connection.carriesSound && this.#sendsSound) this.#sayMode(true);
    else this.#startAgain();
  }

  /** A new connection: with the microphone in it, or another try to get sound through. */
  #startAgain() {
    this.#connection.soundBlocked = false;
    this.#connection.start();
  }

  /** Tell the conversation how the candidate wants to answer, where it thinks otherwise. */
  #sayMode(typing) {
    if (this.#wantsTyping === null || (!this.#wantsTyping && !this.#sendsSound)) return;
    if (this.#wantsTyping !== typing) this.#connection.send({ t: "typing", on: this.#wantsTyping });
    this.#wantsTyping = null;
  }

  // Connection

  #onConnection(state, detail) {
    if (this.#waits(state, detail)) return;
    this.#stage.connection(state);
    if (state === "open") this.#onOpen();
    else if (state === "lost") this.#onLost();
    else if (state === "moving") this.#onMoving();
    else if (state === "busy") {
      const { title, detail: more } = detail.problem;
      this.#banner.show("connection", "caution", `${title}. ${more ?? ""} Trying again by itself.`);
    } else if (state === "superseded") {
      this.#voice.srcObject = null;
      this.#recording.record(null);
      this.#camera?.runs(false);
      this.#banner.show("connection", "caution", "This interview was opened in another tab or on another device.", [
        ["Use it here", () => this.#connection.start()],
      ]);
    } else if (state === "ended") this.#leave(detail.next, detail.problem);
  }

  /** Whether the lobby shows this state; any other leads back to the stage. */
  #waits(state, detail) {
    if (state === "waiting") {
      this.#stage.close();
      this.#record(false);
      this.#camera?.runs(false);
      this.#lobby.show(detail.place, this.#microphone.stream !== null, this.#stage.begun || this.#config.begun);
      return true;
    }
    if (!this.#lobby.shown) return false;
    if (state === "entering") this.#lobby.entering();
    else if (state === "lost") this.#lobby.lost();
    else if (state === "moving") this.#lobby.moving();
    else if (state !== "connecting") {
      this.#lobby.hide();
      this.#stage.open();
      return false;
    }
    return true;
  }

  #typeWithoutWaiting() {
    this.#microphone.close();
    this.#wantsTyping = true;
    this.#connection.start();
  }

  async #tellChunks() {
    if (!this.#recording.possible || !this.#microphone.stream) return;
    this.#connection.send({ t: "recorded", chunks: await this.#recording.back() });
  }

  #onLost() {
    this.#recording.lost();
    this.#banner.show("connection", "caution", this.#recording.keeps ? LOST_RECORDING : LOST);
  }

  #onMoving() {
    this.#recording.lost();
    this.#banner.show("connection", "calm", this.#recording.keeps ? MOVING_RECORDING : MOVING);
  }

  #onOpen() {
    this.#banner.hide("connection");
    this.#tellChunks();
    this.#sendsSound = this.#connection.carriesSound && this.#microphone.stream !== null;
    if (!this.#connection.carriesSound) {
      this.#banner.show(
        "sound",
        "caution",
        "Sound cannot get through from your network. Please go on by typing; you can read everything Melvin says.",
        [["Try sound again", () => this.#startAgain()]],
      );
    } else this.#banner.hide("sound");
  }

  async #leave(next, problem) {
    await Promise.race([this.#recording.end(), new Promise((resolve) => setTimeout(resolve, LEAVE_MS))]);
    this.#camera?.close();
    const address = next && new URL(next, `${location.origin}${this.#config.base}/`);
    if (address && address.origin === location.origin && address.pathname.startsWith(this.#config.base)) {
      location.assign(address.pathname);
      return;
    }
    const text = problem ? [problem.title, problem.detail].filter(Boolean).join(". ") : "The interview has ended.";
    this.#banner.show("connection", "alarm", text, [["Load this page again", () => location.reload()]]);
  }

  #onMessage(message) {
    if (message.t === "state") {
      this.#stage.show(message);
      this.#pace.told(message.pace);
      this.#askBack(Boolean(message.confirm_end));
      this.#showBox();
      if (message.question?.kind !== "written") this.#sayMode(message.typing);
      const speaking = !message.typing && message.question?.kind !== "written";
      this.#microphone.on = speaking;
      const goesOn = !["paused", "finished"].includes(message.phase);
      this.#record(speaking && goesOn);
      this.#camera?.runs(goesOn);
      if (message.phase !== "paused") {
        this.#banner.hide("notice");
        this.#banner.hide("paused");
        this.#unheard.reset();
      }
    } else if (message.t === "caption") {
      this.#captions.add(message);
      if (message.side === "melvin") this.#stage.asked();
    } else if (message.t === "draft") this.#writing.arrived(message);
    else if (message.t === "notice") this.#notice(message);
    else if (message.t === "error") this.#leave(null, { title: message.text });
  }

  #notice({ code, text }) {
    if (code === "welcome-back" || code === "paused") return; // spoken, or on the stage already
    this.#banner.show("notice", "calm", text, [["Close", () => this.#banner.hide("notice")]]);
  }

  // Sound

  /** Only while the interview goes on, and the candidate speaks in it. */
  #record(runs) {
    this.#recording.record(runs ? this.#microphone.stream : null);
  }

  #onVoice(stream) {
    this.#voice.srcObject = stream;
    this.#voice.play().then(
      () => this.#banner.hide("voice"),
      () => this.#banner.show("voice", "caution", "Your browser holds Melvin's voice back.", [["Turn his voice on", () => this.#onVoice(stream)]]),
    );
    this.#meters.melvin?.close();
    this.#meters.melvin = new Meter(stream, (level) => {
      if (this.#stage.phase === "speaking") this.#stage.level(level);
    });
  }

  #listenToCandidate() {
    this.#meters.candidate?.close();
    if (!this.#microphone.stream) return;
    this.#meters.candidate = new Meter(this.#microphone.stream, (level, rms) => {
      if (this.#stage.phase === "paused") this.#unheard.measured(rms);
      if (this.#stage.phase !== "listening") {
        this.#silentSince = null;
        return;
      }
      this.#stage.level(level);
      this.#watchSilence(rms);
    });
  }

  #watchSilence(rms) {
    const now = performance.now();
    if (rms > SILENT_RMS) {
      if (this.#silentSince === Infinity) this.#stage.hint("");
      this.#silentSince = null;
    } else if (this.#silentSince === null) this.#silentSince = now;
    else if (now - this.#silentSince > SILENT_MS) {
      this.#silentSince = Infinity;
      this.#stage.hint("No sound comes from your microphone. Is it muted? You can also type instead.");
    }
  }

  async #onMicrophoneLost() {
    try {
      if (!(await this.#microphone.open())) return;
      await this.#connection.replaceTrack(this.#microphone.track);
      this.#record(this.#recording.active);
      this.#listenToCandidate();
      this.#banner.hide("microphone");
    } catch {
      this.#microphone.close();
      this.#banner.show("microphone", "caution", "Your microphone was unplugged or taken by another program.", [
        ["Try again", () => this.#onMicrophoneLost()],
        ["Type instead", () => this.#typeInstead()],
      ]);
    }
  }

  /** Phones would switch the screen off, and the page with it. */
  #stayAwake() {
    const ask = () => navigator.wakeLock?.request("screen").catch(() => {});
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") ask();
    });
    ask();
  }
}
