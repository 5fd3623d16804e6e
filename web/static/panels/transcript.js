/* <vs-transcript>: what is said and written, by speaker, beside the player: followed, searched and put right in place. */

import { clock, el } from "../dom.js";
import { Blocks } from "./lib/blocks.js";
import { marked, menu, nothing, Panel, sign, tool } from "./lib/kit.js";
import { cut, light, Words } from "./lib/words.js";

const FORMATS = ["srt", "vtt", "txt", "md", "csv", "json", "html"];
const LINE = 22, ROOM = 12, LETTERS = 46; // pixels of a line of text and of what is around it, letters in a line
const HANDS_OFF = 4000; // milliseconds for which somebody who scrolls is left alone

class Transcript extends Panel {
  lines = [];
  found = [];

  build({ t }) {
    this.query = el("input", { type: "search", "aria-label": t("tr_search"), placeholder: t("tr_search"), oninput: () => this.search(),
      onkeydown: (event) => { if (event.key === "Enter") { event.preventDefault(); this.step(event.shiftKey ? -1 : 1); } } });
    this.count = el("span.vs-count.muted", { role: "status" });
    this.written = el("button.small.vs-toggle", { type: "button", "aria-pressed": "true", onclick: () => this.toggle() }, t("tr_written"));
    const button = el("button.small", { type: "button", "aria-haspopup": "true" }, sign("download"), t("tr_export"));
    this.exports = menu(button, t("tr_export"), () => FORMATS.map((format) =>
      el("a.vs-menuitem", { href: `/v1/videos/${this.shown.id}/export?format=${format}`, download: "" }, t(`tr_${format}`))));
    this.list = el("div.vs-lines", { tabindex: "0", role: "region", "aria-label": t("tab_transcript") });
    for (const name of ["wheel", "touchmove", "keydown"]) this.list.addEventListener(name, () => { this.left = Date.now(); }, { passive: true });
    this.blocks = new Blocks(this.list, (item) => (item.who ? this.speaker(item.who, item.number) : this.line(item)), heightOf);
    this.replaceChildren(
      el("div.vs-bar", {}, el("label.vs-searchbox", {}, sign("search"), this.query), this.count,
        tool("up", t("tr_previous"), () => this.step(-1)), tool("down", t("tr_next"), () => this.step(1))),
      el("div.vs-bar.vs-thin", {}, this.written, el("span.grow"), this.exports), this.list);
  }

  arrived(view, before) {
    if (!before) {
      this.words = new Words(view.api, () => this.follow());
      for (const name of ["time", "frame"]) view.player?.addEventListener(name, () => this.follow());
    }
    const { id, status, counts } = this.shown;
    const state = `${id} ${status} ${counts.speech ?? 0} ${counts.screen_text ?? 0}`;
    if (state !== this.state) { this.state = state; this.load(); }
  }

  async load() {
    const { api, t } = this.view, { id } = this.shown;
    try {
      const { data } = await api(`/v1/videos/${id}/findings?modality=speech&modality=screen_text`);
      if (id !== this.shown.id) return;
      this.data = data;
      this.draw();
    } catch (error) {
      this.list.replaceChildren(nothing("warn", error.message, el("button.small", { type: "button", onclick: () => this.load() }, t("again"))));
    }
  }

  draw() {
    const { t } = this.view;
    const both = this.written.getAttribute("aria-pressed") === "true";
    const speakers = [...new Set(this.data.map((one) => one.speaker).filter(Boolean))];
    let last = null;
    const items = [];
    this.lines = this.data.filter((one) => both || one.modality === "speech").map((one) => {
      const who = one.modality === "speech" ? one.speaker : null;
      if (who && who !== last) items.push({ who, number: speakers.indexOf(who) });
      if (who !== null) last = who;
      items.push(one);
      return { ...one, item: items.length - 1 };
    });
    this.speech = this.lines.filter((one) => one.modality === "speech");
    this.written.hidden = !this.data.some((one) => one.modality === "screen_text") || !this.data.some((one) => one.modality === "speech");
    this.spoken = null;
    this.blocks.set(items);
    if (!items.length) this.list.replaceChildren(nothing("list", t(this.shown.status === "ready" ? "tr_nothing" : "tr_not_yet")));
    this.search();
    this.follow(true);
  }

  speaker(who, at) {
    const { t } = this.view;
    const button = el("button.quiet.vs-speaker", { type: "button", title: t("tr_name", { who }), onclick: () => this.rename(button, who) },
      el("i", { style: `background: var(--speaker-${at % 6})` }), el("b", {}, who), sign("edit"));
    return button;
  }

  rename(button, who) {
    const { t, api, timeline, toast } = this.view;
    const input = el("input", { type: "text", value: who, maxlength: 100, "aria-label": t("tr_name", { who }) });
    const form = el("form.vs-renaming", { onsubmit: async (event) => {
      event.preventDefault();
      const name = input.value.trim();
      try {
        if (name && name !== who) await api(`/v1/videos/${this.shown.id}/people`, { body: { who, name } });
        timeline?.reload();
        this.load();
      } catch (error) { toast(error.message, { alert: true }); }
    }, onkeydown: (event) => { if (event.key === "Escape") form.replaceWith(button); } }, input, el("button.primary.small", { type: "submit" }, t("save")));
    button.replaceWith(form);
    input.focus();
    input.select();
  }

