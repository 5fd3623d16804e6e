/* The picture of a moment with its time and a few words, above the bar that is pointed at or moved by keys: one of those
   that the index keeps, so that nothing is decoded for it. */

import { clock, el, thumbnail } from "../dom.js";

const PICTURES = 400; // that one pass over a bar asks for at most
const FINEST = 0.5; // seconds between two pictures
const AFTER_KEY = 1500; // milliseconds for which it stays after a key

export class Preview {
  #timer = 0;

  /** `kind` is its class beside `preview`. */
  constructor(kind) {
    this.image = el("img", { alt: "", width: 160, height: 90, onerror: () => { this.image.hidden = true; } });
    [this.time, this.text] = [el("b"), el("span", { dir: "auto" })];
    this.element = el(`div.preview.${kind}`, { hidden: true, "aria-hidden": "true" }, this.image, this.time, this.text);
  }

  /** Show moments of a video of the API. */
  of(video) {
    if (this.video !== video.id) this.hide();
    this.video = video.id;
    this.pictured = video.has_video && (video.counts.frames ?? 0) > 0;
  }

  /** Show a moment: seconds, how many pixels from the left of a bar that is so wide and shows so many seconds. */
  show(seconds, x, width, shown, text = "") {
    clearTimeout(this.#timer);
    this.element.hidden = false;
    this.time.textContent = clock(seconds);
    this.text.textContent = text;
    if (this.pictured) {
      const grain = 2 ** Math.ceil(Math.log2(Math.max(shown / PICTURES, FINEST)));
      const address = thumbnail(this.video, Math.round(seconds / grain) * grain);
      if (this.image.getAttribute("src") !== address) {
        this.image.hidden = false;
        this.image.src = address;
      }
    } else this.image.hidden = true;
    const half = this.element.offsetWidth / 2;
    this.element.style.left = `${Math.max(Math.min(Math.max(x, half), width - half), Math.min(half, width / 2))}px`;
  }

  /** The same for where a key has led; it goes by itself. */
  step(...where) {
    this.show(...where);
    this.#timer = setTimeout(() => this.hide(), AFTER_KEY);
  }

  hide() {
    clearTimeout(this.#timer);
    this.element.hidden = true;
  }
}
