"""Subtitles that do not belong to this cut of a video."""

from pathlib import Path
from typing import cast

from made_videos import steady, write
from vidscout.graphs.ingest.stage import Sampling, Watched, unpacked
from vidscout.graphs.ingest.stages.of_file.subtitles import STATE, Subtitles
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.media.given_text.subtitles import Given


def test_subtitles_behind_the_end_are_left_out_and_said(tmp_path: Path):
    path = write(tmp_path / "talk.mp4", steady(8, 5))
    cue = "{0}\n00:00:{0:02},000 --> 00:00:{1:02},000\nLine {0}.\n\n"
    path.with_suffix(".srt").write_text("".join(cue.format(at, at + 2) for at in (1, 7, 20, 30)))
    stage, video = Subtitles(Sampling(1.0)), Watched("v", path, 8.0, cast(VideoIndex, None))
    given = [unpacked(Given, row) for time, row in stage.observe(video) if time != STATE]
    assert [(one.span.start, one.span.end) for one in given] == [(1, 3), (7, 8)]
    assert stage.about(video) == ["talk.srt: 2 subtitles lie behind the end, as of another cut of the video"]
