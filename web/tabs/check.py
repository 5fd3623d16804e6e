"""The tab that tells whether a video was generated; built where the scout can tell."""

import logging
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from ...tools.errors import VidscoutError
from ...tools.records import clock
from ..chips import chip
from ..site import Site

if TYPE_CHECKING:
    from ...agent.generated.verdict import Verdict

log = logging.getLogger(__name__)


def build(site: Site, chosen: gr.Dropdown) -> None:
    """A button, and the verdict on the first of the chosen videos."""
    gr.Markdown("Looks in the first of the chosen videos for signs that a video model made it.")
    button = gr.Button("Check this video", variant="primary", elem_id="vs-check")
    verdict = gr.HTML(elem_id="vs-verdict", min_height=80)
    scout: Any = site.scout

    def check(ids: list[str] | None) -> str:
        videos = site.named(ids)
        if not videos:
            return _told("choose a video first")
        try:
            return verdict_html(scout.detect(videos[0].path), videos[0].id)
        except VidscoutError as error:
            return _told(str(error))
        except Exception:
            log.exception("checking %s failed", videos[0].path)
            return _told("the check failed; the terminal that runs the page says why")

    button.click(check, chosen, verdict, concurrency_limit=1, concurrency_id="check", api_name="check")


def verdict_html(verdict: "Verdict", video: str) -> str:
    """Label, score with its interval, the stretches that stand out as chips, and the whole report with its notes."""
    from ...agent.generated.report import page

    low, high = verdict.interval
    spans = "".join(
        f"<li>{chip(video, span.start, f'{clock(span.start)}–{clock(span.end)}')}"
        f" {escape(', '.join(span.signals))}</li>"
        for span in verdict.evidence.spans
    )
    stands_out = f"<h3>Stands out from the rest</h3><ul class='vs-cards'>{spans}</ul>" if spans else ""
    return (
        f"<h3>{escape(verdict.label)}</h3><p>Score {verdict.score:.2f} ({low:.2f}–{high:.2f}), decided by"
        f" {escape(verdict.decided_by)}: {escape(verdict.evidence.reason)}</p>{stands_out}"
        f"<iframe class='vs-report' title='Report' sandbox srcdoc='{escape(page(verdict), quote=True)}'></iframe>"
    )


def _told(problem: str) -> str:
    return f"<p class='vs-note' role='alert'>⚠ {escape(problem)}</p>"
