/* A box on the picture, drawn with a pointer or moved by keys: what is in it can be asked about. */

import { el, t } from "../dom.js";

const SMALLEST = 0.02; // of the picture's width and height
const STEP = 0.02;

export class Region {
  constructor(player) {
    this.player = player;
    this.box = el("i.regionbox", { hidden: true });
    this.element = el("div.region", { hidden: true, tabindex: "0", role: "group", "aria-label": t("region_hint") }, el("p", {}, t("region_drag")), this.box);
    player.picture.append(this.element);
    player.addEventListener("region", () => this.#shown());
    player.addEventListener("time", () => this.#shown());
    this.#pointing();
    this.element.addEventListener("keydown", (event) => this.#key(event));
  }

  /** Begin to draw, or leave it. */
  toggle() {
    const begins = this.element.hidden || !this.element.classList.contains("drawing");
    this.element.classList.toggle("drawing", begins);
    this.element.hidden = !begins;
    if (!begins) return this.#shown();
    this.player.media.pause();
    this.draft = this.player.region?.box ?? [0.3, 0.3, 0.7, 0.7];
    this.box.hidden = true;
    this.element.focus({ preventScroll: true });
    return undefined;
  }

  /** Where the picture itself lies in the player: what is left and right of it, or above and below, is no part of it. */
  #frame() {
    const box = this.element.getBoundingClientRect(), { videoWidth, videoHeight } = this.player.media;
    const scale = Math.min(box.width / (videoWidth || 16), box.height / (videoHeight || 9));
    const width = (videoWidth || 16) * scale, height = (videoHeight || 9) * scale;
    return { left: (box.width - width) / 2, top: (box.height - height) / 2, width, height, box };
  }

  #pointing() {
    let from = null;
    const at = (event) => {
      const frame = this.#frame();
      return [(event.clientX - frame.box.left - frame.left) / frame.width, (event.clientY - frame.box.top - frame.top) / frame.height].map((share) => Math.min(Math.max(share, 0), 1));
    };
    this.element.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      from = at(event);
      this.element.setPointerCapture(event.pointerId);
    });
    this.element.addEventListener("pointermove", (event) => {
      if (!from) return;
      const [x, y] = at(event);
      this.draft = [Math.min(from[0], x), Math.min(from[1], y), Math.max(from[0], x), Math.max(from[1], y)];
      this.#draw(this.draft);
    });
    this.element.addEventListener("pointerup", () => {
      if (from && !this.box.hidden) this.#take();
      from = null;
    });
    this.element.addEventListener("pointercancel", () => { from = null; });
  }

  #key(event) {
    const moves = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
    if (!moves && !["Enter", "Escape"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") return void this.toggle();
    if (event.key === "Enter") return void this.#take();
    const [x, y] = moves, [left, top, right, bottom] = this.draft;
    const within = (low, high, by) => Math.min(Math.max(by, -low), 1 - high);
    const dx = within(left, right, x), dy = within(top, bottom, y);
    this.draft = event.shiftKey
      ? [left, top, Math.min(Math.max(right + x, left + STEP), 1), Math.min(Math.max(bottom + y, top + STEP), 1)]
      : [left + dx, top + dy, right + dx, bottom + dy];
    this.#draw(this.draft);
  }

  #take() {
    const [left, top, right, bottom] = this.draft;
    if (right - left < SMALLEST || bottom - top < SMALLEST) return;
    this.element.classList.remove("drawing");
    this.player.choose(this.draft.map((share) => Math.round(share * 1000) / 1000));
  }

  /** The chosen box stays for as long as its frame is shown. */
  #shown() {
    if (this.element.classList.contains("drawing")) return;
    const { region, time } = this.player;
    const here = region !== null && Math.abs(region.time - time) < 0.3;
    this.element.hidden = !here;
    if (here) this.#draw(region.box);
  }

  #draw([left, top, right, bottom]) {
    const frame = this.#frame();
    this.box.hidden = false;
    Object.assign(this.box.style, { left: `${frame.left + left * frame.width}px`, top: `${frame.top + top * frame.height}px`, width: `${(right - left) * frame.width}px`, height: `${(bottom - top) * frame.height}px` });
  }
}
