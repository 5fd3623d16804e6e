/* <vs-search>: moments of all videos that fit some words; nothing where nothing fits. */

import { clock, el } from "../dom.js";
import { marked, nothing, Panel, picture, secondsOf, sense, sign } from "./lib/kit.js";
import { Looking } from "./lib/looking.js";

const SENSES = { said: ["speech"], written: ["screen_text"], seen: ["frame", "caption", "object"], heard: ["sound"] };
const SHOWN = 24;

class Search extends Panel {
  chosen = new Set();

  build({ t, player }) {
    this.query = el("input", { type: "search", "aria-label": t("se_query"), placeholder: t(player ? "se_placeholder" : "se_placeholder_all"), autofocus: !player });
    this.looking = new Looking(this, t, (failed) => this.looked(failed));
    this.filters = el("div.vs-filters");
    this.where = el("select", { "aria-label": t("se_where"), onchange: () => this.find() });
    this.person = el("select", { "aria-label": t("se_person"), hidden: true, onchange: () => this.find() });
    const time = (name) => el("input.vs-time", { type: "text", inputmode: "numeric", "aria-label": t(name), placeholder: t(name), onchange: () => this.find() });
    [this.from, this.to] = [time("se_from"), time("se_to")];
    for (const name of Object.keys(SENSES)) {
      const button = el("button.small.vs-toggle", { type: "button", "aria-pressed": "false", onclick: () => {
        this.chosen.has(name) ? this.chosen.delete(name) : this.chosen.add(name);
        button.setAttribute("aria-pressed", String(this.chosen.has(name)));
        this.find();
      } }, t(`se_${name}`));
      this.filters.append(button);
    }
    this.byWords = [...this.filters.children, this.person];
    this.filters.append(this.where, this.person, el("span.vs-times", {}, this.from, "–", this.to));
    this.results = el("div.vs-results", { "aria-live": "polite" });
    this.replaceChildren(
      player ? "" : el("h1", {}, t("search")),
      el("form.vs-bar", { role: "search", onsubmit: (event) => { event.preventDefault(); if (this.query.value.trim()) this.looking.clear(); this.looked(false); } },
        el("div.vs-searchbox", {}, sign("search"), this.looking.chip, this.query, ...this.looking.elements), el("button.primary", { type: "submit" }, t("search"))),
      this.filters, el("div.vs-scroll", {}, this.results));
    this.classList.toggle("vs-wide", !player);
    this.hint();
    this.people();
  }

  arrived(view) {
    const { t, videos, player } = view;
    const names = videos.map((one) => `${one.id} ${one.name}`).join("\n");
    if (names === this.names) return;
    this.names = names;
    const before = this.where.value;
    this.where.replaceChildren(el("option", { value: "" }, t("se_all_videos")), ...videos.map((one) => el("option", { value: one.id }, player && videos.length === 1 ? t("se_this_video") : one.name)));
    this.where.value = videos.some((one) => one.id === before) ? before : "";
  }

  hint() { this.results.replaceChildren(nothing("search", this.view.t("se_hint"))); }

  /** Search by the picture that has been given, or by words again. */
  looked(failed) {
    const { t } = this.view;
    for (const one of this.byWords) one.disabled = Boolean(this.looking.picture);
    if (failed) return this.results.replaceChildren(nothing("warn", t("se_no_picture")));
    if (this.looking.picture) this.query.value = "";
    return this.find();
  }

  async people() {
    const { t, api } = this.view;
    const people = await api("/v1/people").catch(() => []);
    this.person.hidden = !people.length;
    this.person.replaceChildren(el("option", { value: "" }, t("se_anybody")), ...people.map((one) => el("option", { value: one.name }, one.name)));
  }

  async find(fitting = true) {
    const { t, api } = this.view, query = this.query.value.trim();
    const shown = this.looking.picture;
    if (!query && !shown) return this.hint();
    const [from, to] = [secondsOf(this.from.value), secondsOf(this.to.value)];
    const words = { query, fitting, person: this.person.value || null, modality: this.chosen.size ? [...this.chosen].flatMap((name) => SENSES[name]) : null };
    const body = { ...(shown ? { image: shown } : words), k: SHOWN, video: this.where.value || null,
      time_range: from === null && to === null ? null : [from ?? 0, to ?? 1e6] };
    this.asking?.abort();
    const asking = this.asking = new AbortController();
    this.results.setAttribute("aria-busy", "true");
    try {
      const { data } = await api("/v1/search", { body, signal: asking.signal });
      this.draw(data, query, fitting, Boolean(shown));
    } catch (error) {
      if (error.name === "AbortError") return undefined;
      this.results.replaceChildren(nothing("warn", error.message, el("button.small", { type: "button", onclick: () => this.find(fitting) }, t("again"))));
    }
    this.results.setAttribute("aria-busy", "false");
    return undefined;
  }

  draw(found, query, fitting, looking) {
    const { t } = this.view;
    // a caption that tells again what is said or written at that moment is no moment of its own
    const data = found.filter((one) => one.modality !== "caption" || !found.some((other) => other !== one && other.modality !== "caption"
      && other.video === one.video && other.start < one.end && one.start < other.end));
    if (!data.length) {
      return this.results.replaceChildren(nothing("search", t(looking ? "se_like_none" : "se_nothing", { query }), fitting && !looking ? el("button.small", { type: "button", onclick: () => this.find(false) }, t("se_nearest")) : null));
    }
    const cards = data.map((one) => el("button.vs-hitcard", { type: "button", onclick: () => this.show(one.video, one.start) },
      el("span.vs-hitpicture", {}, picture(one.picture), el("b", {}, clock(one.start))),
      el("span.vs-cardtext", {}, el("span.vs-cardhead", {}, el("span.vs-kind", {}, sense(t, one.modality)), el("span.muted", { dir: "auto" }, one.name)),
        el("span.vs-quote", { dir: "auto" }, ...marked(one.text.replace(/\s+/g, " "), query)))));
    this.results.replaceChildren(el("p.muted.vs-found", { role: "status" }, t(looking ? "se_like" : fitting ? "se_found" : "se_near", { n: data.length })), el("div.vs-hits", {}, ...cards));
    return undefined;
  }
}
customElements.define("vs-search", Search);
