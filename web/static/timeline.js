/*
What was found when, drawn on one canvas: only what is in the window that is shown, and stretches that fall on the same
pixel once, so that a video of eight hours is drawn as fast as one of a minute.

Click or arrow keys seek, dragging chooses a range, the wheel and the bar below move and zoom the window.
*/

import { api, clock, el, icon, t, thumbnail } from "./dom.js";

const GAP = 3, AXIS = 20, STRIP = 40, LANE = 18;
const DRAG = 5; // pixels before a press is a drag
const CLOSEST = 4; // seconds that the window shows at least
const TICKS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
const KINDS = ["relevance", "shot", "chapter", "speech", "screen_text", "object", "person", "sound"];
const PICTURES = 160; // kept in memory

export class Timeline extends EventTarget {
  duration = 1;
  from = 0; // the window, in seconds
  to = 1;
  range = null;
  lanes = [];
  #now = 0;
  #pictures = new Map();
  #asked = 0;
  #curve = null;
  #marks = [];

  constructor(player) {
    super();
    this.player = player;
    this.canvas = el("canvas", { "aria-hidden": "true" });
    this.head = el("i.playhead");
    this.chosen = el("i.chosen", { hidden: true });
    this.hint = el("div.tlhint", { hidden: true }, el("img", { alt: "", width: 160, height: 90 }), el("b"), el("span"));
    this.labels = el("div.tllabels", { "aria-hidden": "true" });
    this.body = el("div.tlbody", { role: "slider", tabindex: "0", "aria-label": t("timeline"), "aria-valuemin": "0", "aria-keyshortcuts": "ArrowLeft ArrowRight [ ] + -" },
      this.canvas, this.chosen, this.head, this.hint);
    this.thumb = el("i");
    this.window = el("div.tlwindow", {}, this.thumb);
    this.stands = el("output.tltime");
    this.rangechip = el("span.rangechip", { hidden: true }, el("b"), el("button.quiet.square", { type: "button", "aria-label": t("clear_range"), onclick: () => this.setRange(null) }, icon("close")));
    const zoom = (name, what, run) => el("button.quiet.square", { type: "button", "aria-label": t(what), title: t(what), onclick: run }, icon(name));
    this.element = el("section.timeline", { "aria-label": t("timeline") },
      el("div.tlbar", {}, this.stands, this.rangechip, el("span.grow"),
        zoom("minus", "zoom_out", () => this.zoom(2)), zoom("plus", "zoom_in", () => this.zoom(0.5)), zoom("fit", "zoom_all", () => this.look(0, this.duration))),
      el("div.tlmain", {}, this.labels, this.body), el("div.tlfoot", {}, this.window));
    this.#pointing();
    this.#keys();
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.body);
    this.media = matchMedia("(prefers-color-scheme: dark)");
    this.recolour = () => { this.colours = null; this.draw(); };
    this.media.addEventListener("change", this.recolour);
    player.addEventListener("time", this.follow = () => this.#stand());
    player.addEventListener("frame", this.follow);
  }

  /** Take as much room as the lanes of a video of the API will need. */
  expect(video) {
    this.pictured = video.has_video && (video.counts.frames ?? 0) > 0;
    this.counts = video.status === "ready" ? video.counts : { ...video.counts, speech: 1, screen_text: 1, object: 1 };
    const rows = this.#rows();
    this.canvas.style.height = `${AXIS + rows.reduce((sum, row) => sum + row.height + GAP, 0)}px`;
    this.#name(rows);
  }

