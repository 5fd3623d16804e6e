"""Questions over made meetings about who says what, for how long, first and last: how many are answered rightly.

    python -m vidscout.bench.measure.perceiving.who_said FOLDER                     the half for reporting
    python -m vidscout.bench.measure.perceiving.who_said FOLDER --half development  that the question path was made with

Names that the recogniser did not understand when they were told are given as a user gives them, with `people name`.
A meeting is read once into FOLDER, which takes a few minutes each, and a run that is cut off goes on where it stopped.
An answer about who says something is right if it names the one who does and nobody else; one about what somebody says
if it cites an utterance in which he says it; a length of time if it is within a tenth or five seconds. What nobody
says must not be ascribed to anybody.
"""

import argparse
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ....agent.answer import Answer
from ....agent.scout import VideoScout
from ...data.meeting import Half, Meeting, Turn, meeting, write
from .speakers import MEETINGS, SPEAKERS, STAGES

EACH = 6
"""Questions of each kind a meeting, where it has so many."""

WORDINGS: dict[str, dict[Half, tuple[str, ...]]] = {
    "who": {
        Half.development: (
            "Who said that {thing} {said}?", "who told them {thing} {said}",
            "Which speaker claims that {thing} {said}?",
        ),
        Half.report: (
            "Who is it that announced {thing} {said}?", "from which of the participants comes it that {thing} {said}",
            "Someone says {thing} {said}. Who?", "whose statement was it that {thing} {said}",
        ),
    },
    "nobody": {
        Half.development: ("Who said that {thing} {said}?",),
        Half.report: ("Who is it that announced {thing} {said}?", "whose statement was it that {thing} {said}"),
    },
    "about": {
        Half.development: ("What does {name} say about {thing}?", "what did {name} tell them about {thing}"),
        Half.report: (
            "Which remark does {name} make on {thing}?", "{name} talks about {thing}: what exactly?",
            "what do we learn from {name} when it comes to {thing}",
        ),
    },
    "answer": {
        Half.development: ("What does {name} answer when {other} says that {thing} {said}?",),
        Half.report: ("{other} says that {thing} {said}. How does {name} reply to that?",),
    },
    "how_long": {
        Half.development: ("How long does {name} speak?", "for how many minutes does {name} talk"),
        Half.report: ("Over the whole meeting, for how long can one hear {name}?", "{name}'s speaking time, please"),
    },
    "most": {
        Half.development: ("Who speaks the most?", "who talks longest"),
        Half.report: ("Which person does the largest part of the talking?", "who was speaking more than all others"),
    },
    "first": {
        Half.development: ("Who speaks first?",),
        Half.report: ("Who utters the first sentence of the meeting?", "by whom is the session begun"),
    },
    "last": {
        Half.development: ("Who speaks last?",),
        Half.report: ("Who is heard at the end of it all?", "which speaker says the closing sentence"),
    },
    "everybody": {
        Half.development: ("How many people speak?",),
        Half.report: ("How many voices take part in this talk?", "what number of persons do we hear speaking"),
    },
}  # fmt: skip
"""Wordings of the report are not those of `speaking.toml`, and were written before anything was measured with them."""
NOT_SAID = (
    ("the zoo", "gets two new elephants"), ("the airport", "has a longer runway now"),
    ("the cathedral", "must be cleaned by divers"), ("the brewery", "was bought by a football player"),
)  # fmt: skip


@dataclass(frozen=True)
class Question:
    """A question, and what tells whether its answer is right."""

    kind: str
    text: str
    right: Callable[[Answer], bool]


def names_only(name: str, names: tuple[str, ...]) -> Callable[[Answer], bool]:
    """Whether an answer names one speaker, outside of what it quotes, and no other."""

    def right(answer: Answer) -> bool:
        told = re.sub(r"“[^”]*”", " ", answer.text)
        return {other for other in (*names, "Speaker") if other in told} == {name}

    return right


def cites(turn: Turn) -> Callable[[Answer], bool]:
    """Whether an answer cites an utterance that lies in a turn, mostly."""

    def right(answer: Answer) -> bool:
        return not answer.abstained and any(
            min(one.end, turn.end) - max(one.start, turn.start) > 0.5 * (one.end - one.start)
            for one in answer.evidence
            if one.modality == "speech"
        )

    return right


def begins_with(name: str) -> Callable[[Answer], bool]:
    """Whether the first speaker whom an answer names is this one."""
    return lambda answer: re.match(rf"(?:Said by )?{name}\b", answer.text) is not None


