"""Gradio's part of the page: the forms under `/forms`, for the settings of questions and for what this machine has.

The settings are told to the page around the form (`postMessage`), which keeps them in the browser and sends them along
with each question: other people keep theirs.
"""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio import themes

from ..agent.profiles import machine
from ..agent.profiles.doctor import Check, examine
from ..agent.profiles.profile import PROFILES, Profile, looked_at, profile
from ..agent.settings import Settings
from ..tools.errors import VidscoutError
from .shell import COOKIE, LANGUAGES, RIGHT_TO_LEFT, checked, forms_strings, language_of
from .site import Site
from .telling import translated

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

BUDGETS = (32, 16_384)
"""Tokens of evidence that can be set."""
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
TELL = """(profile, selector, packer, token_budget, max_rounds) => {
  window.parent.postMessage({ vidscout: { profile, selector, packer, token_budget, max_rounds } }, location.origin);
}"""
"""Tells the page around the form what is set."""
STYLE = """<style>
  .gradio-container { background: transparent !important; padding: 0 4px !important; }
  .vs-table { width: 100%; border-collapse: collapse; } .vs-table td, .vs-table th { text-align: start;
    padding: 8px; border-bottom: 1px solid var(--border-color-primary); vertical-align: top; font-weight: 400; }
  .vs-ok td:first-child { color: #15803d; } .vs-missing td:first-child { color: #b91c1c; font-weight: 600; }
  .gradio-container [data-testid="block-info"], .gradio-container [role="tab"].selected { color: #3730a3; }
  .dark .gradio-container [data-testid="block-info"], .dark .gradio-container [role="tab"].selected,
    .gradio-container.dark [data-testid="block-info"] { color: #c7d2fe; }
  .dark .vs-ok td:first-child { color: #4ade80; } .dark .vs-missing td:first-child { color: #fca5a5; }
</style>"""


WORDS = gr.I18n(**{language: forms_strings(language) for language in LANGUAGES})
"""The forms' words, which Gradio chooses among in the browser."""
CHOSEN = f"""<script>
  const chosen = /{COOKIE}=([a-z]+)/.exec(document.cookie)?.[1];
  if (chosen) for (const [name, value] of [["language", chosen], ["languages", [chosen]]])
    Object.defineProperty(navigator, name, {{ get: () => value }});
  if ({sorted(RIGHT_TO_LEFT)}.includes(navigator.language.slice(0, 2))) document.documentElement.dir = "rtl";
</script>"""
"""Gradio asks the browser for its language only: it is told the one that somebody has chosen on the page."""


class LanguageFirst:
    """Puts `CHOSEN` where the forms' page begins: Gradio itself adds what a head has after it has chosen a language."""

    def __init__(self, app: "ASGIApp", path: str) -> None:
        """Stand before an application.

        Args:
            app: has the forms.
            path: of the forms.
        """
        self.app, self.path = app, path

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer a request; only the forms' own page is changed."""
        if scope["type"] != "http" or scope["path"].rstrip("/") != self.path:
            await self.app(scope, receive, send)
            return
        plain = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]  # nothing compressed to change

        async def sending(message: "Message") -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message["headers"] if pair[0].lower() != b"content-length"]
                message = {**message, "headers": kept}
            elif message["type"] == "http.response.body":
                body = message.get("body", b"").replace(b"<head>", b"<head>" + CHOSEN.encode(), 1)
                message = {**message, "body": body}
            await send(message)

        await self.app({**scope, "headers": plain}, receive, sending)


def theme() -> themes.Base:
    """Fonts of the system: nothing is fetched."""
    return themes.Soft(
        primary_hue="indigo",
        neutral_hue="slate",
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"],
        font_mono=["ui-monospace", "Menlo", "Consolas", "monospace"],
    ).set(block_info_text_color="*neutral_600", block_info_text_color_dark="*neutral_300")


def build(site: Site) -> gr.Blocks:
    """The forms; nothing here loads a model."""
    with gr.Blocks(title="vidscout settings", analytics_enabled=False, fill_width=True) as forms, gr.Tabs():
        with gr.Tab(said("form_answers")) as answers:
            _settings(site, answers)
        with gr.Tab(said("form_doctor")) as doctor:
            _doctor(site, doctor)
    return forms


