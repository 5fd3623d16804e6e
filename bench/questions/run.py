"""Ask the questions of a set. Every answer is on disk before the next question is asked; a run goes on where it was."""

import hashlib
import json
import os
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ...agent.scout import VideoScout
from ...graphs.events import Event, Token, Weighed
from ...tools.errors import AnswererError, MediaError, UsageError
from ..run.figures import split
from ..run.runner import RESULTS, Line, read
from .grading import CITED, overlaps, verdict
from .make import read_set

ASKED = "asked.json"
HOME = "home"

Watch = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""

Question = dict[str, Any]
"""An entry of `questions.json`."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back for a question."""

    text: str = ""
    abstained: bool = False
    confidence: float = 0.0
    evidence: Sequence[dict[str, Any]] = ()
    """`start`, `end` (seconds), `modality`, `text`; the best first."""
    seconds: float = 0.0
    """Until the answer was whole."""
    first_token: float | None = None
    """Seconds; None when nothing was written bit by bit."""
    timings: dict[str, float] = field(default_factory=dict)
    notes: Sequence[str] = ()
    weighed: dict[str, Any] | None = None
    """What the confidence was computed from, where it was."""


class Respondent(Protocol):
    """Whoever answers."""

    def read(self, video: Path) -> None:
        """Read a video, once for each in each run."""
        ...

    def ask(self, video: Path, question: str, conversation: str | None) -> Reply:
        """Answer a question; those of one conversation may lean on each other."""
        ...


class Scout:
    """vidscout as it is shipped."""

    def __init__(self, scout: VideoScout) -> None:
        self._scout = scout

    def read(self, video: Path) -> None:
        """Read a video; one that this home has is left alone."""
        self._scout.ingest(video)

    def ask(self, video: Path, question: str, conversation: str | None) -> Reply:
        """Answer a question, and watch when the first word comes."""
        began = time.perf_counter()
        first: list[float] = []
        weighed: list[Weighed] = []

        def watch(event: Event) -> None:
            if isinstance(event, Weighed):
                weighed.append(event)
            if isinstance(event, Token) and not first:
                first.append(time.perf_counter() - began)

        answer = self._scout.ask(video, question, on_event=watch, conversation=conversation)
        return Reply(
            text=answer.text,
            abstained=answer.abstained,
            confidence=answer.confidence,
            evidence=[
                {"start": one.start, "end": one.end, "modality": one.modality, "text": one.text}
                for one in answer.evidence
            ],
            seconds=time.perf_counter() - began,
            first_token=first[0] if first else None,
            timings=answer.timings,
            notes=answer.notes,
            weighed=asdict(weighed[-1]) if weighed else None,
        )


def run(
    folder: Path,
    respondent: Respondent,
    out: Path,
    watch: Watch = lambda *_: None,
    *,
    profile: str = "",
    kinds: Sequence[str] = (),
    limit: int | None = None,
) -> list[Line]:
    """Ask every question of a set that has not been asked in this folder yet, and grade all answers anew.

    Answers to questions that the set no longer has are dropped.

    Args:
        folder: of the set.
        respondent: who answers.
        out: folder of the results.
        watch: called after each video and each answer.
        profile: its name, kept beside the results.
        kinds: only questions of these; empty for all. What a follow-up follows is asked too.
        limit: only so many of each kind.

    Returns:
        The lines of the questions that were wanted, earlier ones too.

    Raises:
        UsageError: the folder has answers to the other half or of another profile.
    """
    made = read_set(folder)
    wanted = _chosen(made["questions"], kinds, limit)
    out.mkdir(parents=True, exist_ok=True)
    _same_run(out / ASKED, {"half": made["half"], "profile": profile})
    path = out / RESULTS
    there = {line["id"]: line for line in read(path)}
    marks = {one["id"]: _mark(one, made) for one in wanted}
    talks = _conversations(made["questions"])
    # A conversation of which one question is missing is held anew: what was said in it before is not in its way.
    missing = {id for id, mark in marks.items() if there.get(id, {}).get("mark") != mark}
    missing_talks = {talks[id] for id in missing if id in talks}
    left = [one for one in wanted if one["id"] in missing or talks.get(one["id"]) in missing_talks]
    known = {one["id"] for one in made["questions"]} - {one["id"] for one in left}
    kept = [line for id, line in there.items() if id in known]
    _rewrite(path, [_graded(line, made) for line in kept])
    done, this_time = len(wanted) - len(left), uuid.uuid4().hex[:8]
    for name, asked in split(left, lambda one: one["video"]).items():
        watch("questions", done, len(wanted))
        video = folder / made["recordings"][name]["file"]
        trouble = _attempt(respondent, video)
        for question in asked:
            talk = f"{talks[question['id']]} {this_time}" if question["id"] in talks else None
            line = _line(question, respondent, video, talk, trouble) | {"mark": marks[question["id"]]}
            _append(path, _graded(line, made))
            done += 1
            watch("questions", done, len(wanted))
    ids = {one["id"] for one in wanted}
    return [line for line in read(path) if line["id"] in ids]


