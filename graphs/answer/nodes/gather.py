"""Ask the index for one modality. One branch a request, in parallel; a branch that fails or is late becomes a note."""

import time
from typing import TYPE_CHECKING

from langgraph.runtime import Runtime
from langgraph.types import RetryPolicy

from ....tools.errors import DeadlineError, VidscoutError
from ....tools.index.video_index import VideoIndex
from ....tools.records import FrameRef, Modality, Record, Span
from ....tools.runtime.notes import note
from ....tools.words import content_words, coverage
from ...deadline import within
from ...events import ToolFinished, Update
from ...guarded import MUST_END, why
from ..question.rules import ABOUT_THE_VIDEO
from ..records.context import in_context
from ..selectors.rarity import most_like
from ..state import Answering, Candidate, Place, Retrieval

if TYPE_CHECKING:
    import numpy as np

SOUGHT = 0.6
"""Similarity given to records that were taken for their place in time: they were asked for, not found."""
FRAMES_NAMED = 12
"""How many of the most similar frames are described in words."""
FRAMES_AN_OPTION = 2
"""How many of those that look most like one option."""


WIDER = 3
"""How many times as many utterances are looked at where what stands beside them counts, so that others may be best."""
RETRY = RetryPolicy(max_attempts=2, initial_interval=0.05, retry_on=OSError)
"""What is busy or gone for a moment, as a database or a server, is asked once more; nothing else would change."""


def gather(state: Retrieval, runtime: Runtime[Answering]) -> Update:
    """Find what one modality holds. Its last failure becomes a note: the answer says what is missing."""
    began, limit = time.perf_counter(), runtime.context.tool_timeout
    told = ""
    found: list[Candidate] = []
    try:
        found = within(limit - _passed(runtime), find, state, runtime.context)
    except MUST_END:
        raise
    except DeadlineError:
        told = f"{state.modality} was given up after {limit:g} s"
    except VidscoutError as error:
        told = f"{state.modality} was skipped: {error}"
    except Exception as error:
        if isinstance(error, OSError) and _attempt(runtime) < RETRY.max_attempts:
            raise  # to be tried again
        told = f"{state.modality} failed: {why(error)}"
    seconds = time.perf_counter() - began
    runtime.stream_writer(ToolFinished(state.modality, len(found), seconds, told))
    name = f"gather:{state.modality}"
    return {
        "found": found,
        "unsearched" if told else "searched": [state.modality],
        "notes": [told] if told else [],
        "route": [name],
        "timings": {name: seconds},
    }


def _passed(runtime: Runtime[Answering]) -> float:
    """Seconds since this branch began, its first attempt included: a second one gets what is left."""
    began = runtime.execution_info.node_first_attempt_time if runtime.execution_info else None
    return time.time() - began if began is not None else 0.0


def _attempt(runtime: Runtime[Answering]) -> int:
    return runtime.execution_info.node_attempt if runtime.execution_info else 1


def find(request: Retrieval, answering: Answering) -> list[Candidate]:
    """The records of one modality that fit a request, each with its similarity and coverage."""
    index = answering.index
    vector = meaning(request.query, answering)
    if request.modality is Modality.FRAME and vector is not None:
        scored = frames_as_records(answering, request)
    else:
        hits = index.search(
            request.query,
            vector,
            modalities=[request.modality],
            within=request.within,
            videos=request.videos,
            k=WIDER * request.k if request.in_context else request.k,
        )
        scored = [(hit.record, hit.similarity or 0.0) for hit in hits]
        if request.in_context:
            scored = in_context(index, scored, vector)
            nearest = sorted(scored[request.k :], key=lambda pair: -pair[1])
            scored = [*scored[: request.k], *nearest[: request.k]]
    if request.spread:
        scored += [(record, SOUGHT) for record in spread(index, request)]
    elif request.place is not None:
        scored += [(record, SOUGHT) for record in from_one_end(index, request)]
    topic = content_words(request.query, without=ABOUT_THE_VIDEO) or content_words(request.query)
    return [
        Candidate(record, max(similarity, 0.0), held(topic, request.labels, record), request.weight)
        for record, similarity in scored
    ]


def meaning(query: str, answering: Answering) -> "np.ndarray | None":
    """The vector of a query; `None`, with a note, where it cannot be had, so that words alone are searched for."""
    limit = answering.tool_timeout / 2  # what is left of a branch's time is for its words
    try:
        return within(limit, answering.vector, query)
    except MUST_END:
        raise
    except DeadlineError:
        note(f"searched by words only: the text embedding gave no answer in {limit:g} s")
    except Exception as error:
        note(f"searched by words only: the text embedding failed ({why(error)})")
    return None


def held(topic: list[str], labels: tuple[str, ...], record: Record) -> float:
    """Share of what was asked for that a record names; objects by their labels, whatever the question calls them."""
    if record.modality is Modality.OBJECT and labels:
        return sum(label in record.labels for label in labels) / len(labels)
    return coverage(topic, record.text)


def spread(index: VideoIndex, request: Retrieval) -> list[Record]:
    """At most k records of a modality, evenly over the stretch, in order of time."""
    records: list[Record] = []
    for video in request.videos:
        line = index.timeline(video, modalities=[request.modality], within=request.within)
        k = max(request.k // len(request.videos), 1)
        records += line if len(line) <= k else [line[int((n + 0.5) * len(line) / k)] for n in range(k)]
    return records


def from_one_end(index: VideoIndex, request: Retrieval) -> list[Record]:
    """The first or last records of a modality, for “the first slide” or “the last thing that is said”."""
    records: list[Record] = []
    for video in request.videos:
        line = index.timeline(video, modalities=[request.modality], within=request.within)
        records += line[:3] if request.place is Place.FIRST else line[-3:]
    return records


def frames_as_records(answering: Answering, request: Retrieval) -> list[tuple[Record, float]]:
    """The frames that look most like the question or one of its options, in the words of their tags."""
    index = answering.index
    best: dict[tuple[str, float], FrameRef] = {}
    for text in (request.query, *request.looks):
        k = FRAMES_NAMED if text == request.query else FRAMES_AN_OPTION
        query = answering.frame_query(text)
        for frame in most_like(answering, query, request.videos, request.within, k, request.brief):
            known = best.get((frame.video, frame.time))
            if known is None or frame.score > known.score:
                best[frame.video, frame.time] = frame
    described: list[tuple[Record, float]] = []
    for frame in best.values():
        standing = Span(frame.time, frame.time + 0.001)
        looks = index.timeline(frame.video, modalities=[Modality.FRAME], within=standing)
        described += [(record, frame.score) for record in looks[-1:]]
    return described