  /** Show a video of the API. */
  async load(video) {
    const same = this.video === video.id;
    this.video = video.id;
    this.expect(video);
    if (!same) {
      this.lanes = [];
      this.#pictures.clear();
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
  }

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
    const at = around ?? (this.#now >= this.from && this.#now <= this.to ? this.#now : (this.from + this.to) / 2);
    this.look(at - (at - this.from) * factor, at + (this.to - at) * factor);
  }

  draw() {
    if (this.#asked) return;
    this.#asked = requestAnimationFrame(() => { this.#asked = 0; this.#paint(); });
  }

  // -- drawing

  #rows() {
    const of = (kind) => this.lanes.find((lane) => lane.kind === kind);
    const compact = matchMedia("(max-width: 760px)").matches;
    const rows = [];
    for (const kind of KINDS) {
      const lane = of(kind);
      if (kind === "relevance") rows.push({ kind, height: LANE });
      else if (kind === "shot") rows.push({ kind, lane, height: this.pictured ? STRIP : LANE });
      else if (lane || this.counts?.[kind]) rows.push({ kind, lane, height: LANE });
    }
    return compact ? rows.filter((row) => ["shot", "relevance", "chapter", "speech"].includes(row.kind)) : rows;
  }

  #paint() {
    const width = this.body.clientWidth;
    if (!width) return;
    const rows = this.#rows();
    const height = AXIS + rows.reduce((sum, row) => sum + row.height + GAP, 0);
    const scale = window.devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * scale) || this.canvas.height !== Math.round(height * scale)) {
      this.canvas.width = Math.round(width * scale);
      this.canvas.height = Math.round(height * scale);
      this.canvas.style.height = `${height}px`;
    }
    this.#name(rows);
    this.colours ??= palette();
    const paint = this.canvas.getContext("2d");
    paint.setTransform(scale, 0, 0, scale, 0, 0);
    paint.clearRect(0, 0, width, height);
    paint.font = "11px system-ui, sans-serif";
    paint.textBaseline = "middle";
    this.#axis(paint, width, height);
    let y = AXIS;
    for (const row of rows) {
      paint.fillStyle = this.colours.track;
      round(paint, 0, y, width, row.height, 4);
      if (row.kind === "relevance") this.#relevance(paint, y, row.height, width);
      else if (row.kind === "shot" && this.pictured) this.#strip(paint, y, row, width);
      else if (row.lane) this.#bars(paint, y, row, width);
      row.y = y;
      y += row.height + GAP;
    }
    this.rows = rows;
    this.#place();
    this.#stand();
  }

  #name(rows) {
    const names = rows.map((row) => `${row.kind}${row.height}`).join();
    if (names === this.named) return;
    this.named = names;
    this.labels.replaceChildren(...rows.map((row) => el("span", { style: `height:${row.height}px` }, t(`lane_${row.kind}`))));
  }

  #axis(paint, width) {
    const span = this.to - this.from;
    const step = TICKS.find((tick) => (tick / span) * width >= 74) ?? 14400;
    paint.fillStyle = this.colours.muted;
    for (let at = Math.ceil(this.from / step) * step; at <= this.to; at += step) {
      const x = this.#x(at, width);
      paint.fillRect(x, AXIS - 5, 1, 4);
      const text = clock(at);
      if (x + 4 + paint.measureText(text).width < width) paint.fillText(text, x + 4, AXIS / 2 - 1);
    }
  }

  #bars(paint, y, row, width) {
    const { lane, height } = row;
    const { starts, ends, count } = lane;
    let covered = -1;
    const narrow = width / (this.to - this.from);
    for (let i = first(lane, this.from); i < count && starts[i] < this.to; i += 1) {
      if (ends[i] < this.from) continue;
      const left = Math.max((starts[i] - this.from) * narrow, 0);
      const right = Math.min(Math.max((ends[i] - this.from) * narrow, left + 1.5), width);
      if (right <= covered + 0.5) continue; // on a pixel that has been drawn
      const begin = Math.max(left, covered < left ? left : covered);
      const [, , text, who] = lane.bars[i];
      const wide = right - begin;
      paint.fillStyle = this.colours.of(row.kind, who, row.kind === "chapter" || row.kind === "shot" ? i : 0);
      paint.fillRect(begin, y + 2, Math.max(wide - (wide > 4 ? 1 : 0), 1), height - 4);
      covered = right;
      if (wide > 42 && text) {
        paint.save();
        paint.beginPath();
        paint.rect(begin + 4, y, wide - 9, height);
        paint.clip();
        paint.fillStyle = this.colours.onbar;
        paint.fillText(text, begin + 5, y + height / 2 + 0.5);
        paint.restore();
      }
    }
  }

  /** Pictures side by side, with a line at each cut. */
  #strip(paint, y, row, width) {
    const tile = Math.round((row.height * 16) / 9);
    const each = ((this.to - this.from) / width) * tile;
    const grain = 2 ** Math.ceil(Math.log2(Math.max(each, 0.5))); // so that a little zoom asks for no new pictures
    const across = (grain / (this.to - this.from)) * width;
    paint.save();
    paint.beginPath();
    paint.roundRect(0, y, width, row.height, 4);
    paint.clip();
    for (let at = Math.floor(this.from / grain) * grain; at < this.to; at += grain) {
      const x = this.#x(at, width);
      const picture = this.#picture(at + grain / 2);
      if (!picture) continue;
      const ratio = picture.naturalWidth / picture.naturalHeight;
      const own = row.height * ratio;
      for (let more = 0; more < across; more += own) {
        const part = Math.min(own, across - more);
        paint.drawImage(picture, 0, 0, (part / own) * picture.naturalWidth, picture.naturalHeight, x + more, y, part, row.height);
      }
    }
    if (row.lane) {
      paint.fillStyle = this.colours.cut;
      let before = -9;
      for (let i = first(row.lane, this.from); i < row.lane.count && row.lane.starts[i] < this.to; i += 1) {
        const x = this.#x(row.lane.starts[i], width);
        if (x - before >= 5 && x > 1) { paint.fillRect(x - 1, y, 2, row.height); before = x; }
      }
    }
    paint.restore();
  }

  /** A kept picture if it is here; otherwise it is asked for once the window stands still. */
  #picture(at) {
    const seconds = Math.min(Math.max(at, 0), this.duration);
    const address = thumbnail(this.video, seconds);
    const known = this.#pictures.get(address);
    if (known) return known.naturalWidth ? known : null;
    this.wanted ??= new Set();
    this.wanted.add(address);
    clearTimeout(this.fetching);
    this.fetching = setTimeout(() => {
      for (const one of this.wanted) {
        const image = new Image();
        image.onload = () => this.draw();
        image.src = one;
        this.#pictures.set(one, image);
      }
      this.wanted.clear();
      for (const old of [...this.#pictures.keys()].slice(0, Math.max(this.#pictures.size - PICTURES, 0))) this.#pictures.delete(old);
    }, 150);
    return null;
  }

  #relevance(paint, y, height, width) {
    if (this.#curve?.length) {
      const top = Math.max(...this.#curve.map(([, score]) => score), 0.25);
      paint.fillStyle = this.colours.relevance;
      paint.beginPath();
      paint.moveTo(0, y + height);
      this.#curve.forEach(([at, score], i) => {
        const until = this.#curve[i + 1]?.[0] ?? this.duration;
        const level = y + height - (Math.max(score, 0) / top) * (height - 2);
        paint.lineTo(this.#x(at, width), level);
        paint.lineTo(this.#x(until, width), level);
      });
      paint.lineTo(this.#x(this.duration, width), y + height);
      paint.fill();
    }
    paint.fillStyle = this.colours.mark;
    for (const at of this.#marks) round(paint, this.#x(at, width) - 1.5, y, 3, height, 1.5);
  }

  #x(seconds, width = this.body.clientWidth) { return ((seconds - this.from) / (this.to - this.from)) * width; }
  #at(x) { return Math.min(Math.max(this.from + (x / this.body.clientWidth) * (this.to - this.from), 0), this.duration); }

  #place() {
    this.chosen.hidden = !this.range;
    if (this.range) {
      const [left, right] = this.range.map((at) => Math.min(Math.max(this.#x(at), 0), this.body.clientWidth));
      this.chosen.style.transform = `translateX(${left}px)`;
      this.chosen.style.width = `${Math.max(right - left, 1)}px`;
    }
    this.thumb.style.left = `${(100 * this.from) / this.duration}%`;
    this.thumb.style.width = `${(100 * (this.to - this.from)) / this.duration}%`;
    this.window.classList.toggle("whole", this.to - this.from >= this.duration - 0.01);
  }

  #stand() {
    const now = this.player.video === this.video ? this.player.time : 0;
    if (this.player.playing && now > this.to && this.#now <= this.to) this.look(now, now + this.to - this.from); // turn the page
    this.#now = now;
    const x = this.#x(now);
    this.head.style.transform = `translateX(${x}px)`;
    this.head.hidden = x < 0 || x > this.body.clientWidth;
    const said = `${clock(now)} / ${clock(this.duration)}`;
    if (this.stands.textContent !== said) {
      this.stands.textContent = said;
      this.body.setAttribute("aria-valuenow", Math.round(now));
      this.body.setAttribute("aria-valuemax", Math.round(this.duration));
      this.body.setAttribute("aria-valuetext", said);
    }
  }

  // -- hands

  #pointing() {
    let press = null;
    const x = (event) => event.clientX - this.body.getBoundingClientRect().left;
    this.body.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      press = { x: x(event), at: this.#at(x(event)), moved: false };
      this.body.setPointerCapture(event.pointerId);
    });
    this.body.addEventListener("pointermove", (event) => {
      if (press && (press.moved ||= Math.abs(x(event) - press.x) > DRAG)) this.setRange([press.at, this.#at(x(event))].sort((a, b) => a - b), true);
      this.#hover(x(event), event.clientY, event.pointerType === "mouse" || press?.moved);
    });
    this.body.addEventListener("pointerup", (event) => {
      if (press?.moved) this.setRange(this.range);
      else if (press) this.player.seek(this.#at(x(event)), this.player.playing);
      press = null;
    });
    this.body.addEventListener("pointercancel", () => { press = null; });
    this.body.addEventListener("pointerleave", () => { this.hint.hidden = true; });
    this.body.addEventListener("wheel", (event) => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        this.zoom(Math.exp(event.deltaY / 300), this.#at(x(event)));
      } else if ((event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) && this.to - this.from < this.duration) {
        event.preventDefault();
        this.#pan((event.deltaX || event.deltaY) / this.body.clientWidth);
      }
    }, { passive: false });
    let grip = null;
    this.window.addEventListener("pointerdown", (event) => {
      const box = this.window.getBoundingClientRect();
      const at = ((event.clientX - box.left) / box.width) * this.duration, span = this.to - this.from;
      if (at < this.from || at > this.to) this.look(at - span / 2, at + span / 2);
      grip = { x: event.clientX, from: this.from, width: box.width };
      this.window.setPointerCapture(event.pointerId);
    });
    this.window.addEventListener("pointermove", (event) => {
      if (!grip) return;
      const from = grip.from + ((event.clientX - grip.x) / grip.width) * this.duration;
      this.look(from, from + this.to - this.from);
    });
    for (const name of ["pointerup", "pointercancel"]) this.window.addEventListener(name, () => { grip = null; });
  }

  #pan(share) {
    const by = share * (this.to - this.from);
    this.look(this.from + by, this.to + by);
  }

  #hover(x, y, shown) {
    const at = this.#at(x);
    const row = this.rows?.find((one) => y - this.canvas.getBoundingClientRect().top < one.y + one.height + GAP);
    const found = row?.lane ? row.lane.bars[standing(row.lane, at)] : null;
    this.hint.hidden = !shown;
    const [image, time, text] = this.hint.children;
    time.textContent = clock(at);
    text.textContent = found ? [row.kind === "speech" && row.lane.who[found[3]], found[2]].filter(Boolean).join(": ") : "";
    image.hidden = !this.pictured;
    if (this.pictured) {
      const grain = Math.max(this.duration / 400, 0.5);
      const address = thumbnail(this.video, Math.round(at / grain) * grain);
      if (image.getAttribute("src") !== address) image.src = address;
    }
    const half = 88, wide = this.body.clientWidth;
    this.hint.style.transform = `translateX(${Math.min(Math.max(x, Math.min(half, wide / 2)), Math.max(wide - half, wide / 2))}px) translateX(-50%)`;
  }

  #keys() {
    this.body.addEventListener("keydown", (event) => {
      const now = this.#now, seek = (at) => this.player.seek(Math.min(Math.max(at, 0), this.duration), this.player.playing);
      const steps = {
        ArrowLeft: () => seek(now - (event.shiftKey ? 1 : 5)), ArrowRight: () => seek(now + (event.shiftKey ? 1 : 5)),
        PageUp: () => seek(now - this.duration / 10), PageDown: () => seek(now + this.duration / 10),
        Home: () => seek(0), End: () => seek(this.duration), " ": () => this.player.toggle(),
        "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2), 0: () => this.look(0, this.duration),
        "[": () => this.setRange([now, Math.max(this.range?.[1] ?? this.duration, now + 0.2)]),
        "]": () => this.setRange([Math.min(this.range?.[0] ?? 0, now - 0.2), now]),
        Escape: () => this.setRange(null),
      };
      if (!steps[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      steps[event.key]();
    });
  }

  close() {
    cancelAnimationFrame(this.#asked);
    clearTimeout(this.fetching);
    this.observer.disconnect();
    this.media.removeEventListener("change", this.recolour);
    this.player.removeEventListener("time", this.follow);
    this.player.removeEventListener("frame", this.follow);
  }
}

/** A lane with its times as numbers side by side, and the longest stretch, by which the first one shown is found. */
function prepared(lane) {
  const count = lane.bars.length;
  const starts = new Float64Array(count), ends = new Float64Array(count);
  let longest = 0;
  lane.bars.forEach(([start, end], i) => {
    starts[i] = start;
    ends[i] = end;
    longest = Math.max(longest, end - start);
  });
  return { ...lane, count, starts, ends, longest };
}

/** The first stretch that may reach into a time, by halving. */
function first(lane, from) {
  let low = 0, high = lane.count;
  const wanted = from - lane.longest;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lane.starts[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The last stretch that stands at a time; -1 where none does. */
function standing(lane, at) {
  let found = -1;
  for (let i = first(lane, at); i < lane.count && lane.starts[i] <= at; i += 1) if (lane.ends[i] >= at) found = i;
  return found;
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
  const kinds = Object.fromEntries(["shot", "chapter", "speech", "screen_text", "object", "person", "sound"].map((kind) => [kind, [read(`lane-${kind}`), read(`lane-${kind}-odd`)]]));
  return {
    track: read("track"), muted: read("muted"), onbar: read("onbar"), cut: read("surface"), relevance: read("accent"), mark: read("mark"),
    of: (kind, who, number) => (kind === "speech" && who >= 0 ? speakers[who % speakers.length] : kinds[kind][number % 2 && kinds[kind][1] ? 1 : 0]),
  };
}
