"""The tabs for settings and for what this machine has."""

from html import escape
from pathlib import Path

import gradio as gr

from ..agent.doctor import Check, examine
from ..tools.errors import VidscoutError
from .backstage import Backstage

Controls = tuple[gr.Dropdown, gr.Dropdown, gr.Dropdown, gr.Slider, gr.Slider]
"""Profile, selector, packer, token budget and rounds, in the order in which asking takes them."""


def build_settings(backstage: Backstage) -> Controls:
    """The settings of this page's questions; other pages keep theirs."""
    from ..agent.profiles import PROFILES
    from ..graphs.answer.packers import PACKERS
    from ..graphs.answer.selectors import SELECTORS

    settings, profile = backstage.scout.settings, backstage.scout.profile
    gr.Markdown("These hold for the questions that are asked on this page.")
    return (
        gr.Dropdown(["auto", *PROFILES], value=settings.profile, label="Profile", info="Which models play the roles."),
        gr.Dropdown(
            sorted(SELECTORS), value=settings.selector, label="Frame selector", info="Which frames a question is given."
        ),
        gr.Dropdown(
            sorted(PACKERS), value=settings.packer, label="Packer", info="How evidence is put before the answerer."
        ),
        gr.Slider(
            32, 4096, value=settings.token_budget or profile.token_budget, step=32, label="Token budget",
            info="Most tokens of evidence in a prompt.",
        ),
        gr.Slider(
            1, 10, value=settings.max_rounds, step=1, label="Rounds",
            info="How often to look again when the first answer is not supported.",
        ),
    )  # fmt: skip


def build_doctor(backstage: Backstage, tab: gr.Tab) -> None:
    """The checks of `vidscout doctor`, made when the tab is opened."""
    found = gr.HTML("<p class='vs-muted'>Looking…</p>", elem_id="vs-doctor")
    again = gr.Button("Check again", size="sm")

    def look() -> str:
        return doctor_html(backstage.scout.settings.home, backstage.scout.settings.profile)

    for happens in (tab.select, again.click):
        happens(look, outputs=found, api_visibility="private", show_progress="hidden")


def doctor_html(home: Path, profile: str) -> str:
    """The checks as a table, or the one line of what is wrong."""
    try:
        checks = examine(home, profile)
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
