"""Made meetings: several synthesised voices take turns, sometimes at once, and who speaks when is known.

Every speaker tells his name first. Then turns of one to some twenty seconds follow, of sentences that no other turn
has, and some turns begin before the one before them has ended.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from .voices import SAMPLE_RATE, say

LENGTH = 480.0
"""Seconds of a meeting."""
AT_ONCE = 0.05
"""Share of the time in which somebody speaks that is spoken by two at once, about."""
SHORT = 0.2
"""Share of the turns that are a short reply."""
ROOM_TONE = 1e-3
"""Root mean square of the noise below everything, −60 dB of full scale."""


class Half(StrEnum):
    """Voices to develop with, and others that figures are reported for."""

    development = "development"
    report = "report"


VOICES = {
    Half.development: (
        "pico:en-GB", "pico:de-DE", "pico:es-ES", "pico:it-IT", "flite:awb", "flite:rms",
        "espeak:en-us+f4", "espeak:en-us+m3", "espeak:en-us+klatt2", "espeak:en-us+steph",
        "espeak:en-us+f1", "espeak:en-us+m5", "espeak:en-us+Annie", "espeak:en-us+linda", "espeak:en-us+Michael",
    ),
    Half.report: (
        "pico:en-US", "pico:fr-FR", "flite:kal", "flite:slt",
        "espeak:en-us+f2", "espeak:en-us+m7", "espeak:en-us+klatt4", "espeak:en-us+belinda",
    ),
}  # fmt: skip
"""Three engines each, no voice in both halves."""

NAMES = {
    Half.development: ("Martha", "Oliver", "Susan", "Henry", "Laura", "Robert", "Emma", "Walter"),
    Half.report: ("Maria", "Thomas", "Helen", "George", "Alice", "Daniel", "Julia", "Peter"),
}

_THINGS = (
    "the parking garage", "the summer festival", "the new library", "the old bridge", "the swimming pool",
    "the school kitchen", "the bus station", "the town museum", "the football field", "the water tower",
    "the city garden", "the fire station", "the market hall", "the bicycle path", "the river bank",
    "the youth centre", "the concert hall", "the animal shelter", "the railway crossing", "the playground",
    "the car park at the hospital", "the street lighting", "the recycling yard", "the town archive",
    "the music school", "the village hall", "the ice rink", "the post office", "the weather station",
    "the harbour wall", "the night bus", "the student housing", "the flower show", "the county road",
)  # fmt: skip
_SAID = (
    "will cost {number} thousand dollars", "should be finished before {month}", "needs {number} more volunteers",
    "was closed for {number} days last year", "must be painted again in {month}", "has lost {number} visitors a week",
    "gets a new roof in {month}", "is {number} weeks behind the plan", "will be sold to a company from {place}",
    "could be paid for by our friends in {place}", "was designed by an office in {place}",
    "opens again on the first of {month}",
)  # fmt: skip
_NUMBERS = "twelve fifteen eighteen twenty thirty forty fifty sixty seventy eighty ninety".split()
_MONTHS = "January February March April May June July August September October November December".split()
_PLACES = "London Paris Berlin Madrid Boston Chicago Toronto Vienna Dublin Sydney".split()
_REPLIES = (
    "Yes, I agree.", "No, not yet.", "That is a good point.", "I am not so sure.", "Absolutely.", "Let me think.",
    "Could you say that again?", "All right then.", "Fine with me.", "We will see about that.",
)  # fmt: skip
_LINKS = ("I heard that", "As far as I know,", "Please note that", "My report says that", "", "", "")


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker says in one go."""

    start: float
    """Seconds, as `end`."""
    end: float
    speaker: str
    sentences: tuple[str, ...]
    about: tuple[tuple[str, str], ...] = ()
    """Of each sentence that states something: of what, and what."""


@dataclass(frozen=True)
class Meeting:
    """A made meeting."""

    samples: np.ndarray
    """Mono int16 at 16,000 Hz."""
    turns: tuple[Turn, ...]
    """In order of their beginnings."""

    @property
    def speakers(self) -> tuple[str, ...]:
        """Their names, in the order in which they begin to speak."""
        return tuple(dict.fromkeys(turn.speaker for turn in self.turns))


