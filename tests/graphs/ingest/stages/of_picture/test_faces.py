"""Whose faces are seen: the stage `faces` over what was written down, without a model."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from vidscout.graphs.ingest.recognition import Sighting, packed, unpacked
from vidscout.graphs.ingest.stage import Found, Sampling
from vidscout.graphs.ingest.stages.of_picture.faces import Faces
from vidscout.tools.geometry import Box
from vidscout.tools.index.rows.people import How, Likeness, Named
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.index.videos import Video
from vidscout.tools.payloads import Person
from vidscout.tools.records import Record, of_kind
from vidscout.tools.runtime.backend import Tool

VIDEO = "c3" * 16
ANNA, BEN = np.eye(2, 8, dtype=np.float32)
LEFT, RIGHT = Box(0.125, 0.25, 0.25, 0.5), Box(0.625, 0.25, 0.75, 0.5)


class Blind(Tool[Any, Any]):
    """Is never asked: what it would have found has been written down."""

    role = "face_embedding"
    name = "blind-for-a-test"
    same, known = 0.6, 0.7

    def setup(self) -> None: ...

    def perceive(self, batch: Sequence[Any]) -> list[Any]:
        raise AssertionError("nothing is to be looked at again")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[VideoIndex]:
    with VideoIndex(tmp_path / "home") as made:
        made.library.put(Video(VIDEO, "talk.mp4", tmp_path / "talk.mp4", duration=20.0, status="ready"))
        yield made


@pytest.fixture
def settle(index: VideoIndex) -> Callable[..., list[Record]]:
    """Makes the stage's records from the faces on each frame, by its time, and puts them where they belong."""

    def settle(frames: dict[float, list[Sighting]]) -> list[Record]:
        journal = index.library.journal
        stage = Faces(Blind(), Blind(), Sampling())
        journal.begin(VIDEO, stage.name, stage.fingerprint)
        journal.append(VIDEO, stage.name, [(at, packed(faces)) for at, faces in frames.items()], 20.0)
        records = stage.records(Found(VIDEO, 20.0, index, lambda of: journal.observations(VIDEO, of)))
        index.replace(VIDEO, stage.name, records, None)
        return records

    return settle


BOTH = {
    0.0: [Sighting(LEFT, ANNA)],
    1.0: [Sighting(LEFT, ANNA), Sighting(RIGHT, BEN)],
    2.0: [Sighting(RIGHT, BEN)],
    3.0: [],
    10.0: [Sighting(RIGHT, ANNA)],
    11.0: [],
}


def test_what_is_written_down_is_read_back():
    [one, other] = unpacked(packed(BOTH[1.0]))
    assert (one.box, other.box) == (LEFT, RIGHT)
    np.testing.assert_allclose(other.vector, BEN)
    assert unpacked(packed([])) == []


def test_each_stretch_in_which_somebody_is_seen_is_a_record_with_its_place(settle: Callable[..., list[Record]]):
    found = [
        (one.label, record.span.start, record.span.end, record.boxes[0])
        for record, one in of_kind(settle(BOTH), Person)
    ]
    assert found == [
        ("unknown person 1", 0.0, 2.0, LEFT),
        ("unknown person 1", 10.0, 11.0, RIGHT),
        ("unknown person 2", 1.0, 3.0, RIGHT),
    ]


def test_who_was_shown_is_named_and_who_is_like_nobody_stays_unknown(
    index: VideoIndex, settle: Callable[..., list[Record]]
):
    near = 0.8 * BEN + 0.6 * np.eye(3, 8, dtype=np.float32)[2]
    index.faces.remember(Likeness("Ben", "blind-for-a-test/1", near))
    index.faces.remember(Likeness("Tom", "another/1", ANNA))
    index.faces.remember(Likeness("Ada", "blind-for-a-test/1", 0.6 * ANNA + 0.8 * np.eye(4, 8, dtype=np.float32)[3]))
    settle(BOTH)
    assert index.faces.names(VIDEO) == {"unknown person 2": Named("Ben", How.LIKENESS)}


def test_what_somebody_said_goes_before_the_likeness_and_stays(index: VideoIndex, settle: Callable[..., list[Record]]):
    index.faces.remember(Likeness("Ben", "blind-for-a-test/1", BEN))
    settle(BOTH)
    index.faces.rename(VIDEO, {"unknown person 2": Named("Benjamin", How.USER)})
    settle(BOTH)
    assert index.faces.names(VIDEO) == {"unknown person 2": Named("Benjamin", How.USER)}


def test_forgetting_takes_names_faces_and_the_likenesses_that_the_video_showed(
    index: VideoIndex, settle: Callable[..., list[Record]]
):
    index.faces.remember(Likeness("Ben", "blind-for-a-test/1", BEN, VIDEO))
    index.faces.remember(Likeness("Ada", "blind-for-a-test/1", ANNA))
    settle(BOTH)
    index.forget(VIDEO)
    assert index.faces.names(VIDEO) == {}
    assert [one.name for one in index.faces.likenesses()] == ["Ada"]
    assert list(index.library.journal.observations(VIDEO, "faces")) == []
    assert index.faces.forget("Ada") == 1
    assert index.faces.likenesses() == []
