"""Searching by a picture: what looks like it is found, by the features that the classifier of frames left."""

from pathlib import Path

import pytest
from PIL import Image, ImageEnhance
from vidscout import VideoScout
from vidscout.tools.errors import UsageError
from vidscout.tools.media.video import frames

pytestmark = [pytest.mark.models]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory, trailer: Path, lecture: Path) -> dict[tuple[str, float], Path]:
    """Cropped, brighter copies of frames: as somebody has them, and not as they were decoded."""
    folder, made = tmp_path_factory.mktemp("pictures"), {}
    for video, at in ((trailer, 20.0), (trailer, 40.0), (lecture, 30.0), (lecture, 100.0)):
        [frame] = list(frames(video, 1.0, start=at, end=at + 1))[:1]
        picture = Image.fromarray(frame.image)
        picture = picture.crop((picture.width // 20, 0, picture.width, picture.height * 19 // 20)).resize((400, 225))
        file = folder / f"{video.stem}-{at:g}.jpg"
        ImageEnhance.Brightness(picture).enhance(1.15).save(file, quality=70)
        made[video.name, at] = file
    return made


def test_a_picture_finds_the_moments_that_look_like_it(scout: VideoScout, pictures: dict[tuple[str, float], Path]):
    for (name, at), file in pictures.items():
        found = scout.search_by_image(file, k=3)
        assert found[0].name == name
        assert found[0].modality == "frame"
        assert found[0].score > 0.6
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
        if name == "trailer.mp4":  # a slide of the lecture stands for many seconds, and others look like it
            assert abs(found[0].start - at) < 5
        assert len({(one.video, one.start) for one in found}) == 3, "neighbours are one moment"


def test_a_picture_is_searched_in_some_videos_and_times(
    scout: VideoScout, lecture: Path, pictures: dict[tuple[str, float], Path]
):
    content = pictures["trailer.mp4", 20.0].read_bytes()
    found = scout.search_by_image(content, [lecture], time_range=(60, 90), k=2)
    assert found
    assert all(one.name == "lecture.mp4" and 60 <= one.start <= 90 for one in found)
    assert found[0].score < scout.search_by_image(content, k=1)[0].score


def test_what_is_no_picture_is_told_in_one_line(scout: VideoScout, lecture: Path, tmp_path: Path):
    cut = tmp_path / "cut.png"
    Image.new("RGB", (64, 64), "red").save(cut)
    cut.write_bytes(cut.read_bytes()[:60])
    for image, why in (
        (lecture, "not a picture that can be read"),
        (cut, "not a picture that can be read"),
        (b"", "not a picture that can be read"),
        (tmp_path, "not a picture that can be read"),
        (tmp_path / "none.png", "no such file"),
    ):
        with pytest.raises(UsageError, match=why) as told:
            scout.search_by_image(image)
        assert "\n" not in str(told.value)
