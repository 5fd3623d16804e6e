"""Subtitles that are pictures: when they stand, what is drawn, and what they are read as."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from made_videos import steady, write
from pictured_subtitles import PALETTE, blu_ray, dvd, with_dvd_subtitles, written
from vidscout.graphs.ingest.stage import Sampling, Watched, unpacked
from vidscout.graphs.ingest.stages.of_file.subtitles import STATE, Subtitles
from vidscout.tools.geometry import Span
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.media.given_text.palettes import Palettes
from vidscout.tools.media.given_text.pictures import drawn, guessed, joined, pictured
from vidscout.tools.media.given_text.sidecars import sidecars
from vidscout.tools.media.given_text.subtitles import Given
from vidscout.tools.perception.screen_text.readers import PPOCRReader

CUES = [(1.0, 3.0, "The password is swordfish."), (4.5, 6.0, "[door creaks] Nobody\nis at home.")]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds with a DVD's subtitles in it."""
    folder = tmp_path_factory.mktemp("pictured")
    return with_dvd_subtitles(write(folder / "plain.mkv", steady(10, 5)), folder / "film.mkv", CUES)


@pytest.fixture(scope="module")
def reader() -> Iterator[PPOCRReader]:
    reader = PPOCRReader()
    yield reader
    reader.close()


def read(path: Path, reader: PPOCRReader | None) -> tuple[list[Given], list[str]]:
    stage, video = Subtitles(Sampling(), reader), Watched("v", path, 10.0, cast(VideoIndex, None))
    return [unpacked(Given, row) for time, row in stage.observe(video) if time != STATE], stage.about(video)


def as_said(given: list[Given]) -> list[tuple[float, float, str, bool]]:
    """What was read, but for a full stop, which is a few pixels."""
    return [(round(one.span.start, 2), round(one.span.end, 2), one.text.rstrip("."), one.sound) for one in given]


READ = [
    (1.0, 3.0, "The password is swordfish", False),
    (4.5, 6.0, "door creaks", True),
    (4.5, 6.0, "Nobody is at home", False),
]


def test_those_of_a_dvd_are_read_when_they_stand(film: Path, reader: PPOCRReader):
    given, told = read(film, reader)
    assert as_said(given) == READ
    assert {one.language for one in given} == {"en"}
    assert told == ["subtitles 0 (English): pictures of text, read as writing on the picture is"]


def test_those_of_a_blu_ray_beside_a_film_are_read(tmp_path: Path, reader: PPOCRReader):
    blu_ray(tmp_path / "talk.en.sup", CUES)
    given, told = read(write(tmp_path / "talk.mp4", steady(10, 5)), reader)
    assert as_said(given) == READ
    assert told == ["talk.en.sup (English): pictures of text, read as writing on the picture is"]


def test_where_nobody_reads_writing_they_are_told_of(film: Path):
    assert read(film, None) == ([], ["subtitles 0 (English): pictures of text, which were not read"])


def test_a_picture_without_letters_says_that_it_could_not_be_read(tmp_path: Path, reader: PPOCRReader):
    blu_ray(tmp_path / "talk.sup", [(2.0, 3.0, "."), *CUES[1:]])
    [dark, *others], _ = read(write(tmp_path / "talk.mp4", steady(10, 5)), reader)
    assert (dark.text, dark.span.start) == ("", 2.0)
    assert as_said(others) == READ[1:]


def test_a_file_beside_that_is_cut_off_or_nothing_is_no_loss_of_the_rest(tmp_path: Path):
    whole = blu_ray(tmp_path / "talk.sup", CUES).read_bytes()
    (tmp_path / "talk.sup").write_bytes(whole[: len(whole) * 6 // 10])
    path = write(tmp_path / "talk.mp4", steady(10, 5))
    [sidecar] = sidecars(path)
    assert [one.span for one in pictured(path, 0, sidecar)][:1] == [Span(1.0, 3.0)]


def test_letters_are_bright_and_edges_dark_in_every_codec(tmp_path: Path, film: Path):
    letters = written(CUES[0][2])
    path = write(tmp_path / "talk.mp4", steady(1))
    blu_ray(tmp_path / "talk.sup", CUES)
    for one in (next(pictured(film, 0)), next(pictured(path, 0, sidecars(path)[0]))):
        bright = one.image[..., 1] > 200
        assert bright.sum() == (letters == 1).sum()
        assert one.image[0].max() == 0


def test_dark_letters_on_nothing_are_drawn_in_white():
    area = np.zeros((4, 6, 4), np.uint8)
    area[1:3, 1:5, 3] = 255
    image = drawn([(10, 10, area)])
    assert image is not None
    assert (image == 255).sum() == 3 * 8
    assert drawn([]) is None
    assert drawn([(0, 0, np.zeros((4, 6, 4), np.uint8))]) is None


def test_what_nothing_tells_the_colours_of_is_brightest_inside():
    shown = guessed(written("Ill"))
    letters = written("Ill")
    assert shown[letters == 0].max() == 0
    assert shown[letters == 1, 0].min() == 255
    assert shown[letters == 2, 0].max() == 0


def test_the_colours_of_digital_television_are_read():
    full = bytes((1, 0x01, 235, 128, 128, 0))
    short = bytes((2, 0x00)) + (16 >> 2 << 10 | 8 << 6 | 8 << 2).to_bytes(2, "big")
    clut = b"\x00\x00" + full + short
    packet = b"\x0f\x12\x00\x01" + len(clut).to_bytes(2, "big") + clut + b"\x0f\x80\x00\x01\x00\x00"
    colours = Palettes("dvb_subtitle", b"").after(packet)
    assert colours is not None
    assert colours[1].tolist() == [255, 255, 255, 255]
    assert colours[2].tolist() == [0, 0, 0, 255]
    assert Palettes("dvb_subtitle", b"").after(b"\x0f\x12\x00") is None


def test_a_damaged_packet_tells_no_colours():
    whole = dvd("Oh", 1.0)
    palettes = Palettes("dvd_subtitle", f"size: 720x480\npalette: {PALETTE}\n".encode())
    assert palettes.after(whole[:20]) is None
    colours = palettes.after(whole)
    assert colours is not None
    assert colours[1].tolist() == [255, 255, 255, 255]
    assert colours[0, 3] == 0


def test_the_same_words_shown_on_are_one_subtitle():
    pieces = [(Span(0, 1), ["a"]), (Span(1, 2), ["a"]), (Span(3, 4), ["a"]), (Span(4, 5), ["b"])]
    assert joined(pieces, 0.1) == [(Span(0, 2), ["a"]), (Span(3, 4), ["a"]), (Span(4, 5), ["b"])]
