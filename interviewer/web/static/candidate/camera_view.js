// The camera during the interview: a small picture that can be hidden, a sign while it is recorded, a button that ends
// it for good. Whatever becomes of it, the interview goes on.

import { showPicture } from "./camera.js";
import { Refused, send } from "./requests.js";

const LOOK_MS = 500;
const AGAIN_MS = 5000;

const byId = (id) => document.getElementById(id);

export class CameraView {
  #base;
  #camera;
  #recording;
  #root = byId("camera");
  #picture = byId("camera-picture");
  #sign = byId("camera-sign");
  #hide = byId("camera-hide");
  #timer = null;
  #goesOn = false;

  constructor(base, camera, recording) {
    this.#base = base;
    this.#camera = camera;
    this.#recording = recording;
    this.#root.hidden = camera.stream === null;
    if (camera.stream === null) {
      camera.close(); // nor one that the browser still asks about: it could not be turned off here
      return;
    }
    showPicture(this.#picture, camera.stream);
    camera.onlost = () => this.#stop("Your camera stopped. The interview goes on without it.");
    this.#hide.addEventListener("click", () => this.#toggle());
    byId("camera-off").addEventListener("click", () => this.#turnOff());
    this.#timer = setInterval(() => this.#tell(), LOOK_MS);
    this.#tell();
  }

  /** Whether the interview goes on, or stands still. */
  runs(goesOn) {
    this.#goesOn = goesOn;
    this.#recording.recordCamera(goesOn ? this.#camera.stream : null);
    this.#tell();
  }

  /** The interview is over. */
  close() {
    clearInterval(this.#timer);
    this.#timer = null;
    this.#camera.close();
    this.#root.hidden = true;
  }

  #tell() {
    if (this.#timer === null) return;
    const keeps = this.#recording.keepsCamera;
    this.#root.dataset.recorded = String(keeps);
    if (keeps) this.#say("Your camera is recorded");
    else this.#say(`Your camera is not recorded ${this.#goesOn ? "yet" : "now"}`);
  }

  #say(words) {
    if (this.#sign.textContent !== words) this.#sign.textContent = words;
  }

  #toggle() {
    const veiled = this.#picture.classList.toggle("veiled");
    this.#hide.textContent = veiled ? "Show picture" : "Hide picture";
  }

  #turnOff() {
    this.#stop("Your camera is off, and stays off.");
    this.#tellServer();
  }

  #stop(words) {
    clearInterval(this.#timer);
    this.#timer = null;
    this.#recording.recordCamera(null);
    this.#camera.close();
    showPicture(this.#picture, null);
    this.#picture.hidden = true;
    this.#root.dataset.recorded = "false";
    for (const button of this.#root.querySelectorAll("button")) button.hidden = true;
    this.#say(words);
  }

  /** So that no other page of this link turns it on again. */
  async #tellServer() {
    for (;;) {
      try {
        await send("POST", `${this.#base}/camera/off`, "application/json", "{}");
        return;
      } catch (error) {
        if (error instanceof Refused && error.problem.status < 500) return;
      }
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
