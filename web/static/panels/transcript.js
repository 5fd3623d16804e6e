/* <vs-transcript>: what is said and written, by speaker, beside the player: followed, searched and put right in place. */

import { clock, el } from "../dom.js";
import { marked, menu, nothing, Panel, sign, tool } from "./lib/kit.js";

const FORMATS = ["srt", "vtt", "txt", "md", "csv", "json", "html"];
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
    this.replaceChildren(
      el("div.vs-bar", {}, el("label.vs-searchbox", {}, sign("search"), this.query), this.count,
        tool("up", t("tr_previous"), () => this.step(-1)), tool("down", t("tr_next"), () => this.step(1))),
      el("div.vs-bar.vs-thin", {}, this.written, el("span.grow"), this.exports), this.list);
  }

  arrived(view, before) {
    if (!before) view.player?.addEventListener("time", () => this.follow());
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
    const rows = [];
    this.lines = this.data.filter((one) => both || one.modality === "speech").map((one) => {
      const who = one.modality === "speech" ? one.speaker : null;
      if (who !== null && who && who !== last) rows.push(this.speaker(who, speakers.indexOf(who)));
      if (who !== null) last = who;
      const row = this.line(one);
      rows.push(row);
      return { ...one, row };
    });
    this.written.hidden = !this.data.some((one) => one.modality === "screen_text") || !this.data.some((one) => one.modality === "speech");
    this.list.replaceChildren(...(rows.length ? rows : [nothing("list", t(this.shown.status === "ready" ? "tr_nothing" : "tr_not_yet"))]));
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
    const text = el("button.quiet.vs-said", { type: "button", dir: "auto", onclick: () => this.show(this.shown.id, one.start) }, one.text);
    const row = el(`div.vs-line.vs-${one.modality}`, {}, el("time", {}, clock(one.start)),
      el("div.vs-linetext", {}, said ? null : el("span.vs-kind", {}, t("sense_screen_text")), text, one.corrected ? el("span.vs-corrected", { title: t("tr_corrected_hint") }, sign("check"), t("tr_corrected")) : null),
      tool("edit", t("tr_edit", { time: clock(one.start) }), () => this.edit(row, one)));
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

  search() {
    const query = this.query.value.trim();
    const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
    this.found = [];
    for (const line of this.lines) {
      const hit = wanted.length > 0 && wanted.every((word) => line.text.toLowerCase().includes(word));
      line.row.querySelector(".vs-said").replaceChildren(...(hit ? marked(line.text, query) : [line.text]));
      line.row.classList.toggle("vs-hit", hit);
      if (hit) this.found.push(line);
    }
    this.at = -1;
    this.count.textContent = query ? this.view.t("tr_found", { n: this.found.length }) : "";
    if (query && this.found.length) this.step(1, false);
  }

  step(by, seek = true) {
    if (!this.found.length) return;
    this.at = (this.at + by + this.found.length) % this.found.length;
    const line = this.found[this.at];
    this.left = Date.now();
    line.row.scrollIntoView({ block: "center" });
    for (const one of this.found) one.row.classList.toggle("vs-now", one === line);
    if (seek) this.show(this.shown.id, line.start);
  }

  /** Mark the line that is spoken, and keep it in sight. */
  follow(jump = false) {
    const { player } = this.view;
    if (!player || !this.lines.length || this.hidden) return;
    const now = player.time + 0.05;
    const spoken = this.lines.findLast?.((one) => one.modality === "speech" && one.start <= now && now < one.end + 0.4);
    if (spoken === this.spoken && !jump) return;
    this.spoken?.row.classList.remove("vs-spoken");
    this.spoken?.row.removeAttribute("aria-current");
    this.spoken = spoken;
    if (!spoken) return;
    spoken.row.classList.add("vs-spoken");
    spoken.row.setAttribute("aria-current", "true");
    if (Date.now() - (this.left ?? 0) < HANDS_OFF || !this.offsetParent) return;
    const box = this.list.getBoundingClientRect(), row = spoken.row.getBoundingClientRect();
    this.list.scrollTop += row.top - box.top - box.height / 3;
  }
}
customElements.define("vs-transcript", Transcript);
