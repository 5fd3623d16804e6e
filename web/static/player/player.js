/* The player: the file itself where the browser can play it, otherwise a copy that the server makes in the background. */

import { about, api, el, kept, t, thumbnail } from "../dom.js";
import { Controls } from "./controls.js";
import { Region } from "./region.js";

export class Player extends EventTarget {
  playing = false;
  video = "";
  region = null; // { time, box: [left, top, right, bottom] } in seconds and shares of the picture

  constructor() {
    super();
    this.media = el("video", { id: "player", playsinline: true, preload: "metadata", tabindex: "0", "aria-label": t("player"), onclick: () => this.toggle() });
    this.note = el("p.playernote", { role: "status", hidden: true });
    this.picture = el("div.picture", {}, this.media, this.note);
    this.element = el("div.player", {}, this.picture);
    this.controls = new Controls(this);
    this.drawing = new Region(this);
    this.element.append(this.controls.element);
    const tell = () => this.dispatchEvent(new Event("time"));
    for (const name of ["timeupdate", "seeked", "loadedmetadata"]) this.media.addEventListener(name, tell);
    this.media.addEventListener("play", () => { this.playing = true; this.#follow(); tell(); });
    for (const name of ["pause", "ended", "emptied"]) this.media.addEventListener(name, () => { this.playing = false; tell(); });
    this.media.addEventListener("loadedmetadata", () => this.#ready());
    this.media.addEventListener("error", () => this.#instead());
  }

  get time() { return this.#wanted ?? this.media.currentTime; }
  get duration() { return this.media.duration || this.about?.duration || 0; }

  #wanted = null;
  #play = false;
  #timer = 0;

  /** Show a video of the API. */
  load(video, seconds = 0) {
    if (this.video === video.id) return;
    clearTimeout(this.#timer);
    this.about = video;
    this.video = video.id;
    this.copied = false;
    this.note.hidden = true;
    this.#wanted = seconds || null;
    this.choose(null);
    this.media.classList.toggle("heard", !video.has_video);
    this.media.poster = video.has_video && video.counts.frames ? thumbnail(video.id, seconds || video.duration / 3) : "";
    this.media.src = `/media/${video.id}`;
    this.controls.load(video);
    this.captions();
  }

  /** Offer what is said as captions, as it is now. */
  captions() {
    this.media.querySelector("track")?.remove();
    this.controls.captioned(Boolean(this.about?.counts.speech));
    if (!this.about?.counts.speech) return;
    const track = el("track", { kind: "captions", label: t("captions"), srclang: about.language, src: `/transcript/${this.video}.vtt` });
    this.media.append(track);
    this.showCaptions(kept.get("captions", false));
  }

  get captionsShown() { return this.media.textTracks[0]?.mode === "showing"; }

  showCaptions(on) {
    const [track] = this.media.textTracks;
    if (track) track.mode = on ? "showing" : "disabled";
    this.dispatchEvent(new Event("time"));
  }

  /** Go to a time in seconds; `video` is the API's object of another video. */
  seek(seconds, play = true, video = null) {
    if (video && video.id !== this.video) this.load(video, seconds);
    if (this.media.readyState >= 1) this.media.currentTime = seconds;
    else this.#wanted = seconds;
    this.#play = play;
    if (play && this.media.readyState >= 1) this.media.play().catch(() => {});
    this.dispatchEvent(new Event("time"));
  }

  toggle() { this.media.paused ? this.media.play().catch(() => {}) : this.media.pause(); }

  /** Choose a part of the picture to ask about: a box at the time that is shown, or null. */
  choose(box) {
    this.region = box && { time: this.time, box };
    this.dispatchEvent(new Event("region"));
  }

  #ready() {
    if (this.#wanted !== null) this.media.currentTime = this.#wanted;
    this.#wanted = null;
    if (this.#play) this.media.play().catch(() => {});
    this.#play = false;
    if (this.about.has_video && this.media.videoWidth === 0) this.#instead(); // the sound plays, the picture does not
  }

  #follow() {
    const frame = () => {
      if (!this.playing) return;
      this.dispatchEvent(new Event("frame"));
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  async #instead() {
    if (this.copied || !this.media.getAttribute("src")) return this.#say(t("cannot_play"));
    const { video } = this, at = this.time;
    this.#say(t("copying"));
    try {
      let { state } = await api(`/v1/videos/${video}/playable`, { method: "POST" });
      while (state === "making" && video === this.video) {
        await new Promise((wake) => { this.#timer = setTimeout(wake, 1000); });
        ({ state } = await api(`/v1/videos/${video}/playable`));
      }
      if (video !== this.video) return;
      if (state !== "ready") return this.#say(t("cannot_play"));
      this.copied = true;
      this.#wanted = at || null;
      this.media.src = `/v1/videos/${video}/playable.mp4`;
      this.note.hidden = true;
    } catch (error) {
      this.#say(error.status === 404 ? t("file_gone") : error.message);
    }
  }

  #say(text) {
    this.note.textContent = text;
    this.note.hidden = false;
  }

  close() {
    clearTimeout(this.#timer);
    this.video = "";
    this.media.pause();
    this.media.removeAttribute("src");
    this.media.load();
  }
}
