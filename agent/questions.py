"""From a person's question to what the answer graph is given, and from the state that it ends in to the answer."""

from collections.abc import Sequence
from typing import Any

from ..tools.errors import UsageError
from ..tools.index.videos import Video
from ..tools.payloads import to_fields
from ..tools.records import Record, Span, clock
from .answer import Answer, AnswerFrame, Correction, Draft, Evidence

LONGEST_QUESTION = 4000
"""Characters. A longer text is a document, not a question, and would not fit beside any evidence."""
MOST_OPTIONS = 26


def turn(answer: Answer) -> Any:
    """An earlier answer as a conversation remembers it."""
    from ..graphs.answer.question.rules import topic_of
    from ..graphs.answer.state import Turn

    best = answer.evidence[0] if answer.evidence and not answer.abstained else None
    return Turn(
        question=answer.question,
        topic=topic_of(answer.question),
        text=answer.text,
        video=best.video if best is not None else None,
        span=Span(best.start, best.end) if best is not None else None,
    )


def same_question(values: dict[str, Any], asked: Any) -> bool:
    """Whether a conversation was cut off in the middle of this very question."""
    names = ("question", "options", "videos", "time_range")
    return all(values.get(name) == getattr(asked, name) for name in names)


def checked_question(question: str, what: str = "question") -> str:
    """A question without spaces around it.

    Raises:
        UsageError: it is empty or too long; the message calls it `what`.
    """
    question = question.strip()
    if not question:
        raise UsageError(f"the {what} is empty")
    if len(question) > LONGEST_QUESTION:
        raise UsageError(f"the {what} has {len(question):,} characters; at most {LONGEST_QUESTION:,} are read")
    return question


def checked_options(options: Sequence[str] | None) -> list[str]:
    """Choices without spaces around them; none for a free question.

    Raises:
        UsageError: they are fewer than 2 or more than 26, one is empty, or two are the same.
    """
    if options is None:
        return []
    options = [option.strip() for option in options]
    if not 2 <= len(options) <= MOST_OPTIONS or not all(options) or len(set(options)) < len(options):
        raise UsageError(f"multiple choice takes 2 to {MOST_OPTIONS} different options that are not empty")
    return options


def check_range(time_range: tuple[float, float] | None, videos: Sequence[Video] = ()) -> None:
    """Make sure that a range of seconds has a length, and lies within the videos where they are given.

    Raises:
        UsageError: it has none, or begins behind the end.
    """
    if time_range is None:
        return
    start, end = time_range
    if not 0 <= start < end:
        raise UsageError(
            f"the time range {clock(max(start, 0))}–{clock(max(end, 0))} has no length; give --from before --to"
        )
    for video in videos:
        if start >= video.duration:
            raise UsageError(
                f"the time range begins at {clock(start)}, but {video.name} ends at {clock(video.duration)}"
            )


def evidence(record: Record, score: float, name: str) -> Evidence:
    """A record as an answer or a search shows it; `name` is that of its video's file."""
    return Evidence(
        video=record.video,
        start=round(record.span.start, 3),
        end=round(record.span.end, 3),
        modality=str(record.modality),
        text=record.text,
        score=round(min(max(score, 0.0), 1.0), 3),
        source=record.source,
        name=name,
        payload=None if record.payload is None else to_fields(record.payload),
    )


def answered(
    state: Any,
    videos: list[Video],
    counters: dict[str, float],
    profile_name: str,
    relevance: dict[str, list[tuple[float, float]]],
) -> Answer:
    """The answer from the state in which the graph ended."""
    names = {video.id: video.name for video in videos}
    cited = [evidence(found.record, found.relevance, names[found.record.video]) for found in state.cited]
    shown = {(item.video, item.start, item.text) for item in cited}
    packed = [] if state.abstained else state.packed
    others = [evidence(found.record, found.relevance, names[found.record.video]) for found in packed]
    others.sort(key=lambda item: -item.score)
    return Answer(
        text=state.text,
        choice=chr(ord("A") + state.choice) if state.choice is not None else None,
        abstained=state.abstained,
        confidence=state.confidence,
        evidence=cited + [item for item in others if (item.video, item.start, item.text) not in shown],
        frames=[
            AnswerFrame(f.video, round(f.time, 3), round(f.score, 3), str(f.thumbnail) if f.thumbnail else None)
            for f in state.frames
        ],
        notes=list(dict.fromkeys(state.notes + [note for video in videos for note in video.notes])),
        route=state.route,
        timings={name: round(seconds, 4) for name, seconds in state.timings.items()},
        counters={name: round(value, 3) for name, value in counters.items()},
        tokens={name: int(state.tokens.get(name, 0)) for name in ("auxiliary", "visual", "prompt", "generated")},
        profile=profile_name,
        question=state.question,
        videos=[video.id for video in videos],
        images=[str(frame.path) for message in state.messages for frame in message.frames],
        understood=state.asked,
        relevance=relevance,
        drafts=[Draft(one.text, one.score) for one in state.drafts],
        corrections=[Correction(one.before, one.after) for one in state.corrections],
    )
