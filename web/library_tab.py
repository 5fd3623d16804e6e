"""The tab for videos: send some, see them being read, and forget them."""

import logging
import uuid
from dataclasses import dataclass
from html import escape
from pathlib import Path

import gradio as gr

from ..agent.uploads import accept, size_of
from ..tools.errors import VidscoutError
from ..tools.records import clock
from .backstage import Backstage
from .findings import card
from .reading import progress_html

log = logging.getLogger(__name__)


@dataclass
class LibraryTab:
    """The components that others are wired to."""

    progress: gr.HTML
    listing: gr.HTML
    forgettable: gr.Dropdown
    stop: gr.Button
    owner: gr.BrowserState
    sent: gr.File
    status: gr.HTML
    forget: gr.Button
    sure: gr.Checkbox


def build(backstage: Backstage) -> LibraryTab:
    """The tab's components; `app.py` says what follows from a change."""
    limits = backstage.limits
    sent = gr.File(
        label=f"Add videos (each up to {size_of(limits.size)} and {clock(limits.duration)} long)",
        file_count="multiple",
        elem_id="vs-upload",
        height=200,
    )
    status = gr.HTML(elem_id="vs-status")
    progress = gr.HTML(elem_id="vs-progress")
    stop = gr.Button("Stop reading", size="sm", variant="stop", visible=False, elem_id="vs-stop")
    listing = gr.HTML(listing_html(backstage), elem_id="vs-listing")
    with gr.Accordion("Forget a video", open=False, elem_id="vs-forget-box"):
        forgettable = gr.Dropdown(
            backstage.forgettable(), value=None, label="Video to forget", elem_id="vs-forgettable"
        )
        sure = gr.Checkbox(label="Yes, remove it and everything that was found in it", elem_id="vs-sure")
        forget = gr.Button("Forget", size="sm", variant="stop", elem_id="vs-forget")
    owner = gr.BrowserState("", storage_key="vidscout-owner", secret="vidscout")
    return LibraryTab(progress, listing, forgettable, stop, owner, sent, status, forget, sure)


def listing_html(backstage: Backstage) -> str:
    """The videos that have been read, the latest first."""
    videos = list(reversed(backstage.scout.videos()))
    busy = {reading.video for reading in backstage.readings.active()}
    cards = "".join(card(video, backstage.records(video.id)) for video in videos if video.id not in busy)
    return f"<ul class='vs-videos'>{cards}</ul>" if cards else "<p class='vs-muted'>No video has been read yet.</p>"


def take(backstage: Backstage, files: list[str] | None, owner: str) -> tuple[str, str]:
    """Check and queue files that have arrived.

    Returns:
        What to tell their owner, as HTML, and the owner's name for this browser.
    """
    owner = owner or uuid.uuid4().hex
    told = []
    for file in files or []:
        try:
            upload = accept(Path(file), backstage.uploads, backstage.limits)
        except VidscoutError as error:
            told.append(f"⚠ {escape(str(error))}")
        except OSError as error:
            log.exception("keeping %s failed", file)
            told.append(f"⚠ {escape(Path(file).name)} cannot be kept: {escape(error.strerror or 'no reason given')}")
        else:
            backstage.readings.add(upload, owner)
    return "".join(f"<p class='vs-note' role='alert'>{line}</p>" for line in told), owner


def progress(backstage: Backstage) -> str:
    return progress_html(backstage.readings.shown())
