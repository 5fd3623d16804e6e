"""What one chapter gives to a description, and how the chapters' parts become one."""

from typing import Any

from langgraph.config import get_stream_writer
from langgraph.runtime import Runtime

from ...tools.errors import AnswererError, WeightsError
from ...tools.languages import language_name
from ...tools.payloads import TextLines
from ...tools.records import Modality, Span
from ...tools.words import one_line
from ..events import Progress, Update, timed
from . import abstract
from .captions import captioned, stretches
from .extract import chosen
from .material import Passage
from .notes.notes import notes
from .results import Caption, Cited, Item, Length, Sentence, Style
from .sizes import SENTENCES
from .state import MADE_OF, DescribeState, Describing, Digest, Part
from .story import scene

WRITTEN = 0.5
"""Share of a page's words that quote what stands on slides, at most. Nothing was measured to set it."""
SHOTS_AT_ONCE = 64
"""Stretches whose findings are read from the index together."""


def digest(part: Part, runtime: Runtime[Describing]) -> Update:
    """What one chapter gives; kept, so that a description of the same readings does not make it again."""
    context = runtime.context
    context.goes_on()
    key = (
        f"digest {part.style} {part.length} {part.chapter.start:.3f} {part.chapter.end:.3f} {part.sentences} {part.of}"
    )
    kind: Any = tuple[tuple[MADE_OF[part.style], ...], tuple[str, ...]]
    if (kept := context.stored(key, kind)) is not None:
        made = Digest(part.number, *kept)
    else:
        made = digested(part, context)
        context.store(key, kind, (made.items, made.remarks))
    get_stream_writer()(Progress(part.video, "describing", part.number + 1, part.of, "chapters"))
    return {"digests": [made]}


def digested(part: Part, context: Describing) -> Digest:
    """The sentences, notes or scene of a chapter."""
    chapter = part.chapter
    if part.style is Style.NOTES:
        return Digest(part.number, tuple(notes(part.material, part.spoken, chapter.end - chapter.start)))
    if part.style is Style.STORY:
        seen = [] if part.spoken.passages else context.seen(part.video, Span(chapter.start, chapter.end))
        told = scene(chapter, part.material, part.spoken, seen, part.length, context.told_in)
        return Digest(part.number, (told,) if told is not None else ())
    if context.writer is not None and part.spoken.passages:
        lines = [abstract.Line(one.text, tuple(map(Cited.of, one.records))) for one in part.spoken.passages]
        language = context.language or language_name(part.material.language or "en")
        try:
            written, dropped = abstract.summarised(lines, part.sentences, language, context.writer)
        except (AnswererError, WeightsError) as error:
            return Digest(part.number, quoted(part, abstract_count=1), (f"a chapter is quoted: {error}",))
        lost = (f"{dropped} sentences were left out, since what they cite does not say so",) if dropped else ()
        return Digest(part.number, tuple(written) or quoted(part, abstract_count=1), lost)
    return Digest(part.number, quoted(part))


def quoted(part: Part, abstract_count: int | None = None) -> tuple[Item, ...]:
    """The passages that carry a chapter, in their own words."""
    count = part.sentences if abstract_count is None else abstract_count
    words = part.words or float("inf")
    shown = slides_of(part, words) if part.length is Length.PAGE and part.style is Style.SUMMARY else []
    words -= sum(len(one.text.split()) for one in shown)
    rows = chosen(part.spoken, max(count - len(shown), 1), words) if count else []
    return (*sorted([*shown, *(sentence_of(part.spoken.passages[row]) for row in rows)], key=lambda one: one.start),)


def slides_of(part: Part, words: float) -> list[Sentence]:
    """What stands on the chapter's slides beside their titles: facts in few words. The fullest first, in `WRITTEN` of
    the words at most."""
    found: dict[str, Sentence] = {}
    left = WRITTEN * words
    inside = [one for one in part.material.slides if part.chapter.start <= one.span.start < part.chapter.end]
    for slide in sorted(inside, key=lambda one: (-len(one.record.text), one.span.start)):
        lines = slide.record.payload.lines if isinstance(slide.record.payload, TextLines) else ()
        text = "; ".join(one_line(line) for line in lines)
        if len(lines) > 1 and text not in found and (long := len(text.split())) <= left:
            left -= long
            start, end = round(slide.span.start, 3), round(slide.span.end, 3)
            found[text] = Sentence(start, end, text, (Cited.of(slide.record),))
    return list(found.values())


def sentence_of(passage: Passage) -> Sentence:
    """A passage as a sentence of a summary."""
    start, end = round(passage.span.start, 3), round(passage.span.end, 3)
    evidence = tuple(Cited.of(record) for record in passage.records)
    return Sentence(start, end, one_line(passage.text), evidence, passage.speaker)


@timed("assemble")
def assemble(state: DescribeState, runtime: Runtime[Describing]) -> Update:
    """What the style asks for, in order of time."""
    context = runtime.context
    if state.style is Style.CHAPTERS:
        return {"items": list(state.chapters)}
    if state.style is Style.CAPTIONS:
        return {"items": [*captions(state, context)]}
    parts = sorted(state.digests, key=lambda one: one.number)
    items = [item for part in parts for item in part.items]
    remarks = [remark for part in parts for remark in part.remarks]
    if state.style is Style.SUMMARY:
        items, more = summary(state, context, items)
        remarks += more
    return {"items": items, "remarks": list(dict.fromkeys(remarks))}


def summary(state: DescribeState, context: Describing, items: list[Item]) -> tuple[list[Item], list[str]]:
    """The summary of the wanted length; of a video without speech, what stands on the picture or is seen."""
    most = SENTENCES[state.length]
    sentences = [item for item in items if isinstance(item, Sentence)]
    if not sentences:
        return list(sights(state, context, most)), []
    if context.writer is not None and len(sentences) > most:
        language = context.language or language_name((state.material.language if state.material else "") or "en")
        try:
            kept, _ = abstract.reduced(sentences, most, language, context.writer, context.goes_on)
            return [*(kept or sentences[:most])], []
        except (AnswererError, WeightsError) as error:
            return [*sentences[:most]], [f"the summary is cut off: {error}"]
    return [*sentences], []


def sights(state: DescribeState, context: Describing, most: int) -> list[Sentence]:
    """Titles and captions as sentences, where nothing is said: spread over the stretch where there are many."""
    made = captions(state, context)
    step = max(-(-len(made) // most), 1)
    return [Sentence(one.start, one.end, one.text, one.evidence) for one in made[::step]]


def captions(state: DescribeState, context: Describing) -> list[Caption]:
    """The captions of the stretch, read from the index a few shots at a time."""
    shots = [record.span for record in context.index.timeline(state.video, [Modality.SHOT], state.span)]
    pieces = stretches(shots, state.span, state.every)
    made: list[Caption] = []
    for first in range(0, len(pieces), SHOTS_AT_ONCE):
        context.goes_on()
        batch = pieces[max(first - 1, 0) : first + SHOTS_AT_ONCE]  # with the one before, for what is not new
        records = context.seen(state.video, Span(batch[0].start, batch[-1].end))
        found = captioned(records, batch, context.told_in)
        made += [one for one in found if not first or one.start >= pieces[first].start]
        get_stream_writer()(
            Progress(state.video, "describing", min(first + SHOTS_AT_ONCE, len(pieces)), len(pieces), "shots")
        )
    return made
