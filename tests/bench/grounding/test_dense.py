"""Dense captions of public sets, in small folders of the published layout, and their scores."""

import json
from math import exp
from pathlib import Path

import pytest
from vidscout.bench.grounding.caption_scores import Event, cider, dense_scores, fit, said
from vidscout.bench.grounding.dense import KINDS, load, run
from vidscout.bench.grounding.soda import meteor, soda
from vidscout.tools.errors import UsageError


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def activitynet(folder: Path) -> str:
    one = {"duration": 30.0, "timestamps": [[0.0, 10.0], [10, 30]], "sentences": ["A man sits.", " He stands up. "]}
    other = {"duration": 30.0, "timestamps": [[0.0, 12.0]], "sentences": ["Somebody sits on a chair."]}
    write(folder / "val_1.json", {"v_a": one})
    write(folder / "val_2.json", {"v_a": other})
    return "videos/v_a.mp4"


def youcook2(folder: Path) -> str:
    steps = [{"id": 0, "segment": [41, 54], "sentence": "place the bacon slices on a baking pan"}]
    about = {"duration": 311.8, "subset": "validation", "recipe_type": "113", "annotations": steps, "video_url": "…"}
    database = {"fn9anlEL4FI": about, "training-one": {**about, "subset": "training"}}
    write(folder / "youcookii_annotations_trainval.json", {"database": database})
    return "raw_videos/validation/113/fn9anlEL4FI.mp4"


LAYOUTS = {"activitynet": activitynet, "youcook2": youcook2}
RIGHT = {
    "activitynet": (
        (Event(0, 10, "A man sits."), Event(10, 30, "He stands up.")),
        (Event(0, 12, "Somebody sits on a chair."),),
    ),
    "youcook2": ((Event(41, 54, "place the bacon slices on a baking pan"),),),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_video_has_its_events_and_what_is_missing_is_named(kind: str, tmp_path: Path):
    with pytest.raises(UsageError, match="lacks its annotations"):
        load(tmp_path, kind)
    video = tmp_path / LAYOUTS[kind](tmp_path)
    with pytest.raises(UsageError, match=video.name):
        load(tmp_path, kind)
    video.parent.mkdir(parents=True, exist_ok=True)
    video.write_text("video")
    [told] = load(tmp_path, kind)
    assert (told.video, told.references) == (video, RIGHT[kind])


def test_cider_is_that_of_pycocoevalcap():
    pairs = [
        ("cuts the onion into small pieces", "a man cuts the onion into pieces"),
        ("a dog runs", "the dog runs and stirs oil"),
        ("stirs the pan with oil", "stirs the pan with oil"),
        ("a man", None),
    ]
    assert cider(pairs) == pytest.approx(PYCOCO, abs=1e-6)


PYCOCO = 4.255387970415847
"""`pycocoevalcap.cider.cider.Cider().compute_score` of the same pairs, with a reference of unknown words for None."""


def test_stretches_count_where_they_overlap_enough_and_every_caption_needs_a_partner():
    events = [Event(0, 10, "one"), Event(20, 30, "two")]
    captions = [Event(0, 8, "one"), Event(50, 60, "else")]
    assert fit(captions, events, 0.7) == (0.5, 0.5)  # 8 of 10 seconds are shared
    assert fit(captions, events, 0.8) == (0.0, 0.0)
    assert fit([], events, 0.3) == (0.0, 0.0)
    same = [Event(0, 10, "a man walks his dog"), Event(20, 30, "rain falls on roofs")]
    assert said(same, [same], 0.9) == pytest.approx(10.0)
    assert said([*same, Event(50, 60, "nothing of it")], [same], 0.9) == pytest.approx(20 / 3)
    longer = [Event(0, 10, "a man walks his dog"), Event(20, 30, "rain falls on roofs rain falls on roofs")]
    assert 0 < said(longer, [same], 0.9) < 5 + 5 * exp(-16 / 72)


def test_several_people_s_events_count_all():
    one, other = [Event(0, 10, "a man walks his dog")], [Event(5, 10, "the dog pulls the man")]
    scores = dense_scores([one], [[one, other]])
    # his own at all four overlaps; the other's, at an IoU of 0.5, only above 0.3
    assert scores["precision"] == scores["recall"] == pytest.approx((4 + 1) / 8)


def test_captions_that_were_made_are_not_made_again(tmp_path: Path):
    video = tmp_path / activitynet(tmp_path)
    video.parent.mkdir()
    video.write_text("video")
    told = load(tmp_path, "activitynet")
    line = {"id": "v_a", "captions": [[0.0, 10.0, "A man sits."], [10.0, 30.0, "He stands up."]]}
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "captioned.jsonl").write_text(json.dumps(line) + "\n")
    scores = run(told, "activitynet", None, tmp_path / "out")  # pyright: ignore[reportArgumentType]: nobody asks it
    assert scores["recall"] > 0.8
    assert scores["CIDEr"] > 5


def test_soda_pairs_each_caption_once_and_in_order():
    # IoUs: 0.5 for a–a, 1 for b–b, and 0.5 for the second a with b, which is not alike.
    events = [Event(0, 10, "a"), Event(10, 20, "b")]
    captions = [Event(0, 5, "a"), Event(10, 20, "b"), Event(10, 15, "a")]
    scores = soda([(captions, events)], lambda texts, right: [float(a == b) for a, b in zip(texts, right, strict=True)])
    assert (scores["SODA precision"], scores["SODA recall"]) == (pytest.approx(1.5 / 3), pytest.approx(1.5 / 2))
    assert scores["SODA"] == pytest.approx(0.6)
    crossed = [Event(0, 20, "b"), Event(0, 20, "a")]
    assert soda([(crossed, events)], lambda texts, right: [1.0] * len(texts))["SODA"] == pytest.approx(0.5)
    assert soda([([], events)], lambda texts, right: [])["SODA"] == 0.0


def test_meteor_is_that_of_its_authors_program():
    with meteor() as score:
        if score is None:
            pytest.skip("needs Java and pycocoevalcap")
        told = ["cuts the onion into small pieces", "a dog runs", "stirs the pan with oil"]
        right = ["a man cuts the onion into pieces", "the dog runs and stirs oil", "stirs the pan with oil"]
        assert list(score(told, right)) == pytest.approx(METEOR, abs=1e-6)


METEOR = [0.3707170930065749, 0.221314129122313, 1.0]
"""`meteor-1.5.jar -l en -norm` of the same pairs."""
