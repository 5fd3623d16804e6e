/* One question with its answer: the sentences with a chip each, what they rest on, and the rest behind "Details". */

import { clock, el, number, told } from "../../dom.js";
import { picture, sense, sign, span } from "./kit.js";

/** What was asked. */
export function questionOf(turn, { t }) {
  const more = [];
  if (turn.time_range) more.push(el("small", {}, t("ask_within", { span: span(...turn.time_range) })));
  if (turn.region) more.push(el("small", {}, t("ask_in_region", { time: clock(turn.region.time) })));
  for (const [at, option] of (turn.options ?? []).entries()) more.push(el("small.vs-asked", {}, el("b", {}, String.fromCharCode(65 + at)), option));
  return el("div.vs-asking", {}, el("p", { dir: "auto" }, turn.question), ...more);
}

/** What was answered; `panel` shows moments. */
export function answerOf(turn, panel) {
  const { t } = panel.view;
  const evidence = el("div.vs-evidence", { hidden: true });
  const cards = new Map(), chips = new Map();

  /** Open or close the card of a finding; an opened one is shown in the player. */
  const toggle = (number, seconds, open = !cards.has(number)) => {
    const item = turn.citations[number];
    if (open && !cards.has(number)) {
      cards.set(number, card(item, panel, seconds));
      evidence.append(...[...cards.entries()].sort(([a], [b]) => a - b).map(([, one]) => one));
    } else if (!open && cards.has(number)) {
      cards.get(number).remove();
      cards.delete(number);
    }
    for (const [chip, of] of chips) chip.setAttribute("aria-expanded", String(cards.has(of)));
    evidence.hidden = !cards.size;
  };
  const chip = (number, seconds, text = clock(seconds)) => {
    const made = el("button.chip", { type: "button", "aria-expanded": "false", "aria-label": t("ask_source", { time: clock(seconds) }), onclick: () => {
      const opening = !cards.has(number);
      toggle(number, seconds, opening);
      if (!opening) return;
      panel.show(turn.citations[number].video, seconds);
      cards.get(number).scrollIntoView({ block: "nearest" });
    } }, text);
    chips.set(made, number);
    return made;
  };

  const text = el("p.vs-text", { dir: "auto" });
  const parts = turn.sentences?.length ? turn.sentences : [{ text: turn.text, citation: null }];
  const cited = new Set();
  parts.forEach((part, at) => {
    text.append(at ? " " : "", part.text);
    const next = parts[at + 1];
    const same = next && next.citation === part.citation && next.time === part.time;  // one chip for sentences of one finding
    if (part.citation !== null && !same) text.append(" ", chip(part.citation, part.time));
    if (part.citation !== null) cited.add(part.citation);
  });
  const rest = turn.abstained ? [] : turn.citations.map((_, at) => at).slice(0, 6);
  const all = rest.length ? el("button.quiet.small.vs-sources", { type: "button", "aria-expanded": "false", onclick: () => {
    const open = all.getAttribute("aria-expanded") !== "true";
    all.setAttribute("aria-expanded", String(open));
    for (const at of rest) toggle(at, turn.citations[at].start, open);
  } }, sign("list"), t("ask_sources", { n: rest.length })) : null;
  return el("div.vs-answer", {}, text, ...(turn.disagreements ?? []).map((one) => disagreement(one, turn, chip, t)), evidence,
    el("div.vs-answerfoot", {}, all, details(turn, t)));
}

function disagreement({ citations, values }, turn, chip, t) {
  const told = citations.map((number, at) => {
    const item = turn.citations[number];
    return el("span", {}, t(item.modality === "speech" ? "ask_said" : "ask_written", { value: values[at] }), " ", chip(number, item.start));
  });
  return el("div.vs-disagree", { role: "note" }, sign("warn"), el("p", {}, el("b", {}, t("ask_disagree")), " ", told[0], " · ", told[1]));
}

function card(item, panel, seconds) {
  const { t, videos, clip } = panel.view;
  const shown = el("button.vs-card", { type: "button", onclick: () => panel.show(item.video, seconds ?? item.start) },
    picture(item.picture), el("span.vs-cardtext", {},
      el("span.vs-cardhead", {}, el("b", {}, span(item.start, item.end)), el("span.vs-kind", {}, sense(t, item.modality)),
        videos.length > 1 ? el("span.muted", {}, item.name) : null),
      el("q", { dir: "auto" }, item.text.replace(/\s+/g, " "))));
  const label = t("ask_clip", { span: span(item.start, item.end) });
  return el("div.vs-cardrow", {}, shown, clip ? el("button.quiet.square", { type: "button", "aria-label": label, title: label, onclick: () => clip(item.video, item.start, item.end) }, sign("cut")) : null);
}

/** The page's word for one of the server's names; the name itself where there is none. */
function named(t, kind, name) {
  const said = t(`${kind}_${name}`);
  return said === `${kind}_${name}` ? name : said;
}

function details(turn, t) {
  if (!turn.timings) return null;
  const row = (name, value) => (value ? [el("dt", {}, t(name)), el("dd", {}, value)] : []);
  const tokens = Object.entries(turn.tokens ?? {}).filter(([, n]) => n).map(([name, n]) => `${named(t, "ask_token", name)} ${number(n)}`).join(", ");
  const steps = turn.route?.map((step) => step.split(":")).map(([step, by]) => named(t, "ask_step", step) + (by ? ` (${named(t, "sense", by)})` : ""));
  const scores = turn.citations.slice(0, 6).map((one) => `${clock(one.start)} ${one.score.toFixed(2)} (${one.source})`).join("\n");
  return el("details.vs-details", {}, el("summary", {}, t("ask_details")), el("dl", {},
    ...row("ask_understood", turn.understood && turn.understood !== turn.question ? turn.understood : ""),
    ...row("ask_took", `${number(turn.timings.total ?? 0)} s`),
    ...row("ask_confidence", turn.abstained ? "" : turn.confidence.toFixed(2)),
    ...row("ask_scores", scores), ...row("ask_tokens", tokens),
    ...row("ask_steps", steps?.join(" → ")), ...row("ask_profile", turn.profile), ...row("ask_notes", turn.notes?.map((note) => told(note) ?? note).join("\n"))));
}
