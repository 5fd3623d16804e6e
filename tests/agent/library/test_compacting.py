"""Fewer kept frames of a video, and what is still found."""

from collections.abc import Callable
from pathlib import Path

import pytest
from vidscout import VideoScout
from vidscout.tools.errors import UsageError

pytestmark = pytest.mark.models


def test_a_quarter_of_the_frames_finds_nearly_what_all_of_them_found(
    loaded_scout: VideoScout, copied_home: Callable[[Path], Path], trailer: Path, tmp_path: Path
):
    scout = loaded_scout.at(copied_home(tmp_path / "home"))
    video = scout.find(trailer).id
    records = scout.index.stats(video)
    told = scout.compact(trailer, dry_run=True)
    assert len(scout.index.frame_times(video)) == told.before
    made = scout.compact(trailer)
    assert (made.written, told.written) == (True, False)
    assert (made.recall_before, made.recall_after) == (told.recall_before, told.recall_after)
    assert made.after == len(scout.index.frame_times(video)) == pytest.approx(made.before / 4, abs=1)
    assert made.queries > 3
    assert made.recall_before is not None
    assert made.recall_after is not None
    assert made.recall_after > 0.5 * made.recall_before
    assert len(list((tmp_path / "home" / "thumbnails" / video).glob("*.jpg"))) == made.after
    left = scout.index.stats(video)
    assert {**left, "frames": 0} == {**records, "frames": 0}
    assert scout.ask(trailer, "What is the title of the film?").evidence
    with pytest.raises(UsageError, match="between 0 and 1"):
        scout.compact(trailer, 1.5)
    scout.index.close()


def test_what_was_asked_and_cited_in_conversations_is_what_must_still_be_found(
    loaded_scout: VideoScout, copied_home: Callable[[Path], Path], trailer: Path, tmp_path: Path
):
    scout = loaded_scout.at(copied_home(tmp_path / "home"))
    video = scout.find(trailer).id
    cited = [{"video": video, "start": 10.0, "end": 12.0}]
    turn = {"question": "a bird", "citations": cited, "abstained": False}
    scout.index.talks.add("one", "", "a bird", [video], turn)
    scout.index.talks.add("one", "", "a bird", [video], {**turn, "question": "nothing", "citations": []})
    assert scout.compact(trailer, dry_run=True).queries == 1
    scout.index.close()