def lasts(seconds: float) -> Callable[[Answer], bool]:
    """Whether an answer tells a length of time within a tenth or five seconds."""

    def right(answer: Answer) -> bool:
        found = re.search(r"for (\d+):(\d\d)\b", answer.text)
        told = int(found[1]) * 60 + int(found[2]) if found else -1.0
        return abs(told - seconds) <= max(5.0, 0.1 * seconds)

    return right


def asked(made: Meeting, half: Half, seed: int) -> Iterator[Question]:
    """The questions over a meeting."""
    chance = random.Random(seed)

    def worded(kind: str, **parts: str) -> str:
        return chance.choice(WORDINGS[kind][half]).format(**parts)

    stated = [(turn, thing, said) for turn in made.turns for thing, said in turn.about]
    for turn, thing, said in chance.sample(stated, min(EACH, len(stated))):
        yield Question("who", worded("who", thing=thing, said=said), names_only(turn.speaker, made.speakers))
    for thing, said in chance.sample(NOT_SAID, 2):
        yield Question("nobody", worded("nobody", thing=thing, said=said), lambda answer: "Said by" not in answer.text)
    once = defaultdict(list)
    for turn, thing, _ in stated:
        once[turn.speaker, thing].append(turn)
    alone = sorted((name, thing, turns[0]) for (name, thing), turns in once.items() if len(turns) == 1)
    for name, thing, turn in chance.sample(alone, min(EACH, len(alone))):
        yield Question("about", worded("about", name=name, thing=thing), cites(turn))
    follow = [(one, two) for one, two in pairwise(made.turns) if one.about and two.start >= one.end]
    for one, two in chance.sample(follow, min(EACH, len(follow))):
        thing, said = one.about[-1]
        text = worded("answer", name=two.speaker, other=one.speaker, thing=thing, said=said)
        yield Question("answer", text, cites(two))
    seconds: dict[str, float] = defaultdict(float)
    for turn in made.turns:
        seconds[turn.speaker] += turn.end - turn.start
    for name in chance.sample(made.speakers, 2):
        yield Question("how_long", worded("how_long", name=name), lasts(seconds[name]))
    yield Question("most", worded("most"), begins_with(max(seconds, key=lambda name: seconds[name])))
    yield Question("first", worded("first"), begins_with(made.turns[0].speaker))
    yield Question("last", worded("last"), begins_with(max(made.turns, key=lambda turn: turn.end).speaker))
    number = len(made.speakers)
    yield Question("everybody", worded("everybody"), lambda answer: answer.text.startswith(f"{number} speak"))


def read(half: Half, seed: int, folder: Path) -> Meeting:
    """A meeting, which lies read in the home of a folder. What of its speakers' names was not understood, as somebody
    who knows them would tell it: by who speaks most while a label is told."""
    made = meeting(half, seed, SPEAKERS[seed % len(SPEAKERS)])
    path = folder / f"{seed}.wav"
    if not path.exists():
        write(made, path)
    with VideoScout("embedded", folder / "home") as scout:
        scout.ingest(path, stages=STAGES)
        for one in scout.people.list(path).speakers:
            meant = max(made.speakers, key=lambda name: together(made, name, one.spans))
            if one.name not in made.speakers:
                scout.people.name(one.name, meant, path)
    return made


def together(made: Meeting, name: str, spans: Sequence[tuple[float, float]]) -> float:
    """Seconds for which somebody speaks within stretches."""
    turns = [turn for turn in made.turns if turn.speaker == name]
    return sum(max(min(turn.end, end) - max(turn.start, start), 0.0) for turn in turns for start, end in spans)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--half", type=Half, default=Half.report, choices=list(Half))
    parser.add_argument("--meetings", type=int, default=MEETINGS)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    made = [read(arguments.half, seed, arguments.folder) for seed in range(arguments.meetings)]
    right: dict[str, list[bool]] = defaultdict(list)
    with VideoScout("embedded", arguments.folder / "home") as scout:
        for seed, one in enumerate(made):
            for question in asked(one, arguments.half, seed):
                answer = scout.ask(arguments.folder / f"{seed}.wav", question.text)
                right[question.kind].append(question.right(answer))
                if arguments.half is Half.development and not right[question.kind][-1]:
                    print(f"{seed} {question.kind}: {question.text} → {answer.text}")
    for kind, told in right.items():
        print(f"{kind}: {sum(told)} of {len(told)}")
    all_of = [one for told in right.values() for one in told]
    print(f"all: {sum(all_of)} of {len(all_of)}, {sum(all_of) / len(all_of):.1%}")


if __name__ == "__main__":
    main()
