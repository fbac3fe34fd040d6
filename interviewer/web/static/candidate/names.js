// Names that nobody else has.

/** 24 letters and digits. crypto.randomUUID would need https. */
export function randomName() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
