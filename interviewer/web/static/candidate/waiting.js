// While the answers are being written out: ask now and then how far it is, and load the page when it is done.

const EVERY_MS = 3000;

const text = document.getElementById("waiting-text");
const bar = document.getElementById("waiting-bar");

async function ask() {
  try {
    const reply = await fetch(`${document.body.dataset.base}/transcript.json`, { headers: { Accept: "application/json" } });
    if (reply.status === 404 || reply.status === 410) {
      location.reload(); // the link was renewed, or the interview deleted: the page that says so asks no more
      return;
    }
    if (reply.ok) {
      const { status, done, total } = await reply.json();
      if (status === "ready") {
        location.reload();
        return;
      }
      if (total > 0) show(done, total);
    }
  } catch {
    // The next try may get through.
  }
  setTimeout(ask, EVERY_MS);
}

function show(done, total) {
  bar.classList.remove("progress-open");
  bar.firstElementChild.style.setProperty("--part", String(done / total));
  const words = `${done} of ${total} stretches of speech are written out. You can leave this page open, or come back later with the same link, within 24 hours.`;
  if (text.textContent !== words) text.textContent = words;
}

ask();
