/* What every part of the page uses: elements, words, times, icons, and asking the server. */

export const about = JSON.parse(document.getElementById("about").textContent);

/** The words of a key in the page's language; `{name}` is filled in, and `key.one` is taken where `n` is 1. */
export function t(key, args = {}) {
  const words = about.strings;
  const said = (args.n === 1 && words[`${key}.one`]) || words[key] || key;
  return said.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = args[name];
    return value === undefined ? whole : typeof value === "number" ? number(value) : String(value);
  });
}

const formats = new Intl.NumberFormat(about.language, { maximumFractionDigits: 1, useGrouping: true });
export const number = (value) => formats.format(value);

/** Seconds as `1:02:03` or `2:03`. */
export function clock(seconds) {
  const whole = Math.max(Math.floor(seconds || 0), 0);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Seconds as somebody says them: `2 min`. */
export function lasting(seconds) {
  if (seconds < 60) return t("seconds", { n: Math.max(Math.round(seconds), 1) });
  if (seconds < 5400) return t("minutes", { n: Math.round(seconds / 60) });
  return t("hours", { n: Math.round(seconds / 360) / 10 });
}

export function size(bytes) {
  for (const [unit, name] of [[1e9, "GB"], [1e6, "MB"], [1e3, "kB"]]) if (bytes >= unit) return `${number(bytes / unit)} ${name}`;
  return `${number(bytes)} B`;
}

/** An element: `el("a.chip", { href, onclick }, "text", child)`; `null` children are left out. */
export function el(what, properties = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const made = document.createElement(tag || "div");
  if (classes.length) made.className = classes.join(" ");
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && !name.includes("-") && typeof value !== "string") made[name] = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

const PATHS = {
  upload: "M12 16V4m0 0L7 9m5-5 5 5M4 16v3a1 1 0 0 0 1 1h14a1 1 0 0 0 1-1v-3",
  trash: "M4 7h16M10 11v6m4-6v6M6 7l1 12a1 1 0 0 0 1 1h8a1 1 0 0 0 1-1l1-12M9 7V4h6v3",
  stop: "M7 7h10v10H7z",
  play: "M8 5v14l11-7z",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  close: "M6 6l12 12M18 6 6 18",
  link: "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-6-6l-1.5 1.5M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 6 6l1.5-1.5",
  folder: "M3 6a1 1 0 0 1 1-1h5l2 2h9a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1z",
  film: "M4 5h16v14H4zM8 5v14M16 5v14M4 9.5h4m-4 5h4m8-5h4m-4 5h4",
  check: "M5 12l5 5L20 7",
  share: "M12 15V3m0 0L8 7m4-4 4 4M5 12v8h14v-8",
  pause: "M9 6v12M15 6v12",
  mute: "M4 10v4h4l5 4V6L8 10zM17 9.5l5 5m0-5-5 5",
  captions: "M3 6h18v12H3zM7 13.500h4m2 0h4M7 10.500h2m2 0h6",
  region: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M9 9h6v6H9z",
  corner: "M3 5h18v14H3zM12 12h7v5h-7z",
  sound: "M4 10v4h4l5 4V6L8 10zM17 9a4 4 0 0 1 0 6",
};
export const icon = (name) => drawn(PATHS[name]);

/** A picture of 24 by 24 made of one path. */
export function drawn(way) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("icon");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", way);
  svg.append(path);
  return svg;
}

/** The words of a key, or others where the page has none of its own. */
export const tOr = (key, other) => (about.strings[key] ? t(key) : other);

/** What an error of the API says, in the page's language: the server's own line is English. */
export function lineOf(error) {
  if (!error) return t("failed");
  return told(error.message ?? "") ?? tOr(`err_${error.code}`, error.message);
}

const forms = about.told.map(([english, own]) => {
  const names = [...english.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const parts = english.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return { is: new RegExp(`^${parts.join("(.+?)")}$`, "su"), names, own };
}).sort((a, b) => a.names.length - b.names.length);

/** A line that the server tells in English, in the page's language; null where the page has no words for it. */
export function told(line) {
  if (about.language === "en") return line;
  for (const { is, names, own } of forms) {
    const found = is.exec(line);
    if (found) return names.reduce((said, name, at) => said.replaceAll(`{${name}}`, () => told(found[at + 1]) ?? found[at + 1]), own);
  }
  return null;
}

/** An element with a line of the server: marked as English where the page has no words of its own for it. */
export function telling(what, line) {
  const own = told(line);
  return own === null ? el(what, { lang: "en", dir: "ltr" }, line) : el(what, {}, own);
}

export class ApiError extends Error {
  constructor(message, status, body) {
    super(message);
    Object.assign(this, { status, body });
  }
}

/**
 * Ask the server: the JSON of the answer, or the whole `Response` with `raw: true` (for streams and files).
 * `body` is sent as JSON unless it is a Blob. Throws `ApiError` with the one line that the server says; status 0 where
 * it does not answer.
 */
export async function api(path, { method, body, signal, raw = false, keepalive = false } = {}) {
  const plain = body instanceof Blob;
  let response;
  try {
    response = await fetch(path, {
      method: method ?? (body === undefined ? "GET" : "POST"),
      headers: body === undefined ? {} : { "content-type": plain ? "application/octet-stream" : "application/json" },
      body: body === undefined || plain ? body : JSON.stringify(body),
      signal, keepalive,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(t("offline"), 0);
  }
  if (!response.ok) {
    const told = await response.json().catch(() => ({}));
    throw new ApiError(lineOf(told.error), response.status, told);
  }
  return raw ? response : response.json();
}

/** A script of the page by its path under `/app/`; asked for again while the server is away, under another address. */
export async function script(path) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await import(`/app/${path}${tries ? `?again=${tries}` : ""}`);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      await new Promise((wake) => { setTimeout(wake, 2000); });
    }
  }
}

/** The address of the kept picture nearest to a time in seconds. */
export const thumbnail = (video, seconds) =>
  `/v1/videos/${video}/thumbnail${seconds === undefined ? "" : `?t=${Math.round(seconds * 10) / 10}`}`;

/** Say something for some seconds; with `action` it has a button, and `done` is called when it has gone unpressed. */
export function toast(text, { action, label, done, seconds = 6, alert = false } = {}) {
  const place = document.getElementById("toasts");
  const end = (pressed) => {
    if (!box.isConnected) return;
    clearTimeout(timer);
    box.remove();
    (pressed ? action : done)?.();
  };
  const box = el("div.toast", { role: alert ? "alert" : null },
    el("span", {}, text),
    action && el("button.quiet", { type: "button", onclick: () => end(true) }, label),
    el("button.quiet.square", { type: "button", "aria-label": t("close"), onclick: () => end(false) }, icon("close")));
  place.append(box);
  const timer = setTimeout(() => end(false), seconds * 1000);
  return { end };
}

/** What is kept in this browser, under one name. */
export const kept = {
  get: (name, other = null) => {
    try { return JSON.parse(localStorage.getItem(`vidscout.${name}`)) ?? other; } catch { return other; }
  },
  set: (name, value) => {
    try { localStorage.setItem(`vidscout.${name}`, JSON.stringify(value)); } catch { /* private windows may refuse */ }
  },
};

/** The name of this browser, by which it may stop what it has sent. */
export const owner = kept.get("owner") ?? crypto.getRandomValues(new Uint32Array(4)).join("-");
kept.set("owner", owner);
