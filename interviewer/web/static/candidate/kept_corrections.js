// What a candidate changed in the transcript, in this tab until it was sent: by turn, with the words it was made on.

import { kept } from "./kept.js";

const key = (base, name = "") => `correction:${base}:${name}`;

export function keepCorrection(base, { name, heard, text }) {
  kept.setItem(key(base, name), JSON.stringify({ name, heard, text }));
}

export function keptCorrections(base) {
  return names(base).map((name) => JSON.parse(kept.getItem(name)));
}

/** They are sent: nothing to keep. */
export function forgetCorrections(base) {
  for (const name of names(base)) kept.removeItem(name);
}

function names(base) {
  return kept.names.filter((name) => name.startsWith(key(base)));
}
