/* What was found when, in lanes under the player, with the window of time that is shown and the range that is chosen. */

import { api, clock, el, icon, t } from "../dom.js";
import { Preview } from "../player/preview.js";
import { gripping, keys, pointing } from "./hands.js";
import { prepared, rowsOf, standing } from "./lanes.js";
import { GAP, heightOf, Painter } from "./paint.js";

const CLOSEST = 4; // seconds that the window shows at least

export class Timeline extends EventTarget {
  duration = 1;
  from = 0; // the window, in seconds
  to = 1;
  range = null;
  lanes = [];
  now = 0;
  width = 0; // pixels, as the observer told last: asking for it makes the browser lay out the page
  #asked = 0;
  #curve = null;
  #marks = [];

  constructor(player) {
    super();
    this.player = player;
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.head = el("i.playhead");
    this.chosen = el("i.chosen", { hidden: true });
    this.hint = new Preview("tlhint");
    this.labels = el("div.tllabels", { "aria-hidden": "true" });
    this.body = el("div.tlbody", { role: "slider", tabindex: "0", "aria-label": t("timeline"), "aria-valuemin": "0", "aria-keyshortcuts": "ArrowLeft ArrowRight [ ] + -" },
      this.canvas, this.chosen, this.head, this.hint.element);
    this.thumb = el("i");
    this.window = el("div.tlwindow", {}, this.thumb);
    this.stands = el("output.tltime");
    this.rangechip = el("span.rangechip", { hidden: true }, el("b"), el("button.quiet.square", { type: "button", "aria-label": t("clear_range"), onclick: () => this.setRange(null) }, icon("close")));
    const zoom = (name, what, run) => el("button.quiet.square", { type: "button", "aria-label": t(what), title: t(what), onclick: run }, icon(name));
    this.element = el("section.timeline", { "aria-label": t("timeline") },
      el("div.tlbar", {}, this.stands, this.rangechip, el("span.grow"),
        zoom("minus", "zoom_out", () => this.zoom(2)), zoom("plus", "zoom_in", () => this.zoom(0.5)), zoom("fit", "zoom_all", () => this.look(0, this.duration))),
      el("div.tlmain", {}, this.labels, this.body), el("div.tlfoot", {}, this.window));
    this.painter = new Painter(this.canvas, () => this.draw());
    for (const hand of [pointing, gripping, keys]) hand(this);
    this.#watching();
  }

