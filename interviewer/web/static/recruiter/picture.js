// The camera's recording in step with the sound, which leads: it is played, moved and slowed as the sound is. It comes
// in segments, one for each time that the candidate's browser began to record; between them there is no picture.

const audio = document.getElementById("audio");
const box = document.getElementById("picture");
const video = document.getElementById("video");
const none = document.getElementById("picture-none");
const hide = document.getElementById("picture-hide");
const segments = JSON.parse(box.dataset.segments);

const FAR_S = 0.4; // from here on the picture jumps; below, it is played a little faster or slower until it is near
const NEAR_S = 0.06;
const CATCH_UP = 0.06; // of the speed
const LOOK_MS = 200;

let shown = null;

/** The segment of this moment; of two that overlap the newer, which goes on. */
function segmentAt(at) {
  return segments.findLast((one) => at >= one.start && at < one.end) ?? null;
}

function show(segment) {
  if (segment === shown) return;
  shown = segment;
  none.hidden = segment !== null || video.hidden;
  video.classList.toggle("empty", segment === null);
  if (segment) video.src = segment.src;
  else video.removeAttribute("src");
  video.load();
}

function follow() {
  const segment = video.hidden ? null : segmentAt(audio.currentTime);
  show(segment);
  if (!segment || video.readyState < HTMLMediaElement.HAVE_METADATA) return;
  const away = audio.currentTime - segment.start - video.currentTime;
  if (Math.abs(away) > (audio.paused ? NEAR_S : FAR_S)) {
    if (!video.seeking) video.currentTime = audio.currentTime - segment.start;
  }
  const correction = Math.abs(away) < NEAR_S ? 0 : Math.sign(away) * CATCH_UP;
  video.playbackRate = audio.playbackRate * (1 + correction);
  if (audio.paused || audio.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) video.pause();
  else if (video.paused) video.play().catch(() => {}); // the sound goes on without it
}

for (const kind of ["play", "pause", "seeked", "seeking", "ratechange", "timeupdate", "waiting", "playing"]) {
  audio.addEventListener(kind, follow);
}
for (const kind of ["loadedmetadata", "seeked"]) video.addEventListener(kind, follow);
setInterval(() => {
  if (!audio.paused) follow();
}, LOOK_MS);

hide.addEventListener("click", () => {
  video.hidden = !video.hidden;
  hide.textContent = video.hidden ? "Show picture" : "Hide picture";
  hide.setAttribute("aria-expanded", String(!video.hidden));
  none.hidden = true;
  follow();
});

follow();
