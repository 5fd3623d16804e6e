"""Words that somebody corrects: a finding whose source is the user, found by words and by meaning like any other."""

from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from ...tools.errors import UsageError
from ...tools.payloads import Spoken, TextLines, Word
from ...tools.records import UNSEARCHED, Record
from ...tools.written_forms import written_forms
from ..which_video import VideoName
from .embedding import Embedding

SOURCE = "user/1"
"""Whom a corrected finding is from."""
LONGEST = 4000
"""Characters of a corrected text."""


class Correcting(Embedding):
    """The part of `VideoScout` that takes corrections."""

    def correct(self, video: VideoName, finding: str, text: str) -> Record:
        """Put right what is said or written in one finding; what is found from then on is what stands there now.

        It is indexed anew at once, and reading the video again does not undo it.

        Args:
            video: the id, name or link of a video that has been read.
            finding: the id of its record.
            text: what is really said or written; of several written lines, one a line.

        Raises:
            UnknownVideoError: there is no such video.
            UsageError: there is no such finding, nothing is left of it, or it is neither speech nor screen text.
            HomeError: the home cannot be written.
        """
        if self.unwritable is not None:
            raise self.unwritable
        known = self.find(video)
        record = next((one for one in self.index.timeline(known.id) if one.id == finding), None)
        if record is None:
            raise UsageError(f"{known.name} has no finding {finding[:40]!r}: it may have been corrected meanwhile")
        payload = record.payload
        if not isinstance(payload, Spoken | TextLines) or record.modality in UNSEARCHED:
            raise UsageError(f"only speech and screen text can be corrected, not {record.modality}")
        told = corrected(payload, text, record.span.start, record.span.end)
        if told == payload:
            return record
        made = Record.of(record.video, record.span, told, 1.0, SOURCE, record.boxes)
        self.embed_anew([known.id])
        vector = self.role("text_embedding").run([made.text])[0]
        if not self.index.correct(record, made, vector):
            raise UsageError(f"{known.name} has no finding {finding[:40]!r}: it may have been corrected meanwhile")
        return made


def corrected(payload: Spoken | TextLines, text: str, start: float, end: float) -> Spoken | TextLines:
    """What a finding says with another text: the times of words that stay are kept.

    Args:
        payload: what was found.
        text: what stands in its place.
        start: of the finding, in seconds.
        end: likewise.

    Raises:
        UsageError: there is nothing in it, or far too much.
    """
    lines = tuple(" ".join(line.split()) for line in text.splitlines() if line.strip())
    if not lines or len(text) > LONGEST:
        raise UsageError(f"a corrected text has 1 to {LONGEST:,} characters; delete nothing, put it right")
    if isinstance(payload, TextLines):
        return replace(payload, lines=lines)
    said = " ".join(lines)
    if said == payload.text:
        return payload
    words = timed(said.split(), payload.words, start, end) if payload.words else ()
    return replace(payload, text=said, words=words, translation="", forms=written_forms(said, payload.language))


def timed(said: Sequence[str], before: Sequence[Word], start: float, end: float) -> tuple[Word, ...]:
    """Words with their times: those that stay keep theirs, and new ones share the time of those that they replace."""
    found: list[Word] = []
    old = [word.text.strip() for word in before]
    for kind, first, last, begin, stop in SequenceMatcher(None, old, said, autojunk=False).get_opcodes():
        if kind == "equal":
            found += before[first:last]
            continue
        since = before[first - 1].end if first else start
        until = before[last].start if last < len(before) else end
        if first < last:
            since, until = before[first].start, before[last - 1].end
        share = max(until - since, 0.0) / max(stop - begin, 1)
        for place, word in enumerate(said[begin:stop]):
            found.append(Word(word, since + place * share, since + (place + 1) * share))
    return tuple(found)
