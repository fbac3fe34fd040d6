// Which node holds the interview. With several of them the page comes from the address of all, and talks to that of one.

import { kept } from "./kept.js";

let pin = null; // { address, node }: node is the address signed, shown with each request
let known = []; // the addresses that this page's content policy lets it talk to

export function know(addresses) {
  known = addresses.map(normal);
  for (const origin of known) kept.removeItem(`node:${origin}`);
}

/** A path under the candidate's link, at the node. */
export function atNode(path) {
  return pin ? pin.address + path : path;
}

export function nodeHeaders() {
  return pin ? { "X-Node": pin.node } : {};
}

export function nodeQuery() {
  return pin?.node ?? "";
}

/** A reply or a refusal said where the interview is. */
export function pinTo(address, node) {
  if (!address || !node) return;
  const origin = normal(address);
  if (origin === location.origin || known.includes(origin)) pin = { address: origin, node };
  // A node that started after this page was loaded: loaded again, the page may talk to it. Where that did not help,
  // the page stays with the address of all.
  else if (once(origin)) location.reload();
}

/** As origins are compared: without a slash at the end, a capital letter or the scheme's own port. */
function normal(address) {
  return new URL(address, document.baseURI).origin;
}

/** Whether this is the first time that this tab loads the page again for that address. */
function once(origin) {
  const key = `node:${origin}`;
  if (kept.getItem(key)) return false;
  kept.setItem(key, "loaded again");
  return kept.lasts(key); // or it would be loaded again for ever
}

/** That node is not reached any more, or lets nobody in: the address of all knows another. */
export function unpin() {
  pin = null;
}
