"""Text-to-video retrieval: the published layout, and ranks by what a search finds."""

from pathlib import Path

import pytest
from vidscout import VideoScout
from vidscout.bench.grounding.retrieval import MSRVTT, load, rank, run, scores
from vidscout.tools.errors import UsageError


def test_the_split_is_read_as_it_is_published(tmp_path: Path):
    with pytest.raises(UsageError, match=MSRVTT):
        load(tmp_path, "msrvtt")
    table = 'key,vid_key,video_id,sentence\nret0,msr9770,video9770,"a person connects wires, slowly"\n'
    (tmp_path / MSRVTT).write_text(table)
    with pytest.raises(UsageError, match=r"lacks 1 videos, as video9770\.mp4"):
        load(tmp_path, "msrvtt")
    video = tmp_path / "videos" / "all" / "video9770.mp4"
    video.parent.mkdir(parents=True)
    video.write_text("video")
    assert load(tmp_path, "msrvtt") == [("a person connects wires, slowly", video)]
    (tmp_path / MSRVTT).write_text("key,caption\nret0,x\n")
    with pytest.raises(UsageError, match="not as published"):
        load(tmp_path, "msrvtt")


def test_a_video_counts_once_however_many_of_its_findings_come_before():
    assert rank(["b", "b", "c", "a"], "a", 9) == 3
    assert scores([1, 3, 7, 40]) == {"R@1": 0.25, "R@5": 0.5, "R@10": 0.75, "median rank": 5.0}


def test_each_text_finds_its_own_of_two_real_videos(scout: VideoScout, lecture: Path, trailer: Path, tmp_path: Path):
    pairs = [("how the first stars were born in faint galaxies", lecture), ("unlucky bird", trailer)]
    found = run(pairs, scout, tmp_path / "out")
    assert found == {"R@1": 1.0, "R@5": 1.0, "R@10": 1.0, "median rank": 1.0}
    lines = (tmp_path / "out" / "ranked.jsonl").read_text().splitlines()
    assert run(pairs, scout, tmp_path / "out") == found
    assert (tmp_path / "out" / "ranked.jsonl").read_text().splitlines() == lines
    swapped = [(pairs[0][0], trailer), (pairs[1][0], lecture)]
    assert run(swapped, scout, tmp_path / "swapped")["R@1"] == 0.0
