/* The first screen: what vidscout is, where videos are dropped, and the library as cards. */

import { about, api, clock, el, icon, lasting, owner, size, t, thumbnail, toast, told } from "./dom.js";
import { go } from "./shell.js";
import { isBusy, store } from "./store.js";
import { drop, filesOf, isMedia, resumeUploads, send, uploads } from "./uploads.js";

const FOUND = ["speech", "screen_text", "object", "shot", "chapter", "person", "sound"];

/** Fill `main`; returns what takes it away again. */
export function library(main) {
  const grid = el("ul.cards", { "aria-label": t("library") });
  const picked = new Set();
  const bar = el("div.pickbar", { hidden: true });
  const heading = el("div.listhead", {}, el("h2", {}, t("library")), bar);
  main.replaceChildren(hero(), heading, grid);
  document.title = "vidscout";

  const cards = new Map();
  const draw = () => drawn(grid, cards, picked, () => pickbar(bar, picked));
  const arrived = () => store.refresh();
  store.addEventListener("change", draw);
  uploads.addEventListener("change", draw);
  uploads.addEventListener("arrived", arrived);
  draw();
  resumeUploads();
  const undrop = dropping(main);
  return () => {
    store.removeEventListener("change", draw);
    uploads.removeEventListener("change", draw);
    uploads.removeEventListener("arrived", arrived);
    undrop();
  };
}

function hero() {
  const files = el("input", { type: "file", multiple: true, accept: "video/*,audio/*,.mkv,.mov,.ts,.avi", hidden: true, id: "files" });
  const folder = el("input", { type: "file", hidden: true, id: "folder", webkitdirectory: true });
  files.addEventListener("change", () => { send(files.files); files.value = ""; });
  folder.addEventListener("change", () => { send([...folder.files].filter(isMedia)); folder.value = ""; });
  const zone = el("div.dropzone", { id: "dropzone" },
    el("div.dropicon", {}, icon("upload")),
    el("p.droptitle", {}, t("drop_here")),
    el("div.dropbuttons", {},
      el("button.primary", { type: "button", id: "choose", onclick: () => files.click() }, t("choose_files")),
      el("button", { type: "button", id: "choose-folder", onclick: () => folder.click() }, icon("folder"), t("choose_folder"))),
    el("p.hint", {}, t("limits", { size: size(about.largest), hours: Math.round(about.longest / 360) / 10 })),
    about.fetch ? linkForm() : null, files, folder);
  return el("section.hero", {},
    el("div.herotext", {},
      el("h1", {}, t("headline")),
      el("p.lead", {}, t("lead")),
      about.sample ? el("button.sample", { type: "button", id: "sample", onclick: sample },
        el("span.sampleicon", {}, icon("play")), el("span", {}, el("b", {}, t("sample")), el("small", {}, t("sample_hint")))) : null),
    zone);
}

function linkForm() {
  const field = el("input", { type: "url", placeholder: "https://…", "aria-label": t("link"), required: true });
  const button = el("button", { type: "submit" }, icon("link"), t("fetch"));
  const form = el("form.linkform", {}, field, button);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await api("/v1/links", { body: { url: field.value } });
      field.value = "";
      store.refresh();
    } catch (error) {
      toast(error.message, { alert: true });
    }
    button.disabled = false;
  });
  return form;
}

async function sample(event) {
  const button = event.currentTarget;
  const hint = button.querySelector("small");
  button.disabled = true;
  button.setAttribute("aria-busy", "true");
  hint.textContent = t("sample_making");
  try {
    const { id } = await api("/sample", { body: { owner } });
    store.refresh();
    go(`/v/${id}`);
  } catch (error) {
    toast(error.message, { alert: true });
  }
  button.disabled = false;
  button.removeAttribute("aria-busy");
  hint.textContent = t("sample_hint");
}

/** Files may be dropped anywhere on the page. */
function dropping(main) {
  let depth = 0;
  const over = (on) => main.classList.toggle("dragging", on);
  const carries = (event) => event.dataTransfer?.types.includes("Files");
  const handlers = {
    dragenter: (event) => { if (carries(event)) { depth += 1; over(true); } },
    dragleave: () => { depth = Math.max(depth - 1, 0); if (!depth) over(false); },
    dragover: (event) => { if (carries(event)) event.preventDefault(); },
    drop: async (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      depth = 0;
      over(false);
      send(await filesOf(event.dataTransfer));
    },
  };
  for (const [name, handler] of Object.entries(handlers)) document.addEventListener(name, handler);
  return () => { for (const [name, handler] of Object.entries(handlers)) document.removeEventListener(name, handler); };
}

