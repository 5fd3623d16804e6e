"""Reading a video and asking about it where the profile has a frame encoder and a captioner."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from vidscout import Modality, VideoScout
from vidscout.graphs.events import Progress
from vidscout.tools.errors import UsageError
from vidscout.tools.perception.captions.captioner import BLIP, FrameCaption, Scene

pytestmark = pytest.mark.models

Make = Callable[[str], Path]


class Changes(BLIP):
    """BLIP, asked frame by frame as a differential captioner is; remembers what it was shown and told."""

    role = "captions"
    name = "changes-for-a-test"
    weights = ()
    differential = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.before: list[str | None] = []

    def perceive(self, batch: Sequence[Scene]) -> list[FrameCaption]:
        [scene] = batch
        self.before.append(scene.before.text if scene.before else None)
        said = super().perceive(batch)[0]
        return [FrameCaption(f"{said.text} after {len(scene.before.text) if scene.before else 0}", said.score)]


def seeing(home: Path, roles: dict[str, Any]) -> VideoScout:
    return VideoScout("seeing", home, profiles={"seeing": {"base": "embedded", "roles": roles}})


def roles(make: Make, **others: Any) -> dict[str, Any]:
    siglip = {"backend": "siglip2", "model": str(make("siglip2")), "device": "cpu"}
    blip = {"backend": "blip", "model": str(make("blip")), "device": "cpu", "max_tokens": 6}
    return {"frame_embedding": siglip, "captions": blip} | others


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, checkpoint: Make, bikes: Path) -> Path:
    """The bikes, read with SigLIP 2 and BLIP."""
    folder = tmp_path_factory.mktemp("seeing") / "home"
    with seeing(folder, roles(checkpoint)) as scout:
        [read] = scout.ingest(bikes)
        assert not [note for note in read.notes if "failed" in note]
    return folder


def test_a_picture_is_searched_by_the_encoder_that_the_profile_has(home: Path, checkpoint: Make, bikes: Path):
    with seeing(home, roles(checkpoint)) as scout:
        video = scout.find(bikes).id
        kept = scout.index.thumbnail(video, 4.0)
        [best, *_] = scout.search_by_image(kept, k=1)
        assert best.score > 0.99
        assert abs(best.start - 4.0) <= 1.0


def test_frames_are_embedded_by_the_encoder_and_searched_by_its_text_tower(home: Path, checkpoint: Make, bikes: Path):
    with seeing(home, roles(checkpoint)) as scout:
        video, encoder = scout.find(bikes).id, scout.role("frame_embedding")
        assert scout.index.frame_encoders(video) == [encoder.source]
        query = scout.models.frame_query("a street with bicycles")
        assert list(query) == [encoder.source]
        times, curve = scout.index.frame_similarities(query, video)
        assert len(times) == scout.index.stats(video)["frames"]
        best = scout.index.search_frames(query, videos=[video], k=1)[0]
        assert best.time == times[curve.argmax()]
        answer = scout.ask(bikes, "How many people are there?")
        assert answer.evidence
        assert answer.frames


def test_captions_are_the_captioners_own(home: Path, checkpoint: Make, bikes: Path):
    with seeing(home, roles(checkpoint)) as scout:
        captions = scout.index.timeline(scout.find(bikes).id, [Modality.CAPTION])
        assert captions
        assert {caption.source for caption in captions} == {scout.role("captions").source}
        assert all(caption.text for caption in captions)


def test_a_question_under_another_profile_says_how_to_mend_it(home: Path, bikes: Path):
    with VideoScout("embedded", home) as scout:
        video = scout.find(bikes).id
        with pytest.raises(UsageError, match=r"embedded by siglip2/.*ingest --again"):
            scout.index.search_frames(scout.models.frame_query("a bicycle"), videos=[video])
        answer = scout.ask(bikes, "How many people are there?")
        assert answer.frames  # what was found in words still points at frames
        assert any("read with other settings" in note for note in scout.ingest(bikes)[0].notes)


def test_a_differential_captioner_hears_the_caption_before_even_when_reading_was_stopped(
    tmp_path: Path, checkpoint: Make, bikes: Path
):
    changes = {"backend": "changes-for-a-test", "model": str(checkpoint("blip")), "device": "cpu", "max_tokens": 4}
    with seeing(tmp_path / "home", roles(checkpoint, captions=changes, frame_embedding=False)) as scout:
        events = scout.ingest_events(bikes)
        for event in events:
            if isinstance(event, Progress) and event.stage == "captions" and event.done > 0:
                break
        events.close()
        first = list(scout.role("captions").before)
        scout.ingest(bikes)
        told = scout.role("captions").before
        assert told[0] is None
        assert None not in told[1:]
        assert len(told) == scout.index.stats(scout.find(bikes).id)["frames"]  # none was captioned twice
        assert len(first) < len(told)


def test_a_failing_encoder_is_noted_and_the_rest_is_read(
    tmp_path: Path, checkpoint: Make, bikes: Path, monkeypatch: pytest.MonkeyPatch
):
    with seeing(tmp_path / "home", roles(checkpoint, captions=False)) as scout:
        monkeypatch.setattr(scout.role("frame_embedding"), "perceive", lambda batch: 1 / 0)
        [read] = scout.ingest(bikes)
        assert any("frame_vectors failed" in note for note in read.notes)
        assert read.records["frames"] > 0
        assert scout.ask(bikes, "How many people are there?").evidence
