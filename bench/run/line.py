"""One line of `results.jsonl`: what was asked, what was answered, and what it took."""

import time
from typing import Any

from ...tools.errors import AnswererError, MediaError
from ..pipelines.interface import Pipeline, Reply
from ..sets.question import Question
from . import recall
from .parse import choice

Line = dict[str, Any]
"""One line of `results.jsonl`."""


def ask(pipeline: Pipeline, question: Question, prepared: float | None, trouble: str) -> Line:
    """Ask one question. A pipeline that fails on it has answered wrongly, and the line says why.

    Args:
        pipeline: asked, unless the video is in trouble.
        question: of a set.
        prepared: seconds that preparing the video took, for its first question.
        trouble: why the video cannot be read; empty where it can.
    """
    began = time.perf_counter()
    reply, undecodable = Reply(""), bool(trouble)
    if not trouble:
        try:
            reply = pipeline.ask(question.video, question.question, list(question.options))
        except (AnswererError, MediaError) as error:
            trouble, undecodable = str(error), isinstance(error, MediaError)
    total = time.perf_counter() - began
    answer = reply.choice or choice(reply.answer_text, question.options)
    frames, records = recall.of_frames(question, reply), recall.of_records(question, reply)
    seconds = {"first_token": total} | reply.seconds | {"total": total}
    if prepared is not None:
        seconds["prepare"] = prepared
    return {
        "id": question.id,
        "pipeline": pipeline.name,
        "set": question.set,
        "type": question.type,
        "length": question.length,
        "seed": question.seed,
        "labels": dict(question.labels),
        "question": question.question,
        "correct": answer == question.answer if question.options else None,  # open questions are for a judge
        "answer": answer,
        "gt": question.answer,
        "recall_frames": frames,
        "recall_records": records,
        "recall": recall.of_either(question, frames, records),
        "frames": len(reply.frame_times),
        "pictures": reply.pictures,
        "pixels": reply.pixels,
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
        "undecodable": undecodable,
    }


def _off(question: Question, reply: Reply) -> float | None:
    """Seconds by which a `when` answer points beside its needle; None when it points nowhere."""
    if question.type != "when" or reply.at is None or not question.needle_time:
        return None
    return round(abs(reply.at - question.needle_time[0]), 3)
