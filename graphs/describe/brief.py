"""Chapters and a short summary without the graph, for a question about the whole of a video."""

from typing import TYPE_CHECKING

from ...tools.records import Record, Span
from .digest import sentence_of
from .extract import Spoken, chosen
from .kept import Kept
from .material import Material, gather
from .results import Chapter, Length, Sentence
from .roles import Role, of, scores
from .sizes import budgets
from .topics.chapters import file_chapters, topics

if TYPE_CHECKING:
    import numpy as np

    from ...tools.index.video_index import VideoIndex
    from ...tools.runtime.backend import Tool


def divided(index: "VideoIndex", video: str, material: Material, embedding: "Tool[str, np.ndarray]") -> list[Chapter]:
    """The chapters of a stretch: the file's own, or its topics."""
    if made := file_chapters(material):
        return made
    told = scores(material.vectors, embedding.source)
    opening = of(Role.OPENING, told, len(material.passages))
    return topics(material, opening, index.frame_vectors(video), embedding.run)


def key_of(span: Span) -> str:
    """Under which the chapters of a stretch are kept."""
    return f"chapters {span.start:.3f} {span.end:.3f}"


def chapters_of(index: "VideoIndex", video: str, span: Span, embedding: "Tool[str, np.ndarray]") -> list[Chapter]:
    """The chapters of a stretch, kept for the next time."""
    kept = Kept(index, video, "", embedding.source, "")
    if (made := kept.stored(key_of(span), list[Chapter])) is not None:
        return made
    made = divided(index, video, gather(index, video, span, embedding.run), embedding)
    kept.store(key_of(span), list[Chapter], made)
    return made


def summary_of(
    index: "VideoIndex", video: str, span: Span, embedding: "Tool[str, np.ndarray]", length: Length = Length.PARAGRAPH
) -> list[Sentence]:
    """The sentences that carry a stretch, in order of time, in their own words."""
    chapters = chapters_of(index, video, span, embedding)
    material = gather(index, video, span, embedding.run)
    spoken = Spoken(material.passages, material.vectors, scores(material.vectors, embedding.source))
    rows = [rows_of(spoken, chapter) for chapter in chapters]
    sizes = budgets(chapters, [bool(one) for one in rows], length, writes=False)
    found = []
    for these, (count, words) in zip(rows, sizes, strict=True):
        part = spoken.part(these)
        found += [
            sentence_of(part.passages[row]) for row in (chosen(part, count, words or float("inf")) if count else [])
        ]
    return found


def rows_of(spoken: Spoken, chapter: Chapter) -> list[int]:
    """The passages of a chapter: those whose middle lies in it."""
    middles = [(passage.span.start + passage.span.end) / 2 for passage in spoken.passages]
    return [row for row, time in enumerate(middles) if chapter.start <= time < chapter.end]


def records_of(index: "VideoIndex", video: str, span: Span) -> dict[str, Record]:
    """The records of a stretch by id, to which evidence points."""
    return {record.id: record for record in index.timeline(video, within=span)}
