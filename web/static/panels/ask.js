/* <vs-ask>: a talk about the videos of the view. Each answer stands with its evidence; the box is at the bottom. */

import { clock, el, kept, owner } from "../dom.js";
import { answerOf, questionOf } from "./lib/answer.js";
import { eventsOf, idsOf, menu, Panel, sign, span, tool } from "./lib/kit.js";

const FOLLOW_UPS = 3;
const MOST_OPTIONS = 26;

class Ask extends Panel {
  options = [];
  turns = [];
  suggested = [];

  build({ t }) {
    this.log = el("div.vs-log", { role: "log", "aria-live": "polite", "aria-label": t("ask_talk"), tabindex: "0" });
    this.heading = el("span.vs-talktitle");
    const talks = el("button.quiet.small", { type: "button", "aria-haspopup": "true" }, sign("history"), this.heading, sign("down"));
    this.talks = menu(talks, t("ask_talks"), (close) => this.listed(close));
    this.head = el("div.vs-head", {}, this.talks, el("span.grow"),
      el("button.quiet.small", { type: "button", onclick: () => this.begin() }, sign("plus"), t("ask_new")));
    this.text = el("textarea.vs-question", { rows: 1, "aria-label": t("ask_question"), placeholder: t("ask_placeholder"), maxlength: 4000,
      oninput: () => this.grow(),
      onkeydown: (event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.send(); } } });
    this.button = el("button.primary.vs-send", { type: "submit", "aria-label": t("ask_send") }, sign("send"));
    this.choices = el("div.vs-choices");
    this.adding = el("input.vs-adding", { type: "text", "aria-label": t("ask_option"), placeholder: t("ask_option"), hidden: true, maxlength: 300,
      onkeydown: (event) => {
        if (event.key === "Enter") { event.preventDefault(); this.choose(); }
        if (event.key === "Escape") { this.adding.hidden = true; this.text.focus(); }
      } });
    const choosing = el("button.quiet.small", { type: "button", onclick: () => { this.adding.hidden = false; this.adding.focus(); } }, sign("list"), t("ask_choices"));
    this.range = el("span.vs-range");
    this.form = el("form.vs-box", { onsubmit: (event) => { event.preventDefault(); this.running ? this.stop() : this.send(); } },
      this.choices, el("div.vs-boxrow", {}, this.text, this.button),
      el("div.vs-boxfoot", {}, choosing, this.adding, this.range));
    this.replaceChildren(this.head, this.log, this.form);
  }

  arrived(view, before) {
    const { range, region, t } = view;
    this.range.replaceChildren(...(region ? [el("span.chip", {}, t("ask_in_region", { time: clock(region.time) })), tool("close", t("ask_region_off"), () => this.view.player.wholePicture())] : range ? [el("span.chip", {}, t("ask_within", { span: span(...range) })), tool("close", t("clear_range"), () => this.view.timeline.setRange(null))] : []));
    if (before && idsOf(before.videos) === idsOf(view.videos)) {
      if (before.videos.some((one, at) => one.status !== view.videos[at].status)) this.suggest();
      return;
    }
    this.key = `talk.${idsOf(view.videos)}`;
    this.open(kept.get(this.key)).then(() => { if (view.question) this.send(view.question); });
    this.suggest();
  }

  // -- conversations

  /** Show a conversation that is kept; an empty one where there is none. */
  async open(name) {
    this.name = name ?? this.fresh();
    this.turns = [];
    if (name) {
      try {
        const { data, title } = await this.view.api(`/v1/conversations/${encodeURIComponent(name)}`);
        this.turns = data;
        this.called = title;
      } catch (error) {
        if (error.status !== 404) this.view.toast(error.message, { alert: true });
        this.called = "";
      }
    } else this.called = "";
    this.draw();
  }

  fresh() { return `${owner}.${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`; }

  begin() {
    this.stop();
    kept.set(this.key, null);
    this.open(null);
    this.text.focus();
  }

  async listed(close) {
    const { t, api, videos, go } = this.view;
    let data = [];
    try { ({ data } = await api(`/v1/conversations?prefix=${encodeURIComponent(owner)}`)); } catch (error) { return [el("p.muted", {}, error.message)]; }
    if (!data.length) return [el("p.muted", {}, t("ask_no_talks"))];
    const here = new Set(videos.map((one) => one.id));
    return data.map((talk) => {
      const mine = talk.videos.every((id) => here.has(id));
      const open = el("button.quiet.vs-talk", { type: "button", "aria-current": talk.id === this.name ? "true" : null, onclick: () => {
        close();
        kept.set(`talk.${mine ? idsOf(videos) : talk.videos.join(",")}`, talk.id);
        mine ? this.open(talk.id) : go(`/v/${talk.videos.join(",")}`);
      } }, el("span", {}, talk.title), mine ? null : el("small.muted", {}, t("ask_other_video")));
      const row = el("div.vs-talkrow", {}, open, tool("edit", t("ask_rename", { title: talk.title }), () => this.rename(row, talk)),
        tool("trash", t("ask_delete", { title: talk.title }), async () => {
          await api(`/v1/conversations/${encodeURIComponent(talk.id)}`, { method: "DELETE" });
          row.remove();
          if (talk.id === this.name) this.begin();
        }));
      return row;
    });
  }

  rename(row, talk) {
    const { t, api } = this.view;
    const input = el("input", { type: "text", value: talk.title, maxlength: 120, "aria-label": t("ask_title") });
    const done = async (event) => {
      event?.preventDefault();
      const title = input.value.trim();
      if (title) await api(`/v1/conversations/${encodeURIComponent(talk.id)}`, { method: "PATCH", body: { title } });
      if (talk.id === this.name && title) { this.called = title; this.name_(); }
      this.talks.shut();
    };
    row.replaceChildren(el("form.vs-renaming", { onsubmit: done }, input, el("button.primary.small", { type: "submit" }, t("save"))));
    input.focus();
    input.select();
  }

  name_() { this.heading.textContent = this.called || this.view.t("ask_talk_new"); }

  // -- what is shown

  draw() {
    this.name_();
    this.log.replaceChildren(...this.turns.map((turn) => this.turn(turn)));
    this.followUps();
    const last = this.turns.at(-1);
    if (last) this.curve(last);
  }

  turn(turn) { return el("div.vs-turn", {}, questionOf(turn, this.view), answerOf(turn, this)); }

  /** How relevant each moment is for the present question, on the timeline. */
  curve(turn) {
    const video = this.shown.id, { timeline } = this.view;
    const marks = turn.abstained ? [] : turn.citations.filter((one) => one.video === video).slice(0, 3).map((one) => one.start);
    timeline?.show({ video, curve: turn.relevance?.[video] ?? null, marks });
  }

  async suggest() {
    const { videos, api } = this.view, ready = videos.filter((one) => one.status === "ready");
    const found = await Promise.all(ready.slice(0, 3).map((one) => api(`/v1/videos/${one.id}/suggestions`).then(({ data }) => data, () => [])));
    this.suggested = found.flat().map((one) => ({ ...one, question: this.inWords(one) }));
    this.followUps();
  }

  /** A suggestion in the page's language; a title that is a question stays one. */
  inWords({ kind, about, question }) { return about === question ? question : this.view.t(`ask_suggest_${kind}`, { about }); }

  /** What else may be asked: under the last answer, or in the middle where nothing has been asked. */
  followUps() {
    const { t, videos } = this.view;
    this.more?.remove();
    if (this.running) return;
    const asked = new Set(this.turns.map((turn) => turn.question));
    let open = this.suggested.filter((one) => !asked.has(one.question));
    const last = this.turns.at(-1);
    const buttons = (some) => some.map((one) => el("button.vs-suggestion", { type: "button", onclick: () => this.send(one.question) }, one.question));
    if (last) {
      const at = last.citations[0]?.start ?? 0;
      open = [...open].sort((a, b) => Math.abs(a.start - at) - Math.abs(b.start - at)).slice(0, FOLLOW_UPS);
      this.more = open.length ? el("div.vs-more", { role: "group", "aria-label": t("ask_follow_up") }, ...buttons(open)) : null;
    } else {
      const names = videos.map((one) => one.name).join(", ");
      const busy = videos.some((one) => one.status !== "ready");
      this.more = el("div.vs-start", {}, el("span.vs-startsign", {}, sign("spark")), el("h2", {}, t("ask_about", { names })),
        el("p.muted", {}, busy ? t("ask_while_read") : t("ask_hint")), el("div.vs-more", {}, ...buttons(open)));
    }
    if (this.more) this.log.append(this.more);
    if (last) this.top();
  }

  /** Show the last question with its answer from its beginning, and of what comes after it what there is room for. */
  top() {
    requestAnimationFrame(() => {
      const last = [...this.log.querySelectorAll(".vs-turn")].at(-1);
      if (last) this.log.scrollTop += last.getBoundingClientRect().top - this.log.getBoundingClientRect().top - 8;
    });
  }

  down() { requestAnimationFrame(() => { this.log.scrollTop = this.log.scrollHeight; }); }

  grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight + 2, 160)}px`;
  }

  choose() {
    const text = this.adding.value.trim();
    if (text && !this.options.includes(text) && this.options.length < MOST_OPTIONS) this.options.push(text);
    this.adding.value = "";
    this.drawOptions();
  }

  drawOptions() {
    const { t } = this.view;
    this.choices.replaceChildren(...this.options.map((option, at) => el("span.vs-option", {}, el("b", {}, String.fromCharCode(65 + at)), option,
      tool("close", t("ask_remove", { option }), () => { this.options.splice(at, 1); this.drawOptions(); }))));
  }

  // -- asking

  async send(question = this.text.value.trim()) {
    if (!question || this.running) return;
    const { t, api, videos, settings, region } = this.view, range = region ? null : this.view.range;
    if (this.adding.value.trim()) this.choose();
    const options = this.options.length > 1 ? [...this.options] : null;
    this.text.value = "";
    this.options = [];
    this.adding.hidden = true;
    this.drawOptions();
    this.grow();
    this.more?.remove();
    const asked = { question, options, time_range: range, region };
    const status = el("p.vs-status", { role: "status" }, el("i.vs-dots"), el("span", {}, t("ask_working")));
    const draft = el("p.vs-text");
    const turn = el("div.vs-turn", {}, questionOf(asked, this.view), el("div.vs-answer", {}, status, draft));
    this.log.append(turn);
    this.down();
    this.busy(new AbortController());
    try {
      const body = { model: "vidscout", stream: true, video: region ? region.video : videos.map((one) => one.id), region: region && [region.time, region.box], conversation: this.name, options, time_range: range,
        partial: videos.some((one) => one.status === "reading"), settings: Object.keys(settings ?? {}).length ? settings : null, messages: [{ role: "user", content: question }] };
      const response = await api("/v1/chat/completions", { body, raw: true, signal: this.running.signal });
      for await (const { choices, vidscout } of eventsOf(response)) this.happened(vidscout, choices[0]?.delta?.content, { status, draft, asked, turn });
    } catch (error) {
      this.failed(error, turn, asked, draft.textContent);
    }
    this.busy(null);
    this.followUps();
  }

  happened(event, text, { status, draft, asked, turn }) {
    const { t } = this.view, said = status.lastChild;
    if (text) draft.textContent = text;
    if (event?.event === "draft") draft.textContent += event.text;
    if (event?.event === "reading") said.textContent = t("ask_reading", { percent: Math.round(event.progress * 100) });
    if (event?.event === "step") said.textContent = t(event.step === "load" ? "ask_loading" : /gather|search/.test(event.step) ? "ask_searching" : /respond|pack|verify/.test(event.step) ? "ask_writing" : "ask_working");
    if (event?.event === "answer") {
      const answer = { ...asked, ...event, question: asked.question, text: draft.textContent };
      this.turns.push(answer);
      turn.replaceWith(this.turn(answer));
      this.curve(answer);
      if (this.turns.length === 1) { this.called = asked.question; this.name_(); }
      kept.set(this.key, this.name);
    }
    this.down();
  }

  failed(error, turn, asked, draft) {
    const { t } = this.view;
    const stopped = error.name === "AbortError";
    const again = el("button.small", { type: "button", onclick: () => { turn.remove(); this.options = asked.options ?? []; this.send(asked.question); } }, t("ask_again"));
    turn.lastChild.replaceChildren(...(draft ? [el("p.vs-text", {}, draft)] : []),
      el("p", { class: stopped ? "muted" : "vs-bad", role: stopped ? null : "alert" }, stopped ? t("ask_stopped") : error.message), again);
  }

  busy(controller) {
    const { t } = this.view;
    this.running = controller;
    this.button.replaceChildren(sign(controller ? "stop" : "send"));
    this.button.setAttribute("aria-label", t(controller ? "ask_stop" : "ask_send"));
    this.log.setAttribute("aria-busy", String(Boolean(controller)));
  }

  stop() { this.running?.abort(); }
  disconnectedCallback() { this.stop(); }
}
customElements.define("vs-ask", Ask);
