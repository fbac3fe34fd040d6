// What this tab keeps over a reload. Where the browser keeps nothing for sites (they are blocked, or its room is used
// up), `sessionStorage` throws: then it is kept as long as the page is open.

const here = new Map(); // what the browser did not take

function storage() {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}

export const kept = {
  get names() {
    return [...new Set([...Object.keys(storage() ?? {}), ...here.keys()])];
  },

  /** Whether it will be there after a reload. */
  lasts(name) {
    return storage()?.getItem(name) != null;
  },

  getItem(name) {
    return here.get(name) ?? storage()?.getItem(name) ?? null;
  },

  setItem(name, value) {
    try {
      window.sessionStorage.setItem(name, value);
      here.delete(name);
    } catch {
      here.set(name, value);
    }
  },

  removeItem(name) {
    here.delete(name);
    storage()?.removeItem(name);
  },
};
