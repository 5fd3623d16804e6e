"""Public sets of stretches, in small folders of the published layout."""

import json
from pathlib import Path

import numpy as np
import pytest
from vidscout.bench.grounding.run import Found, scores_of
from vidscout.bench.grounding.sets import SETS, intervals, load
from vidscout.tools.errors import UsageError


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def qvhighlights(folder: Path) -> str:
    item = {
        "qid": 7803,
        "query": "Man in gray top walks from outside to inside.",
        "duration": 10,
        "vid": "RoripwjYFp8_360.0_510.0",
        "relevant_windows": [[2, 6]],
        "relevant_clip_ids": [1, 2],
        "saliency_scores": [[4, 4, 2], [3, 4, 2]],
    }
    write(folder / "highlight_val_release.jsonl", json.dumps(item) + "\n")
    return "videos/RoripwjYFp8_360.0_510.0.mp4"


def charades(folder: Path) -> str:
    write(
        folder / "charades_sta_test.txt",
        "3MSZA 24.3 30.4##person turn a light on.\n3MSZA 0.0 5.1##a person sits.\n",
    )
    return "Charades_v1_480/3MSZA.mp4"


def activitynet(folder: Path) -> str:
    item = {
        "duration": 82.73,
        "sentences": ["A young woman is seen standing.", " She rides a board."],
        "timestamps": [[0.83, 19.86], [17.37, 60.81]],
    }
    write(folder / "val_2.json", {"v_uqiMw7tQ1Cc": item})
    return "videos/v_uqiMw7tQ1Cc.mp4"


def timelens(folder: Path) -> str:
    item = {"duration": 30.0, "spans": [[1.0, 4.0], [5.5, 9.0]], "queries": ["a man sits", "a man stands"]}
    write(folder / "charades-timelens.json", {"3MSZA": item})
    return "videos/charades/3MSZA.mp4"


def extremewhen(folder: Path) -> str:
    item = {
        "qid": "q1",
        "question": "When does the man open the safe?",
        "video_id": "Cm73ma6Ibcs",
        "source_corpus": "LVBench",
        "correct_interval": [1200.0, 1210.5],
        "video_duration_s": 4000.0,
    }
    write(folder / "test.jsonl", json.dumps(item) + "\n")
    return "lvbench/all_videos/Cm73ma6Ibcs.mp4"


def omtg(folder: Path) -> str:
    write(
        folder / "OMTGBench.tsv",
        "index\tvideo\tquestion\tanswer\n"
        "0\ta.mp4\tWhen does he jump?\t<time>1.0 - 2.5 seconds</time>, <time>8 - 9 seconds</time>\n",
    )
    return "videos/a.mp4"


def cg_bench(folder: Path) -> str:
    item = {
        "qid": 3,
        "video_uid": "abc",
        "question": "What is on the table?",
        "answer": "A cup",
        "choices": ["A cup", "A pen"],
        "right_answer": "A",
        "clue_intervals": [[10, 20], [15, 30]],
        "domain": "Life",
        "sub_category": "Object",
        "duration": 1000,
    }
    write(folder / "cgbench_mini.json", [item])
    return "cg_videos_720p/abc.mp4"


LAYOUTS = {
    "qvhighlights": qvhighlights,
    "charades-sta": charades,
    "activitynet": activitynet,
    "timelens": timelens,
    "extremewhen": extremewhen,
    "omtg": omtg,
    "cg-bench": cg_bench,
}
RIGHT = {
    "qvhighlights": [((2.0, 6.0),)],
    "charades-sta": [((24.3, 30.4),), ((0.0, 5.1),)],
    "activitynet": [((0.83, 19.86),), ((17.37, 60.81),)],
    "timelens": [((1.0, 4.0),), ((5.5, 9.0),)],
    "extremewhen": [((1200.0, 1210.5),)],
    "omtg": [((1.0, 2.5), (8.0, 9.0))],
    "cg-bench": [((10.0, 20.0), (15.0, 30.0))],
}


@pytest.mark.parametrize("kind", SETS)
def test_queries_have_their_video_and_the_stretches_that_are_right(kind: str, tmp_path: Path):
    video = LAYOUTS[kind](tmp_path)
    write(tmp_path / video, "video")
    queries = load(tmp_path, kind)
    assert [query.right for query in queries] == RIGHT[kind]
    assert {query.video for query in queries} == {tmp_path / video}
    assert len({query.id for query in queries}) == len(queries)
    assert all(query.text == query.text.strip() != "" for query in queries)


@pytest.mark.parametrize("kind", SETS)
def test_a_missing_video_or_file_is_named_with_the_place_where_the_set_is_published(kind: str, tmp_path: Path):
    with pytest.raises(UsageError, match="publish"):
        load(tmp_path, kind)
    video = LAYOUTS[kind](tmp_path)
    with pytest.raises(UsageError, match=Path(video).name) as raised:
        load(tmp_path, kind)
    assert SETS[kind].published in str(raised.value)


def test_raters_scores_stand_at_their_clips(tmp_path: Path):
    write(tmp_path / qvhighlights(tmp_path), "video")
    [query] = load(tmp_path, "qvhighlights")
    assert query.saliency is not None
    assert query.saliency.tolist() == [[0, 0, 0], [4, 4, 2], [3, 4, 2], [0, 0, 0], [0, 0, 0]]
    [best] = np.flatnonzero(query.saliency.sum(axis=1) == 10)
    scores = scores_of([query], [Found(((2.0, 6.0, 0.9),), (0.1, 0.9, 0.2, 0.0, 0.0))], "highlights")
    assert best == 1
    assert (scores["R1@0.7"], scores["mIoU"], scores["HIT@1"], scores["mAP@average"]) == (1.0, 1.0, 1.0, 1.0)
    # rater 1 finds clip 1 very good (1.0), rater 2 clips 1 and 2 (1.0), rater 3 none (0)
    assert scores["HL-mAP"] == pytest.approx(2 / 3)


def test_every_time_and_clues_are_scored_each_their_own_way(tmp_path: Path):
    write(tmp_path / "o" / omtg(tmp_path / "o"), "video")
    write(tmp_path / "c" / cg_bench(tmp_path / "c"), "video")
    found = [Found(((1.0, 2.5, 0.9), (8.0, 9.0, 0.5)))]
    assert scores_of(load(tmp_path / "o", "omtg"), found, "every")["EtF1"] == 1.0
    clue = scores_of(load(tmp_path / "c", "cg-bench"), [Found(((10.0, 15.0, 0.9),))], "clues")
    assert clue["mIoU"] == pytest.approx(5 / 20)
    assert clue["rec@IoU"] == pytest.approx(2 / 5)


def test_annotations_that_are_not_as_published_are_said(tmp_path: Path):
    write(tmp_path / "val_2.json", {"v": {"duration": 3}})
    with pytest.raises(UsageError, match="not as published"):
        load(tmp_path, "activitynet")
    with pytest.raises(UsageError, match="no kind of set"):
        load(tmp_path, "imagenet")


def test_an_answer_without_tags_is_read_too():
    assert intervals("It happens at 3.0 - 7.5 seconds and 10 - 12 seconds.") == [(3.0, 7.5), (10.0, 12.0)]
    assert intervals("never") == []
