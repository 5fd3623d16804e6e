/* Drawing a timeline on its canvas: only what is in the window that is shown, and stretches that fall on the same pixel
   once, so that a video of eight hours is drawn as fast as one of a minute. */

import { clock, thumbnail } from "../dom.js";
import { first, KINDS } from "./lanes.js";

export const GAP = 3, AXIS = 20; // pixels
const TICKS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
const PICTURES = 160; // kept in memory
const MEASURED = 4000; // texts whose width is remembered

export const heightOf = (rows) => AXIS + rows.reduce((sum, row) => sum + row.height + GAP, 0);

export class Painter {
  #pictures = new Map();
  #widths = new Map();
  #wanted = new Set();

  /** `again` is called when a picture has come. */
  constructor(canvas, again) {
    this.canvas = canvas;
    this.again = again;
    this.paint = canvas.getContext("2d");
  }

  /** Draw `{ rows, from, to, duration, video, pictured, curve, marks }` in a width; each row learns its `y`. */
  draw(shown, width) {
    const { paint, canvas } = this, height = heightOf(shown.rows), scale = window.devicePixelRatio || 1;
    Object.assign(this, { shown, width, perSecond: width / (shown.to - shown.from) });
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      canvas.style.height = `${height}px`;
    }
    this.colours ??= palette();
    paint.setTransform(scale, 0, 0, scale, 0, 0);
    paint.clearRect(0, 0, width, height);
    paint.font = "11px system-ui, sans-serif";
    paint.textBaseline = "middle";
    this.#axis();
    let y = AXIS;
    for (const row of shown.rows) {
      paint.fillStyle = this.colours.track;
      round(paint, 0, y, width, row.height, 4);
      if (row.kind === "relevance") this.#relevance(y, row.height);
      else if (row.kind === "shot" && shown.pictured) this.#strip(y, row);
      else if (row.lane) this.#bars(y, row);
      row.y = y;
      y += row.height + GAP;
    }
  }

  x(seconds) { return (seconds - this.shown.from) * this.perSecond; }

  #axis() {
    const { paint, width, shown } = this, span = shown.to - shown.from;
    const step = TICKS.find((tick) => (tick / span) * width >= 74) ?? 14400;
    paint.fillStyle = this.colours.muted;
    for (let at = Math.ceil(shown.from / step) * step; at <= shown.to; at += step) {
      const x = this.x(at), text = clock(at);
      paint.fillRect(x, AXIS - 5, 1, 4);
      if (x + 4 + this.#widthOf(text) < width) paint.fillText(text, x + 4, AXIS / 2 - 1);
    }
  }

  #widthOf(text) {
    let wide = this.#widths.get(text);
    if (wide === undefined) {
      if (this.#widths.size > MEASURED) this.#widths.clear();
      this.#widths.set(text, (wide = this.paint.measureText(text).width));
    }
    return wide;
  }

  #bars(y, { kind, lane, height }) {
    const { paint, width, perSecond } = this, { from, to } = this.shown, { starts, ends, count } = lane;
    let covered = -1;
    for (let i = first(lane, from); i < count && starts[i] < to; i += 1) {
      if (ends[i] < from) continue;
      const left = Math.max((starts[i] - from) * perSecond, 0);
      const right = Math.min(Math.max((ends[i] - from) * perSecond, left + 1.5), width);
      if (right <= covered + 0.5) continue; // on a pixel that has been drawn
      const begin = Math.max(left, covered < left ? left : covered);
      const [, , text, who] = lane.bars[i];
      const wide = right - begin;
      paint.fillStyle = this.colours.of(kind, who, kind === "chapter" || kind === "shot" ? i : 0);
      paint.fillRect(begin, y + 2, Math.max(wide - (wide > 4 ? 1 : 0), 1), height - 4);
      covered = right;
      if (wide > 42 && text) this.#written(text, begin, y, wide, height);
    }
  }

  #written(text, begin, y, wide, height) {
    const { paint } = this, long = this.#widthOf(text) > wide - 9;
    paint.fillStyle = this.colours.onbar;
    if (long) {
      paint.save();
      paint.beginPath();
      paint.rect(begin + 4, y, wide - 9, height);
      paint.clip();
    }
    paint.fillText(text, begin + 5, y + height / 2 + 0.5);
    if (long) paint.restore();
  }

  /** Pictures side by side, with a line at each cut. */
  #strip(y, row) {
    const { paint, width, perSecond } = this, { from, to } = this.shown;
    const tile = Math.round((row.height * 16) / 9);
    const grain = 2 ** Math.ceil(Math.log2(Math.max(tile / perSecond, 0.5))); // so that a little zoom asks for no new pictures
    const across = grain * perSecond;
    paint.save();
    paint.beginPath();
    paint.roundRect(0, y, width, row.height, 4);
    paint.clip();
    for (let at = Math.floor(from / grain) * grain; at < to; at += grain) {
      const picture = this.#picture(at + grain / 2);
      if (!picture) continue;
      const own = (row.height * picture.naturalWidth) / picture.naturalHeight, x = this.x(at);
      for (let more = 0; more < across; more += own) {
        const part = Math.min(own, across - more);
        paint.drawImage(picture, 0, 0, (part / own) * picture.naturalWidth, picture.naturalHeight, x + more, y, part, row.height);
      }
    }
    if (row.lane) this.#cuts(y, row);
    paint.restore();
  }

  #cuts(y, { lane, height }) {
    const { from, to } = this.shown;
    this.paint.fillStyle = this.colours.cut;
    let before = -9;
    for (let i = first(lane, from); i < lane.count && lane.starts[i] < to; i += 1) {
      const x = this.x(lane.starts[i]);
      if (x - before >= 5 && x > 1) { this.paint.fillRect(x - 1, y, 2, height); before = x; }
    }
  }

  /** A kept picture if it is here; otherwise it is asked for once the window stands still. */
  #picture(at) {
    const { video, duration } = this.shown;
    const address = thumbnail(video, Math.min(Math.max(at, 0), duration));
    const known = this.#pictures.get(address);
    if (known) return known.complete && known.naturalWidth ? known : null;
    this.#wanted.add(address);
    clearTimeout(this.fetching);
    this.fetching = setTimeout(() => this.#fetch(), 150);
    return null;
  }

  #fetch() {
    for (const one of this.#wanted) {
      const image = new Image();
      image.src = one;
      image.decode().then(() => this.again(), () => {}); // decoded here, and not in the middle of a drag
      this.#pictures.set(one, image);
    }
    this.#wanted.clear();
    for (const old of [...this.#pictures.keys()].slice(0, Math.max(this.#pictures.size - PICTURES, 0))) this.#pictures.delete(old);
  }

  #relevance(y, height) {
    const { paint } = this, { curve, marks, duration } = this.shown;
    if (curve?.length) {
      const top = Math.max(...curve.map(([, score]) => score), 0.25);
      paint.fillStyle = this.colours.relevance;
      paint.beginPath();
      paint.moveTo(0, y + height);
      curve.forEach(([at, score], i) => {
        const until = curve[i + 1]?.[0] ?? duration;
        const level = y + height - (Math.max(score, 0) / top) * (height - 2);
        paint.lineTo(this.x(at), level);
        paint.lineTo(this.x(until), level);
      });
      paint.lineTo(this.x(duration), y + height);
      paint.fill();
    }
    paint.fillStyle = this.colours.mark;
    for (const at of marks) round(paint, this.x(at) - 1.5, y, 3, height, 1.5);
  }

  /** Of another video, or in other colours. */
  forget({ pictures = false } = {}) {
    if (pictures) this.#pictures.clear();
    else this.colours = null;
  }

  close() { clearTimeout(this.fetching); }
}

function round(paint, x, y, width, height, radius) {
  paint.beginPath();
  paint.roundRect(x, y, width, height, radius);
  paint.fill();
}

/** The colours of style.css, for the canvas. */
function palette() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(`--${name}`).trim();
  const speakers = Array.from({ length: 6 }, (_, i) => read(`speaker-${i}`));
  const kinds = Object.fromEntries(KINDS.slice(1).map((kind) => [kind, [read(`lane-${kind}`), read(`lane-${kind}-odd`)]]));
  return {
    track: read("track"), muted: read("muted"), onbar: read("onbar"), cut: read("surface"), relevance: read("accent"), mark: read("mark"),
    of: (kind, who, number) => (kind === "speech" && who >= 0 ? speakers[who % speakers.length] : kinds[kind][number % 2 && kinds[kind][1] ? 1 : 0]),
  };
}
