/* The library as this page knows it: asked for again and again while it is looked at, so that reloads, other tabs and
   restarts of the server need nothing special. */

import { api, owner, toast, t } from "./dom.js";
import { resumeUploads } from "./uploads.js";

const BUSY = 1000, IDLE = 5000, AWAY = 2000; // milliseconds between two looks

class Store extends EventTarget {
  videos = []; // of the API, the latest first
  loaded = false;
  #deleting = new Map();
  #timer = 0;
  #asking = null;

  /** Look now, and go on looking. */
  async refresh() {
    clearTimeout(this.#timer);
    this.#asking ??= this.#look().finally(() => { this.#asking = null; });
    const wait = await this.#asking;
    clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = setTimeout(() => this.refresh(), wait);
  }

  async #look() {
    const offline = document.getElementById("offline");
    try {
      const { data } = await api("/v1/videos");
      const text = JSON.stringify(data);
      this.videos = data.reverse();
      if (!offline.hidden) resumeUploads();
      offline.hidden = true;
      if (text !== this.text || !this.loaded) {
        this.text = text;
        this.loaded = true;
        this.dispatchEvent(new Event("change"));
      }
      return data.some(isBusy) ? BUSY : IDLE;
    } catch (error) {
      offline.hidden = error.status !== 0;
      return AWAY;
    }
  }

  /** Those that are shown: without what is about to be deleted. */
  get shown() { return this.videos.filter((video) => !this.#deleting.has(video.id)); }

  get(id) { return this.videos.find((video) => video.id === id); }

  /** Delete a video, unless somebody takes it back within a few seconds. */
  remove(video) {
    const gone = async (keepalive = false) => {
      if (!this.#deleting.delete(video.id)) return;
      try {
        await api(`/v1/videos/${video.id}`, { method: "DELETE", keepalive });
        this.videos = this.videos.filter((one) => one.id !== video.id);
      } catch (error) {
        toast(error.message, { alert: true });
      }
      this.dispatchEvent(new Event("change"));
    };
    this.#deleting.set(video.id, gone);
    this.dispatchEvent(new Event("change"));
    toast(t("deleted", { name: video.name }), {
      label: t("undo"),
      action: () => { this.#deleting.delete(video.id); this.dispatchEvent(new Event("change")); },
      done: gone,
    });
  }

  /** What was deleted and not taken back goes with the page. */
  settle() { for (const gone of this.#deleting.values()) gone(true); }

  async stop(video) { await this.#told(`/v1/videos/${video.id}/stop`); }
  async resume(video) { await this.#told(`/v1/videos/${video.id}/resume`); }

  async #told(path) {
    try { await api(path, { body: { owner } }); } catch (error) { toast(error.message, { alert: true }); }
    this.refresh();
  }
}

export const isBusy = (video) => video.status === "waiting" || video.status === "reading";
export const store = new Store();
document.addEventListener("visibilitychange", () => { if (!document.hidden) store.refresh(); });
window.addEventListener("pagehide", () => store.settle());