/** Draw the cards anew where they have changed; those that stay are the same elements. */
function drawn(grid, cards, picked, pickedChanged) {
  const wanted = [
    ...uploads.list.map((upload) => [`u${upload.key}`, upload, uploadCard]),
    ...store.shown.map((video) => [video.id, video, videoCard]),
  ];
  const there = new Set(wanted.map(([key]) => key));
  for (const [key, card] of cards) if (!there.has(key)) { card.element.remove(); cards.delete(key); picked.delete(key); }
  let before = null;
  for (const [key, item, make] of wanted) {
    let card = cards.get(key);
    if (!card) {
      card = make(item, picked, pickedChanged);
      cards.set(key, card);
    }
    card.update(item);
    const place = before ? before.nextSibling : grid.firstChild;
    if (place !== card.element) grid.insertBefore(card.element, place);
    before = card.element;
  }
  pickedChanged();
  grid.querySelector(".empty")?.remove();
  if (!store.loaded && !wanted.length) {
    if (!grid.children.length) grid.append(...Array.from({ length: 4 }, () => el("li.card.ghost", { "aria-hidden": "true" }, el("div.thumb"))));
    return;
  }
  for (const ghost of grid.querySelectorAll(".ghost")) ghost.remove();
  if (!wanted.length) grid.append(el("li.empty", {}, icon("film"), el("p", {}, t("no_videos"))));
}

function uploadCard(upload) {
  const progress = el("progress", { max: 1, "aria-label": t("sending", { name: upload.name }) });
  const state = el("p.meta");
  const element = el("li.card.uploading", {},
    el("div.thumb.blank", {}, icon("upload")),
    el("div.cardtext", {}, el("h3", {}, upload.name), progress, el("div.cardfoot", {}, state,
      el("button.quiet.square", { type: "button", "aria-label": t("give_up", { name: upload.name }), onclick: () => drop(upload) }, icon("close")))));
  return {
    element,
    update: (now) => {
      progress.value = now.size ? now.offset / now.size : 0;
      progress.hidden = Boolean(now.error);
      const share = { done: size(now.offset), all: size(now.size) };
      state.textContent = now.error ?? t(now.state === "cut" ? "cut_off" : now.state === "waiting" ? "upload_waits" : "sent_of", share);
    },
  };
}

function videoCard(video, picked, pickedChanged) {
  const image = el("img", { alt: "", loading: "lazy", decoding: "async", width: 320, height: 180 });
  const blank = el("span.blankicon", {}, icon("film"));
  const length = el("span.length");
  const link = el("a.cardlink", { href: `/v/${video.id}`, "data-link": true });
  const state = el("p.meta"), found = el("p.meta");
  const progress = el("progress", { max: 1, "aria-label": t("reading_of", { name: video.name }) });
  const act = (name, what, run) => el("button.quiet.square", { type: "button", "aria-label": t(what, { name: video.name }), title: t(`${what}_short`), onclick: run }, icon(name));
  const stop = act("stop", "stop", () => store.stop(store.get(video.id)));
  const resume = el("button.small", { type: "button", onclick: () => store.resume(store.get(video.id)) }, icon("play"), t("resume"));
  const remove = act("trash", "delete", () => store.remove(store.get(video.id)));
  const pick = el("input.pick", { type: "checkbox", "aria-label": t("pick", { name: video.name }) });
  pick.addEventListener("change", () => { pick.checked ? picked.add(video.id) : picked.delete(video.id); pickedChanged(); });
  image.addEventListener("error", () => { image.hidden = true; });
  image.addEventListener("load", () => { image.hidden = false; });
  const element = el("li.card", { "data-video": video.id },
    el("div.thumb", {}, blank, image, length, pick),
    el("div.cardtext", {}, el("h3", {}, link), progress, state, el("div.cardfoot", {}, found, stop, resume, remove)));
  let asked = "";
  return {
    element,
    update: (now) => {
      if (link.textContent !== now.name) link.textContent = now.name;
      length.textContent = clock(now.duration);
      const busy = isBusy(now), frames = now.counts.frames ?? 0;
      const address = now.has_video && (frames || now.status === "ready") ? thumbnail(now.id) : "";
      const want = address && busy ? `${address}?t=${Math.round(now.duration * now.progress * 0.3)}` : address;
      if (want && want !== asked) { image.src = want; asked = want; }
      image.hidden = !asked;
      progress.hidden = !busy;
      progress.value = now.progress;
      state.hidden = now.status === "ready";
      state.textContent = stateOf(now);
      state.title = now.status === "failed" ? now.message : "";
      state.classList.toggle("bad", now.status === "failed");
      found.textContent = foundIn(now);
      stop.hidden = !busy;
      resume.hidden = now.status !== "stopped";
      remove.hidden = busy;
      pick.hidden = now.status !== "ready";
      pick.checked = picked.has(now.id);
    },
  };
}

/** How far a video is, in words. */
export function stateOf(video) {
  if (video.status === "waiting") return t("waits");
  if (video.status === "reading") {
    const share = { percent: Math.floor(video.progress * 100) };
    return video.left === null ? t("reading", share) : t("reading_left", { ...share, left: lasting(video.left) });
  }
  return video.status === "stopped" ? t("stopped") : video.status === "failed" ? told(video.message || " ") ?? t("not_read") : "";
}

/** What was found in a video, in a few words. */
export function foundIn(video, most = 3) {
  const parts = FOUND.filter((kind) => video.counts[kind]).map((kind) => t(`found_${kind}`, { n: video.counts[kind] }));
  return parts.slice(0, most).join(" · ");
}

function pickbar(bar, picked) {
  bar.hidden = picked.size === 0;
  if (bar.hidden) { bar.replaceChildren(); return; }
  bar.replaceChildren(
    el("span", {}, t("picked", { n: picked.size })),
    el("button.primary.small", { type: "button", onclick: () => go(`/v/${[...picked].join(",")}`) }, t("open_picked")));
}
