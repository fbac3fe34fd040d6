// What can go wrong with sound and connection, and what to do about it. Keys are causes; texts are for the candidate.

const TYPING = "You can also continue by typing. It counts the same.";

export const TROUBLES = {
  NotAllowedError: {
    title: "The microphone is blocked for this page",
    todo: [
      "Click the icon at the left of the address bar, allow the microphone, then choose Try again.",
      "On a phone, look in the browser's settings under Permissions or Website settings.",
      TYPING,
    ],
  },
  NotFoundError: {
    title: "No microphone was found",
    todo: ["Plug in a headset or a microphone, wait a few seconds, then choose Try again.", TYPING],
  },
  NotReadableError: {
    title: "Another program holds the microphone",
    todo: ["Close other calls and recorders (Zoom, Teams, Meet, other tabs), then choose Try again.", TYPING],
  },
  OverconstrainedError: {
    title: "That microphone is not there any more",
    todo: ["Choose another one in the list, or plug it in again.", TYPING],
  },
  insecure: {
    title: "The microphone does not work on this address",
    todo: [
      "Browsers allow it only where the address begins with https://, and this one does not.",
      "Tell the person who invited you, or continue by typing. It counts the same.",
    ],
  },
  unknown: {
    title: "The microphone could not be started",
    todo: ["Load this page again, or try another browser.", TYPING],
  },
  silent: {
    title: "We hear nothing from this microphone",
    todo: [
      "Check that it is not muted: many headsets have a switch, many laptops a key.",
      "Choose another microphone in the list.",
      TYPING,
    ],
  },
  soundNotPlayed: {
    title: "The sentence could not be played",
    todo: ["Load this page again. If that does not help, you can read everything Melvin says as text."],
  },
  soundNotHeard: {
    title: "If you did not hear him",
    todo: [
      "Turn up the volume, and check which loudspeaker or headset your computer uses.",
      "Check that this tab is not muted: right-click the tab.",
      "You can go on without sound: everything Melvin says is shown as text.",
    ],
  },
  iceFailed: {
    title: "Sound cannot get through from your network",
    todo: [
      "A company network or a VPN often blocks it. Turn the VPN off, or use another network such as your phone's, then choose Try again.",
      TYPING,
    ],
  },
  noPackets: {
    title: "The connection stands, but your sound does not arrive",
    todo: ["Choose another microphone in the list, then choose Try again.", TYPING],
  },
  offline: {
    title: "The server could not be reached",
    todo: ["Check your internet connection, then choose Try again."],
  },
  later: {
    title: "The test cannot be made just now",
    todo: ["The cause is on our side. Wait a minute, then choose Try again. You can also start without this test."],
  },
  busy: {
    title: "Many connections are being tested just now",
    todo: ["Wait a minute, then choose Try again. You can also start without this test."],
  },
};

/** The cause's name for an error of getUserMedia. */
export function microphoneCause(error) {
  if (!window.isSecureContext) return "insecure";
  return error.name in TROUBLES ? error.name : "unknown";
}

/** Write a trouble into `place`, or clear it where `cause` is null. */
export function showTrouble(place, cause) {
  place.replaceChildren();
  place.hidden = cause === null;
  if (cause === null) return;
  const { title, todo } = TROUBLES[cause];
  const heading = document.createElement("p");
  heading.className = "message-title";
  heading.textContent = title;
  const list = document.createElement("ul");
  for (const sentence of todo) {
    const item = document.createElement("li");
    item.textContent = sentence;
    list.append(item);
  }
  place.append(heading, list);
}
