/* The bar under the picture: where the video stands, with its chapters, and what can be done with it. */

import { clock, el, icon, kept, t } from "../dom.js";
import { Preview } from "./preview.js";

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2];
const JUMP = 5; // seconds

export class Controls {
  chapters = []; // { start, end, title }

  constructor(player) {
    const { media } = this.player = player;
    const tool = (name, what, run) => el("button.quiet.square", { type: "button", "aria-label": t(what), title: t(what), onclick: run }, icon(name));
    this.play = tool("play", "play", () => player.toggle());
    this.sound = tool("sound", "mute", () => { media.muted = !media.muted; });
    this.volume = el("input.volume", { type: "range", min: "0", max: "1", step: "0.05", "aria-label": t("volume"), oninput: () => { media.volume = Number(this.volume.value); media.muted = false; } });
    this.stands = el("output.standing");
    this.chapter = el("span.inchapter", { dir: "auto" });
    this.speed = el("select.speed", { "aria-label": t("speed"), title: t("speed"), onchange: () => { media.playbackRate = Number(this.speed.value); kept.set("speed", media.playbackRate); } },
      ...SPEEDS.map((speed) => el("option", { value: String(speed) }, `${speed}×`)));
    this.cc = tool("captions", "captions_show", () => { kept.set("captions", !player.captionsShown); player.showCaptions(!player.captionsShown); });
    this.box = tool("region", "region", () => player.drawing.toggle());
    this.corner = tool("corner", "corner", () => (document.pictureInPictureElement ? document.exitPictureInPicture() : media.requestPictureInPicture()).catch(() => {}));
    this.corner.hidden = !document.pictureInPictureEnabled;
    this.full = tool("fit", "fullscreen", () => this.#full());
    this.#bar();
    this.element = el("div.controls", {}, this.bar,
      el("div.controlrow", {}, this.play, this.sound, this.volume, this.stands, this.chapter, el("span.grow"), this.speed, this.cc, this.box, this.corner, this.full));
    for (const name of ["time", "frame"]) player.addEventListener(name, () => this.#draw());
    for (const name of ["volumechange", "progress"]) media.addEventListener(name, () => this.#draw());
    player.element.addEventListener("keydown", (event) => this.#key(event));
  }

  /** The line on which the video stands, cut where chapters begin. */
  #bar() {
    this.parts = el("div.seekparts");
    this.knob = el("i.seekknob");
    this.hint = new Preview("overbar");
    this.bar = el("div.seekbar", { role: "slider", tabindex: "0", "aria-label": t("seek"), "aria-valuemin": "0", "aria-valuenow": "0" }, this.parts, this.knob, this.hint.element);
    let held = false;
    const at = (event) => {
      const box = this.bar.getBoundingClientRect();
      return Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1) * this.player.duration;
    };
    this.bar.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      held = true;
      this.bar.setPointerCapture(event.pointerId);
      this.player.seek(at(event), this.player.playing);
    });
    this.bar.addEventListener("pointermove", (event) => {
      const seconds = at(event), box = this.bar.getBoundingClientRect();
      if (held) this.player.seek(seconds, this.player.playing);
      this.hint.show(seconds, event.clientX - box.left, box.width, this.player.duration, this.#chapterAt(seconds)?.title);
    });
    for (const name of ["pointerleave", "blur"]) this.bar.addEventListener(name, () => this.hint.hide());
    for (const name of ["pointerup", "pointercancel"]) this.bar.addEventListener(name, () => { held = false; });
  }

  load(video) {
    this.hint.of(video);
    this.box.hidden = this.corner.hidden = !video.has_video;
    this.corner.hidden ||= !document.pictureInPictureEnabled;
    this.player.media.defaultPlaybackRate = this.player.media.playbackRate = kept.get("speed", 1);
    this.speed.value = String(kept.get("speed", 1));
    this.mark([]);
  }

  captioned(on) { this.cc.hidden = !on; }

  /** Show where chapters begin. */
  mark(chapters) {
    this.chapters = chapters;
    this.state = "";
    const length = this.player.about.duration || 1;
    const spans = chapters.length ? chapters : [{ start: 0, end: length }];
    this.filled = spans.map((one, at) => {
      const end = spans[at + 1]?.start ?? length, fill = el("i");
      this.parts[at ? "append" : "replaceChildren"](el("span", { style: `flex: ${Math.max(end - one.start, 0.01)} 0 0` }, fill));
      return { start: at ? one.start : 0, end, fill };
    });
    this.#draw();
  }

  #chapterAt(seconds) { return this.chapters.findLast((one) => one.start <= seconds + 0.01); }

  #draw() {
    const { player } = this, { media, time, duration } = player;
    for (const { start, end, fill } of this.filled ?? []) fill.style.transform = `scaleX(${Math.min(Math.max((time - start) / (end - start), 0), 1)})`;
    this.knob.style.insetInlineStart = `${duration ? (100 * time) / duration : 0}%`;
    const said = `${clock(time)} / ${clock(duration)}`, state = `${said} ${player.playing} ${media.muted} ${media.volume} ${player.captionsShown}`;
    if (state === this.state) return;
    this.state = state;
    this.stands.textContent = said;
    const title = this.#chapterAt(time)?.title ?? "";
    if (this.chapter.textContent !== title) this.chapter.textContent = title;
    this.bar.setAttribute("aria-valuenow", Math.round(time));
    this.bar.setAttribute("aria-valuemax", Math.round(duration));
    this.bar.setAttribute("aria-valuetext", title ? `${said}, ${title}` : said);
    named(this.play, player.playing ? "pause" : "play", player.playing ? "pause" : "play");
    const silent = media.muted || media.volume === 0;
    named(this.sound, silent ? "mute" : "sound", silent ? "unmute" : "mute");
    this.volume.value = String(media.muted ? 0 : media.volume);
    this.cc.setAttribute("aria-pressed", String(player.captionsShown));
  }

