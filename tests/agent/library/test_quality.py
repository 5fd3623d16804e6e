"""`VideoScout.quality`, `vidscout quality` and `ingest --skip-bad`."""

import json
from pathlib import Path

import numpy as np
import pytest
from made_videos import clicking, steady, write
from typer.testing import CliRunner
from vidscout import VideoScout
from vidscout.bench.data.alterations import write as encode
from vidscout.graphs.ingest.bad_frames import BadFrames
from vidscout.graphs.ingest.stage import Sampling
from vidscout.tools.errors import UnknownVideoError
from vidscout.tools.perception.quality.score import MEASURES

NOISE = np.random.default_rng(0).integers(0, 255, (10, 120, 160, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("film") / "film.mp4", steady(3), [clicking(3)])


def test_a_file_that_was_never_read_is_measured(tmp_path: Path, film: Path):
    with VideoScout("embedded", tmp_path / "home") as scout:
        found = scout.quality(film)
        assert scout.videos() == []
        with pytest.raises(UnknownVideoError):
            scout.quality("nowhere.mp4")
    assert {one.name for one in found.measures} <= set(MEASURES)
    assert {"sharpness", "noise", "flicker", "shake", "frozen", "loudness", "clipping"} <= {
        one.name for one in found.measures
    }
    assert 1 <= found.score <= 5
    assert found.seconds == pytest.approx(3, abs=0.1)
    assert all(len(one.curve) > 1 for one in found.measures)
    assert str(found).startswith(f"{found.level} (")


def test_the_command_prints_exactly_what_is_promised(tmp_path: Path, film: Path):
    from vidscout.agent.cli import app

    done = CliRunner().invoke(app, ["--home", str(tmp_path), "--profile", "embedded", "quality", str(film), "--json"])
    told = json.loads(done.stdout)
    assert list(told) == ["level", "score", "measures"]
    assert all(list(one) == ["name", "value", "unit", "worst"] for one in told["measures"])
    assert all(set(at) == {"start", "value"} for one in told["measures"] for at in one["worst"])


def test_a_noisy_video_is_worse_than_a_still_picture(tmp_path: Path):
    random = np.random.default_rng(1)
    base = np.full((30, 120, 160, 3), 128.0) + np.linspace(-40, 40, 160)[None, None, :, None]
    noisy = np.clip(base + random.normal(0, 25, base.shape[:3])[..., None], 0, 255).astype(np.uint8)
    spoilt = encode(tmp_path / "noisy.mp4", noisy, 10, crf=4)
    with VideoScout("embedded", tmp_path / "home") as scout:
        found = scout.quality(spoilt)
    noise = next(one for one in found.measures if one.name == "noise")
    assert noise.value > MEASURES["noise"].bad
    assert noise.worst
    assert found.level == "bad"


def test_bad_frames_are_left_out_where_that_is_asked_for_and_said():
    asked, not_asked = BadFrames(True), BadFrames(False)
    assert [asked.is_bad(image) for image in (NOISE[0], np.full((120, 160, 3), 2, np.uint8))] == [True, True]
    assert not not_asked.is_bad(NOISE[0])
    [note] = asked.notes()
    assert note.startswith("2 of 2 frames are too bad")
    assert "exposure" in note
    assert not_asked.notes() == []
    assert Sampling(skip_bad=True).frames != Sampling().frames


def test_soft_frames_are_left_out_only_after_sharper_ones():
    import cv2

    sharp = cv2.GaussianBlur(NOISE[0], (0, 0), 1)
    rough = cv2.GaussianBlur(NOISE[0], (0, 0), 6).astype(np.float32)
    spread = (rough - rough.min()) / np.ptp(rough) * 255
    soft = cv2.GaussianBlur(spread.astype(np.uint8), (0, 0), 2)
    through = BadFrames(True)
    assert not any(through.is_bad(soft) for _ in range(3))
    assert [through.is_bad(image) for image in (sharp, soft)] == [False, True]
    assert "(sharpness 1)" in through.notes()[0]
