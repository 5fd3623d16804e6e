"""How well it is told who speaks when, and who said what, on made meetings.

    python -m vidscout.bench.measure.speakers                  who speaks when: ten meetings of the half for reporting
    python -m vidscout.bench.measure.speakers --said 3         and questions over three of them, which are read in whole
    python -m vidscout.bench.measure.speakers --half development --threshold 0.5 0.8    the mean over thresholds

A meeting has 8 minutes, four to six voices of three engines, turns of one to some twenty seconds, and 5 % of its speech
by two at once. Its speakers tell their names once, at the beginning.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...agent.scout import VideoScout
from ...graphs.ingest.stage import Watched
from ...graphs.ingest.stages.speakers import Speakers, Stretch
from ...tools.media.audio import SAMPLE_RATE, AudioChunk
from ...tools.perception.voices.encoder import Resemblyzer
from ..data.meeting import Half, Meeting, meeting, write
from .diarisation import DiarisationError, diarisation_error

MEETINGS = 10
SPEAKERS = (4, 5, 6)
"""How many take part, in turn."""
QUESTIONS = 20
"""A meeting."""
STAGES = ["speech", "speakers"]


@dataclass(frozen=True)
class Heard:
    """A meeting whose voices have been listened to."""

    made: Meeting
    stretches: list[Stretch]
    seconds: float
    """That listening took, by the clock."""

    def error(self, stage: Speakers) -> tuple[DiarisationError, int]:
        """The diarisation error, and how many speakers were found."""
        found = [(label, span.start, span.end) for label, span in stage.turns(self.stretches)]
        true = [(turn.speaker, turn.start, turn.end) for turn in self.made.turns]
        return diarisation_error(true, found), len({label for label, _, _ in found})


def listened(made: Meeting, stage: Speakers) -> Heard:
    """Listen to a meeting as the stage does."""
    sound = AudioChunk(0.0, made.samples.astype(np.float32) / 32768)
    began = time.perf_counter()
    nobody: Watched = None  # pyright: ignore[reportAssignmentType]  # the stage asks nothing of the video
    rows = [row for window in stage.windows([sound]) for _, row in stage.observe(nobody, window)]
    return Heard(made, [Stretch.unpacked(row) for row in rows], time.perf_counter() - began)


def meetings(half: Half, number: int) -> list[Meeting]:
    """The first meetings of a half."""
    return [meeting(half, seed, SPEAKERS[seed % len(SPEAKERS)]) for seed in range(number)]


def who_speaks_when(heard: Sequence[Heard], stage: Speakers) -> tuple[float, int]:
    """Print a line a meeting; the mean error rate and how many speaker counts are right."""
    rates, right = [], 0
    print("| meeting | speakers | found | missed | false | confused | error rate | s of work a second |")
    print("| --- " * 8 + "|")
    for number, one in enumerate(heard):
        error, found = one.error(stage)
        there = len(one.made.speakers)
        rates.append(error.rate)
        right += found == there
        took = one.seconds / (len(one.made.samples) / SAMPLE_RATE)
        parts = " | ".join(f"{part:.1%}" for part in (error.missed, error.false, error.confused, error.rate))
        print(f"| {number} | {there} | {found} | {parts} | {took:.3f} |")
    return float(np.mean(rates)), right


def who_said(made: Meeting, folder: Path) -> tuple[int, int, int]:
    """Read a meeting, and ask who said what: answers that name the right one, questions, and names found."""
    path = write(made, folder / "meeting.wav")
    stated = [(turn.speaker, thing, said) for turn in made.turns for thing, said in turn.about]
    asked = random.Random(0).sample(stated, min(QUESTIONS, len(stated)))
    right = 0
    with VideoScout("embedded", folder / "home") as scout:
        scout.ingest(path, stages=STAGES)
        named = {speaker.name for speaker in scout.people.list(path).speakers}
        for name, thing, said in asked:
            answer = scout.ask(path, f"Who said that {thing} {said}?")
            right += f"Said by {name}." in answer.text
    return right, len(asked), len(named & {*made.speakers})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", type=Half, default=Half.report, choices=list(Half))
    parser.add_argument("--meetings", type=int, default=MEETINGS)
    parser.add_argument("--said", type=int, default=0, help="Ask questions over so many of them.")
    parser.add_argument("--threshold", type=float, nargs=2, help="Try thresholds between two, in steps of 0.02.")
    arguments = parser.parse_args()
    encoder = Resemblyzer()
    encoder.ready()
    stage = Speakers(encoder)
    made = meetings(arguments.half, arguments.meetings)
    heard = [listened(one, stage) for one in made]
    if arguments.threshold:
        for same in np.arange(arguments.threshold[0], arguments.threshold[1], 0.02):
            encoder.same = float(same)
            found = [one.error(stage) for one in heard]
            right = sum(number == len(one.made.speakers) for one, (_, number) in zip(heard, found, strict=True))
            mean = float(np.mean([error.rate for error, _ in found]))
            print(f"{same:.2f}: error rate {mean:.1%}, speakers right in {right} of {len(heard)}")
        return
    rate, right = who_speaks_when(heard, stage)
    print(f"mean error rate {rate:.1%}; number of speakers right in {right} of {len(heard)}")
    answers = []
    for one in made[: arguments.said]:
        with tempfile.TemporaryDirectory() as folder:
            answers.append(who_said(one, Path(folder)))
    for number, (good, asked, named) in enumerate(answers):
        print(f"meeting {number}: {good} of {asked} answers name who said it; {named} names found")


if __name__ == "__main__":
    main()
