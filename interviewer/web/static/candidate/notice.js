// Whether the microphone can work here is for the browser to say: a proxy may hide https from the server.

export function showInsecure() {
  for (const message of document.querySelectorAll("[data-insecure]")) message.hidden = window.isSecureContext;
}

showInsecure();
