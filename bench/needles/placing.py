"""Which questions share a video, when their needles come, and the records of the set.

VNBench makes a video for each question. Here a video carries needles of several, so that a set is made and read in
minutes: needles take up a small part of a video, never overlap, and no video shows two pictures of a kind, so that each
question has one right answer whatever else is in its video.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...tools.errors import UsageError
from ...tools.records import clock
from .questions import OPTIONS, TYPES, Needle, NeedleQuestion

FPS = 20
"""Frames a second of a made video; needles begin and end on a frame."""

LARGEST_SHARE = 1 / 6
"""Of a video that needles take up, unless one question alone needs more."""

GAP = 0.8
"""Seconds between two needles, and before the first and after the last."""

ATTEMPTS = 6
"""Ways to spread the questions that are tried before another video is added."""

SPARE_KINDS = 6
"""Kinds of pictures of a family that a video leaves out, from which wrong options come."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A needle in its video."""

    start: float
    """Seconds; on a frame."""
    end: float
    needle: Needle
    asked: NeedleQuestion


@dataclass(frozen=True, slots=True)
class NeedlePlacement:
    """One video and the needles in it, in order of time."""

    name: str
    length: float
    """Seconds."""
    needles: tuple[Placed, ...]

    def of(self, asked: NeedleQuestion) -> list[Placed]:
        """The needles of one question, where they were put."""
        return [placed for placed in self.needles if placed.asked is asked]


def place(questions: Sequence[NeedleQuestion], length: float, seed: int, prefix: str) -> list[NeedlePlacement]:
    """Spread questions over as few videos as carry them, and give each needle its time.

    Args:
        questions: what `questions.draw` gave.
        length: seconds of each video.
        seed: that of the set.
        prefix: of the videos' names.

    Raises:
        UsageError: a video of this length is too short for one of the questions.
    """
    dice = random.Random(f"places {seed} {length:g}")
    longest = max(questions, key=_room)
    if _room(longest) + GAP > length:
        raise UsageError(f"a {longest.type} question needs {_room(longest) + GAP:.0f} s, the videos have {length:g} s")
    limit = max(LARGEST_SHARE * length, longest.seconds)
    fewest = math.ceil(sum(asked.seconds for asked in questions) / limit)
    shares = _fewest_shares(questions, max(fewest, 1), limit, length, dice)
    return [
        NeedlePlacement(f"{prefix}-{number:03}", length, _timed(share, length, dice))
        for number, share in enumerate(shares)
    ]


def records(plans: Sequence[NeedlePlacement], seed: int, prefix: str) -> list[dict[str, Any]]:
    """VNBench's records, four for each question with its options turned, and some fields of our own."""
    dice = random.Random(f"options {seed} {prefix}")
    plan_of = {id(placed.asked): plan for plan in plans for placed in plan.needles}
    every = {id(placed.asked): placed.asked for plan in plans for placed in plan.needles}
    asked_in_order = sorted(every.values(), key=lambda asked: (TYPES.index(asked.type), asked.number))
    found: list[dict[str, Any]] = []
    for asked in asked_in_order:
        plan = plan_of[id(asked)]
        placed = plan.of(asked)
        right = asked.right or clock(placed[0].start)
        options = [right, *_wrong(asked, right, plan, dice)]
        dice.shuffle(options)
        for turn in range(OPTIONS):
            turned = options[turn:] + options[:turn]
            found.append(
                {
                    "id": f"{prefix}-{asked.type}-{asked.number:02}_{turn}",
                    "video": f"videos/{plan.name}.mp4",
                    "question": asked.question,
                    "options": turned,
                    "needle_time": [one.start for one in placed],
                    "needle_end": [one.end for one in placed],
                    "gt": right,
                    "gt_option": "ABCD"[turned.index(right)],
                    "length": plan.length,
                    "type": asked.type,
                    "try": turn,
                    "seed": seed,
                    "medium": asked.medium,
                }
            )
    return found


def _room(asked: NeedleQuestion) -> float:
    return asked.seconds + GAP * len(asked.needles)


def _fewest_shares(
    questions: Sequence[NeedleQuestion], count: int, limit: float, length: float, dice: random.Random
) -> list[list[NeedleQuestion]]:
    while count < len(questions):
        for _ in range(ATTEMPTS):
            if (shares := _spread(questions, count, limit, length, dice)) is not None:
                return shares
        count += 1 + count // 25
    return [[asked] for asked in questions]


