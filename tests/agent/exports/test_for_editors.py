"""Files for editors and players, read back by programs that are not ours: OpenTimelineIO and FFmpeg."""

import dataclasses
import re
import xml.etree.ElementTree as ElementTree
from fractions import Fraction
from pathlib import Path

import av
import pytest
from vidscout.agent.exports.entries import Listed, of_spans
from vidscout.agent.exports.formats import written
from vidscout.agent.exports.frame_rates import Counting, counting
from vidscout.tools.errors import UsageError
from vidscout.tools.index.videos import Video

NAME = 'Köln, "A; B" = #1 \\ <2>\nand more'
SPANS = [(0.0, 10.0, NAME), (60.0, 66.5, "中文 Ünï"), (3599.0, 3601.0, "late")]
RATES = {"23.976": 24000 / 1001, "25": 25.0, "29.97": 30000 / 1001, "50": 50.0, "59.94": 60000 / 1001}


def listed(fps: float, path: str = "/films/Ein Film, #1.mp4", **more) -> Listed:
    video = Video("a1b2c3", Path(path).name, Path(path), duration=3605.0, fps=fps, has_audio=True, **more)
    return of_spans(video, SPANS, "chapter")


@pytest.mark.parametrize("fps", RATES.values(), ids=RATES)
def test_every_event_of_an_edl_is_where_the_stretch_is(fps: float):
    editing = pytest.importorskip("opentimelineio")
    text = written(listed(fps), "edl")
    assert ("FCM: DROP FRAME" in text) == (fps in (30000 / 1001, 60000 / 1001))
    events = re.findall(r"^\d{3}  AX       AA/V  C        (\S+) (\S+) (\S+) (\S+)$", text, re.MULTILINE)
    recorded = 0.0
    for (start, end, _), event in zip(SPANS, events, strict=True):
        times = [editing.opentime.from_timecode(one, fps).to_seconds() for one in event]
        assert times[:2] == pytest.approx([start, end], abs=0.51 / fps)
        assert times[2] == pytest.approx(recorded, abs=1e-6)  # without a gap after the one before
        recorded = times[3]
        assert times[3] - times[2] == pytest.approx(times[1] - times[0], abs=1e-6)
    assert len(re.findall(r"^\* LOC: ", text, re.MULTILINE)) == 3  # the line end in a name starts no line


@pytest.mark.parametrize("fps", RATES.values(), ids=RATES)
def test_final_cut_gets_times_that_are_whole_frames(fps: float):
    project = ElementTree.fromstring(written(listed(fps), "fcpxml"))
    [asset] = project.iter("asset")
    assert asset.get("src") == "file:///films/Ein%20Film%2C%20%231.mp4"
    frame = seconds(project.find("resources/format").get("frameDuration"))  # pyright: ignore[reportOptionalMemberAccess]
    assert float(frame) == pytest.approx(1 / fps)
    markers = list(project.iter("chapter-marker"))
    assert [one.get("value") for one in markers] == [NAME.replace("\n", " "), "中文 Ünï", "late"]
    for marker, (start, end, _) in zip(markers, SPANS, strict=True):
        at, long = seconds(marker.get("start")), seconds(marker.get("duration"))
        assert (at / frame).denominator == (long / frame).denominator == 1
        assert [float(at), float(at + long)] == pytest.approx([start, end], abs=0.51 / fps)


def seconds(time: str | None) -> Fraction:
    assert time is not None
    return Fraction(time.removesuffix("s"))


def test_a_camera_s_timecode_moves_the_source_and_nothing_else(tmp_path: Path):
    editing = pytest.importorskip("opentimelineio")
    path = tmp_path / "take.mov"
    with av.open(str(path), "w") as container:
        container.metadata["timecode"] = "01:00:00;00"
        stream = container.add_stream("mpeg4", rate=Fraction(30000, 1001))
        stream.width, stream.height = 32, 32
        for number in range(3):
            frame = av.VideoFrame(32, 32, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1001, 30000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert counting(str(path), 30000 / 1001) == Counting(Fraction(30000, 1001), 107892, drop=True)
    taken = listed(30000 / 1001, str(path))
    assert "001  AX       AA/V  C        01:00:00;00 01:00:10;00 00:00:00;00 00:00:10;00" in written(taken, "edl")
    [clip] = editing.adapters.read_from_string(written(taken, "otio"), "otio_json").find_clips()
    assert clip.source_range.start_time.value == 107892
    assert clip.markers[1].marked_range.start_time.value == pytest.approx(107892 + 60 * 30000 / 1001, abs=0.51)


def test_the_rate_of_a_changing_picture_is_one_that_editors_know_and_the_times_stay():
    editing = pytest.importorskip("opentimelineio")
    [clip] = editing.adapters.read_from_string(written(listed(27.3), "otio"), "otio_json").find_clips()
    assert clip.source_range.start_time.rate in RATES.values()
    assert clip.markers[2].marked_range.start_time.to_seconds() == pytest.approx(3599, abs=0.03)


def test_mere_sound_is_a_track_of_sound():
    editing = pytest.importorskip("opentimelineio")
    heard = dataclasses.replace(listed(0.0, "/films/talk.m4a"), picture=False)
    [track] = editing.adapters.read_from_string(written(heard, "otio"), "otio_json").tracks
    assert track.kind == editing.schema.TrackKind.Audio
    assert "001  AX       AA    C        00:00:00:00 00:00:10:00" in written(heard, "edl")
    [asset] = ElementTree.fromstring(written(heard, "fcpxml")).iter("asset")
    assert (asset.get("hasVideo"), asset.get("hasAudio")) == (None, "1")


def test_ffmpeg_reads_the_chapters_back(tmp_path: Path):
    path = tmp_path / "chapters.txt"
    path.write_text(written(listed(25.0), "ffmetadata"), encoding="utf-8")
    with av.open(str(path), format="ffmetadata") as container:
        chapters = container.chapters()
        assert container.metadata["title"] == "Ein Film, #1.mp4"
    assert [one["metadata"]["title"] for one in chapters] == [NAME.replace("\n", " "), "中文 Ünï", "late"]
    assert [tuple(Fraction(one[edge]) * (one["time_base"] or 1) for edge in ("start", "end")) for one in chapters] == [
        (0, 10), (60, Fraction(133, 2)), (3599, 3601),
    ]  # fmt: skip


def test_podcast_players_get_the_chapters_with_their_times():
    chapters = list(ElementTree.fromstring(written(listed(25.0), "podlove")))
    assert {one.tag for one in chapters} == {"{http://podlove.org/simple-chapters}chapter"}
    assert [one.get("start") for one in chapters] == ["00:00:00.000", "00:01:00.000", "00:59:59.000"]
    assert chapters[0].get("title") == NAME.replace("\n", " ")


def test_more_events_than_an_edl_numbers_are_refused():
    video = Video("a1b2c3", "talk.mp4", Path("/films/talk.mp4"), duration=3000.0, fps=25.0)
    with pytest.raises(UsageError, match="999 events at most, and this would have 1,000; take otio"):
        written(of_spans(video, [(at, at + 1.0, "x") for at in range(1000)]), "edl")
