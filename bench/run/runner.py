"""Run pipelines over a set. Every answer is on disk before the next question is asked; none is asked for twice."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from itertools import groupby
from pathlib import Path

from ...tools.errors import MediaError, UsageError
from ..pipelines.interface import Pipeline
from ..sets.question import Question, Subtitle
from .line import Line, ask

RESULTS = "results.jsonl"
ASKED = "asked.json"

AHEAD = 2
"""Questions that wait for one of the threads, for each of these: none idles while a video is prepared."""

Watch = Callable[[str, int, int], None]
"""Told a pipeline, how many of its questions are answered, and how many there are."""


def run(
    questions: Sequence[Question],
    pipelines: Sequence[Pipeline],
    out: Path,
    on_progress: Watch = lambda *_: None,
    *,
    subtitles: bool = False,
    at_once: int = 1,
) -> list[Line]:
    """Ask every pipeline every question that it has not answered in this folder yet.

    Args:
        questions: of one set.
        pipelines: in the order in which they run, one after another, so that none disturbs another's times.
        out: folder of the results.
        on_progress: called after each answer.
        subtitles: give pipelines the set's own subtitles.
        at_once: questions that are asked side by side, for a server that answers several at once; the times of one
            question are then those of a busy server. A kill loses at most twice as many answers.

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
            for line in _answers(pipeline, left, subtitles, at_once):
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


def _answers(pipeline: Pipeline, questions: Sequence[Question], subtitles: bool, at_once: int) -> Iterator[Line]:
    """The lines of a pipeline, video after video; as they come where several questions are asked at once."""
    jobs = _jobs(pipeline, questions, subtitles)
    if at_once == 1:
        yield from (ask(pipeline, *job) for job in jobs)
        return
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="question")
    asked: set[Future[Line]] = set()
    try:
        for job in jobs:  # while these are answered, the next video is prepared
            asked.add(pool.submit(ask, pipeline, *job))
            if len(asked) >= at_once * AHEAD:
                done, asked = wait(asked, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        yield from (future.result() for future in as_completed(asked))
    finally:
        pool.shutdown(cancel_futures=True)


def _jobs(
    pipeline: Pipeline, questions: Sequence[Question], subtitles: bool
) -> Iterator[tuple[Question, float | None, str]]:
    """Each question once its video is prepared, the seconds that took, for the first, and what went wrong with it."""
    for video, asked in groupby(sorted(questions, key=lambda question: str(question.video)), lambda q: q.video):
        group = list(asked)
        began = time.perf_counter()
        trouble = _attempt(pipeline.prepare, video, group[0].subtitles if subtitles else ())
        prepared = time.perf_counter() - began
        for number, question in enumerate(group):
            yield question, prepared if number == 0 else None, trouble


def _attempt(prepare: Callable[[Path, Sequence[Subtitle]], None], video: Path, subtitles: Sequence[Subtitle]) -> str:
    """What went wrong with this video; only a fault of the video itself is passed over."""
    try:
        prepare(video, subtitles)
    except MediaError as error:
        return str(error)
    return ""
