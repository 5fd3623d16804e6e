/* <vs-chapters>: what the video is about in a few sentences, and its parts. */

import { clock, el, lasting } from "../dom.js";
import { nothing, Panel, picture, sign } from "./lib/kit.js";

class Chapters extends Panel {
  build() {
    this.summary = el("section.vs-summary", { hidden: true });
    this.list = el("ol.vs-chapters");
    this.replaceChildren(el("div.vs-scroll", {}, this.summary, this.list));
  }

  arrived(view, before) {
    if (!before) view.player?.addEventListener("time", () => this.mark());
    const state = `${this.shown.id} ${this.shown.status}`;
    if (state !== this.state) { this.state = state; this.load(); }
  }

  async load() {
    const { t, api } = this.view, { id, status } = this.shown;
    this.summary.hidden = true;
    this.rows = [];
    if (status !== "ready") return this.list.replaceChildren(nothing("list", t("ch_not_yet")));
    this.list.replaceChildren(...[1, 2, 3, 4].map(() => el("li.vs-chapter.vs-ghost")));
    try {
      const [{ chapters }, told] = await Promise.all([api(`/v1/videos/${id}/chapters`), api("/v1/describe", { body: { video: id, style: "summary", length: "paragraph" } })]);
      if (id !== this.shown.id) return undefined;
      this.draw(chapters ?? []);
      this.summarise(told.summary ?? []);
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

  summarise(sentences) {
    const { t } = this.view, { id } = this.shown;
    const said = sentences.filter((one) => one.evidence?.some((item) => item.modality === "speech"));
    this.summary.hidden = !said.length;
    this.summary.replaceChildren(el("h2", {}, t("ch_summary")), el("p", { dir: "auto" }, ...said.flatMap((one) => [one.text, " ",
      el("button.chip", { type: "button", "aria-label": t("ask_source", { time: clock(one.start) }), onclick: () => this.show(id, one.start) }, clock(one.start)), " "])));
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
