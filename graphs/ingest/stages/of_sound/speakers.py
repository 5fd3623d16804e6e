"""Who speaks when, and who says each utterance."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .....tools.index.rows.people import How, Named
from .....tools.media.audio import SAMPLE_RATE, AudioChunk
from .....tools.payloads import TextLines, Voice
from .....tools.records import Modality, Record, Span, of_kind
from .....tools.runtime.backend import Tool
from ...attribution import Said, Turn, carried_over, labels_of, tell, utterances
from ...stage import AUDIO, AudioStage, Found, Parts, Watched

if TYPE_CHECKING:
    import numpy as np

SAID = ("subtitles", "speech")
"""The stages whose utterances are given speakers."""
SHOWN = "screen_text"


@dataclass(frozen=True)
class Stretch:
    """A stretch of voice as it is written down."""

    span: Span
    track: str
    """The audio track, where several are listened to apart."""
    vectors: "np.ndarray"
    """(windows, dimensions) float16; none where the track says who speaks."""

    def packed(self) -> bytes:
        """As bytes."""
        import ormsgpack

        held = self.span.start, self.span.end, self.track, len(self.vectors), self.vectors.tobytes()
        return ormsgpack.packb(held)

    @classmethod
    def unpacked(cls, row: bytes) -> "Stretch":
        """From bytes."""
        import numpy as np
        import ormsgpack

        start, end, track, windows, numbers = ormsgpack.unpackb(row)
        vectors = np.frombuffer(numbers, np.float16).reshape(windows, -1) if windows else np.zeros((0, 0), np.float16)
        return cls(Span(start, end), track, vectors)


class Speakers(AudioStage):
    """The voices' vectors; a record for each turn of a speaker. The utterances of other stages are told who says them.

    Where several audio tracks are listened to apart, a track is a speaker.
    """

    name = "speakers"
    writes = (Modality.VOICE,)

    def __init__(
        self, encoder: "Tool[np.ndarray, np.ndarray]", number: int | None = None, after: Sequence[str] = ()
    ) -> None:
        """Take what makes vectors of voices.

        Args:
            encoder: mono sound at 16 kHz of one voice in, a vector of unit length out.
            number: of the speakers, where it is known.
            after: the stages that make records of what is said, or of what stands on the picture.
        """
        self.tool = self._encoder = encoder
        self._number = number
        self.needs = (AUDIO, *after)

    @property
    def fingerprint(self) -> str:
        return f"{self._encoder.source}; turns/3; {self._number or 'as many as there are'}"

    def windows(self, chunks: Iterable[AudioChunk]) -> Iterator[AudioChunk]:
        from .....tools.perception.speech.voice_activity import windows

        return windows(chunks)

    def observe(self, video: Watched, window: AudioChunk) -> list[tuple[float, Any]]:
        import numpy as np

        from .....tools.perception.speech.voice_activity import voice
        from .....tools.perception.voices.turns import windows

        voiced = voice(window.samples)
        cuts = [windows((end - start) / SAMPLE_RATE) if not window.track else [] for start, end in voiced]
        sounds = [
            window.samples[start + round(part.start * SAMPLE_RATE) : start + round(part.end * SAMPLE_RATE)]
            for (start, _), parts in zip(voiced, cuts, strict=True)
            for part in parts
        ]
        vectors = iter(self._encoder.run(sounds))
        rows: list[tuple[float, Any]] = []
        for (start, end), parts in zip(voiced, cuts, strict=True):
            span = Span(window.start + start / SAMPLE_RATE, window.start + end / SAMPLE_RATE)
            own = np.array([next(vectors) for _ in parts], np.float16)
            rows.append((span.start, Stretch(span, window.track, own).packed()))
        return rows

    def records(self, found: Found) -> list[Record]:
        stretches = [Stretch.unpacked(row) for _, row in found.observations(self.name)]
        turns = self.turns(stretches)
        tracks = frozenset(one.track for one in stretches if one.track)
        before = [(voice.label, record.span) for record, voice in of_kind(found.records(self.name), Voice)]
        known = found.index.people.names(found.video)
        said = utterances(found.index, found.video, before, known)
        labels = labels_of(said, turns, tracks, known)
        named = carried_over(known, before, turns)
        for label, name in self._told(found, said, labels, turns).items():
            named.setdefault(label, Named(name, How.VIDEO))
        found.index.people.rename(found.video, named)
        tell(found.index, said, labels, named)
        source = f"{self._encoder.source}; turns/3"
        return [Record.of(found.video, span, Voice(label, label in tracks), 1.0, source) for label, span in turns]

    def turns(self, stretches: Sequence[Stretch]) -> list[Turn]:
        """Who speaks when, in order of time."""
        import numpy as np

        from .....tools.perception.voices.names import numbered
        from .....tools.perception.voices.turns import Voiced, joined, turns

        by_track = joined([(one.track, one.span) for one in stretches if one.track])
        heard = [Voiced(one.span, one.vectors.astype(np.float32)) for one in stretches if not one.track]
        same = getattr(self._encoder, "same", 0.76)
        by_voice = [(numbered(turn.speaker + 1), turn.span) for turn in turns(heard, same, self._number)]
        return sorted([*by_track, *by_voice], key=lambda turn: (turn[1], turn[0]))

    def _told(self, found: Found, said: Sequence[Said], labels: Sequence[str], turns: Sequence[Turn]) -> dict[str, str]:
        """The names that the video itself tells."""
        from .....tools.perception.voices.names import Heard, named

        shown = of_kind(found.records(SHOWN) if SHOWN in self.after else [], TextLines)
        lines = [(record.span, line) for record, written in shown for line in written.lines]
        heard = [
            Heard(one.record.span, one.spoken.text, label, one.spoken.speaker if one.spoken.given else "")
            for one, label in zip(said, labels, strict=True)
            if label
        ]
        return named(heard, turns, lines)


def stage(parts: Parts) -> Speakers:
    """The stage, with the profile's encoder of voices."""
    return Speakers(parts.role("voices"), parts.sampling.speakers, parts.of(*SAID, SHOWN))
