// A microphone that is silent until a clip is played on it, and an ear on every remote track, both on one clock: the
// time of one AudioContext, in seconds. Runs before the page's own scripts, and knows nothing of the page.
// `WORKLET`, the source of worklet.js, is defined in front of this.
(() => {
  const held = []; // elements and nodes that play would be collected as garbage
  const sounds = []; // [begin, end]; end is null while it lasts
  let context = null;
  let microphone = null;
  let ear = null;
  let opened = () => {};
  const asked = new Promise((resolve) => {
    opened = resolve;
  });

  const open = () => {
    context ??= new AudioContext({ sampleRate: 48000 });
    ear ??= (async () => {
      await context.resume();
      await context.audioWorklet.addModule(URL.createObjectURL(new Blob([WORKLET], { type: "text/javascript" })));
      const node = new AudioWorkletNode(context, "earshot", { numberOfOutputs: 1 });
      node.port.addEventListener("message", ({ data }) => {
        if (data.begin !== undefined) sounds.push([data.begin, null]);
        else sounds[sounds.length - 1][1] = data.end;
      });
      node.port.start();
      node.connect(context.destination); // a node that leads nowhere is not run; its output stays silent
      return node;
    })();
    return ear;
  };

  navigator.mediaDevices.getUserMedia = async () => {
    await open();
    if (!microphone) {
      microphone = context.createMediaStreamDestination();
      // A real microphone never stops sending, not even in silence; a destination without a source does.
      const hum = new ConstantSourceNode(context, { offset: 0.0001 });
      hum.connect(microphone);
      hum.start();
    }
    opened();
    return microphone.stream.clone();
  };

  const Connection = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Connection {
    constructor(...options) {
      super(...options);
      this.addEventListener("track", async ({ track }) => {
        const stream = new MediaStream([track]);
        const pull = new Audio(); // Chromium gives a remote track to Web Audio only while an element plays it too
        pull.muted = true;
        pull.srcObject = stream;
        pull.play().catch(() => {});
        const node = await open();
        const source = context.createMediaStreamSource(stream);
        source.connect(node);
        held.push(pull, source);
      });
    }
  };

  window.earshot = {
    sounds: () => ({ now: context?.currentTime ?? 0, sounds }),
    /** Plays a WAV file soon, once the page has asked for the microphone; returns when it begins and ends. */
    play: async (base64) => {
      await asked;
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      const source = new AudioBufferSourceNode(context, { buffer: await context.decodeAudioData(bytes.buffer) });
      source.connect(microphone);
      const at = context.currentTime + 0.1;
      source.start(at);
      return [at, at + source.buffer.duration];
    },
  };
})();
