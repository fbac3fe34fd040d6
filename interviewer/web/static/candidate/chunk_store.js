// Chunks that were recorded and are not on the server yet. They survive a reload, a crash and days without a network.

const NAME = "melvin";
const KEPT_MS = 48 * 3600 * 1000; // the server takes chunks for a day after the end of an interview
const LIMIT = { microphone: 128 * 2 ** 20, camera: 512 * 2 ** 20 }; // bytes; as much as the server takes, or less

/** With this the names of the camera's stretches begin: they come after all of the sound, which is sent first. */
export const CAMERA = "z-";

export class ChunkStore {
  #db;
  #interview;

  /** Null where this browser keeps nothing (some private windows): then nothing is recorded here. */
  static async open(base) {
    try {
      if (!window.indexedDB || !crypto.subtle) return null;
      const store = new ChunkStore(await database(), await hex(new TextEncoder().encode(base)));
      await store.#expire();
      return store;
    } catch {
      return null;
    }
  }

  /** `interview` is a hash of the link: the link itself is a secret, and stays out of what lies on the disk. */
  constructor(db, interview) {
    this.#db = db;
    this.#interview = interview;
  }

  /** Keep a chunk, under the next number of its stretch ({id, kind, type, at}). The number. */
  async add(stretch, bytes) {
    const sha256 = await hex(bytes);
    const both = this.#db.transaction(["stretches", "chunks"], "readwrite");
    const known = await done(both.objectStore("stretches").get([this.#interview, stretch.id]));
    const record = known ?? { interview: this.#interview, stretch: stretch.id, made: Date.now(), hashes: [], bytes: 0 };
    if (record.bytes + bytes.byteLength > LIMIT[stretch.kind]) throw new Error("too much");
    const number = record.hashes.length;
    Object.assign(record, { kind: stretch.kind, type: stretch.type, at: stretch.at });
    record.hashes.push(sha256);
    record.bytes += bytes.byteLength;
    both.objectStore("stretches").put(record);
    both.objectStore("chunks").put({ interview: this.#interview, stretch: stretch.id, number, made: Date.now(), sha256, bytes,
      type: stretch.type, at: stretch.at });
    await finished(both);
    return number;
  }

  /** The oldest chunk whose key is not in `busy`, the sound's first, or the sound's alone; null where there is none. */
  async next(busy, soundAlone = false) {
    const range = IDBKeyRange.bound([this.#interview], [this.#interview, soundAlone ? CAMERA : []]);
    const keys = await done(this.#db.transaction("chunks").objectStore("chunks").getAllKeys(range, busy.size + 1));
    const free = keys.find((key) => !busy.has(key.join("/")));
    return free ? done(this.#db.transaction("chunks").objectStore("chunks").get(free)) : null;
  }

  async remove({ stretch, number }) {
    const chunks = this.#db.transaction("chunks", "readwrite");
    chunks.objectStore("chunks").delete([this.#interview, stretch, number]);
    await finished(chunks);
  }

  /** Every stretch of this interview that was recorded here: {stretch, kind, type, at, hashes}. */
  stretches() {
    const range = IDBKeyRange.bound([this.#interview], [this.#interview, []]);
    return done(this.#db.transaction("stretches").objectStore("stretches").getAll(range));
  }

  /** [stretch, how many chunks it has] of the newest stretches of sound that are not all on the server. */
  async unsent() {
    const range = IDBKeyRange.bound([this.#interview], [this.#interview, []]);
    const keys = await done(this.#db.transaction("chunks").objectStore("chunks").getAllKeys(range));
    const waiting = new Set(keys.map(([, stretch]) => stretch));
    const known = (await this.stretches()).filter((one) => one.kind === "microphone" && waiting.has(one.stretch));
    return known.slice(-8).map((one) => [one.stretch, one.hashes.length]);
  }

  /** Nothing of this interview is left here. */
  async forget() {
    const both = this.#db.transaction(["stretches", "chunks"], "readwrite");
    const range = IDBKeyRange.bound([this.#interview], [this.#interview, []]);
    both.objectStore("stretches").delete(range);
    both.objectStore("chunks").delete(range);
    await finished(both);
  }

  async #expire() {
    const both = this.#db.transaction(["stretches", "chunks"], "readwrite");
    for (const name of ["stretches", "chunks"]) {
      const old = both.objectStore(name).index("made").openCursor(IDBKeyRange.upperBound(Date.now() - KEPT_MS));
      old.addEventListener("success", () => {
        old.result?.delete();
        old.result?.continue();
      });
    }
    await finished(both);
  }
}

export async function hex(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function database() {
  const request = indexedDB.open(NAME, 1);
  request.addEventListener("upgradeneeded", () => {
    const chunks = request.result.createObjectStore("chunks", { keyPath: ["interview", "stretch", "number"] });
    const stretches = request.result.createObjectStore("stretches", { keyPath: ["interview", "stretch"] });
    for (const store of [chunks, stretches]) store.createIndex("made", "made");
  });
  return done(request);
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result ?? null));
    request.addEventListener("error", () => reject(request.error));
  });
}

function finished(transaction) {
  return new Promise((resolve, reject) => {
    transaction.addEventListener("complete", () => resolve());
    transaction.addEventListener("abort", () => reject(transaction.error));
  });
}
