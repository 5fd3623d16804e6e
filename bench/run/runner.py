"""Run pipelines over a set. Every answer is on disk before the next question is asked; none is asked for twice."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from ...tools.errors import AnswererError, MediaError, UsageError
from ..pipelines.interface import Pipeline, Reply
from ..sets.question import Question, Subtitle
from . import recall
from .parse import choice

RESULTS = "results.jsonl"
ASKED = "asked.json"

Line = dict[str, Any]
"""One line of `results.jsonl`."""

Watch = Callable[[str, int, int], None]
"""Told a pipeline, how many of its questions are answered, and how many there are."""


def run(
    questions: Sequence[Question],
    pipelines: Sequence[Pipeline],
    out: Path,
    on_progress: Watch = lambda *_: None,
    *,
    subtitles: bool = False,
) -> list[Line]:
    """Ask every pipeline every question that it has not answered in this folder yet.

    Args:
        questions: of one set.
        pipelines: in the order in which they run, one after another, so that none disturbs another's times.
        out: folder of the results.
        on_progress: called after each answer.
        subtitles: give pipelines the set's own subtitles.

    Returns:
        All lines of these questions and pipelines, those of earlier runs too.

    Raises:
        UsageError: the folder has answers to other questions.
        VidscoutError: nothing can be answered, for instance because weights are missing.
    """
    out.mkdir(parents=True, exist_ok=True)
    _same_questions(out / ASKED, questions, subtitles)
    path = out / RESULTS
    lines = read(path)
    answered = {(line["pipeline"], line["id"]) for line in lines}
    with path.open("a", encoding="utf-8") as file:
        for pipeline in pipelines:
            left = [question for question in questions if (pipeline.name, question.id) not in answered]
            done = len(questions) - len(left)
            on_progress(pipeline.name, done, len(questions))
            for line in _answers(pipeline, left, subtitles):
                file.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
                file.flush()
                os.fsync(file.fileno())
                lines.append(line)
                done += 1
                on_progress(pipeline.name, done, len(questions))
    wanted = {pipeline.name for pipeline in pipelines}
    ids = {question.id for question in questions}
    return [line for line in lines if line["pipeline"] in wanted and line["id"] in ids]


def read(path: Path) -> list[Line]:
    """The lines of a results file. One that a kill has torn at the end is cut off, so that it is asked again."""
    if not path.is_file():
        return []
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        with path.open("r+b") as file:
            file.truncate(len(whole))
    try:
        return [json.loads(line) for line in whole.decode().splitlines()]
    except ValueError as error:
        raise UsageError(f"{path}: is not a results file ({error}); choose another folder") from error


def _same_questions(path: Path, questions: Sequence[Question], subtitles: bool) -> None:
    """Refuse to mix answers to different questions under the same ids."""
    asked = {question.id: _hash(question) for question in questions}
    if len(asked) < len(questions):
        raise UsageError("two questions of the set have the same id")
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"subtitles": subtitles, "asked": {}}
    differs = any(before["asked"].get(id, mark) != mark for id, mark in asked.items())
    if differs or before["subtitles"] != subtitles:
        raise UsageError(f"{path.parent} has answers to other questions; choose another folder")
    path.write_text(json.dumps({"subtitles": subtitles, "asked": before["asked"] | asked}), encoding="utf-8")


def _hash(question: Question) -> str:
    said = json.dumps([question.video.name, question.question, question.options, question.answer])
    return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()


def _answers(pipeline: Pipeline, questions: Sequence[Question], subtitles: bool) -> Iterator[Line]:
    """The lines of a pipeline, video after video."""
    for video, asked in groupby(sorted(questions, key=lambda question: str(question.video)), lambda q: q.video):
        group = list(asked)
        began = time.perf_counter()
        trouble = _attempt(pipeline.prepare, video, group[0].subtitles if subtitles else ())
        prepared = time.perf_counter() - began
        for number, question in enumerate(group):
            yield _line(pipeline, question, prepared if number == 0 else None, trouble)


def _attempt(prepare: Callable[[Path, Sequence[Subtitle]], None], video: Path, subtitles: Sequence[Subtitle]) -> str:
    """What went wrong with this video; only a fault of the video itself is passed over."""
    try:
        prepare(video, subtitles)
    except MediaError as error:
        return str(error)
    return ""


def _line(pipeline: Pipeline, question: Question, prepared: float | None, trouble: str) -> Line:
    """Ask one question. A pipeline that fails on it has answered wrongly, and the line says why."""
    began = time.perf_counter()
    reply = Reply("")
    if not trouble:
        try:
            reply = pipeline.ask(question.video, question.question, list(question.options))
        except (AnswererError, MediaError) as error:
            trouble = str(error)
    total = time.perf_counter() - began
    answer = reply.choice or choice(reply.answer_text, question.options)
    frames, records = recall.of_frames(question, reply), recall.of_records(question, reply)
    seconds = {"first_token": total} | reply.seconds | {"total": total}
    if prepared is not None:
        seconds["prepare"] = prepared
    return {
        "id": question.id,
        "pipeline": pipeline.name,
        "type": question.type,
        "length": question.length,
        "seed": question.seed,
        "correct": answer == question.answer,
        "answer": answer,
        "gt": question.answer,
        "recall_frames": frames,
        "recall_records": records,
        "recall": recall.of_either(question, frames, records),
        "tokens": reply.tokens,
        "seconds": {name: round(value, 4) for name, value in seconds.items()},
        "trace": reply.trace,
        "group": question.group,
        "try": question.turn,
        "medium": question.medium,
        "video": question.video.name,
        "said": reply.answer_text,
        "off": _off(question, reply),
        "error": trouble or None,
    }


def _off(question: Question, reply: Reply) -> float | None:
    """Seconds by which a `when` answer points beside its needle; None when it points nowhere."""
    if question.type != "when" or reply.at is None:
        return None
    return round(abs(reply.at - question.needle_time[0]), 3)