def _settings(site: Site, tab: gr.Tab) -> None:
    from ..graphs.answer.packers import PACKERS
    from ..graphs.answer.selectors import SELECTORS

    settings = site.scout.settings
    chosen = gr.Dropdown(
        ["auto", *_names(settings)], value=settings.profile, label=said("form_profile"),
        info=said("form_profile_about"), elem_id="vs-profile",
    )  # fmt: skip
    about = gr.HTML(elem_id="vs-profiles")
    with gr.Accordion(said("form_experts"), open=False):
        selector = gr.Dropdown(
            sorted(SELECTORS),
            value=settings.selector,
            label=said("form_selector"),
            info=said("form_selector_about"),
        )
        packer = gr.Dropdown(
            sorted(PACKERS),
            value=settings.packer,
            label=said("form_packer"),
            info=said("form_packer_about"),
        )
        budget = gr.Slider(
            *BUDGETS, value=settings.token_budget or site.scout.profile.token_budget, step=32,
            label=said("form_budget"), info=said("form_budget_about"), elem_id="vs-budget",
        )  # fmt: skip
        rounds = gr.Slider(
            1, 10, value=settings.max_rounds, step=1, label=said("form_rounds"), info=said("form_rounds_about"),
        )  # fmt: skip
    controls = [chosen, selector, packer, budget, rounds]
    for control in controls:
        control.input(None, controls, js=TELL, **QUIET)

    def profiles(request: gr.Request) -> str:
        return profiles_html(settings, _language(request))

    tab.select(profiles, outputs=about, **QUIET)


def said(key: str) -> Any:
    """A word of the forms, which the browser puts into the page's language."""
    return WORDS(key)


def _language(request: gr.Request) -> str:
    """The language of whoever looks at the forms."""
    return language_of(request.request) if request.request else "en"


def profiles_html(settings: Settings, language: str) -> str:
    """Each profile in words, and what keeps it from running on this machine."""
    lines, words = [], forms_strings(language)
    for name in _names(settings):
        described = profile(name, settings.profiles)
        state, problem = _state(described, language)
        title = translated(described.title, checked(language))
        told = f"<strong>{escape(name)}</strong>: {escape(title)} — {escape(problem)}"
        lines.append(f"<li class='vs-{state}'>{told}</li>")
    return f"<ul class='vs-profiles' aria-label='{escape(words['form_profiles'])}'>{''.join(lines)}</ul>"


def _names(settings: Settings) -> list[str]:
    return list(dict.fromkeys([*PROFILES, *settings.profiles]))


def _state(described: Profile, language: str) -> tuple[str, str]:
    here, words = looked_at([described], ask_hub=False), forms_strings(language)
    if problems := machine.obstacles(here, described):
        return "missing", words["form_cannot"].format(why=translated("; ".join(problems), checked(language)))
    if described.name not in here.pulled:
        return "missing", words["form_cannot_yet"].format(command=f"vidscout models pull --profile {described.name}")
    return "ok", words["form_can"]


def _doctor(site: Site, tab: gr.Tab) -> None:
    """The checks of `vidscout doctor`, made when the tab is opened."""
    found = gr.HTML("<p>…</p>", elem_id="vs-doctor")
    again = gr.Button(said("form_check_again"), size="sm")

    def checks(request: gr.Request) -> str:
        return doctor_html(site.scout.settings.home, site.scout.settings.profile, _language(request))

    for happens in (tab.select, again.click):
        happens(checks, outputs=found, **QUIET)


def doctor_html(home: Path, name: str, language: str) -> str:
    """The checks as a table, or the one line of what is wrong."""
    words = forms_strings(language)
    try:
        checks = examine(home, name)
    except VidscoutError as error:
        return f"<p class='vs-note'>⚠ {escape(str(error))}</p>"
    rows = "".join(_row(check, words, checked(language)) for check in checks)
    head = "".join(f"<th scope='col'>{escape(words[key])}</th>" for key in ("form_state", "form_what", "form_found"))
    return f"<table class='vs-table'><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(check: Check, words: Mapping[str, str], said: Sequence[tuple[str, str]]) -> str:
    state = "ok" if check.ok else "missing" if check.needed else "not_used"
    what, found, mend = (escape(translated(line, said)) for line in (check.what, check.found, check.mend))
    more = f"<div class='vs-note'>{mend}</div>" if mend and not check.ok else ""
    told = escape(words[f"form_{state}"])
    return (
        f"<tr class='vs-{state.replace('_', '-')}'><td>{told}</td><th scope='row'>{what}</th>"
        f"<td>{found}{more}</td></tr>"
    )
