// The check of the transcript: says what was changed, and keeps changes in this tab until they are sent.

const form = document.getElementById("corrections");
const send = document.getElementById("submit-corrections");
const boxes = [...form.querySelectorAll("textarea")];
const version = form.elements.namedItem("version").value;
const key = (box) => `correction:${location.pathname}:${version}:${box.name}`;

function show() {
  const changed = boxes.filter((box) => box.value !== box.defaultValue);
  send.textContent = changed.length > 0 ? "I corrected it, send it" : "Looks right, send it";
  for (const box of boxes) {
    const word = changed.includes(box) ? "Changed by you" : "";
    const place = document.getElementById(box.getAttribute("aria-describedby"));
    if (place.textContent !== word) place.textContent = word;
  }
}

for (const box of boxes) {
  box.value = sessionStorage.getItem(key(box)) ?? box.defaultValue;
  box.addEventListener("input", () => {
    sessionStorage.setItem(key(box), box.value);
    show();
  });
}
form.addEventListener("submit", () => {
  for (const box of boxes) sessionStorage.removeItem(key(box));
});
show();
