"""Questions that a video can answer, made of what was found in it: its chapters, who speaks, and numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any

from ...tools.index.videos import Video
from ...tools.payloads import TextLines
from ...tools.perception.voices.names import is_numbered
from ...tools.records import Modality, of_kind
from ..which_video import VideoName
from .asking import Asking

MOST = 6
TITLE_WORDS = range(2, 9)
"""Words of a line that can stand in a question."""
AS_READ = 85
"""Share of letters in common, 0..100, from which two readings are of one text, as where lines are merged over time."""
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

    @property
    def shown(self) -> bool:
        """Whether what it is about stands on the picture."""
        return self.kind == "title"


class Suggesting(Asking):
    """The part of `VideoScout` that suggests questions."""

    def suggest(self, video: VideoName, *, checked: bool = False) -> list[Suggestion]:
        """Questions about a video that has been read, made of its chapters, names, numbers and titles.

        Args:
            video: its file, id or name.
            checked: only those that hold when they are asked: the answer cites something, and a title is read again on
                the frame at its time. Takes as long as asking them.

        Raises:
            UnknownVideoError: it has not been read.
        """
        found = self.find(video)
        made = suggestions(self, found)
        return [one for one in made if holds(self, found, one)] if checked else made


def holds(scout: Asking, video: Video, suggestion: Suggestion) -> bool:
    """Whether the question gets an answer that cites something, and what stands on the picture is read there again."""
    if suggestion.shown and not stands_there(scout, video, suggestion):
        return False
    answer = scout.ask(video.id, suggestion.question)
    return not answer.abstained and bool(answer.evidence)


def stands_there(scout: Asking, video: Video, suggestion: Suggestion) -> bool:
    """Whether a title is read on the frame at its time, decoded from the file or, where that is gone, as it is kept."""
    import numpy as np
    from PIL import Image
    from rapidfuzz.fuzz import partial_ratio

    from ...tools.errors import MediaError
    from ...tools.media.video import frames

    try:
        found = frames(video.path, 1.0, scout.settings.longest_side, start=suggestion.start, end=suggestion.start + 1)
        picture = next(iter(found)).image
    except (MediaError, OSError, StopIteration):
        picture = np.asarray(Image.open(scout.index.thumbnail(video.id, suggestion.start)).convert("RGB"))
    [lines] = scout.role("screen_text").run([picture])
    read = " ".join(line.text for line in lines).casefold()
    return partial_ratio(suggestion.about.casefold(), read) >= AS_READ


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
