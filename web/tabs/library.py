"""The tab for videos: send some, see them being read, and forget them."""

import logging
import uuid
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from ...agent.inbox.uploads import size_of
from ...tools.errors import VidscoutError
from ...tools.records import clock
from ..findings import card
from ..progress import progress_html
from ..site import Site

log = logging.getLogger(__name__)


TICK = 1.0
"""Seconds between two looks at what is being read."""
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


@dataclass
class LibraryTab:
    """The tab's components."""

    sent: gr.File
    status: gr.HTML
    progress: gr.HTML
    stop: gr.Button
    listing: gr.HTML
    forgettable: gr.Dropdown
    sure: gr.Checkbox
    forget: gr.Button
    owner: gr.BrowserState
    """The name of this browser, by which it may stop what it has sent."""
    pending: gr.State
    """Numbers of the readings that this page has seen under way."""
    timer: gr.Timer


def build(site: Site, chosen: gr.Dropdown, place: gr.Tab) -> LibraryTab:
    """The tab's components and what they do."""
    tab = _components(site)
    _wire_reading(tab, site, chosen)
    _wire_listing(tab, site, chosen, place)
    return tab


def _components(site: Site) -> LibraryTab:
    limits = site.inbox.limits
    sent = gr.File(
        label=f"Add videos (each up to {size_of(limits.size)} and {clock(limits.duration)} long)",
        file_count="multiple",
        elem_id="vs-upload",
        height=200,
    )
    status = gr.HTML(elem_id="vs-status")
    progress = gr.HTML(elem_id="vs-progress")
    stop = gr.Button("Stop reading", size="sm", variant="stop", visible=False, elem_id="vs-stop")
    listing = gr.HTML(listing_html(site), elem_id="vs-listing")
    with gr.Accordion("Forget a video", open=False, elem_id="vs-forget-box"):
        forgettable = gr.Dropdown(site.forgettable(), value=None, label="Video to forget", elem_id="vs-forgettable")
        sure = gr.Checkbox(label="Yes, remove it and everything that was found in it", elem_id="vs-sure")
        forget = gr.Button("Forget", size="sm", variant="stop", elem_id="vs-forget")
    owner = gr.BrowserState("", storage_key="vidscout-owner", secret="vidscout")
    pending, timer = gr.State([]), gr.Timer(TICK, active=False)
    return LibraryTab(sent, status, progress, stop, listing, forgettable, sure, forget, owner, pending, timer)


def _wire_reading(tab: LibraryTab, site: Site, chosen: gr.Dropdown) -> None:
    """Files that are sent are queued; the timer shows how far they are, and a video that is ready is chosen."""
    readings = site.inbox.readings

    def arrived(files: list[str] | None, owner: str, numbers: list[int]) -> list[Any]:
        told, owner = take(site, files, owner)
        active = [reading.number for reading in readings.active()]
        # One that had been read before may have ended already: it counts as waited for all the same.
        own = [reading.number for reading in readings.shown() if reading.owner == owner]
        return [told, owner, None, sorted({*active, *own, *numbers}), gr.Timer(active=True)]

    def refreshed(ids: list[str] | None, numbers: list[int], owner: str) -> list[Any]:
        active = sorted(reading.number for reading in readings.active())
        ended = [reading for reading in readings.shown() if reading.number in numbers and reading.ended is not None]
        ready = [reading.video for reading in ended if reading.state == "ready" and reading.owner == owner]
        shown: list[Any] = [progress_html(readings.shown()), gr.update(visible=bool(active)), active]
        shown.append(gr.Timer(active=bool(active)))
        return shown + (known(site, ready or ids) if ended else [gr.skip()] * 3)

    def stopped(owner: str) -> str:
        if readings.cancel(owner):
            return "<p class='vs-note' role='status'>Stopping; what has been read so far is kept.</p>"
        return "<p class='vs-note' role='status'>What is being read was sent from another browser.</p>"

    tab.sent.upload(
        arrived,
        [tab.sent, tab.owner, tab.pending],
        [tab.status, tab.owner, tab.sent, tab.pending, tab.timer],
        concurrency_limit=4,
        concurrency_id="upload",
        **QUIET,
    )
    shows = [tab.progress, tab.stop, tab.pending, tab.timer, chosen, tab.forgettable, tab.listing]
    tab.timer.tick(refreshed, [chosen, tab.pending, tab.owner], shows, queue=False, **QUIET)
    tab.stop.click(stopped, tab.owner, tab.status, queue=False, **QUIET)


def _wire_listing(tab: LibraryTab, site: Site, chosen: gr.Dropdown, place: gr.Tab) -> None:
    """What others have added or forgotten shows when the tab is opened."""

    def forgotten(video: str | None, sure: bool, ids: list[str] | None) -> list[Any]:
        if not video or not sure:
            raise gr.Error("choose a video and tick the box to forget it", print_exception=False)
        try:
            name = site.inbox.forget(video)
        except VidscoutError as error:
            raise gr.Error(escape(str(error)), print_exception=False) from None
        gr.Info(f"{escape(name)} has been forgotten")  # Gradio shows both as HTML
        return [*known(site, ids), False]

    shows = [chosen, tab.forgettable, tab.listing]
    place.select(lambda ids: known(site, ids), chosen, shows, queue=False, **QUIET)
    tab.forget.click(forgotten, [tab.forgettable, tab.sure, chosen], [*shows, tab.sure], **QUIET)


def known(site: Site, ids: list[str] | None) -> list[Any]:
    """Updates of the chosen videos, those that can be forgotten, and the list, to what the library knows now."""
    kept = [video.id for video in site.named(ids)]
    return [
        gr.update(choices=site.choices(), value=kept),
        gr.update(choices=site.forgettable(), value=None),
        listing_html(site),
    ]


def listing_html(site: Site) -> str:
    """The videos that have been read, the latest first."""
    videos = list(reversed(site.scout.videos()))
    busy = {reading.video for reading in site.inbox.readings.active()}
    cards = "".join(card(video, site.records(video.id)) for video in videos if video.id not in busy)
    return f"<ul class='vs-videos'>{cards}</ul>" if cards else "<p class='vs-muted'>No video has been read yet.</p>"


def take(site: Site, files: list[str] | None, owner: str) -> tuple[str, str]:
    """Check and queue files that have arrived.

    Returns:
        What to tell their owner, as HTML, and the owner's name for this browser.
    """
    owner = owner or uuid.uuid4().hex
    told = []
    for file in files or []:
        try:
            site.inbox.take(Path(file), Path(file).name, owner)
        except VidscoutError as error:
            told.append(f"⚠ {escape(str(error))}")
        except OSError as error:
            log.exception("keeping %s failed", file)
            told.append(f"⚠ {escape(Path(file).name)} cannot be kept: {escape(error.strerror or 'no reason given')}")
    return "".join(f"<p class='vs-note' role='alert'>{line}</p>" for line in told), owner
