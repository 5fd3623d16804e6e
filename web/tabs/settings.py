"""The tabs for settings and for what this machine has."""

from html import escape
from pathlib import Path

import gradio as gr

from ...agent.profiles import machine
from ...agent.profiles.doctor import Check, examine
from ...agent.profiles.profile import PROFILES, Profile, looked_at, profile
from ...agent.settings import Settings
from ...tools.errors import VidscoutError
from ..site import Site

Controls = tuple[gr.Dropdown, gr.Dropdown, gr.Dropdown, gr.Slider, gr.Slider]
"""Profile, selector, packer, token budget and rounds, in the order in which asking takes them."""
BUDGETS = (32, 16_384)
"""Tokens of evidence that can be set."""


def build_settings(site: Site, tab: gr.Tab) -> Controls:
    """The settings of this page's questions; other pages keep theirs."""
    from ...graphs.answer.packers import PACKERS
    from ...graphs.answer.selectors import SELECTORS

    settings = site.scout.settings
    gr.Markdown("These hold for the questions that are asked on this page.")
    chosen = gr.Dropdown(
        ["auto", *_names(settings)], value=settings.profile, label="Profile", info="Which models play the roles.",
        elem_id="vs-profile",
    )  # fmt: skip
    about = gr.HTML(elem_id="vs-profiles")
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
    tab.select(lambda: profiles_html(settings), outputs=about, api_visibility="private", show_progress="hidden")
    chosen.change(
        lambda name: min(max(profile(name, settings.profiles).token_budget, BUDGETS[0]), BUDGETS[1]),
        chosen, budget, api_visibility="private", show_progress="hidden",
    )  # fmt: skip
    return chosen, selector, packer, budget, rounds


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


def build_doctor(site: Site, tab: gr.Tab) -> None:
    """The checks of `vidscout doctor`, made when the tab is opened."""
    found = gr.HTML("<p class='vs-muted'>Looking…</p>", elem_id="vs-doctor")
    again = gr.Button("Check again", size="sm")

    def look() -> str:
        return doctor_html(site.scout.settings.home, site.scout.settings.profile)

    for happens in (tab.select, again.click):
        happens(look, outputs=found, api_visibility="private", show_progress="hidden")


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
