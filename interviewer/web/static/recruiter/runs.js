// Keeps a run's progress up to date while the page is looked at. Without it the page is right when it is loaded.

const EVERY_MS = 3000;

async function look() {
  if (document.hidden) return;
  const asked = new URL(location.href);
  asked.searchParams.set("part", "progress"); // not the report: that reads every answer of the run
  const reply = await fetch(asked, { headers: { Accept: "text/html" } });
  if (!reply.ok || reply.redirected) return;
  const fresh = new DOMParser().parseFromString(await reply.text(), "text/html");
  const now = document.querySelector("[data-live]");
  const next = fresh.querySelector("[data-live]");
  // Somebody who is about to press a button must not lose it from under the finger.
  if (next && !now.contains(document.activeElement) && !now.querySelector("details[open]")) now.replaceWith(next);
  if (!fresh.querySelector('script[src*="runs.js"]')) location.reload();
}

setInterval(() => look().catch(() => {}), EVERY_MS);
