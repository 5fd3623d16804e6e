/* What the panels share: their stylesheet, icons, streams of events, and small pieces of the page. Texts that come from
   videos or people are only ever set as text: nothing in them is HTML, and addresses in them are no links. */

import { clock, drawn, el, lineOf } from "../../dom.js";

if (!document.querySelector("link[data-panels]")) {
  await new Promise((there) => {
    const sheet = el("link", { rel: "stylesheet", href: "/app/panels/panels.css", "data-panels": "" });
    sheet.onload = sheet.onerror = there;
    document.head.append(sheet);
  });
}

const PATHS = {
  send: "M12 19V5m0 0-6 6m6-6 6 6",
  stop: "M8 8h8v8H8z",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  edit: "M4 20h4L19 9l-4-4L4 16zM13.5 6.5l4 4",
  search: "M10.5 17a6.5 6.5 0 1 1 0-13 6.5 6.5 0 0 1 0 13zM15.5 15.5 20 20",
  up: "M6 15l6-6 6 6",
  down: "M6 9l6 6 6-6",
  history: "M4 12a8 8 0 1 0 2.5-5.8L4 8.500M4 4v4.500h4.500M12 8v4l3 2",
  list: "M9 6h11M9 12h11M9 18h11M4.500 6h.01M4.500 12h.01M4.500 18h.01",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6 6 18",
  trash: "M4 7h16M10 11v6m4-6v6M6 7l1 12a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1l1-12M9 7V4h6v3",
  download: "M12 4v11m0 0 4.500-4.500M12 15l-4.500-4.500M5 19h14",
  cut: "M8 8 20 18M8 16 20 6M6 9a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5zM6 20a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z",
  warn: "M12 4 3 19.500h18zM12 10v4.500M12 17.200v.01",
  shield: "M12 3.500 5 6v5.500c0 4.500 3 7.500 7 9 4-1.500 7-4.500 7-9V6z",
  spark: "M12 4l1.800 5.200L19 11l-5.200 1.800L12 18l-1.800-5.200L5 11l5.200-1.800z",
  play: "M8 5v14l11-7z",
  image: "M4 5h16v14H4zM4 16l4.500-4.500 4 4 2.500-2.500 5 5M15.500 9.500h.01",
  check: "M5 12l5 5L20 7",
};

/** An icon of the panels, as `icon` of dom.js. */
export const sign = (name) => drawn(PATHS[name]);

/** A button with an icon only; `label` is what it is called. */
export const tool = (name, label, onclick, more = {}) =>
  el("button.quiet.square", { type: "button", "aria-label": label, title: label, onclick, ...more }, sign(name));

/** The events of a response, one JSON value each; throws the error that a stream ends with. */
export async function* eventsOf(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const lines = rest.split("\n\n");
    rest = lines.pop();
    for (const line of lines) {
      const data = line.replace(/^data: /, "");
      if (data === "[DONE]") return;
      const event = JSON.parse(data);
      if (event.error) throw new Error(lineOf(event.error));
      yield event;
    }
  }
}

/** A picture that takes its place before it is there, and leaves it empty where it cannot be had. */
export const picture = (src, alt = "") =>
  el("span.vs-picture", {}, src && el("img", { src, alt, loading: "lazy", decoding: "async", onerror: (event) => event.target.remove() }));

/** A text with the words that are looked for marked. */
export function marked(text, query) {
  const words = query.trim().split(/\s+/).filter(Boolean).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (!words.length) return [text];
  const parts = text.split(new RegExp(`(${words.sort((a, b) => b.length - a.length).join("|")})`, "giu"));
  return parts.map((part, at) => (at % 2 ? el("mark", {}, part) : part));
}

export const span = (start, end) => `${clock(start)}–${clock(end)}`;

/** By which sense something was found, in words. */
export const sense = (t, modality) => t(`sense_${modality}`);

/** A menu that opens under its button, and closes with Escape or a click elsewhere. */
export function menu(button, label, fill) {
  const list = el("div.vs-menu", { hidden: true, role: "group", "aria-label": label });
  const box = el("div.vs-menubox", {}, button, list);
  const set = (open) => {
    list.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
  };
  set(false);
  const elsewhere = (event) => { if (!box.contains(event.target)) close(); };
  function close() {
    set(false);
    document.removeEventListener("pointerdown", elsewhere);
  }
  button.addEventListener("click", async () => {
    if (!list.hidden) return close();
    list.replaceChildren(...(await fill(close)));
    set(true);
    document.addEventListener("pointerdown", elsewhere);
    return list.querySelector("button, a, input")?.focus();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || list.hidden) return;
    event.stopPropagation();
    close();
    button.focus();
  });
  box.shut = close;
  return box;
}

/** What a place shows while it waits, or where there is nothing. */
export const nothing = (name, text, ...more) => el("div.vs-nothing", {}, sign(name), el("p", {}, text), ...more);

/** Seconds of `1:02:03`, `2:03` or `63.5`; null where it is no time. */
export function secondsOf(text) {
  const parts = text.trim().split(":").map(Number);
  if (!text.trim() || parts.length > 3 || parts.some((part) => !Number.isFinite(part) || part < 0)) return null;
  return parts.reduce((total, part) => total * 60 + part, 0);
}

/** What a panel does with its `view`: `arrived(view, before)` when it is set, anew or first. */
export class Panel extends HTMLElement {
  #view = null;
  get view() { return this.#view; }
  set view(view) {
    const before = this.#view;
    this.#view = view;
    if (!before) this.build(view);
    this.arrived(view, before);
  }
  /** A tab that an address has opened may lie outside of the row of tabs. */
  connectedCallback() { document.querySelector(".tab[aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" }); }
  build() {}
  arrived() {}
  /** The video that is shown. */
  get shown() {
    const { videos, player } = this.#view;
    return videos.find((one) => one.id === player?.video) ?? videos[0];
  }
  /** Show a moment: in the player, or by opening its video. */
  show(video, seconds) {
    const { player, go } = this.#view;
    if (player) player.seek(seconds, true, video);
    else go(`/v/${video}?t=${Math.floor(seconds)}`);
  }
}

/** The ids of some videos, as one name. */
export const idsOf = (videos) => videos.map((one) => one.id).join(",");
