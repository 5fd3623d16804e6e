/* Files on their way to the server, in parts: what is cut off goes on where it was, after a restart of the server by
   itself, after a reload of the page when the same file is chosen again. */

import { about, api, ApiError, owner, size, t, toast } from "./dom.js";

export const uploads = new EventTarget();
/** What is being sent: `{ key, name, size, offset, state, error }`, state `waiting`, `sending`, `cut`, `failed`, `done`. */
uploads.list = [];
const AGAIN = [500, 1000, 2000, 5000]; // milliseconds
let working = false;

const changed = () => uploads.dispatchEvent(new Event("change"));
const mark = (file) => `${file.lastModified}`;

/** Queue files; they are sent one after another. */
export function send(files) {
  for (const file of files) {
    if (file.size === 0) continue;
    const known = uploads.list.findIndex((one) => one.name === file.name && one.size === file.size);
    if (known >= 0 && ["waiting", "sending"].includes(uploads.list[known].state)) continue;
    const upload = { key: crypto.getRandomValues(new Uint32Array(2)).join("-"), name: file.name, size: file.size, offset: 0, file, state: "waiting" };
    if (file.size > about.largest) Object.assign(upload, { state: "failed", error: t("too_large", { most: size(about.largest) }) });
    if (known >= 0) uploads.list.splice(known, 1, upload);
    else uploads.list.unshift(upload);
  }
  changed();
  work();
}

/** Those that were cut off by a reload: chosen again, they go on. */
export async function resumeUploads() {
  try {
    const { data } = await api(`/v1/uploads?owner=${encodeURIComponent(owner)}`);
    for (const one of data) {
      if (!uploads.list.some((known) => known.name === one.name && known.size === one.size)) {
        uploads.list.push({ key: one.id, id: one.id, name: one.name, size: one.size, offset: one.offset, state: "cut" });
      }
    }
    if (data.length) changed();
  } catch { /* the store tells that the server is away */ }
  work();
}

/** Give one up. */
export async function drop(upload) {
  upload.stopped = true;
  upload.abort?.abort();
  uploads.list = uploads.list.filter((one) => one !== upload);
  changed();
  if (upload.id) await api(`/v1/uploads/${upload.id}`, { method: "DELETE" }).catch(() => {});
}

async function work() {
  if (working) return;
  working = true;
  try {
    for (let next; (next = uploads.list.find((one) => one.state === "waiting")); ) await sent(next);
  } finally {
    working = false;
  }
}

async function sent(upload) {
  upload.state = "sending";
  upload.abort = new AbortController();
  const { signal } = upload.abort;
  let tries = 0;
  changed();
  while (!upload.stopped && upload.state === "sending") {
    try {
      const { file } = upload;
      const begun = await api("/v1/uploads", { body: { name: file.name, size: file.size, mark: mark(file), owner }, signal });
      Object.assign(upload, { id: begun.id, offset: begun.offset });
      while (upload.offset < file.size) {
        const part = file.slice(upload.offset, upload.offset + begun.part);
        const path = `/v1/uploads/${begun.id}?offset=${upload.offset}`;
        const told = await api(path, { method: "PUT", body: part, signal });
        upload.offset = told.offset;
        tries = 0;
        if (told.video) Object.assign(upload, { state: "done", video: told.video });
        changed();
      }
    } catch (error) {
      if (upload.stopped || error.name === "AbortError") return;
      const again = error instanceof ApiError && (error.status === 0 || error.status >= 500) && tries < 200;
      if (!again) {
        const named = `${upload.name}: `;  // what is wrong with a file names it; a card has its name already
        const why = error.message.startsWith(named) ? error.message.slice(named.length) : error.message;
        Object.assign(upload, { state: "failed", error: why });
        toast(named + why, { alert: true });
        changed();
        return;
      }
      await new Promise((wake) => setTimeout(wake, AGAIN[Math.min(tries++, AGAIN.length - 1)]));
    }
  }
  if (upload.state === "done") {
    uploads.list = uploads.list.filter((one) => one !== upload);
    uploads.dispatchEvent(new CustomEvent("arrived", { detail: upload }));
    changed();
  }
}

/** All files of what was dropped, folders too. */
export async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  const found = [];
  const walk = async (entry) => {
    if (entry.isFile) found.push(await new Promise((done, failed) => entry.file(done, failed)));
    else {
      const reader = entry.createReader();
      for (let batch; (batch = await new Promise((done, failed) => reader.readEntries(done, failed))).length; )
        for (const one of batch) await walk(one);
    }
  };
  for (const entry of entries) await walk(entry);
  return entries.length > 1 || entries.some((entry) => entry.isDirectory) ? found.filter(isMedia) : found;
}

/** Whether a file of a folder looks like video or audio. */
export const isMedia = (file) =>
  /^(video|audio)\//.test(file.type) || /\.(mkv|mov|mp4|m4v|webm|avi|ts|mts|mpg|mpeg|wmv|flv|ogv|mp3|wav|m4a|flac|ogg)$/i.test(file.name);
