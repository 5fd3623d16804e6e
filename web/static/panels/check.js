/* <vs-check>: whether the video that is shown was generated: a sentence first, then what it rests on. */

import { el, number, telling, told, tOr } from "../dom.js";
import { eventsOf, nothing, Panel, sign, span } from "./lib/kit.js";

const results = new Map(); // by the video's id: a verdict belongs to its video
const running = new Map();

class Check extends Panel {
  build({ player }) {
    this.place = el("div.vs-scroll.vs-check");
    this.replaceChildren(this.place);
    player?.addEventListener("time", () => { if (this.of !== this.shown.id) this.draw(); });
  }

  arrived() {
    const state = `${this.shown.id} ${this.shown.status}`;
    if (state !== this.state) { this.state = state; this.draw(); }
  }

  draw() {
    const { t } = this.view, { id, name, status } = this.shown;
    this.of = id;
    if (results.has(id)) return this.told(results.get(id));
    if (running.has(id)) return this.progress(running.get(id));
    this.place.replaceChildren(el("div.vs-start", {}, el("span.vs-startsign", {}, sign("shield")), el("h2", {}, t("ck_title")), el("p.muted", {}, t("ck_about")),
      el("button.primary", { type: "button", disabled: status !== "ready", onclick: () => this.run(id) }, t("ck_run", { name })),
      status === "ready" ? null : el("p.muted", {}, t("ck_not_yet"))));
    if (status === "ready") this.earlier(id);
    return undefined;
  }

  /** What an earlier check found is shown again. */
  async earlier(id) {
    const kept = await this.view.api(`/v1/videos/${id}/verdict`).catch(() => null);
    if (!kept || id !== this.of || running.has(id) || results.has(id)) return;
    results.set(id, kept);
    this.told(kept);
  }

  async run(id) {
    const { t, api } = this.view;
    const state = { step: "probe", progress: 0, stop: new AbortController() };
    running.set(id, state);
    this.draw();
    try {
      const response = await api("/v1/detect", { body: { video: id, stream: true }, raw: true, signal: state.stop.signal });
      for await (const event of eventsOf(response)) {
        if (event.event === "result") results.set(id, event);
        else Object.assign(state, event);
        if (id === this.of && event.event === "step") this.progress(state);
      }
      running.delete(id);
      if (id === this.shown.id) this.draw();
    } catch (error) {
      running.delete(id);
      if (id !== this.shown.id) return;
      if (error.name === "AbortError") this.draw();
      else this.place.replaceChildren(nothing("warn", error.message, el("button.small", { type: "button", onclick: () => this.run(id) }, t("again"))));
    }
  }

  progress(state) {
    const { t } = this.view;
    this.place.replaceChildren(el("div.vs-start", { role: "status" }, el("span.vs-startsign", {}, sign("shield")), el("h2", {}, t("ck_running", { name: this.shown.name })),
      el("progress", { max: 1, value: state.progress, "aria-label": t("ck_title") }), el("p.muted", {}, t(`ck_step_${state.step}`)),
      el("p.muted", {}, t("ck_long")), el("button.small", { type: "button", onclick: () => state.stop.abort() }, t("ask_stop"))));
  }

  told(verdict) {
    const { t } = this.view;
    const { spans } = verdict.evidence;
    const sentence = t(`ck_kind_${verdict.kind}`);
    // what the sentence and the stretches say already, and what they were compared with, stand elsewhere
    const notes = verdict.notes.filter((note) => !verdict.not_covered.includes(note) && !note.startsWith("these stretches") && !note.startsWith("about the calibration"));
    const named = verdict.signals.filter((one) => one.distance >= 1).sort((a, b) => b.distance - a.distance);
    this.place.replaceChildren(
      el(`section.vs-verdict.vs-${verdict.kind}`, {}, el("p.muted", { dir: "auto" }, verdict.video), el("h2", {}, sign(verdict.kind === "nothing_unusual" ? "check" : verdict.kind === "generated" || verdict.kind === "declared" ? "warn" : "shield"), sentence),
        ...(verdict.kind === "not_covered" ? verdict.not_covered.map((why) => telling("p", why)) : []),
        ["nothing_unusual", "not_covered"].includes(verdict.kind) ? el("p", {}, t(spans.length ? "ck_some_differ" : "ck_none_differ")) : null),
      spans.length ? el("section", {}, el("h3", {}, t("ck_stretches")), el("ul.vs-stretches", {}, ...spans.map((one) => el("li", {},
        el("button.chip", { type: "button", onclick: () => this.show(verdict.id, one.start) }, span(one.start, one.end)),
        el("span.muted", {}, sorts(verdict, one.signals, t)))))) : "",
      named.length && verdict.kind !== "not_covered" ? el("section", {}, el("h3", {}, t("ck_unusual")), el("ul.vs-signals", {}, ...named.slice(0, 6).map((one) => el("li", {}, el("b", {}, t(`ck_sort_${one.kind}`), el("span.muted", {}, ` · ${titleOf(one)}`)), el("small.muted", {}, t("ck_fooled"), " ", telling("span", one.fooled_by)))))) : "",
      notes.length ? el("section", {}, el("h3", {}, t("ck_notes")), el("ul.vs-notes", {}, ...notes.map((note) => telling("li", note)))) : "",
      el("details.vs-details", {}, el("summary", {}, t("ask_details")), el("dl", {},
        el("dt", {}, t("ck_compared")), telling("dd", verdict.calibration.limits),
        el("dt", {}, t("ck_label")), el("dd", {}, `${say(verdict.label)} · ${verdict.score.toFixed(2)} (${verdict.interval.map((one) => one.toFixed(2)).join("–")}) · ${say(verdict.decided_by)}`),
        ...verdict.signals.flatMap((one) => [el("dt", {}, titleOf(one)), el("dd", {}, one.value === null ? say(one.note) : `${number(one.value)} ${say(one.unit)}${one.percentile === null ? "" : ` · ${t("ck_above", { percent: Math.round(one.percentile * 100) })}`}`)]))),
      el("div.row", {}, el("button.small", { type: "button", onclick: () => { results.delete(verdict.id); this.run(verdict.id); } }, t("ck_again"))));
  }
}

const say = (line) => told(line) ?? line;
const titleOf = (signal) => tOr(`ck_signal_${signal.name}`, signal.title);

/** Which sides of the picture some signals measure, in words. */
const sorts = (verdict, names, t) => [...new Set(names.map((name) => verdict.signals.find((one) => one.name === name)?.kind).filter(Boolean))].map((kind) => t(`ck_sort_${kind}`)).join(", ");
customElements.define("vs-check", Check);
