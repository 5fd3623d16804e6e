"""What the baselines share: the models, the set's subtitles, and an answer from frames and records.

Whatever answers, a baseline gets what its procedure gives a model that can take it: pictures where the answerer sees
them, and else what classifier and detector say of the same frames.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...agent.scout import VideoScout
from ...graphs.answer.packers import line, opening
from ...tools.media.video import Frame
from ...tools.payloads import Spoken
from ...tools.perception.frames.tags import frame_records
from ...tools.perception.objects.counts_over_time import object_records
from ...tools.perception.screen_text.lines_over_time import text_records
from ...tools.records import Record, Span
from ...tools.videollm.interface import Message, Part, VideoLLM, with_options
from ..sets.question import Subtitle
from .interface import Reply
from .shown import Once, Picture, thinned

ROOM = 900
"""Tokens of the context that are kept for question, options and template."""

FRAMES_SHARE = 0.8
"""Share of what is left that pictures may take where there is something to read beside them."""

LONGEST_ANSWER = 256
"""Tokens of an answer to an open question."""


@dataclass(frozen=True)
class Looked:
    """What the models say of sampled frames."""

    looks: list[Record]
    objects: list[Record]
    texts: list[Record]


class Baseline:
    """A pipeline that answers by the letters' probabilities, or in words where a question has no options."""

    takes_subtitles = True

    def __init__(self, scout: VideoScout) -> None:
        self._scout = scout
        self._once = Once()
        self._subtitles: dict[Path, list[Record]] = {}

    @property
    def sees(self) -> bool:
        """Whether frames reach the answerer as pictures."""
        return self._scout.role("answerer").accepts_frames

    def prepare(self, video: Path, subtitles: Sequence[Subtitle] = ()) -> None:
        """Keep the set's own subtitles of a video, where a run gives them."""
        spans = [Span(said.start, max(said.end, said.start)) for said in subtitles]
        self._subtitles[video] = [
            Record.of(str(video), span, Spoken(said.text, given=True), 1.0, "set")
            for span, said in zip(spans, subtitles, strict=True)
        ]

    def subtitles(self, video: Path, times: Sequence[float] | None = None) -> list[Record]:
        """The set's subtitles of a video: all, or those that stand while one of some frames is shown (seconds)."""
        said = self._subtitles.get(video, [])
        return said if times is None else [one for one in said if any(one.span.contains(at) for at in times)]

    def look(self, video: Path, seen: Sequence[Frame], *, read: bool, detect: bool = True, tag: bool = True) -> Looked:
        """Tags and objects of frames, and their text only for a procedure that reads it."""
        scout, images = self._scout, [frame.image for frame in seen]
        spans = [Span(frame.time, frame.time + 1.0) for frame in seen]
        name = str(video)
        tags = [one.labels for one in scout.role("tags").run(images)] if tag else [[] for _ in images]
        found = scout.role("objects").run(images) if detect else [[] for _ in images]
        lines = scout.role("screen_text").run(images) if read else [[] for _ in images]
        return Looked(
            frame_records(name, zip(spans, tags, strict=True), "tags") if tag else [],
            object_records(name, zip(spans, found, strict=True), "objects"),
            text_records(name, zip(spans, lines, strict=True), "text"),
        )

    def answer(
        self,
        question: str,
        options: Sequence[str],
        records: Sequence[Record],
        began: float,
        *,
        shown: Sequence[Picture] = (),
        times: Sequence[float] = (),
        spared: float = 0.0,
        **trace: Any,
    ) -> Reply:
        """Answer from these pictures and records, as many as fit the context, in order of time.

        Args:
            question: what is asked.
            options: what it may be answered by; none for an open question.
            records: what was found.
            began: when the question was asked, on the clock of `time.perf_counter`.
            shown: the frames that the answerer sees.
            times: seconds of the frames that were chosen, where they reach it in words.
            spared: seconds of work that an earlier question about the video has done.
            trace: how the answer came about.
        """
        model = self._scout.role("answerer")
        before = time.perf_counter() - began + spared
        packed = pack(model, question, records, shown)
        text, choice = answered(model, packed.messages, options)
        total = model.count_tokens(with_options(packed.messages, options) if options else packed.messages)
        return Reply(
            answer_text=text,
            choice=choice,
            frame_times=[picture.part.time for picture in packed.shown] or list(times),
            records=[(r.span.start, r.span.end, str(r.modality), r.text) for r in packed.records],
            tokens={"auxiliary": packed.auxiliary, "visual": packed.visual, "prompt": total},
            pictures=len(packed.shown),
            pixels=sum(picture.pixels for picture in packed.shown),
            seconds={"before_answer": before, "first_token": time.perf_counter() - began + spared},
            trace=trace,
        )


@dataclass(frozen=True)
class Packed:
    """A prompt, and what of the evidence is in it."""

    messages: list[Message]
    shown: list[Picture]
    records: list[Record]
    visual: int
    """Tokens of the pictures."""
    auxiliary: int
    """Tokens of the records."""


def pack(model: VideoLLM, question: str, records: Sequence[Record], shown: Sequence[Picture]) -> Packed:
    """A prompt that fits the context: fewer pictures evenly over the video, then fewer records from the end."""
    room = model.context - ROOM
    bare = model.count_tokens(prompt(question, []))
    most = len(shown) if model.most_frames is None else min(len(shown), model.most_frames)
    pictures = thinned(shown, most)
    for_pictures = room * FRAMES_SHARE if records else room
    while pictures and model.count_tokens(prompt(question, [], pictures)) > for_pictures:
        pictures = thinned(pictures, int(len(pictures) * 0.8))
    visual = model.count_tokens(prompt(question, [], pictures)) - bare if pictures else 0
    kept = sorted(records, key=lambda record: record.span)
    while kept and model.count_tokens(prompt(question, kept, pictures)) > room:
        kept = kept[: int(len(kept) * 0.8)]
    messages = prompt(question, kept, pictures)
    return Packed(messages, pictures, kept, visual, model.count_tokens(messages) - bare - visual)


def prompt(question: str, records: Sequence[Record], shown: Sequence[Picture] = ()) -> list[Message]:
    """The prompt of a question with pictures and records as its evidence, all in order of time."""
    timed: list[tuple[float, int, Part]] = [(record.span.start, 1, f"{line(record)}\n") for record in records]
    timed += [(picture.part.time, 0, picture.part) for picture in shown]
    parts = [part for _, _, part in sorted(timed, key=lambda one: one[:2])]
    evidence: list[Part] = ["Evidence:\n", *parts] if parts else []
    return [opening(), Message("user", (*evidence, f"Question: {question}"))]


def answered(model: VideoLLM, messages: Sequence[Message], options: Sequence[str]) -> tuple[str, str | None]:
    """The answer in words and, of given options, its letter."""
    if not options:
        return "".join(model.generate(messages, max_tokens=LONGEST_ANSWER)).strip(), None
    weights = model.choose(messages, list(options))
    best = max(range(len(weights)), key=weights.__getitem__)
    letter = chr(ord("A") + best)
    return f"{letter}. {options[best]}", letter
