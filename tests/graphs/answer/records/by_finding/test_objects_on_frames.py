"""Looking for things on the selected frames, and remembering what was found."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from vidscout.graphs.answer.records.by_finding.objects_on_frames import detect_selected, detection_records
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.payloads import ObjectCounts
from vidscout.tools.perception.objects.grounding_dino import GroundingDINO
from vidscout.tools.perception.objects.nanodet import NanoDet
from vidscout.tools.records import Detection, FrameRef

Make = Callable[[str], Path]


def jpeg(image: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


@pytest.fixture
def index(tmp_path: Path):
    noise = np.random.default_rng(0).integers(0, 255, (3, 48, 64, 3), dtype=np.uint8)
    with VideoIndex(tmp_path / "home") as opened:
        opened.add_frames("v", [0.0, 1.0, 2.0], np.eye(3, dtype=np.float32), [jpeg(image) for image in noise])
        yield opened


class Counting(GroundingDINO):
    """Remembers how many frames it looked at."""

    name = "counting-grounding-dino"
    weights = ()
    looked_at = 0

    def find(self, batch: Sequence[np.ndarray], labels: Sequence[str]) -> list[list[Detection]]:
        self.looked_at += len(batch)
        return super().find(batch, labels)


def test_an_open_vocabulary_finds_what_the_question_names_and_looks_once(index: VideoIndex, checkpoint: Make):
    detector = Counting(checkpoint("grounding-dino"), threshold=0.2, device="cpu")
    frames = [FrameRef("v", 2.0), FrameRef("v", 0.0)]
    found = detect_selected(frames, ["Red car", "dog"], detector, index)
    assert list(found) == frames
    assert any(found.values())
    assert {seen.label for of_one in found.values() for seen in of_one} <= {"red car", "dog"}
    assert detector.looked_at == 2
    assert detect_selected(frames, ["dog", "red  CAR", "dog"], detector, index) == found
    assert detector.looked_at == 2
    more = detect_selected([*frames, FrameRef("v", 1.0)], ["red car", "dog"], detector, index)
    assert detector.looked_at == 3
    assert {frame: more[frame] for frame in frames} == found
    detect_selected(frames, ["dog"], detector, index)  # other labels compete differently for a box
    assert detector.looked_at == 5


def test_what_another_model_found_is_not_taken_for_ones_own(index: VideoIndex, checkpoint: Make):
    frames = [FrameRef("v", 0.0)]
    careful = Counting(checkpoint("grounding-dino"), threshold=0.2, device="cpu")
    detect_selected(frames, ["dog"], careful, index)
    with_other_labels = Counting(checkpoint("grounding-dino"), labels=["cup"], threshold=0.2, device="cpu")
    detect_selected(frames, ["dog"], with_other_labels, index)
    assert with_other_labels.looked_at == 1


def test_what_was_found_goes_with_its_video(index: VideoIndex, checkpoint: Make):
    detector = Counting(checkpoint("grounding-dino"), threshold=0.2, device="cpu")
    frames = [FrameRef("v", 0.0)]
    before = detect_selected(frames, ["dog"], detector, index)
    with index.library.database.reading() as db:
        assert db.execute("select count(*) from cache where video = 'v'").fetchone() == (1,)
    index.delete("v")
    with index.library.database.reading() as db:
        assert db.execute("select count(*) from cache").fetchone() == (0,)
    assert before


def test_no_names_look_at_nothing(index: VideoIndex):
    never_loaded = GroundingDINO("/no/such/checkpoint")
    frames = [FrameRef("v", 0.0)]
    assert detect_selected(frames, [" "], never_loaded, index) == {frames[0]: ()}
    assert detect_selected([], ["dog"], never_loaded, index) == {}


@pytest.mark.models
def test_a_fixed_vocabulary_finds_those_of_the_names_that_it_knows(index: VideoIndex):
    from photos import photo

    index.add_frames("cats", [5.0], np.eye(3, dtype=np.float32)[:1], [jpeg(photo("cat"))])
    detector = NanoDet()
    frame = FrameRef("cats", 5.0)
    found = detect_selected([frame, FrameRef("v", 0.0)], ["cat", "unicorn"], detector, index)
    assert {seen.label for seen in found[frame]} == {"cat"}
    [record] = detection_records(found, detector)
    assert (record.video, record.span.start, record.source) == ("cats", 5.0, detector.source)
    assert record.payload == ObjectCounts((("cat", len(found[frame])),), found[frame])
    assert record.text.startswith(f"{len(found[frame])} cat")
    assert len(record.boxes) == len(found[frame])
