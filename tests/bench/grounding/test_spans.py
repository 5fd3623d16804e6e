"""Scores against values that were worked out by hand."""

import numpy as np
import pytest
from vidscout.bench.grounding.clips import highlight_precision, hit_at_one
from vidscout.bench.grounding.spans import (
    Clued,
    average_precision,
    clue_scores,
    every_time,
    first_iou,
    iou,
    mean_average_precision,
    pairs,
    recall_at_one,
    union_iou,
)


def test_iou_is_the_shared_time_over_all_of_it():
    assert iou((0, 10), (5, 15)) == pytest.approx(5 / 15)
    assert iou((0, 1), (2, 3)) == 0.0
    assert iou((2, 2), (2, 2)) == 0.0


def test_the_first_stretch_counts_against_the_right_one_that_it_fits_best():
    assert first_iou([(4, 8), (0, 1)], [(0, 1), (4, 6)]) == pytest.approx(0.5)
    assert first_iou([], [(0, 1)]) == 0.0
    assert recall_at_one([0.5, 0.3, 0.0, 0.7], 0.5) == pytest.approx(0.5)


def test_union_iou_counts_time_once():
    # found 0–6 (two that overlap), right 4–10: shared 2, whole 10
    assert union_iou([(0, 4), (3, 6)], [(4, 10)]) == pytest.approx(0.2)


def test_average_precision_takes_each_right_stretch_once():
    right = [(0.0, 10.0), (20.0, 30.0)]
    # a hit, the same again, a hit: precisions 1, 1/2, 2/3 at recalls 1/2, 1/2, 1; interpolated 1 and 2/3
    found = [(0.0, 10.0, 0.9), (0.0, 9.0, 0.8), (20.0, 30.0, 0.7)]
    assert average_precision(found, right, 0.5) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    # a miss first: precisions 0, 1/2 at recall 1/2; the other right one is never found
    assert average_precision([(50.0, 60.0, 0.9), (0.0, 10.0, 0.1)], right, 0.5) == pytest.approx(0.25)
    assert average_precision([], right, 0.5) == 0.0


def test_map_is_the_mean_over_queries_and_then_over_thresholds():
    # IoU 0.6: right at 0.5, 0.55 and 0.6 of ten thresholds
    queries = [([(0.0, 6.0, 1.0)], [(0.0, 10.0)]), ([(0.0, 10.0, 1.0)], [(0.0, 10.0)])]
    scores = mean_average_precision(queries)
    assert (scores["0.5"], scores["0.6"], scores["0.65"]) == (1.0, 1.0, 0.5)
    assert scores["average"] == pytest.approx((3 * 1.0 + 7 * 0.5) / 10)


def test_every_time_pairs_so_that_ious_add_up_to_the_most():
    # Greedily (0, 10) would take (0, 8) at 0.8 and leave (9, 18) and (2, 12) apart: 0.8 + 0.158.
    # Paired best: (0, 10)–(2, 12) and … the table is [[0.8, 0.667], [0.5, 0]]: 0.667 + 0.5 beats 0.8 + 0.
    found, right = [(0.0, 10.0), (0.0, 4.0)], [(0.0, 8.0), (2.0, 12.0)]
    scores = every_time(found, right)
    assert (scores.counted, scores.f1[0.3], scores.f1[0.5], scores.f1[0.7]) == (1.0, 1.0, 1.0, 0.0)
    assert scores.etf1 == pytest.approx(2 / 3)
    assert {one for _, one in pairs(found, right)} == set(right)


def test_a_wrong_number_of_stretches_is_worth_nothing_however_well_they_lie():
    scores = every_time([(0.0, 10.0), (50.0, 51.0)], [(0.0, 10.0)])
    assert (scores.counted, scores.etf1) == (0.0, 0.0)
    assert (scores.precision[0.5], scores.recall[0.5]) == (0.5, 1.0)
    assert scores.f1[0.5] == pytest.approx(2 / 3)


def test_nothing_found_is_right_where_nothing_is_right():
    assert every_time([], []).etf1 == 1.0
    assert every_time([], [(0.0, 1.0)]).etf1 == 0.0
    assert every_time([(0.0, 1.0)], []).etf1 == 0.0


def test_cg_bench_counts_what_was_seen_and_what_was_answered():
    right = [(0.0, 10.0)]
    scores = clue_scores(
        [
            Clued([(0.0, 10.0)], right, long_right=True, clue_right=True),  # IoU 1
            Clued([(0.0, 2.5)], right, long_right=False, clue_right=True),  # IoU 0.25
            Clued(None, right, long_right=True, clue_right=True),
            Clued([(20.0, 30.0)], right, long_right=False, clue_right=False),
        ]
    )
    assert scores["mIoU"] == pytest.approx(1.25 / 4)
    # above 0.1 and 0.2 two of four, above 0.3, 0.4 and 0.5 one
    assert scores["rec@IoU"] == pytest.approx((2 * 0.5 + 3 * 0.25) / 5)
    assert scores["acc@IoU"] == pytest.approx(0.25)
    assert (scores["long_acc"], scores["clue_acc"]) == (0.5, 0.75)
    assert scores["CRR"] == pytest.approx(0.5 / 0.75)
    assert scores["unparsed"] == 0.25


SALIENCY = np.array([[0, 0, 0], [4, 2, 4], [4, 4, 3], [1, 0, 0]])


def test_hit_at_one_asks_whether_any_rater_finds_the_best_clip_very_good():
    assert hit_at_one([0.1, 0.2, 0.9, 0.3], SALIENCY) == 1.0
    assert hit_at_one([0.1, 0.2, 0.3, 0.9], SALIENCY) == 0.0
    assert hit_at_one([0.0, 0.0, 0.0, 0.0, 9.0], SALIENCY) == 0.0


def test_highlight_precision_is_averaged_over_the_raters():
    # order of clips: 2, 1, 0, 3. Rater 1 finds 1 and 2 good: 1, 1. Rater 2 finds 2: 1. Rater 3 finds 1: 1/2.
    assert highlight_precision([0.3, 0.5, 0.9, 0.1], SALIENCY) == pytest.approx((1 + 1 + 0.5) / 3)
    # all clips alike: one step with the share of good clips
    assert highlight_precision([1, 1, 1, 1], SALIENCY) == pytest.approx((0.5 + 0.25 + 0.25) / 3)
    assert highlight_precision([1, 2, 3, 4], np.zeros((4, 3))) == 0.0
