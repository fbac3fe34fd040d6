// What a candidate changed in the transcript, in this tab until it was sent: by turn, with the words it was made on.

const key = (base, name = "") => `correction:${base}:${name}`;

export function keepCorrection(base, { name, heard, text }) {
  sessionStorage.setItem(key(base, name), JSON.stringify({ name, heard, text }));
}

export function keptCorrections(base) {
  return names(base).map((name) => JSON.parse(sessionStorage.getItem(name)));
}

/** They are sent: nothing to keep. */
export function forgetCorrections(base) {
  for (const name of names(base)) sessionStorage.removeItem(name);
}

function names(base) {
  return Object.keys(sessionStorage).filter((name) => name.startsWith(key(base)));
}
