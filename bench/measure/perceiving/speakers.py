"""How well it is told who speaks when, on made meetings; `who_said.py` asks questions over them.

    python -m vidscout.bench.measure.perceiving.speakers            who speaks when: ten meetings to report on
    python -m vidscout.bench.measure.perceiving.speakers --half development --threshold 0.5 0.8    mean over thresholds

A meeting has 8 minutes, four to six voices of three engines, turns of one to some twenty seconds, and 5 % of its speech
by two at once. Its speakers tell their names once, at the beginning.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ....graphs.ingest.stage import Watched
from ....graphs.ingest.stages.of_sound.speakers import Speakers, Stretch
from ....tools.media.audio import SAMPLE_RATE, AudioChunk
from ....tools.perception.voices.encoder import Resemblyzer
from ...data.meeting import Half, Meeting, meeting
from .diarisation import DiarisationError, diarisation_error

MEETINGS = 10
SPEAKERS = (4, 5, 6)
"""How many take part, in turn."""
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", type=Half, default=Half.report, choices=list(Half))
    parser.add_argument("--meetings", type=int, default=MEETINGS)
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


if __name__ == "__main__":
    main()