  #watching() {
    this.narrow = matchMedia("(max-width: 760px)");
    this.observer = new ResizeObserver(([seen]) => { this.width = seen.contentRect.width; this.draw(); });
    this.observer.observe(this.body);
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.recolour = () => { this.painter.forget(); this.draw(); };
    this.dark.addEventListener("change", this.recolour);
    this.follow = () => this.#stand();
    for (const name of ["time", "frame"]) this.player.addEventListener(name, this.follow);
  }

  /** Take as much room as the lanes of a video of the API will need. */
  expect(video) {
    this.hint.of(video);
    this.pictured = this.hint.pictured;
    this.counts = video.status === "ready" ? video.counts : { ...video.counts, speech: 1, screen_text: 1, object: 1 };
    const rows = this.#rows();
    this.canvas.style.height = `${heightOf(rows)}px`;
    this.#name(rows);
  }

  /** Show a video of the API. */
  async load(video) {
    const same = this.video === video.id;
    this.video = video.id;
    this.expect(video);
    if (!same) {
      this.lanes = [];
      this.painter.forget({ pictures: true });
      this.#curve = null;
      this.#marks = [];
      this.range = null;
      this.duration = Math.max(video.duration, 0.1);
      this.look(0, this.duration);
    }
    await this.reload();
  }

  async reload() {
    const { video } = this;
    let told;
    try { told = await api(`/v1/videos/${video}/timeline`); } catch { return; }
    if (video !== this.video) return;
    const whole = this.to >= this.duration - 0.01 && this.from === 0;
    this.duration = Math.max(told.duration, 0.1);
    this.lanes = told.lanes.map((lane) => prepared(lane));
    if (whole) this.look(0, this.duration);
    this.draw();
    this.dispatchEvent(new Event("lanes"));
  }

  /** The stretches of a kind as the API tells them: start, end, text, and who. */
  bars(kind) { return this.lanes.find((lane) => lane.kind === kind)?.bars ?? []; }

  /** The lane of the present question: how well each moment fits, and the moments that the answer names. */
  show({ video, curve = null, marks = [] } = {}) {
    if (video && video !== this.video) return;
    this.#curve = curve;
    this.#marks = marks;
    this.draw();
  }

  setRange(range, quiet = false) {
    this.range = range && range[1] - range[0] >= 0.2 ? range : null;
    this.rangechip.hidden = !this.range;
    this.rangechip.firstChild.textContent = this.range ? `${clock(this.range[0])}–${clock(this.range[1])}` : "";
    this.#place();
    if (!quiet) this.dispatchEvent(new Event("range"));
  }

  look(from, to) {
    const span = Math.min(Math.max(to - from, Math.min(CLOSEST, this.duration)), this.duration);
    this.from = Math.min(Math.max(from, 0), this.duration - span);
    this.to = this.from + span;
    this.draw();
  }

  zoom(factor, around = null) {
    const at = around ?? (this.now >= this.from && this.now <= this.to ? this.now : (this.from + this.to) / 2);
    this.look(at - (at - this.from) * factor, at + (this.to - at) * factor);
  }

  pan(share) {
    const by = share * (this.to - this.from);
    this.look(this.from + by, this.to + by);
  }

  draw() {
    if (this.#asked) return;
    this.#asked = requestAnimationFrame(() => { this.#asked = 0; this.#paint(); });
  }

  #rows() { return rowsOf(this.lanes, this.counts, this.pictured, this.narrow.matches); }

  #paint() {
    if (!this.width) return;
    const { from, to, duration, video, pictured } = this;
    this.rows = this.#rows();
    this.#name(this.rows);
    this.painter.draw({ rows: this.rows, from, to, duration, video, pictured, curve: this.#curve, marks: this.#marks }, this.width);
    this.#place();
    this.#stand();
  }

  #name(rows) {
    const names = rows.map((row) => `${row.kind}${row.height}`).join();
    if (names === this.named) return;
    this.named = names;
    this.labels.replaceChildren(...rows.map((row) => el("span", { style: `height:${row.height}px` }, t(`lane_${row.kind}`))));
  }

  #x(seconds) { return ((seconds - this.from) / (this.to - this.from)) * this.width; }

  /** The time in seconds at a place, in pixels from the left. */
  at(x) { return Math.min(Math.max(this.from + (x / Math.max(this.width, 1)) * (this.to - this.from), 0), this.duration); }

  #place() {
    this.chosen.hidden = !this.range;
    if (this.range) {
      const [left, right] = this.range.map((at) => Math.min(Math.max(this.#x(at), 0), this.width));
      this.chosen.style.transform = `translateX(${left}px)`;
      this.chosen.style.width = `${Math.max(right - left, 1)}px`;
    }
    this.thumb.style.left = `${(100 * this.from) / this.duration}%`;
    this.thumb.style.width = `${(100 * (this.to - this.from)) / this.duration}%`;
    this.window.classList.toggle("whole", this.to - this.from >= this.duration - 0.01);
  }

  #stand() {
    const now = this.player.video === this.video ? this.player.time : 0;
    if (this.player.playing && now > this.to && this.now <= this.to) this.look(now, now + this.to - this.from); // turn the page
    this.now = now;
    const x = this.#x(now);
    this.head.style.transform = `translateX(${x}px)`;
    this.head.hidden = x < 0 || x > this.width;
    const said = `${clock(now)} / ${clock(this.duration)}`;
    if (this.stands.textContent === said) return;
    this.stands.textContent = said;
    this.body.setAttribute("aria-valuenow", Math.round(now));
    this.body.setAttribute("aria-valuemax", Math.round(this.duration));
    this.body.setAttribute("aria-valuetext", said);
  }

  /** Tell what stands under the pointer, with its picture. */
  hover(x, y, shown) {
    const at = this.at(x);
    if (!shown) return this.hint.hide();
    const row = this.rows?.find((one) => y - this.canvas.getBoundingClientRect().top < one.y + one.height + GAP);
    const found = row?.lane ? row.lane.bars[standing(row.lane, at)] : null;
    const text = found ? [row.kind === "speech" && row.lane.who[found[3]], found[2]].filter(Boolean).join(": ") : "";
    return this.hint.show(at, x, this.width, this.to - this.from, text);
  }

  /** The same for where a key has led, if it is in the window. */
  step(seconds) {
    if (seconds >= this.from && seconds <= this.to) this.hint.step(seconds, this.#x(seconds), this.width, this.to - this.from);
  }

  close() {
    cancelAnimationFrame(this.#asked);
    this.hint.hide();
    this.painter.close();
    this.observer.disconnect();
    this.dark.removeEventListener("change", this.recolour);
    for (const name of ["time", "frame"]) this.player.removeEventListener(name, this.follow);
  }
}
