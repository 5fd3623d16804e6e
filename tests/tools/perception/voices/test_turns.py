"""Who speaks when, from vectors of voices."""

from itertools import pairwise

import numpy as np
from vidscout.tools.perception.voices.turns import STEP, WINDOW, Voiced, joined, turns, windows
from vidscout.tools.records import Span

FIRST, SECOND, THIRD = np.eye(3, 16)


def voiced(start: float, end: float, *voices: np.ndarray) -> Voiced:
    """A stretch in which these voices follow each other in parts of one length."""
    spans = windows(end - start)
    vectors = []
    for number, span in enumerate(spans):
        middle = (span.start + span.end) / 2 / (end - start)
        chance = np.random.default_rng(number).normal(0, 0.05, 16)
        vector = voices[min(int(middle * len(voices)), len(voices) - 1)] + chance
        vectors.append(vector / np.linalg.norm(vector))
    return Voiced(Span(start, end), np.array(vectors))


def test_windows_cover_a_stretch_and_end_with_it():
    for seconds in (0.4, 1.6, 1.7, 2.1, 7.3, 28.0):
        spans = windows(seconds)
        assert spans[0].start == 0.0
        assert abs(spans[-1].end - seconds) < 1e-9
        assert all(span.duration <= WINDOW + 1e-9 for span in spans)
        assert all(0 < b.start - a.start <= 1.5 * STEP for a, b in pairwise(spans))


def test_people_are_numbered_as_they_begin_to_speak_and_known_again():
    stretches = [voiced(1, 6, SECOND), voiced(7.5, 13, FIRST), voiced(15, 20, SECOND)]
    found = [(turn.speaker, turn.span.start, turn.span.end) for turn in turns(stretches, 0.6)]
    assert found == [(0, 1, 6), (1, 7.5, 13), (0, 15, 20)]


def test_a_turn_goes_on_over_a_short_pause():
    [turn] = turns([voiced(0, 5, FIRST), voiced(5.4, 9, FIRST)], 0.6)
    assert turn.span == Span(0, 9)


def test_a_change_without_a_pause_is_found_near_its_time():
    first, second = turns([voiced(0, 10, FIRST, SECOND)], 0.6)
    assert (first.speaker, second.speaker) == (0, 1)
    assert abs(first.span.end - 5) <= 0.4
    assert first.span.end == second.span.start


def test_a_few_seconds_that_are_like_nobody_are_nobody_of_their_own():
    stretches = [voiced(0, 10, FIRST), voiced(12, 14, (FIRST + THIRD) / 2**0.5), voiced(16, 30, SECOND)]
    assert {turn.speaker for turn in turns(stretches, 0.8)} == {0, 1}


def test_what_lies_between_two_voices_without_a_pause_counts_half_a_window_less_on_either_side():
    between = [voiced(at, at + 16, FIRST, FIRST, THIRD, SECOND, SECOND) for at in (0, 20)]
    alone = [
        voiced(at + off, at + off + 3.2, voice)
        for at in (0, 15)
        for off, voice in ((0, FIRST), (5, THIRD), (10, SECOND))
    ]
    assert len({turn.speaker for turn in turns(between, 0.8)}) == 2
    assert len({turn.speaker for turn in turns(alone, 0.8)}) == 3


def test_so_many_people_are_found_as_there_are_said_to_be():
    stretches = [voiced(0, 8, FIRST), voiced(10, 18, SECOND), voiced(20, 28, THIRD)]
    assert len({turn.speaker for turn in turns(stretches, 0.6)}) == 3
    assert len({turn.speaker for turn in turns(stretches, 0.6, 2)}) == 2


def test_nobody_speaks_where_no_voice_is():
    assert turns([], 0.6) == []


def test_turns_are_joined_by_who_speaks():
    spoken = [("a", Span(0, 1)), ("a", Span(1.5, 2)), ("b", Span(2, 3)), ("a", Span(3, 4)), ("a", Span(6, 7))]
    assert joined(spoken) == [("a", Span(0, 2)), ("b", Span(2, 3)), ("a", Span(3, 4)), ("a", Span(6, 7))]


def test_two_moods_of_one_voice_are_one_person_and_two_voices_are_not():
    for cosine, people in ((0.94, {0}), (0.6, {0, 1})):
        other = cosine * FIRST + (1 - cosine**2) ** 0.5 * SECOND
        stretches = [voiced(0, 6, FIRST), voiced(8, 14, other), voiced(16, 22, FIRST)]
        assert {turn.speaker for turn in turns(stretches, 0.93)} == people