  #full() {
    const { element, media } = this.player;
    if (document.fullscreenElement) document.exitFullscreen();
    else if (element.requestFullscreen) element.requestFullscreen().catch(() => {});
    else media.webkitEnterFullscreen?.();
  }

  /** Keys, while the player has the focus. */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select, input")) return;
    const { player } = this, { media, time, duration } = player;
    const seek = (to) => {
      const at = Math.min(Math.max(to, 0), duration), { clientWidth } = this.bar;
      player.seek(at, player.playing);
      if (event.target === this.bar) this.hint.step(at, (at / duration) * clientWidth, clientWidth, duration, this.#chapterAt(at)?.title);
    };
    const pressing = event.target.matches("button"); // the space bar presses it
    const chapter = (by) => {
      const now = this.chapters.findLastIndex((one) => one.start <= time + 0.01);
      if (this.chapters.length) seek(this.chapters[Math.min(Math.max(now + by, 0), this.chapters.length - 1)].start);
    };
    const done = {
      k: () => player.toggle(), ArrowLeft: () => seek(time - JUMP), ArrowRight: () => seek(time + JUMP), j: () => seek(time - 10), l: () => seek(time + 10),
      Home: () => seek(0), End: () => seek(duration), PageUp: () => chapter(-1), PageDown: () => chapter(1),
      m: () => { media.muted = !media.muted; }, c: () => this.cc.hidden || this.cc.click(), f: () => this.#full(),
      ...(pressing ? {} : { " ": () => player.toggle() }),
    }[event.key];
    if (!done) return;
    event.preventDefault();
    done();
  }
}

/** Give a button another icon and name. */
function named(button, sign, what) {
  if (button.dataset.sign === sign) return;
  button.dataset.sign = sign;
  button.replaceChildren(icon(sign));
  button.setAttribute("aria-label", t(what));
  button.title = t(what);
}
