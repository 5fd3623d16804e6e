"""Gradio's part of the page: the forms under `/forms`, for the settings of questions and for what this machine has.

The settings are told to the page around the form (`postMessage`), which keeps them in the browser and sends them along
with each question: other people keep theirs.
"""

from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio import themes

from ..agent.profiles import machine
from ..agent.profiles.doctor import Check, examine
from ..agent.profiles.profile import PROFILES, Profile, looked_at, profile
from ..agent.settings import Settings
from ..tools.errors import VidscoutError
from .site import Site

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
  .dark .vs-ok td:first-child { color: #4ade80; } .dark .vs-missing td:first-child { color: #fca5a5; }
</style>"""


def theme() -> themes.Base:
    """Fonts of the system: nothing is fetched."""
    return themes.Soft(
        primary_hue="indigo",
        neutral_hue="slate",
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"],
        font_mono=["ui-monospace", "Menlo", "Consolas", "monospace"],
    )


def build(site: Site) -> gr.Blocks:
    """The forms; nothing here loads a model."""
    with gr.Blocks(title="vidscout settings", analytics_enabled=False, fill_width=True) as forms, gr.Tabs():
        with gr.Tab("Answers") as answers:
            _settings(site, answers)
        with gr.Tab("Doctor") as doctor:
            _doctor(site, doctor)
    return forms


def _settings(site: Site, tab: gr.Tab) -> None:
    from ..graphs.answer.packers import PACKERS
    from ..graphs.answer.selectors import SELECTORS

    settings = site.scout.settings
    chosen = gr.Dropdown(
        ["auto", *_names(settings)], value=settings.profile, label="Profile", info="Which models answer.",
        elem_id="vs-profile",
    )  # fmt: skip
    about = gr.HTML(elem_id="vs-profiles")
    with gr.Accordion("For experts", open=False):
        selector = gr.Dropdown(
            sorted(SELECTORS), value=settings.selector, label="Frame selector", info="Which frames a question is given."
        )
        packer = gr.Dropdown(
            sorted(PACKERS), value=settings.packer, label="Packer", info="How evidence is put before the answerer."
        )
        budget = gr.Slider(
            *BUDGETS, value=settings.token_budget or site.scout.profile.token_budget, step=32, label="Token budget",
            info="Most tokens of evidence in a prompt.", elem_id="vs-budget",
        )  # fmt: skip
        rounds = gr.Slider(
            1, 10, value=settings.max_rounds, step=1, label="Rounds",
            info="How often to look again when the first answer is not supported.",
        )  # fmt: skip
    controls = [chosen, selector, packer, budget, rounds]
    for control in controls:
        control.input(None, controls, js=TELL, **QUIET)
    tab.select(lambda: profiles_html(settings), outputs=about, **QUIET)


def profiles_html(settings: Settings) -> str:
    """Each profile in words, and what keeps it from running on this machine."""
    lines = []
    for name in _names(settings):
        described = profile(name, settings.profiles)
        state, problem = _state(described)
        words = f"<strong>{escape(name)}</strong>: {escape(described.title)} — {escape(problem)}"
        lines.append(f"<li class='vs-{state}'>{words}</li>")
    return f"<ul class='vs-profiles' aria-label='Profiles'>{''.join(lines)}</ul>"


def _names(settings: Settings) -> list[str]:
    return list(dict.fromkeys([*PROFILES, *settings.profiles]))


def _state(described: Profile) -> tuple[str, str]:
    here = looked_at([described], ask_hub=False)
    if problems := machine.obstacles(here, described):
        return "missing", f"cannot run here: {'; '.join(problems)}"
    if described.name not in here.pulled:
        return "missing", f"cannot run here before its weights are: vidscout models pull --profile {described.name}"
    return "ok", "can run here"


def _doctor(site: Site, tab: gr.Tab) -> None:
    """The checks of `vidscout doctor`, made when the tab is opened."""
    found = gr.HTML("<p>…</p>", elem_id="vs-doctor")
    again = gr.Button("Check again", size="sm")
    for happens in (tab.select, again.click):
        happens(lambda: doctor_html(site.scout.settings.home, site.scout.settings.profile), outputs=found, **QUIET)


def doctor_html(home: Path, name: str) -> str:
    """The checks as a table, or the one line of what is wrong."""
    try:
        checks = examine(home, name)
    except VidscoutError as error:
        return f"<p class='vs-note'>⚠ {escape(str(error))}</p>"
    rows = "".join(_row(check) for check in checks)
    head = "<tr><th scope='col'>State</th><th scope='col'>What</th><th scope='col'>Found</th></tr>"
    return f"<table class='vs-table'><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _row(check: Check) -> str:
    state = "ok" if check.ok else "missing" if check.needed else "not used"
    mend = f"<div class='vs-note'>{escape(check.mend)}</div>" if check.mend and not check.ok else ""
    return (
        f"<tr class='vs-{state.replace(' ', '-')}'><td>{state}</td><th scope='row'>{escape(check.what)}</th>"
        f"<td>{escape(check.found)}{mend}</td></tr>"
    )
