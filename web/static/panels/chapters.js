/* <vs-chapters>: what the video is about: a summary, its parts, notes and the story. */

import { clock, el, lasting } from "../dom.js";
import { nothing, Panel, picture, sign } from "./lib/kit.js";

const LENGTHS = ["line", "paragraph", "page"];
const STYLES = ["notes", "story"];

class Chapters extends Panel {
  build() {
    const { t } = this.view;
    this.length = el("select", { "aria-label": t("ch_length"), onchange: () => this.shorten() }, ...LENGTHS.map((name) => el("option", { value: name, selected: name === "paragraph" }, t(`ch_${name}`))));
    this.told = el("p", { dir: "auto" });
    this.summary = el("section.vs-summary", { hidden: true }, el("div.vs-summaryhead", {}, el("h2", {}, t("ch_summary")), this.length), this.told);
    this.list = el("ol.vs-chapters");
    this.more = el("div", { hidden: true }, ...STYLES.map((style) => this.moreOf(style)));
    this.replaceChildren(el("div.vs-scroll", {}, this.summary, this.list, this.more));
  }

  arrived(view, before) {
    if (!before) view.player?.addEventListener("time", () => this.mark());
    const state = `${this.shown.id} ${this.shown.status}`;
    if (state !== this.state) { this.state = state; this.load(); }
  }

  async load() {
    const { t, api } = this.view, { id, status } = this.shown;
    this.summary.hidden = this.more.hidden = true;
    this.rows = [];
    if (status !== "ready") return this.list.replaceChildren(nothing("list", t("ch_not_yet")));
    this.list.replaceChildren(...[1, 2, 3, 4].map(() => el("li.vs-chapter.vs-ghost")));
    try {
      const [{ chapters }, told] = await Promise.all([api(`/v1/videos/${id}/chapters`), api("/v1/describe", { body: { video: id, style: "summary", length: this.length.value } })]);
      if (id !== this.shown.id) return undefined;
      this.draw(chapters ?? []);
      this.summarise(told.summary ?? []);
      this.more.hidden = false;
      for (const one of this.more.children) { one.made = null; if (one.open) this.tell(one); }
    } catch (error) {
      this.list.replaceChildren(nothing("warn", error.message, el("button.small", { type: "button", onclick: () => this.load() }, t("again"))));
    }
    return undefined;
  }

  draw(chapters) {
    const { t, thumbnail } = this.view, { id, has_video } = this.shown;
    this.rows = chapters.map((one) => ({ ...one, row: el("li", {}, el("button.quiet.vs-chapter", { type: "button", onclick: () => this.show(id, one.start) },
      has_video ? picture(thumbnail(id, (one.start * 2 + one.end) / 3)) : null,
      el("span", {}, el("b", { dir: "auto" }, one.title || t("ch_untitled")), el("small.muted", {}, `${clock(one.start)} · ${lasting(one.end - one.start)}`)))) }));
    this.list.replaceChildren(...(this.rows.length ? this.rows.map((one) => one.row) : [nothing("list", t("ch_nothing"))]));
    if (this.rows.length) this.list.append(el("li.vs-after", {}, el("a.vs-download", { href: `/v1/videos/${id}/export?of=chapters&format=youtube`, download: "" }, sign("download"), t("ch_youtube"))));
    this.mark();
  }

  /** The summary in another length. */
  async shorten() {
    const { api, toast } = this.view, { id } = this.shown;
    try {
      const told = await api("/v1/describe", { body: { video: id, style: "summary", length: this.length.value } });
      if (id === this.shown.id) this.summarise(told.summary ?? []);
    } catch (error) { toast(error.message, { alert: true }); }
  }

  /** Notes or the story, made when they are opened. */
  moreOf(style) {
    const box = el("details.vs-more-of", { ontoggle: () => { if (box.open) this.tell(box); } }, el("summary", {}, this.view.t(`ch_${style}`)), el("ul.vs-told"));
    box.told = style;
    return box;
  }

  async tell(box) {
    const { t, api } = this.view, { id } = this.shown, style = box.told, list = box.lastChild;
    if (box.made === id) return;
    box.made = id;
    list.replaceChildren(el("li.muted", { role: "status" }, t("ch_making")));
    try {
      const found = (await api("/v1/describe", { body: { video: id, style, length: "page" } }))[style];
      if (id !== this.shown.id) return;
      list.replaceChildren(...found.map((one) => el("li", { dir: "auto" }, one.kind ? el("span.vs-kind", {}, t(`ch_kind_${one.kind}`)) : null, one.text, " ", this.chip(one.start))),
        el("li", {}, found.length ? el("a.vs-download", { href: `/v1/videos/${id}/export?of=${style}&format=md`, download: "" }, sign("download"), t("tr_md")) : t("ch_nothing_told")));
    } catch (error) {
      box.made = null;
      list.replaceChildren(el("li.vs-bad", {}, error.message));
    }
  }

  chip(start) {
    return el("button.chip", { type: "button", "aria-label": this.view.t("ask_source", { time: clock(start) }), onclick: () => this.show(this.shown.id, start) }, clock(start));
  }

  summarise(sentences) {
    const said = sentences.filter((one) => one.evidence?.some((item) => item.modality === "speech"));
    this.summary.hidden = !said.length;
    this.told.replaceChildren(...said.flatMap((one) => [one.text, " ", this.chip(one.start), " "]));
  }

  mark() {
    const now = this.view.player?.time ?? -1;
    for (const one of this.rows ?? []) {
      const on = one.start <= now && now < one.end;
      one.row.firstChild.classList.toggle("vs-spoken", on);
      on ? one.row.firstChild.setAttribute("aria-current", "true") : one.row.firstChild.removeAttribute("aria-current");
    }
  }
}
customElements.define("vs-chapters", Chapters);
