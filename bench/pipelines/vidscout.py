"""vidscout as it is shipped, and the answerer without any evidence."""

import time
from collections.abc import Sequence
from pathlib import Path

from ...agent.scout import VideoScout
from ...graphs.answer.packers import opening
from ...tools.videollm.interface import Message, with_options
from ..sets.question import Subtitle
from .interface import Reply, pipeline


@pipeline
class Blind:
    """The answerer from the question alone: what a set gives away without its videos."""

    name = "blind"

    def __init__(self, scout: VideoScout) -> None:
        self._scout = scout

    def prepare(self, video: Path, subtitles: Sequence[Subtitle] = ()) -> None:
        del video, subtitles

    def ask(self, video: Path, question: str, options: Sequence[str]) -> Reply:
        del video
        began = time.perf_counter()
        model = self._scout.role("answerer")
        messages = [opening(), Message("user", (f"Question: {question}",))]
        weights = model.choose(messages, list(options))
        best = max(range(len(weights)), key=weights.__getitem__)
        return Reply(
            answer_text=f"{chr(ord('A') + best)}. {options[best]}",
            choice=chr(ord("A") + best),
            tokens={"auxiliary": 0, "visual": 0, "prompt": model.count_tokens(with_options(messages, options))},
            seconds={"before_answer": 0.0, "first_token": time.perf_counter() - began},
            trace={"weights": [round(weight, 4) for weight in weights]},
        )


@pipeline
class Vidscout:
    """The answer graph as it is shipped."""

    name = "vidscout"

    def __init__(self, scout: VideoScout) -> None:
        self._scout = scout

    def prepare(self, video: Path, subtitles: Sequence[Subtitle] = ()) -> None:
        del subtitles  # it listens for itself
        self._scout.ingest(video)

    def ask(self, video: Path, question: str, options: Sequence[str]) -> Reply:
        answer = self._scout.ask(video, question, list(options))
        frames = sorted(answer.frames, key=lambda frame: -frame.score)
        before = answer.timings["before_answer"]
        return Reply(
            answer_text=answer.text,
            choice=answer.choice,
            frame_times=[frame.time for frame in frames],
            records=[(item.start, item.end, item.modality, item.text) for item in answer.evidence],
            tokens={name: answer.tokens[name] for name in ("auxiliary", "visual", "prompt")},
            seconds={"before_answer": before, "first_token": before + answer.timings.get("respond", 0.0)},
            at=answer.evidence[0].start if answer.evidence else None,
            trace={"route": answer.route, "notes": answer.notes, "timings": answer.timings},
        )
