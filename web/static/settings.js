/* Language, colours, who sees what, and Gradio's forms for the rest. */

import { about, el, kept, t } from "./dom.js";

const YEAR = 31536000;
const cookie = (name, value) => { document.cookie = `vidscout_${name}=${value}; path=/; max-age=${YEAR}; samesite=strict`; };

export function settings(main) {
  document.title = `${t("settings")} · vidscout`;
  const language = el("select", { id: "language" }, ...Object.entries(about.languages).map(([code, name]) => el("option", { value: code, lang: code, selected: code === about.language }, name)));
  language.addEventListener("change", () => { cookie("language", language.value); location.assign("/settings"); });
  const now = document.documentElement.dataset.theme;
  const theme = el("select", { id: "theme" }, ...["auto", "light", "dark"].map((name) => el("option", { value: name, selected: name === now }, t(`theme_${name}`))));
  const forms = el("iframe", { title: t("more_settings"), src: formsAddress(now) });
  theme.addEventListener("change", () => {
    document.documentElement.dataset.theme = theme.value;
    document.getElementById("dark").media = { auto: "(prefers-color-scheme: dark)", dark: "all", light: "not all" }[theme.value];
    cookie("theme", theme.value);
    forms.src = formsAddress(theme.value);
  });
  const told = (event) => {
    if (event.origin !== location.origin || !event.data?.vidscout) return;
    kept.set("settings", Object.fromEntries(Object.entries(event.data.vidscout).filter(([name, value]) => value && !(name === "profile" && value === "auto"))));
  };
  window.addEventListener("message", told);
  main.replaceChildren(el("div.settings", {},
    el("h1", {}, t("settings")),
    el("section.card-like", {},
      el("div.field", {}, el("label", { for: "language" }, t("language")), language),
      el("div.field", {}, el("label", { for: "theme" }, t("colours")), theme)),
    el("section.card-like", {}, el("h2", {}, t("who_sees")), el("p", {}, t(`seen_by_${about.seen_by}`)), el("p.muted", {}, t("stays_here"))),
    el("section.card-like.forms", {}, el("h2", {}, t("more_settings")), el("p.muted", {}, t("more_settings_hint")), forms),
    el("p.muted", {}, `vidscout ${about.version}`)));
  return () => window.removeEventListener("message", told);
}

/** Gradio reads its colours from the address. */
function formsAddress(theme) {
  const dark = theme === "dark" || (theme === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  return `/forms/?__theme=${dark ? "dark" : "light"}`;
}
