"""vidscout as it is shipped, and the answerer without any evidence."""

import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from ...agent.answer import Answer
from ...agent.scout import VideoScout
from ...tools.videollm.interface import with_options
from ..sets.question import Subtitle
from .baseline import answered, prompt
from .interface import Reply, pipeline


@pipeline
class Blind:
    """The answerer from the question alone: what a set gives away without its videos."""

    name = "blind"
    takes_subtitles = False

    def __init__(self, scout: VideoScout) -> None:
        self._scout = scout

    def prepare(self, video: Path, subtitles: Sequence[Subtitle] = ()) -> None:
        del video, subtitles

    def ask(self, video: Path, question: str, options: Sequence[str]) -> Reply:
        del video
        began = time.perf_counter()
        model = self._scout.role("answerer")
        messages = prompt(question, [])
        text, choice = answered(model, messages, options)
        total = model.count_tokens(with_options(messages, options) if options else messages)
        return Reply(
            answer_text=text,
            choice=choice,
            tokens={"auxiliary": 0, "visual": 0, "prompt": total},
            seconds={"before_answer": 0.0, "first_token": time.perf_counter() - began},
        )


@pipeline
class Vidscout:
    """The answer graph as it is shipped.

    A set's own subtitles reach it as those of any user do: as a file beside the video, when it is read.
    """

    name = "vidscout"
    takes_subtitles = True

    def __init__(self, scout: VideoScout) -> None:
        self._scout = scout

    def prepare(self, video: Path, subtitles: Sequence[Subtitle] = ()) -> None:
        if not subtitles:
            self._scout.ingest(video)
            return
        with tempfile.TemporaryDirectory(prefix="vidscout-bench-") as folder:
            beside = Path(folder) / video.name
            beside.symlink_to(video.resolve())
            beside.with_suffix(".srt").write_text(srt(subtitles), encoding="utf-8")
            self._scout.ingest(beside)

    def ask(self, video: Path, question: str, options: Sequence[str]) -> Reply:
        return reply_of(self._scout.ask(video, question, list(options) or None))


@pipeline
class BestOf4(Vidscout):
    """The answer graph that writes four answers, or asks back about the four likeliest options."""

    name = "best-of-4"

    def __init__(self, scout: VideoScout) -> None:
        super().__init__(scout.with_settings(best_of=4))


@pipeline
class Timeline(Vidscout):
    """The answer graph from words alone, in an ordered list of what happens: the one side of the probe."""

    name = "timeline"

    def __init__(self, scout: VideoScout) -> None:
        super().__init__(scout.with_settings(route="text", packer="timeline"))


@pipeline
class Frames(Vidscout):
    """The answer graph from the frames that it selects, and no words: the other side of the probe."""

    name = "frames"

    def __init__(self, scout: VideoScout) -> None:
        super().__init__(scout.with_settings(route="direct"))


def reply_of(answer: Answer) -> Reply:
    """An answer as a pipeline gives it."""
    drafts = [(one.text, one.score) for one in answer.drafts]
    frames = sorted(answer.frames, key=lambda frame: -frame.score)
    before = answer.timings["before_answer"]
    return Reply(
        answer_text=answer.text,
        choice=answer.choice,
        frame_times=[frame.time for frame in frames],
        pictures=len(answer.images),
        pixels=sum(map(_pixels, answer.images)),
        records=[(item.start, item.end, item.modality, item.text) for item in answer.evidence],
        tokens={name: answer.tokens[name] for name in ("auxiliary", "visual", "prompt")},
        seconds={"before_answer": before, "first_token": before + answer.timings.get("respond", 0.0)},
        at=answer.evidence[0].start if answer.evidence else None,
        trace={"route": answer.route, "notes": answer.notes, "timings": answer.timings, "drafts": drafts},
    )


def srt(subtitles: Iterable[Subtitle]) -> str:
    """Subtitles as a SubRip file."""
    blocks = [
        f"{number}\n{_clock(said.start)} --> {_clock(said.end)}\n{' '.join(said.text.split())}\n"
        for number, said in enumerate(subtitles, 1)
    ]
    return "\n".join(blocks)


def _clock(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02},{rest % 1000:03}"


def _pixels(path: str) -> int:
    """Width times height of a picture; 0 where it has gone."""
    from PIL import Image

    try:
        with Image.open(path) as picture:
            return picture.width * picture.height
    except OSError:
        return 0
