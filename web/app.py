"""The page put together: which tabs there are, and what follows from what."""

from pathlib import Path
from typing import Any

import gradio as gr
from gradio import themes

from ..tools.errors import VidscoutError
from . import ask_tab, check_tab, library_tab, settings_tab, transcript_tab
from .backstage import Backstage
from .player import NOTHING, player_html, timelines_html

FOLDER = Path(__file__).parent
TICK = 1.0
"""Seconds between two looks at what is being read."""
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def theme() -> themes.Base:
    """Fonts of the system: nothing is fetched."""
    return themes.Soft(
        primary_hue="indigo",
        neutral_hue="slate",
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"],
        font_mono=["ui-monospace", "Menlo", "Consolas", "monospace"],
    )


def head() -> str:
    """Style, and the script that makes chips and timelines seek. Gradio rewrites the selectors of its `css`."""
    style, script = ((FOLDER / name).read_text(encoding="utf-8") for name in ("style.css", "seek.js"))
    return f"<style>{style}</style><script>{script}</script>"


def build(backstage: Backstage) -> gr.Blocks:
    """The page; nothing here loads a model."""
    with gr.Blocks(title="vidscout", analytics_enabled=False, fill_width=True) as page:
        with gr.Row(elem_id="vs-main"):
            with gr.Column(scale=5, min_width=320, elem_id="vs-left"):
                chosen = gr.Dropdown(
                    backstage.choices(), value=[], multiselect=True, label="Videos to ask about", elem_id="vs-chosen"
                )
                player = gr.HTML(NOTHING, elem_id="vs-player-box")
                timelines = gr.HTML(elem_id="vs-timelines")
            with gr.Column(scale=6, min_width=320, elem_id="vs-right"), gr.Tabs(elem_id="vs-tabs") as tabs:
                ask_place = gr.Tab("Ask", id="ask")
                with gr.Tab("Transcript", id="transcript"):
                    transcript = transcript_tab.build(backstage, chosen)
                with gr.Tab("Library", id="library"):
                    library = library_tab.build(backstage)
                with gr.Tab("Settings", id="settings"):
                    controls = settings_tab.build_settings(backstage)
                if hasattr(backstage.scout, "detect"):
                    with gr.Tab("Generated?", id="check"):
                        check_tab.build(backstage, chosen)
                with gr.Tab("Doctor", id="doctor") as doctor:
                    settings_tab.build_doctor(backstage, doctor)
                with ask_place:
                    asking = ask_tab.build(backstage, chosen, timelines, controls)
        timer = gr.Timer(TICK, active=False)
        pending = gr.State([])
        """Numbers of the readings that this page has seen under way."""

        shows = [player, timelines, *asking.suggested, transcript.rows, transcript.downloads]

        def show(ids: list[str] | None, query: str | None, kinds: list[str]) -> list[Any]:
            videos = backstage.named(ids)
            return [
                player_html(videos, backstage.thumbnail),
                timelines_html(backstage, videos),
                *ask_tab.suggested_updates(backstage, ids),
                transcript_tab.transcript_html(backstage, ids, query, kinds),
                transcript_tab.downloads(backstage, ids),
            ]

        def refreshed(ids: list[str] | None, numbers: list[int], owner: str) -> list[Any]:
            """What is being read now; a video that was sent from here is chosen once it is ready."""
            readings = backstage.readings
            active = {reading.number for reading in readings.active()}
            ended = [reading for reading in readings.shown() if reading.number in numbers and reading.ended is not None]
            ready = [reading.video for reading in ended if reading.state == "ready" and reading.owner == owner]
            still = sorted(active)
            quiet = gr.skip()
            changed = bool(ended)
            known = backstage.choices() if changed else None
            kept = [key for key in ids or [] if backstage.named([key])]
            selected = gr.update(choices=known, value=ready or kept) if changed else quiet
            return [
                library_tab.progress(backstage),
                gr.update(visible=bool(active)),
                library_tab.listing_html(backstage) if changed else quiet,
                selected,
                gr.update(choices=backstage.forgettable(), value=None) if changed else quiet,
                still,
                gr.Timer(active=bool(active)),
            ]

        ticks = [library.progress, library.stop, library.listing, chosen, library.forgettable, pending, timer]

        def arrived(files: list[str] | None, owner: str, numbers: list[int]) -> list[Any]:
            told, owner = library_tab.take(backstage, files, owner)
            active = [reading.number for reading in backstage.readings.active()]
            # One that had been read before may have ended already: it counts as waited for all the same.
            own = [reading.number for reading in backstage.readings.shown() if reading.owner == owner]
            return [told, owner, None, sorted({*active, *own, *numbers}), gr.Timer(active=True)]

        def opened() -> list[Any]:
            choices = backstage.choices()
            active = [reading.number for reading in backstage.readings.active()]
            return [
                gr.update(choices=choices, value=[choices[0][1]] if choices else []),
                gr.update(choices=backstage.forgettable(), value=None),
                library_tab.listing_html(backstage),
                active,
                gr.Timer(active=bool(active)),
                gr.Tabs(selected="ask" if choices else "library"),
            ]

        def forgotten(video: str | None, sure: bool, ids: list[str] | None) -> list[Any]:
            if not video or not sure:
                raise gr.Error("choose a video and tick the box to forget it", print_exception=False)
            try:
                name = backstage.forget(video)
            except VidscoutError as error:
                raise gr.Error(str(error), print_exception=False) from None
            gr.Info(f"{name} has been forgotten")
            choices = backstage.choices()
            kept = [key for key in ids or [] if key != video]
            return [
                gr.update(choices=choices, value=kept),
                gr.update(choices=backstage.forgettable(), value=None),
                library_tab.listing_html(backstage),
                False,
            ]

        page.load(
            opened, outputs=[chosen, library.forgettable, library.listing, pending, timer, tabs], queue=False, **QUIET
        )
        chosen.change(show, [chosen, transcript.query, transcript.kinds], shows, queue=False, **QUIET)
        library.sent.upload(
            arrived,
            [library.sent, library.owner, pending],
            [library.status, library.owner, library.sent, pending, timer],
            concurrency_limit=4,
            concurrency_id="upload",
            **QUIET,
        )
        timer.tick(refreshed, [chosen, pending, library.owner], ticks, queue=False, **QUIET)
        library.stop.click(
            lambda owner: _told(backstage.readings.cancel(owner)), library.owner, library.status, queue=False, **QUIET
        )
        library.forget.click(
            forgotten,
            [library.forgettable, library.sure, chosen],
            [chosen, library.forgettable, library.listing, library.sure],
            **QUIET,
        )
    page.queue(default_concurrency_limit=8, max_size=64)
    return page


def _told(stopped: int) -> str:
    if stopped:
        return "<p class='vs-note' role='status'>Stopping; what has been read so far is kept.</p>"
    return "<p class='vs-note' role='status'>What is being read was sent from another browser.</p>"
