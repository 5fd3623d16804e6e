"""The page put together: which tabs there are, and what follows from a choice of videos."""

from pathlib import Path
from typing import Any

import gradio as gr
from gradio import themes

from .player import NOTHING, player_html, timelines_html
from .site import Site
from .tabs import (
    ask as ask_tab,
)
from .tabs import (
    check as check_tab,
)
from .tabs import (
    library as library_tab,
)
from .tabs import (
    settings as settings_tab,
)
from .tabs import (
    transcript as transcript_tab,
)

FOLDER = Path(__file__).parent
QUIET: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}


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


def build(site: Site) -> gr.Blocks:
    """The page; nothing here loads a model."""
    with gr.Blocks(title="vidscout", analytics_enabled=False, fill_width=True) as page:
        with gr.Row(elem_id="vs-main"):
            with gr.Column(scale=5, min_width=320, elem_id="vs-left"):
                chosen = gr.Dropdown(
                    site.choices(), value=[], multiselect=True, label="Videos to ask about", elem_id="vs-chosen"
                )
                player = gr.HTML(NOTHING, elem_id="vs-player-box")
                timelines = gr.HTML(elem_id="vs-timelines")
            with gr.Column(scale=6, min_width=320, elem_id="vs-right"), gr.Tabs(elem_id="vs-tabs") as tabs:
                ask_place = gr.Tab("Ask", id="ask", elem_id="vs-tab-ask")
                with gr.Tab("Transcript", id="transcript", elem_id="vs-tab-transcript"):
                    transcript = transcript_tab.build(site, chosen)
                with gr.Tab("Library", id="library", elem_id="vs-tab-library") as place:
                    library = library_tab.build(site, chosen, place)
                with gr.Tab("Settings", id="settings", elem_id="vs-tab-settings") as place:
                    controls = settings_tab.build_settings(site, place)
                with gr.Tab("Generated?", id="check", elem_id="vs-tab-check"):
                    check_tab.build(site, chosen)
                with gr.Tab("Doctor", id="doctor", elem_id="vs-tab-doctor") as place:
                    settings_tab.build_doctor(site, place)
                with ask_place:
                    asking = ask_tab.build(site, chosen, timelines, controls)
        _wire_choice(site, chosen, player, timelines, asking, transcript)
        _wire_opening(page, site, chosen, library, tabs)
    page.queue(default_concurrency_limit=8, max_size=64)
    return page


def _wire_choice(
    site: Site,
    chosen: gr.Dropdown,
    player: gr.HTML,
    timelines: gr.HTML,
    asking: ask_tab.AskTab,
    transcript: transcript_tab.TranscriptTab,
) -> None:
    """Player, timelines, suggestions and transcript follow the chosen videos."""

    def show(ids: list[str] | None, query: str | None, kinds: list[str]) -> list[Any]:
        videos = site.named(ids)
        return [
            player_html(videos, site.thumbnail),
            timelines_html(site, videos),
            *ask_tab.suggested_updates(site, ids),
            transcript_tab.transcript_html(site, ids, query, kinds),
            transcript_tab.downloads(site, ids),
        ]

    shows = [player, timelines, *asking.suggested, transcript.rows, transcript.downloads]
    chosen.change(show, [chosen, transcript.query, transcript.kinds], shows, **QUIET)


def _wire_opening(
    page: gr.Blocks, site: Site, chosen: gr.Dropdown, library: library_tab.LibraryTab, tabs: gr.Tabs
) -> None:
    """A page that is opened or reloaded shows the latest video, and what is being read."""

    def opened() -> list[Any]:
        latest = [video.id for video in site.videos()[:1]]
        active = [reading.number for reading in site.inbox.readings.active()]
        first = gr.Tabs(selected="ask" if latest else "library")
        return [*library_tab.known(site, latest), active, gr.Timer(active=bool(active)), first]

    shows = [chosen, library.forgettable, library.listing, library.pending, library.timer, tabs]
    page.load(opened, outputs=shows, **QUIET)
