// Stands in for getUserMedia: a microphone that is silent until a clip is played on it. A recording from a file cannot
// follow Melvin's timing, for it starts when the page opens the microphone and runs on while he speaks.
(() => {
  let context = null;
  let destination = null;
  navigator.mediaDevices.getUserMedia = async () => {
    context ??= new AudioContext({ sampleRate: 48000 });
    await context.resume();
    if (!destination) {
      destination = context.createMediaStreamDestination();
      // A real microphone never stops sending, not even in silence; a destination without a source does.
      const hum = new ConstantSourceNode(context, { offset: 0.0001 });
      hum.connect(destination);
      hum.start();
    }
    return destination.stream.clone();
  };
  window.playClip = async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const sound = await context.decodeAudioData(bytes.buffer);
    const source = context.createBufferSource();
    source.buffer = sound;
    source.connect(destination);
    const ended = new Promise((resolve) => source.addEventListener("ended", resolve));
    source.start();
    await ended;
    return sound.duration;
  };
})();
