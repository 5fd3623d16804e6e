/*
The page's frame: which view an address shows, and what panels on the right get.

A panel is one file `panels/NAME.js` (ask, transcript, chapters, search, check, clips) that defines one custom element
`<vs-NAME>`; its words are in `panels/strings.LANGUAGE.json` (keys of its own, with the tab's name as `tab_NAME`); what
several panels share lies in `panels/lib/`. A panel that is not there is not offered. Each element has the property
`view`, which is set when it is made and again whenever one of its fields has changed:

  view.videos    video objects of the API (`GET /v1/videos`); `videos[0]` unless several are asked about together
  view.range     [start, end] in seconds that somebody chose on the timeline, or null
  view.question  what a link asks at once (`?q=`), or null; only in the first `view`
  view.region    `{ video, time, box }` that somebody drew on the picture (shares of it), or null
  view.clip(video, start, end)   puts a stretch among the clips, and shows them
  view.player    EventTarget: `time` (seconds), `video` (its id), `duration`, `playing`,
                 `wholePicture()` takes the region back, `seek(seconds, play = true, video)`;
                 the event `time` comes while it plays and after each seek
  view.timeline  `show({ video, curve: [[seconds, relevance 0..1], …] | null, marks: [seconds, …] })` draws the lane of the
                 present question; `setRange([start, end] | null)`; `reload()` after findings were changed
  view.settings  what the settings form says, for the field `settings` of a question ({} by default)
  view.t(key, args), view.api(path, options), view.clock(seconds), view.thumbnail(video, seconds), view.toast(text)
                 see dom.js; `api` gives JSON, or the `Response` with { raw: true }, and throws errors with one line
  view.go(path)  opens an address of the page

The element fills its tab: give its own scroller `overflow: auto` and `flex: 1`, and what is pinned to the bottom
nothing. Colours, sizes and the classes `.chip`, `.primary`, `.quiet`, `.small`, `.muted` are in style.css.
`/search` shows `<vs-search>` over all videos that have been read, with `view.player` null.
*/

import { about, el, script, t } from "./dom.js";
import { library } from "./library.js";
import { settings } from "./settings.js";
import { store } from "./store.js";

const main = document.getElementById("main");
let leave = () => {};

/** The panels that there are, in the order of their tabs. */
export const PANELS = ["ask", "transcript", "chapters", "search", "check", "clips"].filter((name) => about.panels.includes(name));

/** Define a panel's element; its name. */
export async function panel(name) {
  await script(`panels/${name}.js`);
  return `vs-${name}`;
}

/** Open an address of the page; `replace` leaves no step to go back to. */
export function go(path, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", path);
  show();
}

function show() {
  const { pathname } = location;
  const [, first, second] = pathname.split("/");
  const name = first === "v" ? "video" : first || "library";
  leave();
  document.body.dataset.view = name;
  for (const link of document.querySelectorAll(".top nav a")) {
    const here = link.dataset.view === name || (name === "video" && link.dataset.view === "library" && false);
    here ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
  }
  const views = { library, video, settings, search };
  leave = (views[name] ?? library)(main, decodeURIComponent(second ?? "")) ?? (() => {});
}

/** A video's view; its script comes when one is opened. */
function video(place, ids) {
  let close = null, left = false;
  script("view.js").then((made) => { if (!left) close = made.video(place, ids); });
  return () => { left = true; close?.(); };
}

/** Search over everything, by the panel's element. */
function search(place) {
  document.title = `${t("search")} · vidscout`;
  const box = el("div.wide");
  place.replaceChildren(box);
  if (!PANELS.includes("search")) return undefined;
  let element = null;
  const fill = async () => {
    const { common } = await script("view.js");
    const tag = await panel("search");
    element ??= document.createElement(tag);
    element.view = { ...common(), videos: store.shown.filter((one) => one.status === "ready"), range: null, player: null, timeline: null };
    if (!element.isConnected) box.replaceChildren(element);
  };
  store.addEventListener("change", fill);
  if (store.loaded) fill();
  return () => store.removeEventListener("change", fill);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-link]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  go(link.getAttribute("href"));
  if (event.detail === 0) main.focus({ preventScroll: true }); // opened by the keyboard
});
window.addEventListener("popstate", show);
document.querySelector("nav [data-view=search]").hidden = !PANELS.includes("search");
show();
store.refresh();
const idle = window.requestIdleCallback ?? ((run) => setTimeout(run, 500));
window.addEventListener("load", () => idle(() => script("view.js"))); // so that a video opens without waiting for its script