@dataclass(frozen=True, slots=True)
class _Line:
    speaker: int
    sentences: tuple[str, ...]
    about: tuple[tuple[str, str], ...] = ()


def meeting(half: Half, seed: int, speakers: int = 4, length: float = LENGTH) -> Meeting:
    """A meeting that a seed decides: who takes part, in which voice, and what is said.

    Args:
        half: whose voices and names.
        seed: any number; another one is another meeting.
        speakers: how many take part; the first three have different engines.
        length: seconds, about.

    Raises:
        BackendUnavailableError: one of the voices' engines is not there.
    """
    chance = random.Random(f"{half} {seed}")
    voices = _cast(VOICES[half], speakers, chance)
    names = chance.sample(NAMES[half], speakers)
    lines = _script(names, speakers, length, chance)
    spoken = say([(voices[line.speaker], " ".join(line.sentences)) for line in lines])
    return _placed(lines, [samples.astype(np.float64) / 32768 for samples in spoken], names, length, chance, seed)


def _cast(voices: Sequence[str], speakers: int, chance: random.Random) -> list[str]:
    """Voices of as many engines as there are, then others."""
    shuffled = chance.sample(voices, len(voices))
    engines = dict.fromkeys(voice.partition(":")[0] for voice in shuffled)
    first = [next(voice for voice in shuffled if voice.startswith(f"{engine}:")) for engine in engines]
    return [*first, *(voice for voice in shuffled if voice not in first)][:speakers]


def _script(names: Sequence[str], speakers: int, length: float, chance: random.Random) -> list[_Line]:
    """More lines than fit: an introduction each, then replies and turns of one to four sentences."""
    stated = [(thing, said) for thing in _THINGS for said in _SAID]
    chance.shuffle(stated)
    lines = [
        _Line(number, (f"Good morning, I'm {name}.", "Thank you all for coming to this meeting."))
        for number, name in enumerate(names)
    ]
    while len(lines) < length / 6:
        number = chance.choice([one for one in range(speakers) if one != lines[-1].speaker])
        if chance.random() < SHORT:
            lines.append(_Line(number, (chance.choice(_REPLIES),)))
            continue
        several = chance.randint(1, 4)
        facts = []
        for _ in range(several):
            thing, said = stated.pop()
            said = said.format(
                number=chance.choice(_NUMBERS), month=chance.choice(_MONTHS), place=chance.choice(_PLACES)
            )
            facts.append((thing, said))
        sentences = [f"{chance.choice(_LINKS) if several < 4 else ''} {thing} {said}.".strip() for thing, said in facts]
        lines.append(_Line(number, tuple(one[0].upper() + one[1:] for one in sentences), tuple(facts)))
    return lines


def _placed(
    lines: Sequence[_Line],
    spoken: Sequence[np.ndarray],
    names: Sequence[str],
    length: float,
    chance: random.Random,
    seed: int,
) -> Meeting:
    """The lines one after the other, with pauses or at once, until the time is up."""
    mixed = np.zeros(round((length + 30) * SAMPLE_RATE))
    turns: list[Turn] = []
    at, together, voiced = 1.0, 0.0, 0.0
    for line, samples in zip(lines, spoken, strict=True):
        seconds = len(samples) / SAMPLE_RATE
        pause = chance.uniform(0.1, 1.0)
        if turns and together < AT_ONCE * voiced:
            pause = -min(chance.uniform(0.5, 2.0), 0.6 * seconds, 0.6 * (turns[-1].end - turns[-1].start))
            together -= pause
        start = at + pause
        if start + seconds > length:
            break
        first = round(start * SAMPLE_RATE)
        mixed[first : first + len(samples)] += samples
        turns.append(Turn(start, start + seconds, names[line.speaker], line.sentences, line.about))
        at, voiced = start + seconds, voiced + seconds
    mixed = mixed[: round((at + 1.0) * SAMPLE_RATE)]
    mixed += np.random.default_rng(seed).normal(0.0, ROOM_TONE, len(mixed))
    return Meeting(np.round(np.clip(mixed, -1, 1) * 32767).astype(np.int16), tuple(turns))


def write(made: Meeting, path: Path) -> Path:
    """Write a meeting's sound as WAV."""
    import wave

    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(made.samples.tobytes())
    return path
