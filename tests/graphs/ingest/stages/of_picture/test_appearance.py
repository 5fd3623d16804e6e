"""What followed people and things look like: the stage `appearance` over what was written down, without a model."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from vidscout.graphs.ingest.stage import Found, Sampling
from vidscout.graphs.ingest.stages.of_picture.appearance import Looks, packed, unpacked
from vidscout.tools.geometry import Box, Span
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.index.videos import Video
from vidscout.tools.payloads import Appearance, Track, from_json, to_json
from vidscout.tools.perception.colours.naming import COLOURS
from vidscout.tools.perception.people.poses import Pose
from vidscout.tools.records import Modality, Record
from vidscout.tools.runtime.backend import Tool

VIDEO = "c4" * 16
BUS = Box(0.25, 0.25, 0.5, 0.75)


class Blind(Tool[Any, Any]):
    """Is never asked: what it would have found has been written down."""

    role = "poses"
    name = "blind-for-a-test"

    def setup(self) -> None: ...

    def perceive(self, batch: Sequence[Any]) -> list[Any]:
        raise AssertionError("nothing is to be looked at again")


@pytest.fixture
def index(tmp_path: Path) -> Iterator[VideoIndex]:
    with VideoIndex(tmp_path / "home") as made:
        made.library.put(Video(VIDEO, "street.mp4", tmp_path / "street.mp4", duration=20.0, status="ready"))
        yield made


def yellow_left() -> np.ndarray:
    labels = np.full((90, 160), COLOURS.index("grey"), np.uint8)
    labels[:, :80] = COLOURS.index("yellow")
    return labels


def test_a_followed_thing_has_a_record_of_its_looks(index: VideoIndex):
    track = Record.of(VIDEO, Span(1.0, 4.0), Track("bus", (1.0, 2.5), (BUS, BUS)), 0.8, "test/1", (BUS, BUS))
    index.replace(VIDEO, "objects", [track], None)
    journal, stage = index.library.journal, Looks(Blind(), Sampling(), ("objects",))
    journal.begin(VIDEO, stage.name, stage.fingerprint)
    journal.append(VIDEO, stage.name, [(at, packed(yellow_left(), [])) for at in (0.0, 1.0, 2.5)], 20.0)
    [made] = stage.records(Found(VIDEO, 20.0, index, lambda of: journal.observations(VIDEO, of)))
    assert made.text == "a yellow bus"
    assert made.span == track.span
    assert made.labels == ("bus",)
    assert isinstance(made.payload, Appearance)
    assert from_json(to_json(made.payload)) == made.payload


def test_what_is_written_down_of_a_frame_comes_back():
    pose = Pose(BUS, 0.5, np.full((17, 3), 0.25, np.float32))
    seen = unpacked(packed(yellow_left(), [pose]))
    assert (seen.labels == yellow_left()).all()
    [back] = seen.poses
    assert (back.box, back.score) == (BUS, 0.5)
    assert (back.points == pose.points).all()


def test_looks_are_found_by_their_words_and_have_no_vector(index: VideoIndex):
    looks = [
        Record.of(VIDEO, Span(at, at + 3), Appearance(label, colours=((colour, 0.9),)), 0.9, "test/1")
        for at, label, colour in ((0, "bus", "yellow"), (5, "car", "red"), (9, "car", "white"))
    ]
    index.replace(VIDEO, "appearance", looks, None)
    assert [hit.record.text for hit in index.search("the red car", k=1)] == ["a red car"]
    assert [hit.record.span.start for hit in index.search("car", modalities=[Modality.APPEARANCE])] == [5, 9]
    assert index.known(looks) == {record.id for record in looks}  # nothing of them is left to be embedded