def _chosen(questions: Sequence[Question], kinds: Sequence[str], limit: int | None) -> list[Question]:
    """The questions of some kinds, so many of each, with those that they follow, in the order of the set."""
    if unknown := set(kinds) - {one["kind"] for one in questions}:
        known = ", ".join(sorted({one["kind"] for one in questions}))
        raise UsageError(f"the set has no questions of kind {min(unknown)!r}; it has {known}")
    by_id = {one["id"]: one for one in questions}
    counts: Counter[str] = Counter()
    chosen: set[str] = set()
    for question in questions:
        if (kinds and question["kind"] not in kinds) or (limit is not None and counts[question["kind"]] >= limit):
            continue
        counts[question["kind"]] += 1
        one: Question | None = question
        while one is not None:
            chosen.add(one["id"])
            one = by_id[one["after"]] if one["after"] else None
    return [one for one in questions if one["id"] in chosen]


def _conversations(questions: Sequence[Question]) -> dict[str, str]:
    """The first question of the conversation that a question belongs to; those that stand alone are left out."""
    first: dict[str, str] = {}
    for question in questions:
        if question["after"]:
            first[question["id"]] = first.setdefault(question["after"], question["after"])
    return first


def _same_run(path: Path, about: dict[str, str]) -> None:
    """Refuse to mix answers of two halves or two profiles."""
    if path.is_file():
        before = json.loads(path.read_text(encoding="utf-8"))
        for what, value in about.items():
            if before[what] != value:
                raise UsageError(f"{path.parent} has answers for {what} {before[what]!r}; choose another folder")
    path.write_text(json.dumps(about), encoding="utf-8")


def _mark(question: Question, made: dict[str, Any]) -> str:
    """Another when the question, what it follows, or its video has changed."""
    by_id = {one["id"]: one for one in made["questions"]}
    said = [made["recordings"][question["video"]]["recipe"]]
    one: Question | None = question
    while one is not None:
        said.append(one["text"])
        one = by_id[one["after"]] if one["after"] else None
    return hashlib.blake2b("\n".join(said).encode(), digest_size=8).hexdigest()


def _attempt(respondent: Respondent, video: Path) -> str:
    """What went wrong with a video; only a fault of the video itself is passed over."""
    try:
        respondent.read(video)
    except MediaError as error:
        return str(error)
    return ""


def _line(question: Question, respondent: Respondent, video: Path, conversation: str | None, trouble: str) -> Line:
    reply = Reply()
    if not trouble:
        try:
            reply = respondent.ask(video, question["text"], conversation)
        except (AnswererError, MediaError) as error:
            trouble = str(error)
    return {
        "id": question["id"],
        "text": reply.text,
        "abstained": reply.abstained,
        "confidence": round(reply.confidence, 4),
        "evidence": list(reply.evidence),
        "seconds": round(reply.seconds, 3),
        "first_token": None if reply.first_token is None else round(reply.first_token, 3),
        "timings": reply.timings,
        "notes": list(reply.notes),
        "weighed": reply.weighed,
        "error": trouble or None,
    }


def _graded(line: Line, made: dict[str, Any]) -> Line:
    """A line with its question and its verdict, by what the set holds now."""
    question = next(one for one in made["questions"] if one["id"] == line["id"])
    stretches = [(one["start"], one["end"]) for one in line["evidence"]]
    about = {
        "kind": question["kind"],
        "recording": made["recordings"][question["video"]]["kind"],
        "language": question["language"],
        "spoken_language": question["spoken_language"],
        "question": question["text"],
        "unanswerable": question["unanswerable"],
        "expected": question["answers"],
        "truth": question["truth"],
        "verdict": verdict(question, line["text"], line["abstained"], stretches).value,
        "cited": overlaps(stretches[:CITED], question["truth"]),
        "cited_first": overlaps(stretches[:1], question["truth"]),
    }
    return line | about


def _rewrite(path: Path, lines: Sequence[Line]) -> None:
    landing = path.with_suffix(".part")
    landing.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    landing.replace(path)


def _append(path: Path, line: Line) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
