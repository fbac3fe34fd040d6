// The candidate's camera, where a plan asks for it and the candidate agreed: a small picture, without sound.

const CONSTRAINTS = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 15 }, facingMode: "user" };

export class Camera {
  /** @type {MediaStream | null} */
  stream = null;
  /** Called when the device went away by itself (unplugged, taken by the system). */
  onlost = () => {};
  #asked = 0;

  /**
   * Throws the DOMException of getUserMedia; where the browser offers no camera at all, one of the same shape. Closed
   * while the browser still asked, it stays closed: whoever goes on without a camera is not seen after all.
   */
  async open() {
    if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("no camera here", "SecurityError");
    const asked = ++this.#asked;
    const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: CONSTRAINTS });
    if (asked !== this.#asked) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    this.close();
    this.stream = stream;
    stream.getVideoTracks()[0].addEventListener("ended", () => {
      if (this.stream !== stream) return;
      this.stream = null;
      this.onlost();
    });
  }

  close() {
    this.#asked += 1;
    const stream = this.stream;
    this.stream = null;
    for (const track of stream?.getTracks() ?? []) track.stop();
  }
}

/** Put the picture into a video element, mirrored by its style. */
export function showPicture(video, stream) {
  video.srcObject = stream;
  if (stream) video.play().catch(() => {}); // the recording does not need it to be seen
}
