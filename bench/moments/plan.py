"""What a made video of the moments holds: which events come when, and how they are asked for."""

import itertools
import random
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...tools.errors import UsageError
from ..data.voices import SAMPLE_RATE, say

FAMILIES = {"development": range(10), "further": range(10, 100), "report": range(200, 300)}
"""Seeds of each family of wordings: two to work with, of which one is told how the other does on wordings and voices
that nothing was fitted on, and one on which is only reported."""
DEVELOP = ("development", "further")

COUNTS = {"spoken": (0, 0, 1, 2, 3, 5), "written": (0, 0, 1, 2, 4), "shown": (0, 1, 2), "heard": (0, 2)}
"""How often each event of a medium comes in a video, in an order of chance."""

SENSES = {"spoken": "asks", "written": "written_asks", "shown": "shown_asks", "heard": "heard_asks"}

FILLERS_AN_EVENT = 1.2
PAUSES = (0.7, 1.6)
"""Seconds of silence between two sentences, between these bounds."""
LINE, LINE_GAPS = 4.0, (2.0, 5.0)
"""Seconds for which a written line or a photo stands, and between two of them."""
LEAD = 1.5
SPARED = 0.2
"""Share of queries about several times that ask for the first or the last of them only."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One thing in a video with its time."""

    medium: str
    """`spoken`, `written`, `shown` or `heard`."""
    event: int | None
    """Number of the event in its family; None for a filler."""
    content: str
    """Sentence, line, photo or sound."""
    start: float
    """Seconds."""
    end: float
    voice: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query and the stretches that are right."""

    medium: str
    query: str
    ask: str
    """`every`, `first` or `last`."""
    language: str
    count: int
    """How often the event comes."""
    truth: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """A video that is to be made."""

    seed: int
    placed: tuple[Placed, ...]
    asked: tuple[Asked, ...]
    clips: tuple[str, ...]
    """Real videos that run in the background, in this order."""
    seconds: float


def family(seed: int) -> str:
    """Which wordings a seed draws from.

    Raises:
        UsageError: none.
    """
    for name, seeds in FAMILIES.items():
        if seed in seeds:
            return name
    raise UsageError(f"no wordings for seed {seed}: 0 to 99 are to develop on, 200 to 299 to report on")


def texts(name: str) -> Mapping[str, Any]:
    """A family's wordings."""
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))


def planned(seed: int) -> Planned:
    """What the video of a seed holds.

    Raises:
        UsageError: no family has the seed.
        BackendUnavailableError: the engine of a voice is not there.
    """
    told, dice = texts(family(seed)), random.Random(seed)
    counts = {medium: _counts(medium, told, dice) for medium in COUNTS}
    spoken = _spoken(told, counts["spoken"], counts["heard"], dice)
    seconds = max(one.end for one in spoken) + LEAD
    lines = _in_turn("written", told, counts["written"], told["filler"]["lines"], seconds, dice)
    photos = _in_turn("shown", told, counts["shown"], (), seconds, dice)
    placed = sorted([*spoken, *lines, *photos], key=lambda one: one.start)
    asked = [_asked(told, medium, n, placed, dice) for medium, chosen in counts.items() for n in chosen]
    clips = list(told["clips"])
    dice.shuffle(clips)
    return Planned(seed, tuple(placed), tuple(asked), tuple(clips), max(seconds, placed[-1].end + LEAD))


def _counts(medium: str, told: Mapping[str, Any], dice: random.Random) -> dict[int, int]:
    counts = list(COUNTS[medium])
    dice.shuffle(counts)
    return dict(zip(dice.sample(range(len(told[medium])), len(counts)), counts, strict=True))


def _events(medium: str, told: Mapping[str, Any], counts: Mapping[int, int], dice: random.Random) -> list[Any]:
    """What comes, as pairs of event and content."""
    field = {"spoken": "say", "written": "lines", "shown": "photo", "heard": "sound"}[medium]
    found: list[tuple[int | None, str]] = []
    for event, count in counts.items():
        content = told[medium][event][field]
        found += [
            (event, one) for one in (dice.sample(content, count) if field in ("say", "lines") else [content] * count)
        ]
    return found


def _mixed(events: list[Any], fillers: Sequence[str], number: int, dice: random.Random) -> list[Any]:
    """Events and fillers by chance, with something else between two of one event."""
    whole = [*events, *((None, text) for text in dice.sample(list(fillers), min(number, len(fillers))))]
    while True:
        dice.shuffle(whole)
        if all(a[0] is None or a[0] != b[0] for a, b in itertools.pairwise(whole)):
            return whole


def _spoken(
    told: Mapping[str, Any], counts: Mapping[int, int], sounds: Mapping[int, int], dice: random.Random
) -> list[Placed]:
    """Sentences by several voices one after the other, and sounds between them."""
    events = [("spoken", *one) for one in _events("spoken", told, counts, dice)]
    order = _mixed(
        [((medium, event), content) for medium, event, content in events]
        + [(("heard", event), sound) for event, sound in _events("heard", told, sounds, dice)],
        told["filler"]["say"],
        round(FILLERS_AN_EVENT * len(events)),
        dice,
    )
    voices = [dice.choice(told["voices"]) for _ in order]
    lines = [(v, text) for v, (key, text) in zip(voices, order, strict=True) if key is None or key[0] == "spoken"]
    said = iter(say(lines))
    placed: list[Placed] = []
    at = LEAD
    for voice, (key, content) in zip(voices, order, strict=True):
        medium, event = key or ("spoken", None)
        length = SOUND_SECONDS if medium == "heard" else len(next(said)) / SAMPLE_RATE
        placed.append(Placed(medium, event, content, round(at, 3), round(at + length, 3), voice))
        at += length + dice.uniform(*PAUSES)
    return placed


SOUND_SECONDS = 2.0


def _in_turn(
    medium: str,
    told: Mapping[str, Any],
    counts: Mapping[int, int],
    fillers: Sequence[str],
    seconds: float,
    dice: random.Random,
) -> list[Placed]:
    """Lines or photos, each for `LINE` seconds, spread over the video."""
    order = _mixed(_events(medium, told, counts, dice), fillers, len(fillers) // 2, dice)
    room = (seconds - LEAD) / max(len(order), 1)
    if room < LINE + LINE_GAPS[0]:
        room = LINE + LINE_GAPS[0]
    placed: list[Placed] = []
    for number, (event, content) in enumerate(order):
        at = round(LEAD + number * room + dice.uniform(0, room - LINE - 1.0), 1)
        placed.append(Placed(medium, event, content, at, at + LINE))
    return placed


def _asked(told: Mapping[str, Any], medium: str, event: int, placed: Sequence[Placed], dice: random.Random) -> Asked:
    truth = [(one.start, one.end) for one in placed if (one.medium, one.event) == (medium, event)]
    table = told[SENSES[medium]]
    ask = "every"
    if "every" in table:
        ask = dice.choice(("first", "last")) if len(truth) > 1 and dice.random() < SPARED else "every"
        table = table[ask]
    topics = told[medium][event]["topic"]
    wordings = [(tongue, text) for tongue in table if tongue in topics for text in table[tongue]]
    language, wording = dice.choice(wordings)
    names = topics[language]
    right = {"every": truth, "first": truth[:1], "last": truth[-1:]}[ask]
    return Asked(medium, wording.format(topic=dice.choice(names)), ask, language, len(truth), tuple(right))


def summary(plan: Planned) -> Counter[str]:
    """How many things of each medium come, fillers apart."""
    return Counter(one.medium for one in plan.placed if one.event is not None)
