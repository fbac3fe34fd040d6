// After the interview: what the browser recorded and has not sent yet goes on being sent, and is then gone from here.

import { ChunkStore } from "./chunk_store.js";
import { Uploader } from "./uploader.js";

const { base } = document.body.dataset;
const store = base ? await ChunkStore.open(base) : null;
if (store) {
  const uploader = new Uploader(base, store);
  uploader.end();
  uploader.start();
}
