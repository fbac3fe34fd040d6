// The recording in step with the transcript: click a word or a quote to hear it, and the spoken word is marked as it
// plays. Words carry their times in seconds (data-s, data-e); buttons that play carry data-play and perhaps data-until.

import { Words } from "./words.js";

const player = document.getElementById("player");
const audio = document.getElementById("audio");
const play = document.getElementById("play");
const seek = document.getElementById("seek");
const now = document.getElementById("now");
const speed = document.getElementById("speed");
const follow = document.getElementById("follow");
const error = document.getElementById("player-error");
const words = new Words(document);

const HANDS_OFF_MS = 4000; // after the reader scrolls, the page is theirs for this long
let until = null;
let frame = 0;
let scrolledAt = -Infinity;

function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

function playFrom(start, end = null) {
  until = end;
  audio.currentTime = start;
  show();
  audio.play().catch(() => {}); // the error event says what is wrong
}

function toggle() {
  until = null;
  if (audio.paused) audio.play().catch(() => {});
  else audio.pause();
}

function skip(seconds) {
  until = null;
  audio.currentTime = Math.min(Math.max(0, audio.currentTime + seconds), Number(seek.max));
}

function show() {
  const at = audio.currentTime;
  seek.value = at;
  seek.setAttribute("aria-valuetext", clock(at));
  now.textContent = clock(at);
  const spoken = words.mark(at);
  if (spoken && !audio.paused) keepInSight(spoken);
}

function keepInSight(word) {
  if (!follow.checked || performance.now() - scrolledAt < HANDS_OFF_MS) return;
  const place = word.getBoundingClientRect();
  const top = player.getBoundingClientRect().bottom + 24;
  const bottom = window.innerHeight - 96;
  if (place.top >= top && place.bottom <= bottom) return;
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const y = window.scrollY + place.top - top - (bottom - top) / 3;
  window.scrollTo({ top: y, behavior: calm ? "auto" : "smooth" });
}

function step() {
  show();
  if (until !== null && audio.currentTime >= until + 0.25) {
    until = null;
    audio.pause();
  }
  frame = audio.paused ? 0 : requestAnimationFrame(step);
}

audio.addEventListener("play", () => {
  play.setAttribute("aria-label", "Pause");
  player.classList.add("playing");
  if (!frame) frame = requestAnimationFrame(step);
});
audio.addEventListener("pause", () => {
  play.setAttribute("aria-label", "Play");
  player.classList.remove("playing");
});
for (const kind of ["seeked", "timeupdate"]) audio.addEventListener(kind, show);
audio.addEventListener("error", () => {
  error.classList.remove("visually-hidden");
  error.textContent = "The recording could not be played. Load the page again, or download the audio below.";
});

play.addEventListener("click", toggle);
seek.addEventListener("input", () => {
  until = null;
  audio.currentTime = Number(seek.value);
});
speed.addEventListener("change", () => {
  audio.playbackRate = Number(speed.value);
});
for (const kind of ["wheel", "touchmove"]) {
  window.addEventListener(kind, () => (scrolledAt = performance.now()), { passive: true });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-play]");
  if (button) {
    playFrom(Number(button.dataset.play), button.dataset.until ? Number(button.dataset.until) : null);
    return;
  }
  const jump = event.target.closest("[data-skip]");
  if (jump) {
    skip(Number(jump.dataset.skip));
    return;
  }
  const word = event.target.closest(".word[data-s]");
  if (word && String(window.getSelection()) === "") playFrom(Number(word.dataset.s));
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target;
  if (target.closest("input:not([type=range], [type=checkbox]), select, textarea")) return;
  const turn = target.closest(".turn-text[tabindex]");
  if (turn && words.key(turn, event.key, playFrom)) {
    event.preventDefault();
    return;
  }
  if (event.key === " " && !target.closest("button, summary, a, input")) toggle();
  else if (event.key === "j") skip(-10);
  else if (event.key === "l") skip(10);
  else if (event.key === "k") toggle();
  else return;
  event.preventDefault();
});

show();
