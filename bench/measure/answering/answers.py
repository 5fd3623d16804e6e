"""How many questions are answered rightly, against the same answerer given no evidence, and how long a question takes.

python -m vidscout.bench.measure.answering.answers         multiple choice over the trailer and the lecture
python -m vidscout.bench.measure.answering.answers --hour  second questions on an ingested hour, before the answerer
"""

import argparse
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....agent.scout import VideoScout
from ....graphs.answer.packers import opening
from ....graphs.answer.records.options import ROTATIONS
from ....tools.videollm.interface import Message
from ...data.videos import long_lecture
from ...demo import questions, right, video


@dataclass(frozen=True, slots=True)
class AnswersScore:
    """Multiple choice, right of asked."""

    with_evidence: int
    blind: int
    asked: int


def multiple_choice(scout: VideoScout, split: str) -> AnswersScore:
    """Ask the questions of a split with and without evidence; both see the same options and the same model."""
    asked = [item for item in questions("choice") if item["split"] == split]
    found = blind = 0
    for item in asked:
        answer = scout.ask(video(item["video"]), item["question"], item["options"])
        found += answer.choice == item["right"]
        blind += blind_choice(scout, item) == item["right"]
        if answer.choice != item["right"]:
            print(f"wrong: {item['question']} {answer.choice} for {item['right']}", flush=True)
    return AnswersScore(found, blind, len(asked))


def blind_choice(scout: VideoScout, item: dict[str, Any]) -> str:
    """What the answerer chooses from the question alone."""
    model = scout.role("answerer")
    messages = [opening(), Message("user", (f"Question: {item['question']}",))]
    weights = model.choose(messages, item["options"], rotations=ROTATIONS)
    return chr(ord("A") + max(range(len(weights)), key=weights.__getitem__))


def second_questions(scout: VideoScout, path: Path) -> list[tuple[float, dict[str, float]]]:
    """Seconds before the answerer's first token, and counters, for each question after the first."""
    asked = [item["question"] for item in questions("choice") if item["video"] == "lecture"]
    scout.ask(path, asked[0])
    answers = [scout.ask(path, question) for question in asked[1:]]
    return [(answer.timings["before_answer"], answer.counters) for answer in answers]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", default="report", choices=["tune", "report"])
    parser.add_argument("--hour", action="store_true")
    parser.add_argument("--home", type=Path, help="keep the index here, so that a second run is quick")
    arguments = parser.parse_args()
    home = arguments.home or Path(tempfile.mkdtemp())
    with VideoScout("embedded", home) as scout:
        if arguments.hour:
            path = long_lecture(60)
            scout.ingest(path)
            measured = second_questions(scout, path)
            seconds = sorted(before for before, _ in measured)
            counted = {name: sum(counters[name] for _, counters in measured) for name in measured[0][1]}
            middle = statistics.median(seconds)
            print(f"before the answerer: median {middle * 1000:.0f} ms, worst {seconds[-1] * 1000:.0f} ms")
            print("counted over all second questions:", counted)
            return
        demo = [(item, scout.ask(video(item["video"]), item["question"])) for item in questions("demo")]
        print(f"demo questions right: {sum(right(answer, item) for item, answer in demo)} of {len(demo)}")
        score = multiple_choice(scout, arguments.split)
        print("| multiple choice | right |\n| --- | --- |")
        print(f"| vidscout | {score.with_evidence} of {score.asked} |")
        print(f"| the same answerer without evidence | {score.blind} of {score.asked} |")


if __name__ == "__main__":
    main()
