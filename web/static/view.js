/* A video's view: the player, the timeline under it, and the panels beside it. Its address says what it shows. */

import { api, clock, el, icon, kept, lasting, t, telling, thumbnail, toast } from "./dom.js";
import { foundIn, stateOf } from "./library.js";
import { Player } from "./player/player.js";
import { go, panel, PANELS } from "./shell.js";
import { isBusy, store } from "./store.js";
import { Timeline } from "./timeline/timeline.js";

const WARM_AFTER = 700; // milliseconds after which models are loaded for a first question: the page itself comes first
const WHILE_READING = 3000; // milliseconds between two looks at what has been found

/** What every panel gets, wherever it is. */
export const common = () => ({ t, api, clock, thumbnail, toast, go, settings: kept.get("settings", {}) });

/** Fill `main` with the videos of these ids, separated by commas; returns what takes it away again. */
export function video(main, ids) {
  const view = new View(ids.split(",").filter(Boolean));
  view.start(main);
  return () => view.close();
}

class View {
  constructor(ids) {
    this.ids = ids;
    this.asked = new URLSearchParams(location.search);
    this.player = new Player();
    this.timeline = new Timeline(this.player);
    this.title = el("h1");
    this.meta = el("p.meta");
    this.progress = el("progress", { max: 1, hidden: true, "aria-label": t("reading_of", { name: "" }) });
    this.switch = el("div.switch", { hidden: true, role: "group", "aria-label": t("videos") });
    this.tablist = el("div.tabs", { role: "tablist", "aria-label": t("panels") });
    this.panels = el("div.panels");
    this.element = el("div.view", {},
      el("div.stage", {},
        this.player.element,
        el("div.titlerow", {}, el("div.titles", {}, this.title, this.meta),
          el("button.quiet", { type: "button", "aria-label": t("share"), onclick: () => this.share() }, icon("share"), el("span.wideonly", {}, t("share")))),
        this.progress, this.switch, this.timeline.element),
      el("aside.side", { "aria-label": t("panels") }, this.tablist, this.panels));
    this.elements = new Map();
    this.changed = () => this.update();
  }

  start(main) {
    this.main = main;
    if (!store.loaded) main.replaceChildren(); // it comes in a moment; nothing is drawn that would move then
    store.addEventListener("change", this.changed);
    this.timeline.addEventListener("range", () => this.hand());
    this.player.addEventListener("time", () => this.address());
    this.player.addEventListener("region", () => this.hand());
    this.tabs();
    this.warming = setTimeout(() => api("/v1/warm", { method: "POST" }).catch(() => {}), WARM_AFTER);
    if (store.loaded) this.update();
  }

