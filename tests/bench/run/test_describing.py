"""How chapters and summaries are scored, against values worked out by hand."""

import pytest
from vidscout.bench.measure.answering.described import development, report
from vidscout.bench.run.describing import Agreement, boundaries, held, supported, title_similarity


def test_boundaries_match_once_each_within_the_tolerance():
    # 10 is 4 s from 14; 30 is matched by one of 28 and 33 only; 70 is 6 s from 76.
    told = boundaries([10, 28, 33, 70], [14, 30, 76])
    assert (told.matched, told.found, told.listed) == (2, 4, 3)
    assert told.precision == 0.5
    assert told.recall == pytest.approx(2 / 3)
    assert told.f1 == pytest.approx(4 / 7)


def test_as_many_pairs_as_possible_are_matched():
    # Nearest first would pair 5 with 6 and leave 2 without 0 and 11 without 5.
    assert boundaries([2, 5, 11], [0, 6, 7]).matched == 3


def test_nothing_found_where_nothing_is_listed_is_right():
    assert boundaries([], []).f1 == 1.0
    assert boundaries([5], []).f1 == 0.0
    assert boundaries([], [5]).f1 == 0.0


def test_agreements_add_up():
    total = Agreement(1, 2, 4) + Agreement(2, 3, 3)
    assert (total.matched, total.found, total.listed) == (3, 5, 7)


def test_titles_are_compared_by_stems():
    assert title_similarity("Repairing the lift", "The lifts") == pytest.approx(0.8)  # 2 of 3 and 2 of 2
    assert title_similarity("Money", "The garden") == 0.0
    assert title_similarity("", "The garden") == 0.0


def test_a_fact_is_held_by_any_list_of_which_all_strings_are_there():
    holds = [["eighty nine thousand"], ["89,000", "euros"]]
    assert held("A new one costs 89,000 Euros.", holds)
    assert not held("A new one costs 89,000 dollars.", holds)
    assert held("It will cost eighty nine thousand.", holds)


def test_a_sentence_is_supported_by_all_its_words():
    assert supported("It takes 6 weeks.", ["The work: it takes six weeks."])
    assert not supported("It takes seven weeks.", ["It takes six weeks."])
    assert not supported("", ["It takes six weeks."])


@pytest.mark.parametrize("half", [development, report])
def test_what_is_listed_names_scenes_and_sentences_that_there_are(half):
    described = half()
    assert described
    for one in described:
        assert one.chapters[0][0] == one.recording.scenes[0].id
        order = [scene.id for scene in one.recording.scenes]
        starts = [order.index(scene) for scene, _ in one.chapters]
        assert starts == sorted(set(starts))
        assert len(one.facts) >= 7 or (half is development and not one.facts), "some are there for their chapters only"
    assert any(one.facts for one in described)


def test_no_recording_is_both_worked_with_and_reported_on():
    assert not {one.recording.name for one in development()} & {one.recording.name for one in report()}
