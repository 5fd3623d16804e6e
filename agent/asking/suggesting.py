"""Questions that a video can answer, made of what was found in it: its chapters, who speaks, and numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

from ...tools.index.videos import Video
from ...tools.payloads import TextLines
from ...tools.perception.voices.names import is_numbered
from ...tools.records import Modality, of_kind

MOST = 6
TITLE_WORDS = range(2, 9)
"""Words of a line that can stand in a question."""
SURE = 0.9
"""Score from which a text is quoted in a question."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question, and what it was made of."""

    kind: str
    """`chapter`, `name`, `number` or `title`."""
    about: str
    """The title, name or number."""
    question: str
    start: float
    """Seconds at which what it is about begins."""


def suggestions(scout: Any, video: Video) -> list[Suggestion]:
    """Questions about one video, of each kind in turn; none where neither titles nor speech were found.

    Args:
        scout: a `VideoScout`.
        video: one that has been read.
    """
    kinds = (_chapters(scout, video), _numbers(scout, video), _names(scout, video), _titles(scout, video))
    found: dict[str, Suggestion] = {}
    for one in filter(None, chain.from_iterable(zip_longest(*kinds))):
        found.setdefault(one.about.casefold(), one)
    return list(found.values())[:MOST]


def _chapters(scout: Any, video: Video) -> Iterator[Suggestion]:
    told = scout.index.stats(video.id)
    if not told.get(Modality.SPEECH):
        return  # nothing is said about a title
    for chapter in scout.describe(video.id, "chapters").items:
        title = " ".join(chapter.title.split())
        if len(title.split()) <= TITLE_WORDS.stop and title:
            question = title if title.endswith("?") else f"What is said about “{title}”?"
            yield Suggestion("chapter", title, question, chapter.start)


def _numbers(scout: Any, video: Video) -> Iterator[Suggestion]:
    if not scout.index.stats(video.id).get(Modality.SPEECH):
        return
    for note in scout.describe(video.id, "notes").items:
        for value in note.values:
            yield Suggestion("number", value, f"What is said about {value}?", note.start)


def _names(scout: Any, video: Video) -> Iterator[Suggestion]:
    from ...tools.errors import UsageError

    try:
        listed = scout.people.list(video.id)
    except UsageError:
        return  # it was read for neither voices nor faces
    for somebody in listed.speakers:
        if not is_numbered(somebody.name):
            yield Suggestion("name", somebody.name, f"What does {somebody.name} say?", somebody.spans[0][0])


def _titles(scout: Any, video: Video) -> Iterator[Suggestion]:
    records = scout.index.timeline(video.id, [Modality.SCREEN_TEXT])
    # A text of one line is a title of its own; the first line of several may end in the middle of a sentence.
    for record, text in of_kind(records, TextLines):
        title = " ".join(text.lines[0].split())
        if len(text.lines) == 1 and len(title.split()) in TITLE_WORDS and record.score > SURE:
            yield Suggestion("title", title, f"When does the title “{title}” appear?", record.span.start)
