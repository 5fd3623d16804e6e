"""Questions about what is in a box: `ask(…, region=…)` and `vidscout ask --region`."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner
from vidscout import VideoScout
from vidscout.agent.asking.regions import checked_region
from vidscout.bench.data.alterations import write as encode
from vidscout.tools.errors import UsageError
from vidscout.tools.geometry import Box
from vidscout.tools.media.video import Frame
from vidscout.tools.perception.regions.follow import follow

SIGN = (0.3, 0.3, 0.7, 0.6)


def moving(count: int = 20, turn: float = 0.0, step: int = 3) -> list[Frame]:
    """A textured square of 60 pixels that moves to the right over a textured ground, and turns by degrees a frame."""
    random = np.random.default_rng(3)
    ground = cv2.GaussianBlur(random.integers(0, 255, (180, 320), dtype=np.uint8), (0, 0), 2)
    thing = cv2.resize(random.integers(0, 255, (12, 12), dtype=np.uint8), (60, 60), interpolation=cv2.INTER_NEAREST)
    frames = []
    for number in range(count):
        shift = np.array([[1, 0, 40 + step * number], [0, 1, 60]], np.float32)
        middle = (40 + step * number + 30.0, 90.0)
        turned = cv2.getRotationMatrix2D(middle, -turn * number, 1.0)
        placed = np.vstack([turned, [0, 0, 1]]) @ np.vstack([shift, [0, 0, 1]])
        painted = cv2.warpAffine(thing, placed[:2], (320, 180))
        mask = cv2.warpAffine(np.full((60, 60), 255, np.uint8), placed[:2], (320, 180))
        image = np.where(mask > 127, painted, ground).astype(np.uint8)
        frames.append(Frame(number / 10, image[..., None].repeat(3, axis=2)))
    return frames


def square(number: int, step: int = 3) -> Box:
    left = 40 + step * number
    return Box(left / 320, 60 / 180, (left + 60) / 320, 120 / 180)


def test_a_thing_is_followed_forwards_and_backwards_from_the_middle():
    label, found = follow(moving(), 10, square(10))
    assert label == ""
    assert [round(one.time, 1) for one in found] == [round(n / 10, 1) for n in range(20)]
    assert min(one.box.overlap(square(number)) for number, one in enumerate(found)) > 0.7


def test_the_box_of_a_thing_that_turns_grows_around_it():
    _, found = follow(moving(turn=3), 0, square(0))
    widest = found[14].box  # turned by 42 degrees
    assert (widest.right - widest.left) * 320 == pytest.approx(60 * np.sqrt(2), rel=0.12)


def test_a_thing_that_leaves_the_picture_is_not_followed_any_further():
    _, found = follow(moving(30, step=12), 0, square(0, 12))
    assert len(found) < 28
    assert found[-1].box.area > 0


@pytest.mark.parametrize(
    ("region", "why"),
    [
        ((1, (0.5, 0.2, 0.4, 0.7)), "is no box"),
        ((1, (0.1, 0.2, 0.4, 1.7)), "is no box"),
        ((1, (0.1, 0.2, 0.4)), "a region is a time and a box"),
        ((-1, (0.1, 0.2, 0.4, 0.7)), "a region is a time and a box"),
        ((float("nan"), (0.1, 0.2, 0.4, 0.7)), "a region is a time and a box"),
        ("here", "a region is a time and a box"),
        ((1, (0.1, 0.1, 0.105, 0.105)), "too small"),
    ],
)
def test_a_bad_region_is_one_clear_line(region: object, why: str):
    with pytest.raises(UsageError, match=why) as refused:
        checked_region(region)
    assert "\n" not in str(refused.value)
    assert checked_region((2.5, SIGN)) == (2.5, Box(*SIGN))


@pytest.fixture(scope="module")
def sign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a white sign with a word on a grey ground."""
    image = np.full((360, 640, 3), 90, np.uint8)
    image[108:216, 192:448] = 245
    cv2.putText(image, "HARBOUR", (205, 178), cv2.FONT_HERSHEY_SIMPLEX, 1.7, (10, 10, 10), 4, cv2.LINE_AA)
    return encode(tmp_path_factory.mktemp("sign") / "sign.mp4", np.stack([image] * 20), 10)


@pytest.mark.models
def test_what_stands_in_the_box_is_read_and_the_evidence_has_the_box(elsewhere: VideoScout, sign: Path):
    answer = elsewhere.ask(sign, "What does this say?", region=(1.0, SIGN))
    assert elsewhere.videos() == []
    with pytest.raises(UsageError, match=r"the region is at 0:09, but sign.mp4 ends at 0:02"):
        elsewhere.ask(sign, "What is this?", region=(9.0, SIGN))
    with pytest.raises(UsageError, match="a part of one video"):
        elsewhere.ask([sign, sign], "What is this?", region=(1.0, SIGN))
    assert "HARBOUR" in answer.text
    [written] = [one for one in answer.evidence if one.modality == "screen_text"]
    assert written.box == SIGN
    assert written.payload == {"kind": "text_lines", "lines": ["HARBOUR"]}
    assert answer.frames[0].time == pytest.approx(1.0, abs=0.06)
    assert not answer.abstained


@pytest.mark.models
def test_the_command_line_takes_a_time_and_a_box(tmp_path: Path, sign: Path):
    from vidscout.agent.cli import app

    def asked(region: str):
        common = ["--home", str(tmp_path), "--profile", "embedded"]
        return CliRunner().invoke(app, [*common, "ask", str(sign), "What is written here?", "--region", region])

    assert "HARBOUR" in asked("0:01,0.3,0.3,0.7,0.6").stdout
    refused = asked("0:01,0.3,0.3")
    assert refused.exit_code != 0
    assert isinstance(refused.exception, UsageError)
