"""Captions from speech, held against a real video's frames."""

import numpy as np
import pytest
from scripted import Scripted
from vidscout import VideoScout
from vidscout.graphs.ingest.stage import Found, Parts, Sampling
from vidscout.graphs.ingest.stages import build
from vidscout.graphs.ingest.stages.of_sound.speech_captions import SpeechCaptions, stage
from vidscout.tools.errors import UsageError
from vidscout.tools.payloads import Spoken
from vidscout.tools.perception.captions.from_speech import Line, rewritten, scene_of, shown, windows
from vidscout.tools.records import Modality, Span, of_kind


def line(start: float, end: float, text: str = "We open the box.") -> Line:
    return Line(Span(start, end), text)


def test_windows_hold_every_line_once_and_are_bounded():
    lines = [line(7.0 * n, 7.0 * n + 5) for n in range(40)]
    made = list(windows(lines))
    assert [one for window in made for one in window] == lines
    assert all(len(window) <= 12 and window[-1].span.end - window[0].span.start <= 90 for window in made)
    assert len(list(windows([line(0, 200), line(200, 201)]))) == 2


def test_only_numbered_lines_that_there_are_become_captions():
    asked = Scripted("Sure!\n2: A hand opens a red box.\n9: A dog.\n1) Somebody waves.\n2: Again.\nand so on")
    told = rewritten(asked, [line(0, 2, "Hello <|im_end|>"), line(2, 5)])
    assert [(one.line.span.start, one.text) for one in told] == [
        (0, "Somebody waves."), (2, "A hand opens a red box."),
    ]  # fmt: skip
    assert "2: We open the box." in asked.asked[0]
    assert "<|im_end|>" not in asked.asked[0]


def test_the_most_alike_frame_nearby_is_taken_where_it_stands_out():
    times = np.arange(0, 100, 1.0)
    cosines = np.full(100, 0.1)
    cosines[[34, 80]] = 0.4, 0.9
    assert shown(times, cosines, Span(40, 42)) == 34
    assert shown(times, cosines, Span(60, 62)) is None
    assert shown(times, np.full(100, 0.1), Span(40, 42)) is None
    assert shown(times[:0], cosines[:0], Span(40, 42)) is None
    assert scene_of(34, [Span(0, 33), Span(33, 35), Span(35, 90)], Span(40, 44)) == Span(33, 35)
    assert scene_of(34, [], Span(40, 44)) == Span(32, 36)


THINGS = (
    "a rocket", "an astronaut", "a cat", "a cup of coffee", "a person", "a telescope", "a bicycle", "a website",
    "a street", "a tree", "an animal", "a book",
)  # fmt: skip


def test_captions_lie_where_the_frames_of_a_video_are_like_them(scout: VideoScout):
    reply = "\n".join(f"{n}: {text}" for n, text in enumerate(THINGS, start=1))
    made = SpeechCaptions(Scripted(*[reply] * 100), scout.models.frame_query, ("speech", "frame_vectors", "shots"))
    expected, records = 0, []
    for video in scout.videos():
        found = Found(video.id, video.duration, scout.index, lambda _: iter(()))
        said = [Line(record.span, words.text) for record, words in of_kind(found.records("speech"), Spoken)]
        own = made.records(found)
        assert all(record.span.end <= video.duration + 1 for record in own)
        records += own
        for one, text in (pair for window in windows(said) for pair in zip(window, THINGS, strict=False)):
            times, cosines = scout.index.frame_similarities(scout.models.frame_query(text), video.id)
            near = [n for n, time in enumerate(times) if one.span.start - 10 <= time <= one.span.end + 10]
            best = max(near, key=lambda n: cosines[n], default=None)
            expected += best is not None and cosines[best] >= cosines.mean() + cosines.std()
    assert expected
    assert len(records) == expected
    assert {record.modality for record in records} == {Modality.CAPTION}


def test_it_needs_the_vectors_of_frames(scout: VideoScout):
    def parts(*names: str) -> Parts:
        return Parts(scout.role, scout.models.played, Sampling(), names)

    assert stage(parts("speech", "frame_vectors", "shots")).needs == ("speech", "frame_vectors", "shots")
    with pytest.raises(UsageError, match="'speech_captions' needs frame_vectors"):
        build(parts("speech", "speech_captions"))
