// The camera in the device check. The interview starts with it or without it, whatever happens here.

import { showPicture } from "./camera.js";

const CAUSES = {
  NotAllowedError: "The camera is blocked for this page. Allow it at the left of the address bar, or go on without it.",
  NotFoundError: "No camera was found. You can go on without it.",
  NotReadableError: "Another program holds the camera. Close it and try again, or go on without a camera.",
};
const UNKNOWN = "The camera could not be started. You can go on without it.";

const byId = (id) => document.getElementById(id);

export class CameraCheck {
  #camera;
  #root = byId("camera-check");
  #on = byId("camera-on");
  #without = byId("camera-without");
  #picture = byId("camera-check-picture");
  #trouble = byId("camera-trouble");

  constructor(camera) {
    this.#camera = camera;
    this.#on.addEventListener("click", () => this.#open());
    this.#without.addEventListener("click", () => this.#close());
    camera.onlost = () => this.#show("waiting", "Off", UNKNOWN);
  }

  async #open() {
    this.#show("busy", "Waiting for your browser");
    try {
      await this.#camera.open();
    } catch (error) {
      this.#show("waiting", "Off", CAUSES[error.name] ?? UNKNOWN);
      return;
    }
    if (this.#camera.stream !== null) this.#show("good", "On");
  }

  #close() {
    this.#camera.close();
    this.#show("waiting", "Off. You go on without a camera");
  }

  #show(result, words, trouble = "") {
    const { stream } = this.#camera;
    this.#root.dataset.result = result;
    this.#root.querySelector(".check-result").textContent = words;
    this.#trouble.textContent = trouble;
    this.#trouble.hidden = trouble === "";
    this.#on.hidden = stream !== null;
    this.#picture.parentElement.hidden = stream === null;
    showPicture(this.#picture, stream);
  }
}
