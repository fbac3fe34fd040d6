// The interview page: the device check first, then the interview.

import { Camera } from "./camera.js";
import { CameraCheck } from "./camera_check.js";
import { CameraView } from "./camera_view.js";
import { DeviceCheck } from "./check.js";
import { Interview } from "./interview.js";
import { audioContext } from "./meter.js";
import { Microphone } from "./microphone.js";
import { showInsecure } from "./notice.js";
import { OwnRecording } from "./own_recording.js";
import { Pace } from "./pace.js";

const config = JSON.parse(document.body.dataset.config);
const microphone = new Microphone();
const pace = new Pace();
const recording = new OwnRecording();

showInsecure();
const camera = config.camera ? new Camera() : null;
if (camera) new CameraCheck(camera);
const check = new DeviceCheck(config, microphone);
check.onready = (typing) => {
  audioContext();
  window.scrollTo(0, 0);
  const view = camera && new CameraView(config.base, camera, recording);
  new Interview(config, microphone, pace, recording, view).start(typing);
};
recording.open(config.base);
window.addEventListener("pagehide", () => {
  recording.record(null);
  recording.recordCamera(null);
});
// A press before this would have done nothing.
for (const button of document.querySelectorAll("[data-until-ready]")) button.disabled = false;
