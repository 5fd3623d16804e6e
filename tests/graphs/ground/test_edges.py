"""Edges of what stands on the picture, looked for in the file."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from vidscout.graphs.ground.edges import RATE, refined
from vidscout.graphs.ground.state import Piece, Stretch
from vidscout.tools.payloads import TextLines
from vidscout.tools.records import Box, Modality, Record, Span

BOX = Box(0.1, 0.7, 0.9, 0.9)
STANDS = (2.4, 6.72)
"""Seconds in which a bright band stands on a moving ground."""


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("edges") / "band.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for number in range(250):
            picture = np.full((96, 160, 3), 40 + number % 30, np.uint8)
            if STANDS[0] <= number / 25 < STANDS[1]:
                picture[68:86, 16:144] = 230
            frame = VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def stretch(start: float, end: float) -> Stretch:
    record = Record.of("v", Span(start, end), TextLines(("band",)), 0.9, "test/1", (BOX,))
    return Stretch("v", record.span, 0.9, (Piece(record.span, Modality.SCREEN_TEXT, "band", record, 0.9),))


def test_an_edge_between_two_looks_is_found_in_the_file(video: Path):
    [finer] = refined([stretch(3.0, 7.0)], video, 1.0, 10.0)
    assert finer.span.start == pytest.approx(STANDS[0], abs=1 / RATE + 0.01)
    assert finer.span.end == pytest.approx(STANDS[1], abs=1 / RATE + 0.01)


def test_without_the_file_the_middle_is_taken():
    [finer] = refined([stretch(3.0, 7.0)], None, 1.0, 10.0)
    assert finer.span == Span(2.5, 6.5)


def test_what_begins_and_ends_with_the_video_stays_there(video: Path):
    [finer] = refined([stretch(0.0, 10.0)], video, 1.0, 10.0)
    assert finer.span == Span(0.0, 10.0)


def test_what_was_heard_keeps_its_edges(video: Path):
    heard = Stretch("v", Span(3, 7), 0.9, (Piece(Span(3, 7), Modality.SPEECH, "band", None, 0.9),))
    assert refined([heard], video, 1.0, 10.0) == [heard]