  /** The library has changed, or has come. */
  update() {
    if (!store.loaded) return;
    const videos = this.ids.map((id) => store.videos.find((one) => one.id === id || one.id.startsWith(id))).filter(Boolean);
    if (!videos.length) {
      this.main.replaceChildren(this.element);
      this.element.replaceChildren(el("div.missing", {}, icon("film"), el("h1", {}, t("no_such_video")), el("a", { href: "/", "data-link": true }, t("back_to_library"))));
      return;
    }
    const before = JSON.stringify(this.videos);
    this.videos = videos;
    const shown = videos.find((one) => one.id === this.player.video) ?? videos[0];
    if (!this.element.isConnected) {
      this.describe(shown);
      this.timeline.expect(shown);
      this.main.replaceChildren(this.element);
      this.tablist.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    if (!this.player.video) this.open(shown, Number(this.asked.get("t")) || 0);
    this.describe(shown);
    if (isBusy(shown)) this.watch(shown);
    else if (this.reading === shown.id) this.read(shown);
    if (JSON.stringify(videos) !== before) this.hand();
  }

  /** Show one of the videos, at a time. */
  open(shown, seconds) {
    this.player.load(shown, seconds);
    this.timeline.load(shown).then(() => this.chapters(shown));
    this.describe(shown);
  }

  /** Where chapters begin shows on the player: those of the file, otherwise those that are made of what was found. */
  async chapters(shown) {
    const { player, timeline } = this;
    let found = timeline.bars("chapter").map(([start, end, title]) => ({ start, end, title }));
    if (!found.length && shown.status === "ready") found = await api(`/v1/videos/${shown.id}/chapters`).then((told) => told.chapters ?? [], () => []);
    if (!this.closed && player.video === shown.id) player.controls.mark(found);
  }

  describe(shown) {
    const busy = isBusy(shown);
    this.title.textContent = shown.name;
    document.title = `${shown.name} · vidscout`;
    this.meta.textContent = [clock(shown.duration), busy || shown.status !== "ready" ? stateOf(shown) : "", foundIn(shown, 4)].filter(Boolean).join(" · ");
    this.progress.hidden = !busy;
    this.progress.value = shown.progress;
    this.switch.hidden = this.videos.length < 2;
    if (this.videos.length > 1) {
      this.switch.replaceChildren(...this.videos.map((one) => el("button.small", {
        type: "button", "aria-pressed": String(one.id === shown.id),
        onclick: () => { this.open(one, 0); this.describe(one); this.hand(); },
      }, one.name)));
    }
  }

  /** While a video is read, what has been found shows on the timeline. */
  watch(shown) {
    this.reading = shown.id;
    const total = JSON.stringify(shown.counts);
    if (total === this.total || Date.now() - (this.looked ?? 0) < WHILE_READING) return;
    this.total = total;
    this.looked = Date.now();
    this.timeline.load(shown);
  }

  read(shown) {
    this.reading = null;
    this.player.about = shown;
    this.player.captions();
    this.timeline.load(shown).then(() => this.chapters(shown));
  }

  // -- the panels

  tabs() {
    const names = [...PANELS, "about"];
    const wanted = this.asked.get("tab");
    names.forEach((name) => {
      const tab = el("button.tab", { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}`, "aria-selected": "false", tabindex: "-1", onclick: () => this.choose(name) }, t(`tab_${name}`));
      const place = el("div.panel", { role: "tabpanel", id: `panel-${name}`, "aria-labelledby": `tab-${name}`, hidden: true });
      this.tablist.append(tab);
      this.panels.append(place);
    });
    this.tablist.addEventListener("keydown", (event) => {
      const at = names.indexOf(this.tab), step = document.documentElement.dir === "rtl" ? -1 : 1;
      const next = { ArrowRight: at + step, ArrowLeft: at - step, Home: 0, End: names.length - 1 }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      this.choose(names[(next + names.length) % names.length]);
      this.tablist.querySelector("[aria-selected=true]").focus();
    });
    this.choose(names.includes(wanted) ? wanted : names[0], false);
  }

  async choose(name, told = true) {
    this.tab = name;
    for (const tab of this.tablist.children) {
      const on = tab.id === `tab-${name}`;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      if (on && told) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    for (const place of this.panels.children) place.hidden = place.id !== `panel-${name}`;
    if (told) this.address();
    const place = this.panels.querySelector(`#panel-${name}`);
    if (name === "about") return this.about(place);
    if (this.elements.has(name)) return undefined;
    this.elements.set(name, null);
    const element = document.createElement(await panel(name));
    this.elements.set(name, element);
    if (this.videos) element.view = this.given();
    place.replaceChildren(element);
    return undefined;
  }

  given() {
    const question = this.asked.get("q");
    this.asked.delete("q");
    const player = this.player;
    player.videos = this.videos;
    return { ...common(), videos: this.videos, range: this.timeline.range, question, player: this.hands(), timeline: this.timeline,
      region: player.region && { ...player.region, video: player.video }, clip: (id, start, end) => this.clip(id, start, end) };
  }

  /** The player as panels have it: another video of the view is opened by its id. */
  hands() {
    if (this.handed) return this.handed;
    const { player } = this;
    const handed = new EventTarget();
    player.addEventListener("time", () => handed.dispatchEvent(new Event("time")));
    Object.defineProperties(handed, {
      time: { get: () => player.time }, video: { get: () => player.video },
      duration: { get: () => player.duration }, playing: { get: () => player.playing },
    });
    handed.wholePicture = () => player.choose(null);
    handed.seek = (seconds, play = true, id = null) => {
      const other = id && id !== player.video ? store.get(id) : null;
      if (other) this.open(other, seconds);
      player.seek(seconds, play);
      if (matchMedia("(max-width: 760px)").matches) this.player.element.scrollIntoView({ block: "nearest" });
    };
    this.handed = handed;
    return handed;
  }

  /** Put a stretch among those that are cut out, and show them. */
  async clip(id, start, end) {
    const shown = store.get(id);
    if (shown && shown.id !== this.player.video) this.open(shown, start);
    await this.choose("clips");
    const clips = this.elements.get("clips");
    clips.view = this.given();
    clips.add(start, end);
  }

  hand() {
    if (!this.videos) return;
    for (const element of this.elements.values()) if (element) element.view = this.given();
    if (this.tab === "about") this.about(this.panels.querySelector("#panel-about"));
  }

  /** What is known of the video itself. */
  about(place) {
    const shown = this.videos?.find((one) => one.id === this.player.video) ?? this.videos?.[0];
    if (!shown) return;
    const row = (name, value) => (value ? [el("dt", {}, name), el("dd", {}, value)] : []);
    const found = Object.entries(shown.counts).filter(([kind, n]) => n && t(`found_${kind}`) !== `found_${kind}`);
    place.replaceChildren(el("div.aboutvideo", {},
      el("dl", {},
        ...row(t("about_length"), clock(shown.duration)),
        ...row(t("about_picture"), shown.has_video && shown.width ? `${shown.width} × ${shown.height}` : t("sound_only")),
        ...row(t("about_added"), shown.added && new Date(shown.added).toLocaleString(document.documentElement.lang)),
        ...row(t("about_found"), found.length ? el("ul.plain", {}, ...found.map(([kind, n]) => el("li", {}, t(`found_${kind}`, { n })))) : null),
        ...row(t("about_notes"), shown.notes.length ? el("ul.plain", {}, ...shown.notes.map((note) => telling("li", note))) : null)),
      el("div.row", {},
        shown.status === "stopped" ? el("button.small", { type: "button", onclick: () => store.resume(shown) }, icon("play"), t("resume")) : null,
        isBusy(shown) ? el("button.small", { type: "button", onclick: () => store.stop(shown) }, icon("stop"), t("stop_short")) : null,
        isBusy(shown) ? null : el("button.small", { type: "button", onclick: () => { store.remove(shown); go("/"); } }, icon("trash"), t("delete_short"))),
      isBusy(shown) && shown.left !== null ? el("p.muted", {}, t("left", { left: lasting(shown.left) })) : null));
  }

  // -- the address

  /** The address says where the player stands and which panel is open, so that a reload and a link lead here. */
  address() {
    clearTimeout(this.writing);
    this.writing = setTimeout(() => {
      if (this.closed) return;
      history.replaceState(history.state, "", this.link());
    }, this.player.playing ? 1000 : 100);
  }

  link() {
    const said = new URLSearchParams();
    const at = Math.floor(this.player.time);
    if (at) said.set("t", at);
    if (this.tab !== PANELS[0] && this.tab) said.set("tab", this.tab);
    const query = said.toString();
    return `/v/${this.ids.join(",")}${query ? `?${query}` : ""}`;
  }

  async share() {
    const address = location.origin + this.link();
    try {
      await navigator.clipboard.writeText(address);
      toast(t("copied", { at: clock(this.player.time) }));
    } catch {
      prompt(t("share"), address);
    }
  }

  close() {
    this.closed = true;
    clearTimeout(this.writing);
    clearTimeout(this.warming);
    store.removeEventListener("change", this.changed);
    this.timeline.close();
    this.player.close();
  }
}