  line(one) {
    const { t } = this.view;
    const said = one.modality === "speech";
    const text = el("button.quiet.vs-said", { type: "button", dir: "auto", onclick: () => this.show(this.shown.id, one.start) }, ...(this.isHit(one) ? marked(one.text, this.query.value.trim()) : [one.text]));
    const row = el(`div.vs-line.vs-${one.modality}`, {}, el("time", {}, clock(one.start)),
      el("div.vs-linetext", {}, said ? null : el("span.vs-kind", {}, t("sense_screen_text")), text, one.corrected ? el("span.vs-corrected", { title: t("tr_corrected_hint") }, sign("check"), t("tr_corrected")) : null),
      tool("edit", t("tr_edit", { time: clock(one.start) }), () => this.edit(row, one)));
    row.classList.toggle("vs-hit", this.isHit(one));
    return row;
  }

  edit(row, one) {
    const { t, api, toast, timeline } = this.view;
    const text = el("textarea", { dir: "auto", "aria-label": t("tr_edit", { time: clock(one.start) }), rows: Math.min(one.text.split("\n").length + Math.floor(one.text.length / 60), 8) });
    text.value = one.text;
    const back = () => { form.replaceWith(row); row.querySelector(".square").focus(); };
    const form = el("form.vs-editing", { onsubmit: async (event) => {
      event.preventDefault();
      if (text.value.trim() === one.text) return back();
      try {
        const put = await api(`/v1/videos/${this.shown.id}/findings/${one.id}`, { method: "PATCH", body: { text: text.value } });
        this.data = this.data.map((other) => (other.id === one.id ? put : other));
        this.words.forget();
        toast(t("tr_saved"));
        timeline?.reload();
        this.draw();
      } catch (error) { toast(error.message, { alert: true }); }
      return undefined;
    }, onkeydown: (event) => {
      if (event.key === "Escape") back();
      if (event.key === "Enter" && !event.shiftKey && one.modality === "speech") { event.preventDefault(); form.requestSubmit(); }
    } }, text, el("div.row", {}, el("button.primary.small", { type: "submit" }, t("save")), el("button.quiet.small", { type: "button", onclick: back }, t("cancel"))));
    row.replaceWith(form);
    text.focus();
  }

  toggle() {
    this.written.setAttribute("aria-pressed", String(this.written.getAttribute("aria-pressed") !== "true"));
    this.draw();
  }

  isHit({ text }) { return this.wanted?.length > 0 && this.wanted.every((word) => text.toLowerCase().includes(word)); }

  search() {
    const query = this.query.value.trim();
    const before = new Set(this.found.map((line) => line.item));
    this.wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
    this.found = this.lines.filter((line) => this.isHit(line));
    const now = new Set(this.found.map((line) => line.item));
    for (const [number] of [...this.blocks.rows()]) if (before.has(number) || now.has(number)) this.blocks.renew(number);
    this.spoken = null; // its row may be another one
    this.at = -1;
    this.count.textContent = query ? this.view.t("tr_found", { n: this.found.length }) : "";
    if (query && this.found.length) this.step(1, false);
  }

  step(by, seek = true) {
    if (!this.found.length) return;
    this.at = (this.at + by + this.found.length) % this.found.length;
    const line = this.found[this.at];
    this.left = Date.now();
    const row = this.blocks.row(line.item);
    row.scrollIntoView({ block: "center" });
    for (const [, other] of this.blocks.rows()) other.classList.toggle("vs-now", other === row);
    if (seek) this.show(this.shown.id, line.start);
  }

  /** Mark the line that is spoken and its words, and keep it in sight. */
  follow(jump = false) {
    const { player } = this.view;
    if (!player || !this.speech?.length || !this.offsetParent) return;
    const now = player.time + 0.05;
    const spoken = this.speech.findLast((one) => one.start <= now && now < one.end + 0.4) ?? null;
    if (spoken) this.lit(spoken, now);
    if (spoken === this.spoken && !jump) return;
    for (const [, row] of this.blocks.rows()) if (row.classList.contains("vs-spoken")) this.unmark(row);
    this.spoken = spoken;
    if (!spoken) return;
    const row = this.blocks.row(spoken.item);
    row.classList.add("vs-spoken");
    row.setAttribute("aria-current", "true");
    if (Date.now() - (this.left ?? 0) < HANDS_OFF) return;
    const box = this.list.getBoundingClientRect(), there = row.getBoundingClientRect();
    this.list.scrollTop += there.top - box.top - box.height / 3;
  }

  unmark(row) {
    row.classList.remove("vs-spoken");
    row.removeAttribute("aria-current");
    for (const word of row.querySelectorAll(".vs-lit")) word.classList.remove("vs-lit");
  }

  lit(spoken, now) {
    const words = this.words.of(this.shown.id, spoken);
    if (!words?.length || this.isHit(spoken)) return;
    const place = this.blocks.row(spoken.item).querySelector(".vs-said");
    if (!place || (!place.querySelector(".vs-word") && !cut(place, spoken.text, words))) return;
    light(place, words, now);
  }
}

/** How high the row of an item is likely to be, in pixels. */
const heightOf = (item) => (item.who ? 46 : ROOM + LINE * item.text.split("\n").reduce((sum, line) => sum + Math.max(Math.ceil(line.length / LETTERS), 1), 0));
customElements.define("vs-transcript", Transcript);
