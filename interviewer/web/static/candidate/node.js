// Which node holds the interview. With several of them the page comes from the address of all, and talks to that of one.

let pin = null; // { address, node }: node is the address signed, shown with each request
let known = []; // the addresses that this page's content policy lets it talk to

export function know(addresses) {
  known = addresses;
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
  // A node that started after this page was loaded: loaded again, the page may talk to it.
  if (!known.includes(address)) location.reload();
  else pin = { address, node };
}

/** That node is not reached any more, or lets nobody in: the address of all knows another. */
export function unpin() {
  pin = null;
}
