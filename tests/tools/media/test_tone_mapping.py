from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import ColorTrc
from made_videos import steady, write
from vidscout.tools.media.tone_mapping import HLG, PQ, is_hdr, mapped
from vidscout.tools.media.video import frames


def grey(stored: float, transfer: int) -> int:
    """The level on the screen of a grey that is stored as a value of 0..1."""
    picture = np.full((2, 2, 3), round(stored * 65535), np.uint16)
    return int(mapped(picture, transfer)[0, 0, 0])


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_black_stays_black_and_light_grows_with_what_is_stored(transfer: int):
    ramp = np.repeat(np.round(np.linspace(0, 65535, 21)).astype(np.uint16)[None, :, None], 3, axis=2)
    levels = mapped(ramp, transfer)[0, :, 0].tolist()
    assert levels[0] == 0
    assert levels[-1] == 255
    assert levels == sorted(levels)


@pytest.mark.parametrize(("transfer", "white"), [(PQ, 0.58), (HLG, 0.75)])
def test_a_white_page_is_nearly_white_and_highlights_are_still_told_from_it(transfer: int, white: float):
    """The stored values of 203 cd/m² are those of ITU-R BT.2408, table 1."""
    assert 205 <= grey(white, transfer) < grey(white + 0.1, transfer)


def test_white_letters_are_seen_on_a_bar_as_bright_as_most_screens_get():
    """Test bars at 75 % of PQ, 983 cd/m², with letters at 100 %, 10,000 cd/m²."""
    bars = np.full((20, 20, 3), round(0.75 * 65535), np.uint16)
    bars[5:15, 8:12] = 65535
    shown = mapped(bars, PQ)
    assert int(shown[10, 10, 0]) - int(shown[0, 0, 0]) >= 10
    assert int(shown[0, 0, 0]) > 205


def test_middle_grey_is_as_bright_as_on_an_ordinary_screen():
    """18 % of 203 cd/m² is stored as 0.38 in PQ (BT.2408, table 1: 26 cd/m²), and as level 118 in sRGB."""
    assert grey(0.38, PQ) == pytest.approx(103, abs=16)


def test_red_stays_red():
    picture = np.zeros((1, 1, 3), np.uint16)
    picture[..., 0] = round(0.6 * 65535)
    red, green, blue = (int(level) for level in mapped(picture, PQ)[0, 0])
    assert red > 200 > 60 > max(green, blue)


def test_ordinary_pictures_are_not_mapped():
    assert not is_hdr(1)


def hdr_film(path: Path, level: float) -> Path:
    """A second of plain grey in PQ."""
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p10le"
        stream.codec_context.color_trc = ColorTrc.SMPTE2084.value
        stream.codec_context.colorspace, stream.codec_context.color_primaries = 9, 9
        for _ in range(5):
            frame = VideoFrame(64, 48, "yuv420p10le")
            for plane, value in zip(frame.planes, (64 + level * 876, 512, 512), strict=True):
                plane.update(np.full(plane.buffer_size // 2, round(value), np.uint16).tobytes())
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
    return path


def test_a_film_in_hdr_is_seen_as_a_screen_shows_it(tmp_path: Path):
    [frame] = frames(hdr_film(tmp_path / "hdr.mkv", 0.58))
    assert frame.image.mean() > 220  # stored, it is a middle grey of 148


def joined(path: Path, *parts: Path) -> Path:
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def test_a_picture_that_grows_in_the_middle_of_a_file_keeps_its_detail(tmp_path: Path):
    small = write(tmp_path / "small.ts", steady(2), size=(160, 120))
    large = write(tmp_path / "large.ts", steady(2), size=(640, 480))
    film = joined(tmp_path / "both.ts", small, large)
    sizes = [frame.image.shape[:2] for frame in frames(film, one_size=False)]
    assert sizes == [(120, 160)] * 2 + [(480, 640)] * 2
    assert {frame.image.shape[:2] for frame in frames(film)} == {(120, 160)}


def test_a_picture_that_changes_its_shape_is_not_stretched(tmp_path: Path):
    wide = write(tmp_path / "wide.ts", steady(1), size=(320, 180))
    tall = write(tmp_path / "tall.ts", steady(1), size=(180, 320))
    sizes = [frame.image.shape[:2] for frame in frames(joined(tmp_path / "both.ts", wide, tall), one_size=False)]
    assert sizes == [(180, 320), (320, 180)]
