"""The tab for what is said and written, searchable, with downloads."""

from dataclasses import dataclass

import gradio as gr

from ...tools.records import Modality
from ..site import Site
from ..transcript import downloads_html, rows_html, searched

KINDS = {"Speech": Modality.SPEECH, "Screen text": Modality.SCREEN_TEXT}


@dataclass
class TranscriptTab:
    """The components that others are wired to."""

    query: gr.Textbox
    kinds: gr.CheckboxGroup
    rows: gr.HTML
    downloads: gr.HTML


def build(site: Site, chosen: gr.Dropdown) -> TranscriptTab:
    """The tab's components and what they do."""
    with gr.Row():
        query = gr.Textbox(label="Search speech and screen text", elem_id="vs-search", scale=3, min_width=180)
        kinds = gr.CheckboxGroup(list(KINDS), value=list(KINDS), label="Show", scale=2, min_width=180)
    rows = gr.HTML(elem_id="vs-transcript")
    downloads = gr.HTML(elem_id="vs-downloads")
    gr.on(
        [query.change, kinds.change],
        lambda ids, text, shown: transcript_html(site, ids, text, shown),
        [chosen, query, kinds],
        rows,
        trigger_mode="always_last",
        show_progress="hidden",
        api_name="transcript",
    )
    return TranscriptTab(query, kinds, rows, downloads)


def transcript_html(site: Site, ids: list[str] | None, query: str | None, shown: list[str]) -> str:
    """The rows of the chosen videos that hold the query's words."""
    query = query or ""
    videos = site.named(ids)
    if not videos:
        return "<p class='vs-muted'>Choose a video first.</p>"
    modalities = [KINDS[kind] for kind in shown if kind in KINDS]
    records = [r for video in videos for r in (site.records(video.id, *modalities) if modalities else [])]
    names = {video.id: video.name for video in videos} if len(videos) > 1 else None
    return rows_html(searched(records, query), query, names)


def downloads(site: Site, ids: list[str] | None) -> str:
    """Links to the transcripts of the chosen videos, as HTML."""
    return downloads_html(site.named(ids))
