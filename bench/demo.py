"""`make demo`: reads a real trailer and a made lecture, asks what is in them, and prints answers, times and cost."""

import argparse
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

from ..agent.answer import Answer
from ..agent.cli.asking.ask import cost
from ..agent.cli.common import ProgressBars, reported
from ..agent.scout import VideoScout
from ..tools.records import clock
from .data.videos import fetch, lecture

QUESTIONS = Path(__file__).with_name("questions.toml")


def questions(kind: str) -> list[dict[str, Any]]:
    """The questions of one kind, as `questions.toml` describes them."""
    return tomllib.loads(QUESTIONS.read_text(encoding="utf-8"))[kind]


def video(name: str) -> Path:
    """The demo's video of that name."""
    return lecture() if name == "lecture" else fetch(name)


def right(answer: Answer, asked: dict[str, Any]) -> bool:
    """Whether an answer says what it must, with evidence from when it must be."""
    if asked.get("abstains"):
        return answer.abstained
    text = answer.text.casefold()
    alternatives = [[says] if isinstance(says, str) else says for says in asked.get("says", [])]
    if answer.abstained or not all(any(one.casefold() in text for one in ones) for ones in alternatives):
        return False
    start, end = asked["at"]
    return bool(answer.evidence) and answer.evidence[0].start < end and answer.evidence[0].end >= start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=None, help="folder of the index")
    arguments = parser.parse_args()
    asked = questions("demo")
    wrong = 0
    with reported(), VideoScout("embedded", arguments.home) as scout:
        for name in dict.fromkeys(item["video"] for item in asked):
            path = video(name)
            with ProgressBars() as bars:
                [read] = scout.ingest([path], on_progress=bars.show)
            speed = f"{read.duration / read.seconds:.1f} × real time" if read.added else "read before"
            print(f"\n{path.name}: {clock(read.duration)} of video, {read.seconds:.1f} s ({speed})\n")
            for item in (item for item in asked if item["video"] == name):
                began = time.perf_counter()
                answer = scout.ask(path, item["question"])
                correct = right(answer, item)
                wrong += not correct
                print(f"{'✓' if correct else '✗'} {item['question']}")
                print(f"    {answer.text}")
                for evidence in answer.evidence[:1]:
                    span = f"{clock(evidence.start)}–{clock(evidence.end)}"
                    print(f"    {span} {evidence.modality}: {' '.join(evidence.text.split())[:90]}")
                print(f"    {time.perf_counter() - began:.2f} s; {cost(answer)}")
    print(f"\n{len(asked) - wrong} of {len(asked)} answers right")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
