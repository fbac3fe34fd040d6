// One WebRTC connection: sound both ways, and the data channel "control" for messages.

import { post } from "./requests.js";

const GATHER_MS = 2000; // candidates found later than this are not worth waiting for
const OPEN_MS = 10000;

/** The server answered, but no path for sound was found. */
export class NoPath extends Error {}

export class Peer {
  carriesSound = true;
  onmessage = () => {};
  onclosed = () => {};
  onvoice = () => {};
  #pc;
  #channel;
  #closed = false;
  #packets = 0;

  constructor(config, stream) {
    this.#pc = new RTCPeerConnection({
      iceServers: config.ice_servers,
      iceTransportPolicy: config.relay_only ? "relay" : "all",
      bundlePolicy: "max-bundle",
    });
    const track = stream?.getAudioTracks()[0];
    if (track) this.#pc.addTransceiver(track, { direction: "sendrecv", streams: [stream] });
    else this.#pc.addTransceiver("audio", { direction: "recvonly" });
    this.#channel = this.#pc.createDataChannel("control", { ordered: true });
    this.#pc.addEventListener("track", (event) => this.onvoice(event.streams[0] ?? new MediaStream([event.track])));
    this.#channel.addEventListener("message", (event) => this.onmessage(JSON.parse(event.data)));
    this.#channel.addEventListener("close", () => this.#end());
    this.#pc.addEventListener("connectionstatechange", () => {
      if (["failed", "closed"].includes(this.#pc.connectionState)) this.#end();
    });
  }

  /**
   * Resolves when messages can be sent. Throws Refused (the server said no), TypeError (it was not reached, or did not
   * answer `within` ms) or NoPath.
   */
  async open(url, tab, within) {
    await this.#describe(await this.#pc.createOffer());
    await this.#gathered();
    const options = { headers: { "X-Tab": tab }, within };
    const sdp = await post(url, "application/sdp", this.#pc.localDescription.sdp, options);
    try {
      await this.#pc.setRemoteDescription({ type: "answer", sdp });
    } catch (error) {
      throw new NoPath(error.message);
    }
    await this.#opened();
  }

  async #describe(offer) {
    try {
      await this.#pc.setLocalDescription({ type: "offer", sdp: withRepeats(offer.sdp) });
    } catch {
      await this.#pc.setLocalDescription(offer);
    }
  }

  #gathered() {
    if (this.#pc.iceGatheringState === "complete") return Promise.resolve();
    return new Promise((resolve) => {
      setTimeout(resolve, GATHER_MS);
      this.#pc.addEventListener("icegatheringstatechange", () => {
        if (this.#pc.iceGatheringState === "complete") resolve();
      });
    });
  }

  #opened() {
    if (this.#channel.readyState === "open") return Promise.resolve();
    return new Promise((resolve, reject) => {
      setTimeout(() => reject(new NoPath("not open in time")), OPEN_MS);
      this.#channel.addEventListener("open", resolve);
      this.#pc.addEventListener("connectionstatechange", () => {
        if (this.#pc.connectionState === "failed") reject(new NoPath("no candidate pair works"));
      });
    });
  }

  send(message) {
    if (this.#channel.readyState !== "open") return false;
    this.#channel.send(JSON.stringify(message));
    return true;
  }

  /** Whether packets of Melvin's sound, which never pause, have come since the last time. */
  async soundCame() {
    const before = this.#packets;
    for (const report of (await this.#pc.getStats()).values()) {
      if (report.type === "inbound-rtp") this.#packets = report.packetsReceived;
    }
    return this.#packets > before;
  }

  /** Another microphone on the same connection. */
  async replaceTrack(track) {
    const sender = this.#pc.getSenders()[0];
    if (sender) await sender.replaceTrack(track);
  }

  #end() {
    if (this.#closed) return;
    this.close();
    this.onclosed();
  }

  close() {
    this.#closed = true;
    this.#pc.close();
  }
}

/** Browsers send lost packets of sound again where the offer says so (rtcp-fb nack), but say it for pictures alone. */
function withRepeats(sdp) {
  return sdp.replace(/^a=rtpmap:(\d+) opus\/48000.*\r\n/gim, (line, type) =>
    sdp.includes(`a=rtcp-fb:${type} nack\r\n`) ? line : `${line}a=rtcp-fb:${type} nack\r\n`,
  );
}
