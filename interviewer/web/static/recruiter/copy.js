// The button that copies a new link. Without it (or without the right to use the clipboard) the field itself is there.

const field = document.getElementById("link");
const button = document.getElementById("copy");
const said = document.getElementById("copied");

field.addEventListener("focus", () => field.select());

if (navigator.clipboard) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
      said.textContent = "Copied.";
    } catch {
      field.focus();
      said.textContent = "Press Ctrl+C to copy it.";
    }
  });
}
