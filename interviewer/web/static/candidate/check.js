// The device check: microphone, Melvin's voice, connection. Nothing here has to pass; it says what to do.

import { Meter, audioContext } from "./meter.js";
import { NoPath, Peer } from "./peer.js";
import { Refused } from "./requests.js";
import { microphoneCause, showTrouble } from "./troubles.js";

const HEARD_RMS = 0.012; // about -38 dB: speech near a microphone, not a quiet room
const HEARD_TIMES = 4; // measurements of 80 ms
const SILENT_AFTER_MS = 8000;
const TEST_MS = 8000;

const byId = (id) => document.getElementById(id);

/** One entry of the list: its result in words and colour, its trouble. */
class Entry {
  constructor(id) {
    this.root = byId(id);
    this.result = this.root.querySelector(".check-result");
  }

  set(result, words, cause = null) {
    this.root.dataset.result = result;
    if (this.result.textContent !== words) this.result.textContent = words;
    showTrouble(this.root.querySelector('[data-part="trouble"]'), cause);
  }

  part(name, shown) {
    for (const part of this.root.querySelectorAll(`[data-part="${name}"]`)) part.hidden = !shown;
  }
}

export class DeviceCheck {
  onready = () => {}; // (typing) the candidate wants to start
  #config;
  #microphone;
  #microphoneEntry = new Entry("check-microphone");
  #soundEntry = new Entry("check-sound");
  #connectionEntry = new Entry("check-connection");
  #allow = byId("allow-microphone");
  #choice = byId("microphone-choice");
  #meter = null;
  #loud = 0;
  #silence = null;
  #test = 0;

  constructor(config, microphone) {
    this.#config = config;
    this.#microphone = microphone;
    this.#allow.addEventListener("click", () => this.#openMicrophone(""));
    this.#choice.addEventListener("change", () => this.#openMicrophone(this.#choice.value));
    byId("hear-melvin").addEventListener("click", () => this.#hear());
    byId("heard-yes").addEventListener("click", () => this.#heard(true));
    byId("heard-no").addEventListener("click", () => this.#heard(false));
    byId("test-connection").addEventListener("click", () => this.#testConnection());
    byId("start-speaking").addEventListener("click", () => this.#leave(false));
    byId("start-typing").addEventListener("click", () => this.#leave(true));
    microphone.onlost = () => this.#microphoneFailed(new DOMException("gone", "NotFoundError"));
    if (!window.isSecureContext) this.#microphoneFailed(new DOMException("insecure", "SecurityError"));
  }

  // Microphone

  async #openMicrophone(deviceId) {
    const entry = this.#microphoneEntry;
    entry.set("busy", "Waiting for your browser");
    audioContext(); // started by this press
    try {
      if (!(await this.#microphone.open(deviceId))) return;
    } catch (error) {
      this.#microphoneFailed(error);
      return;
    }
    const hadFocus = document.activeElement === this.#allow;
    entry.part("ask", false);
    entry.part("chosen", true);
    entry.set("busy", "On. Say a few words");
    await this.#listDevices();
    if (hadFocus) this.#choice.focus();
    this.#measure();
    byId("start-speaking").disabled = false;
    byId("start-hint").textContent = "You can change between speaking and typing at any question.";
    this.#testConnection();
  }

  #microphoneFailed(error) {
    clearTimeout(this.#silence);
    this.#meter?.close();
    this.#microphone.close();
    this.#microphoneEntry.part("chosen", false);
    this.#microphoneEntry.part("ask", true);
    this.#allow.textContent = "Try again";
    byId("start-speaking").disabled = true;
    const cause = microphoneCause(error);
    this.#microphoneEntry.set("bad", "Not working yet", cause);
    if (cause === "insecure") {
      // The message at the top of the page says it all; trying again cannot help.
      this.#microphoneEntry.part("ask", false);
      showTrouble(this.#microphoneEntry.root.querySelector('[data-part="trouble"]'), null);
      this.#microphoneEntry.result.textContent = "Not possible on this address";
      this.#connectionEntry.set("waiting", "Not needed for typing");
      byId("start-hint").textContent = "On this address you can do the whole interview by typing.";
      byId("start-speaking").hidden = true;
      byId("start-typing").classList.add("button-primary");
    }
  }

  async #listDevices() {
    const devices = await this.#microphone.devices();
    this.#choice.replaceChildren(
      ...devices.map((device, i) => new Option(device.label || `Microphone ${i + 1}`, device.deviceId)),
    );
    this.#choice.value = this.#microphone.deviceId;
    this.#choice.parentElement.hidden = devices.length === 0;
  }

  #measure() {
    const level = byId("level");
    this.#meter?.close();
    this.#loud = 0;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#microphoneEntry.set("bad", "No sound yet", "silent"), SILENT_AFTER_MS);
    this.#meter = new Meter(this.#microphone.stream, (value, rms) => {
      level.style.setProperty("--level", value.toFixed(2));
      level.setAttribute("aria-valuenow", String(Math.round(value * 100)));
      if (rms < HEARD_RMS) return;
      this.#loud += 1;
      if (this.#loud !== HEARD_TIMES) return;
      clearTimeout(this.#silence);
      this.#microphoneEntry.set("good", "Working");
    });
  }

  // Melvin's voice

  async #hear() {
    const entry = this.#soundEntry;
    entry.set("busy", "Playing");
    const sound = new Audio(`${this.#config.base}/sound-check.wav`);
    sound.addEventListener("ended", () => {
      if (entry.root.dataset.result === "busy") entry.set("waiting", "Played");
    });
    try {
      await sound.play();
      entry.part("heard", true);
    } catch {
      entry.set("bad", "Not played", "soundNotPlayed");
    }
  }

  #heard(yes) {
    if (yes) this.#soundEntry.set("good", "Heard");
    else this.#soundEntry.set("bad", "Not heard", "soundNotHeard");
  }

  // Connection

  async #testConnection() {
    const entry = this.#connectionEntry;
    const test = ++this.#test;
    const again = byId("test-connection");
    entry.set("busy", "Testing");
    again.hidden = true;
    const peer = new Peer(this.#config, this.#microphone.stream);
    let cause = null;
    try {
      const arrived = packets(peer);
      await peer.open(`${this.#config.base}/connection-test`, "connection-test");
      peer.send({ t: "ping", n: 1 });
      if (!(await arrived)) cause = "noPackets";
    } catch (error) {
      cause = connectionCause(error);
    } finally {
      peer.close();
    }
    if (test !== this.#test) return;
    again.hidden = cause === null;
    if (cause === null) entry.set("good", "Working");
    else entry.set("bad", "Not working yet", cause);
  }

  #leave(typing) {
    this.#test += 1;
    clearTimeout(this.#silence);
    this.#meter?.close();
    if (typing) this.#microphone.close();
    byId("device-check").hidden = true;
    this.onready(typing);
  }
}

/** Resolves true when the server has answered a ping and counted packets of sound, false when that takes too long. */
function packets(peer) {
  return new Promise((resolve) => {
    let pong = false;
    setTimeout(() => resolve(false), TEST_MS);
    peer.onclosed = () => resolve(false);
    peer.onmessage = (message) => {
      pong ||= message.t === "pong";
      if (pong && message.t === "level" && message.packets > 0) resolve(true);
    };
  });
}

function connectionCause(error) {
  if (error instanceof NoPath) return "iceFailed";
  if (!(error instanceof Refused)) return "offline";
  const { status, code, next } = error.problem;
  if (next || status === 404 || status === 410) location.reload(); // the link leads elsewhere by now
  return code === "busy" ? "busy" : "later"; // a refusal says nothing of the candidate's network
}
