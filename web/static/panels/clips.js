/* <vs-clips>: stretches of the video that is shown, chosen by hand or as highlights, as one file to download. */

import { clock, el, lasting } from "../dom.js";
import { nothing, Panel, secondsOf, sign, span, tool } from "./lib/kit.js";

const FORMATS = ["mp4", "webm", "gif"];
const LENGTHS = [15, 30, 60, 120];
const MOST = 600; // seconds of one file, as the server has it

class Clips extends Panel {
  spans = [];

  build({ t }) {
    this.list = el("ol.vs-spans");
    this.since = null;
    this.mark = el("button.small", { type: "button", onclick: () => this.here() }, sign("plus"), t("cl_start"));
    this.ranged = el("button.small", { type: "button", hidden: true, onclick: () => this.add(...this.view.range) });
    this.query = el("input", { type: "text", "aria-label": t("cl_query"), placeholder: t("cl_query"), maxlength: 300 });
    this.length = el("select", { "aria-label": t("cl_length") }, ...LENGTHS.map((n) => el("option", { value: String(n), selected: n === 30 }, lasting(n))));
    this.suggest = el("button", { type: "submit" }, sign("spark"), t("cl_highlights"));
    this.format = el("select", { "aria-label": t("cl_format") }, ...FORMATS.map((name) => el("option", { value: name }, t(`cl_${name}`))));
    this.captions = el("input", { type: "checkbox" });
    this.save = el("button.primary", { type: "button", onclick: () => this.download() }, sign("download"), t("cl_download"));
    this.total = el("p.muted", { role: "status" });
    this.replaceChildren(el("div.vs-scroll.vs-clips", {},
      el("section", {}, el("h2", {}, t("cl_title")), el("p.muted", {}, t("cl_hint")), el("div.row", {}, this.mark, this.ranged), this.list),
      el("form.vs-reel", { onsubmit: (event) => { event.preventDefault(); this.highlights(); } }, el("h3", {}, t("cl_reel")), this.query, el("div.row", {}, this.length, this.suggest))),
    el("div.vs-box.vs-making", {}, this.total, el("div.row", {}, this.format, el("label.vs-captions", {}, this.captions, t("cl_captions")), el("span.grow"), this.save)));
  }

  arrived({ range, t, videos }, before) {
    this.ranged.hidden = !range;
    if (range) this.ranged.replaceChildren(sign("plus"), t("cl_range", { span: span(...range) }));
    if (!before || this.of !== this.shown.id) {
      this.of = this.shown.id;
      this.spans = [];
      this.captions.parentElement.hidden = !this.shown.counts.speech;
      this.draw();
    }
    this.save.disabled = !this.spans.length || videos[0].status !== "ready";
  }

  /** A stretch that begins where the player is, and at the second press ends there. */
  here() {
    const { t, player } = this.view;
    const now = player.time;
    if (this.since === null) {
      this.since = now;
      this.mark.replaceChildren(sign("check"), t("cl_end", { time: clock(now) }));
      return;
    }
    const since = this.since;
    this.since = null;
    this.mark.replaceChildren(sign("plus"), t("cl_start"));
    this.add(...(now > since + 0.2 ? [since, now] : [since, Math.min(since + 5, this.shown.duration)]));
  }

  add(start, end) {
    this.spans.push([Math.round(start * 10) / 10, Math.round(end * 10) / 10]);
    this.draw();
  }

  draw() {
    const { t } = this.view;
    const row = (one, at) => {
      const time = (which, name) => el("input.vs-time", { type: "text", value: clock(one[which]), "aria-label": t(name, { n: at + 1 }), onchange: (event) => {
        const seconds = secondsOf(event.target.value);
        if (seconds !== null && (which ? seconds > one[0] : seconds < one[1]) && seconds <= this.shown.duration) one[which] = seconds;
        this.draw();
      } });
      return el("li", {}, tool("play", t("cl_play", { span: span(...one) }), () => this.show(this.of, one[0])), time(0, "cl_from"), "–", time(1, "cl_to"),
        el("small.muted", {}, lasting(one[1] - one[0])), el("span.grow"), tool("trash", t("cl_remove", { span: span(...one) }), () => { this.spans.splice(at, 1); this.draw(); }));
    };
    this.list.replaceChildren(...this.spans.map(row));
    const total = this.spans.reduce((sum, [start, end]) => sum + end - start, 0);
    this.total.textContent = total > MOST ? t("cl_too_long", { most: lasting(MOST) }) : this.spans.length ? t("cl_total", { n: this.spans.length, length: lasting(total) }) : t("cl_none");
    this.save.disabled = !this.spans.length || total > MOST;
  }

  async highlights() {
    const { t, api, toast } = this.view, { id } = this.shown;
    this.suggest.disabled = true;
    try {
      const { reel } = await api("/v1/highlights", { body: { video: id, query: this.query.value.trim() || null, seconds: Number(this.length.value) } });
      if (id !== this.of) return;
      this.spans = reel.map((one) => [one.start, one.end]);
      this.draw();
      if (!reel.length) toast(t("cl_no_highlights"));
    } catch (error) { toast(error.message, { alert: true }); }
    this.suggest.disabled = false;
  }

  async download() {
    const { t, api, toast } = this.view, { name } = this.shown;
    this.save.disabled = true;
    this.save.setAttribute("aria-busy", "true");
    this.total.textContent = t("cl_making");
    try {
      const body = { video: this.of, spans: this.spans, format: this.format.value, subtitles: this.captions.checked, exact: true };
      const response = await api("/v1/clips", { body, raw: true });
      const address = URL.createObjectURL(await response.blob());
      el("a", { href: address, download: `${name.replace(/\.[^.]+$/, "")} ${this.spans.map(([start]) => clock(start).replaceAll(":", "."))[0]}.${this.format.value}` }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    } catch (error) { toast(error.message, { alert: true }); }
    this.save.removeAttribute("aria-busy");
    this.draw();
  }
}
customElements.define("vs-clips", Clips);
