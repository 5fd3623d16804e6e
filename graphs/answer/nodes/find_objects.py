"""Look at the selected frames for what the question names, where the profile's detector can find anything by name."""

import time

from langgraph.runtime import Runtime

from ....tools.errors import DeadlineError, VidscoutError
from ...deadline import within
from ...events import ToolFinished, Update, timed
from ..records.by_finding.objects_on_frames import detect_selected, detection_records
from ..state import Answering, AnswerState, Candidate
from .select import ranked


@timed("find_objects")
def find_objects(state: AnswerState, runtime: Runtime[Answering]) -> Update:
    """What is found on a frame is a record like any other; a detector that fails or is late becomes a note."""
    answering, plan = runtime.context, state.plan
    if plan is None or not plan.things or not state.frames or answering.detector is None:
        return {}
    began = time.perf_counter()
    found: list[Candidate] = []
    note = ""
    try:
        found = within(answering.tool_timeout, _found, state, answering)
    except DeadlineError:
        note = f"detection was given up after {answering.tool_timeout:g} s"
    except VidscoutError as error:
        note = f"detection was skipped: {error}"
    runtime.stream_writer(ToolFinished("detection", len(found), time.perf_counter() - began, note))
    return {"ranked": ranked([*state.ranked, *found]), "notes": [note] if note else []}


def _found(state: AnswerState, answering: Answering) -> list[Candidate]:
    assert answering.detector is not None
    assert state.plan is not None
    seen = detect_selected(state.frames, state.plan.things, answering.detector, answering.index)
    similar = {(frame.video, frame.time): max(frame.score, 0.0) for frame in state.frames}
    return [
        Candidate(record, max(similar[record.video, record.span.start], record.score), record.score, 1.0)
        for record in detection_records(seen, answering.detector)
    ]