def _spread(
    questions: Sequence[NeedleQuestion], count: int, limit: float, length: float, dice: random.Random
) -> list[list[NeedleQuestion]] | None:
    """The questions of each of so many videos, or None when they do not fit."""
    shares: list[list[NeedleQuestion]] = [[] for _ in range(count)]
    load = [0.0] * count
    room = [0.0] * count
    shown: list[set[str]] = [set() for _ in range(count)]
    families = {asked.type: _family(asked) for asked in questions}
    most = {family: _kinds(questions, family) - SPARE_KINDS for family in set(families.values())}
    used = [dict.fromkeys(most, 0) for _ in range(count)]
    shuffled = list(questions)
    dice.shuffle(shuffled)
    # The largest first: what is small still fits in between.
    for asked in sorted(shuffled, key=lambda asked: (-asked.seconds, -len(asked.shows))):
        family = families[asked.type]
        fits = [
            n
            for n in range(count)
            if load[n] + asked.seconds <= limit
            and room[n] + _room(asked) + GAP <= length
            and not shown[n] & asked.shows
            and (not asked.shows or used[n][family] + len(asked.shows) <= most[family])
        ]
        if not fits:
            return None
        # Evenly: few of the same type in one video, then the emptiest.
        chosen = min(fits, key=lambda n: (sum(one.type == asked.type for one in shares[n]), load[n], n))
        shares[chosen].append(asked)
        load[chosen] += asked.seconds
        room[chosen] += _room(asked)
        shown[chosen] |= asked.shows
        used[chosen][family] += len(asked.shows)
    return shares


def _family(asked: NeedleQuestion) -> str:
    picture = asked.needles[0].picture
    return picture.family if picture is not None else ""


def _kinds(questions: Sequence[NeedleQuestion], family: str) -> int:
    """How many kinds of pictures wrong options of a family can come from."""
    known = {picture.kind for asked in questions for picture in asked.alternatives if picture.family == family}
    return len(known) or len({kind for asked in questions if _family(asked) == family for kind in asked.shows})


def _timed(share: Sequence[NeedleQuestion], length: float, dice: random.Random) -> tuple[Placed, ...]:
    """Every needle at a random time, those of one question in their order, none nearer than GAP to another."""
    turns = [number for number, asked in enumerate(share) for _ in asked.needles]
    dice.shuffle(turns)
    coming = [iter(asked.needles) for asked in share]
    order = [(share[number], next(coming[number])) for number in turns]
    free = length - sum(needle.seconds + GAP for _, needle in order) - GAP
    cuts = sorted(dice.uniform(0, free) for _ in order)
    placed: list[Placed] = []
    at = 0.0
    for cut, before, (asked, needle) in zip(cuts, [0.0, *cuts], order, strict=False):
        at += cut - before + GAP
        first = math.floor(at * FPS)
        placed.append(Placed(first / FPS, (first + round(needle.seconds * FPS)) / FPS, needle, asked))
        at += needle.seconds
    return tuple(placed)


def _wrong(asked: NeedleQuestion, right: str, plan: NeedlePlacement, dice: random.Random) -> list[str]:
    if asked.wrong:
        return list(asked.wrong)
    if asked.alternatives:
        absent = _absent(asked, plan)
        kinds = dice.sample(sorted(absent), OPTIONS - 1)
        return [dice.choice(absent[kind]) for kind in kinds]
    return _other_times(plan.of(asked)[0].start, plan.length, dice)


def _absent(asked: NeedleQuestion, plan: NeedlePlacement) -> dict[str, list[str]]:
    """The labels of the pictures that the video does not show, by kind."""
    shown = frozenset[str]().union(*(placed.asked.shows for placed in plan.needles))
    absent: dict[str, list[str]] = {}
    for picture in asked.alternatives:
        if picture.kind not in shown:
            absent.setdefault(picture.kind, []).append(picture.label)
    return absent


def _other_times(right: float, length: float, dice: random.Random) -> list[str]:
    """Times far enough from the right one and from each other that no one who knows it confuses them."""
    apart = max(length / 20, 5.0)
    times = [right]
    while len(times) < OPTIONS:
        time = dice.uniform(0, length - 1)
        if all(abs(time - other) >= apart for other in times):
            times.append(time)
    return [clock(time) for time in times[1:]]
