// The candidate's microphone: opened on demand, changed, switched off while typing.

const CONSTRAINTS = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, channelCount: 1 };

export class Microphone {
  /** @type {MediaStream | null} */
  stream = null;
  /** Called when the device went away by itself (unplugged, taken by the system). */
  onlost = () => {};
  #asked = 0;

  /**
   * Its stream. Throws the DOMException of getUserMedia; where the browser offers no microphone at all, one of the same
   * shape. Closed, or asked for again, while the browser still asked: null, and that stream is closed at once.
   */
  async open(deviceId = "") {
    if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("no microphone here", "SecurityError");
    const audio = deviceId ? { ...CONSTRAINTS, deviceId: { exact: deviceId } } : CONSTRAINTS;
    const asked = ++this.#asked;
    const stream = await navigator.mediaDevices.getUserMedia({ audio, video: false });
    if (asked !== this.#asked) {
      for (const track of stream.getTracks()) track.stop();
      return null;
    }
    this.close();
    this.stream = stream;
    this.track.addEventListener("ended", () => {
      if (this.stream === stream) this.onlost();
    });
    return stream;
  }

  get track() {
    return this.stream?.getAudioTracks()[0] ?? null;
  }

  get deviceId() {
    return this.track?.getSettings().deviceId ?? "";
  }

  /** Off means that silence is sent; the device stays chosen. */
  set on(value) {
    if (this.track) this.track.enabled = value;
  }

  async devices() {
    const all = await navigator.mediaDevices.enumerateDevices();
    return all.filter((device) => device.kind === "audioinput" && device.deviceId);
  }

  close() {
    this.#asked += 1;
    const stream = this.stream;
    this.stream = null;
    for (const track of stream?.getTracks() ?? []) track.stop();
  }
}
