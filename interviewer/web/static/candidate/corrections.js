// The check of the transcript: says what was changed, and keeps changes in this tab until the receipt says they are there.

import { keepCorrection, keptCorrections } from "./kept_corrections.js";

const form = document.getElementById("corrections");
const send = document.getElementById("submit-corrections");
const boxes = [...form.querySelectorAll("textarea")];
const { base } = document.body.dataset;

function show() {
  const changed = boxes.filter((box) => box.value !== box.defaultValue);
  send.textContent = changed.length > 0 ? "I corrected it, send it" : "Looks right, send it";
  for (const box of boxes) {
    const word = !changed.includes(box) ? "" : box.value.length < box.maxLength ? "Changed by you" : full(box);
    const place = document.getElementById(box.getAttribute("aria-describedby"));
    if (place.textContent !== word) place.textContent = word;
  }
}

/** The browser takes no more than this and says nothing of it, whatever is typed or pasted. */
function full(box) {
  const most = box.maxLength.toLocaleString("en");
  return `Changed by you. This is as long as it can be, ${most} characters: please look whether its end is missing.`;
}

const kept = keptCorrections(base);

/**
 * What was kept for this box. A newer transcript may have come since then: a change belongs to the words that it was
 * made on, wherever they are, but only where no other box has the same ("Yes." stands in many an interview).
 */
function keptFor(box) {
  const mine = (one, { name, heard }) => name === one.name && heard === one.defaultValue;
  const own = kept.find((change) => mine(box, change));
  if (own) return own;
  const alike = boxes.filter((one) => one.defaultValue === box.defaultValue);
  const moved = kept.filter(({ heard }) => heard === box.defaultValue);
  return alike.length === 1 && moved.length === 1 ? moved[0] : undefined;
}

for (const box of boxes) {
  box.value = keptFor(box)?.text ?? box.defaultValue;
  box.addEventListener("input", () => {
    keepCorrection(base, { name: box.name, heard: box.defaultValue, text: box.value });
    show();
  });
}
show();
