"""Which of many videos a question is put to: those that hold what fits it best.

The steps of an answer look at whole videos: at every kept frame, at every record in order of time. Of thousands that
would take minutes, and nothing that fits the question stands in most of them.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from ...graphs.answer.nodes.gather import meaning
from ...graphs.deadline import within
from ...graphs.guarded import MUST_END, why
from ...tools.index.rank_fusion import fuse, ranks
from ...tools.runtime.notes import note

if TYPE_CHECKING:
    from ...graphs.answer.state import Answering
    from ...tools.index.videos import Video

MOST_VIDEOS = 16
"""Videos that one question is put to at most."""
DEPTH = 128
"""Records, and frames, that say which videos those are."""


def narrowed(
    context: "Answering", videos: "Sequence[Video]", question: str, options: Sequence[str], leant_on: Collection[str]
) -> "list[Video]":
    """At most `MOST_VIDEOS` of these videos, in their order, with a note where some were left out.

    Each stands at the rank of its best record, by words and meaning, and of its best frame; both are fused.

    Args:
        context: what the answer is made with.
        videos: that were asked about.
        question: as it was asked.
        options: to choose from; what they say is looked for as well.
        leant_on: ids of the videos that earlier answers of the conversation are about: they come first.
    """
    if len(videos) <= MOST_VIDEOS:
        return list(videos)
    ids = [video.id for video in videos]
    scores = dict.fromkeys(ids, 0.0) | _scores(context, ids, " ".join([question, *options]))
    order = sorted(ids, key=lambda video: (video not in leant_on, -scores[video]))
    chosen = {*order[:MOST_VIDEOS]}
    note(f"of {len(videos)} videos the {MOST_VIDEOS} that fit the question best were looked into")
    return [video for video in videos if video.id in chosen]


def _scores(context: "Answering", ids: Sequence[str], text: str) -> dict[str, float]:
    rankings: list[dict[str, float]] = []
    for search in (_by_records, _by_frames):
        try:
            rankings += within(context.tool_timeout, search, context, ids, text)
        except MUST_END:
            raise
        except Exception as error:
            note(f"which videos fit the question was told without {search.__name__.removeprefix('_by_')}: {why(error)}")
    return fuse([ranks(ranking) for ranking in rankings])


def _by_records(context: "Answering", ids: Sequence[str], text: str) -> list[dict[str, float]]:
    hits = context.index.search(text, meaning(text, context), videos=ids, k=DEPTH)
    return [_firsts(hit.record.video for hit in hits)]


def _by_frames(context: "Answering", ids: Sequence[str], text: str) -> list[dict[str, float]]:
    by_each = context.index.frames_by_each(context.frame_query(text), ids, DEPTH)
    return [_firsts(frame.video for frame in by_one) for by_one in by_each]


def _firsts(videos: Iterable[str]) -> dict[str, float]:
    """Each video, in order, with a score that falls with its first place."""
    scores: dict[str, float] = {}
    for at, video in enumerate(videos):
        scores.setdefault(video, -float(at))
    return scores
