"""From records to pieces, and from pieces to the stretches that are wanted."""

import pytest
from vidscout.graphs.ground.asks import Which, framed, framing, topic_of
from vidscout.graphs.ground.highlights import ScoredClip, clips_of, reel
from vidscout.graphs.ground.pieces import sentences
from vidscout.graphs.ground.state import Piece, Stretch
from vidscout.graphs.ground.stretches import adjoining, together, wanted
from vidscout.tools.payloads import Spoken, TextLines, Word
from vidscout.tools.records import Modality, Record, Span


def spoken(text: str, times: list[tuple[float, float]]) -> Record:
    words = tuple(Word(f" {word}", *span) for word, span in zip(text.split(), times, strict=True))
    return Record.of("v", Span(times[0][0], times[-1][1]), Spoken(text, words), 0.9, "test/1")


def piece(start: float, end: float, probability: float = 0.9) -> Piece:
    return Piece(Span(start, end), Modality.SPEECH, "…", None, probability)


def test_an_utterance_falls_into_its_sentences_at_their_words():
    record = spoken("It rains. Bring a coat.", [(1.0, 1.2), (1.3, 1.8), (2.0, 2.3), (2.3, 2.4), (2.4, 2.9)])
    assert [(one.text, one.span) for one in sentences(record)] == [
        ("It rains.", Span(1.0, 1.8)),
        ("Bring a coat.", Span(2.0, 2.9)),
    ]


def test_a_pause_parts_sentences_without_punctuation():
    record = spoken("it rains bring a coat", [(1.0, 1.2), (1.3, 1.8), (2.8, 3.0), (3.0, 3.1), (3.1, 3.5)])
    assert [one.text for one in sentences(record)] == ["it rains", "bring a coat"]


def test_what_is_no_speech_stays_whole():
    text = Record.of("v", Span(0, 4), TextLines(("Wind 54 km/h.", "From the west")), 0.9, "test/1")
    assert [one.span for one in sentences(text)] == [Span(0, 4)]


def test_sentences_without_times_share_those_of_their_utterance_by_their_length():
    given = Record.of("v", Span(10, 19), Spoken("Two. Three.", given=True), 0.9, "test/1")
    first, second = sentences(given)
    assert (first.text, second.text) == ("Two.", "Three.")
    assert (first.span.start, second.span.end) == (10, 19)
    assert first.span.end == second.span.start == pytest.approx(13.6)


def test_pieces_that_follow_each_other_are_one_stretch():
    pieces = [piece(0, 2), piece(2.5, 4, 0.7), piece(9, 11)]
    assert [(s.span, s.score) for s in adjoining("v", pieces, [True] * 3)] == [(Span(0, 4), 0.9), (Span(9, 11), 0.9)]


def test_a_piece_between_that_does_not_hold_parts_two_stretches():
    pieces = [piece(0, 2), piece(2.1, 2.6, 0.1), piece(2.7, 4)]
    assert [s.span for s in adjoining("v", pieces, [True, False, True])] == [Span(0, 2), Span(2.7, 4)]


def test_stretches_of_two_senses_that_overlap_are_one():
    said, written = (
        Stretch("v", Span(0, 3), 0.6, (piece(0, 3, 0.6),)),
        Stretch("v", Span(2, 5), 0.8, (piece(2, 5, 0.8),)),
    )
    [one] = together([written, said])
    assert (one.span, one.score, len(one.pieces)) == (Span(0, 5), 0.8, 2)


FOUND = [Stretch("v", Span(10, 12), 0.7, (piece(10, 12),)), Stretch("v", Span(30, 31), 0.9, (piece(30, 31),))]


@pytest.mark.parametrize(
    ("which", "spans"),
    [
        (Which.EVERY, [Span(10, 12), Span(30, 31)]),
        (Which.FIRST, [Span(10, 12)]),
        (Which.LAST, [Span(30, 31)]),
        (Which.UNTIL, [Span(0, 10)]),
        (Which.NEVER, [Span(0, 10), Span(12, 30), Span(31, 60)]),
    ],
)
def test_of_the_stretches_those_that_are_asked_for_come_back(which: Which, spans: list[Span]):
    assert [one.span for one in wanted(which, FOUND, "v", Span(0, 60))] == spans


def test_where_it_is_nowhere_it_never_holds_in_the_whole_video():
    assert [one.span for one in wanted(Which.NEVER, [], "v", Span(0, 60))] == [Span(0, 60)]
    assert all(wanted(which, [], "v", Span(0, 60)) == [] for which in Which if which is not Which.NEVER)


def test_the_words_that_frame_a_query_are_learnt_from_the_examples():
    assert {"every", "time", "when", "jedes", "mal", "cada", "vez"} <= framing()
    assert not {"horse", "pferd", "goal"} & framing()
    assert topic_of("every time the water meter is mentioned") == "water meter"
    assert "Wasserzähler" in topic_of("jedes Mal, wenn der Wasserzähler erwähnt wird")
    assert "Mal" not in topic_of("jedes Mal, wenn der Wasserzähler erwähnt wird")
    assert topic_of("when?") == "when?"
    assert framed("every time the water meter is mentioned") == "every time the … is mentioned"
    assert framed("水表") == ""


def test_clips_of_two_seconds_cover_the_video():
    assert clips_of(5.0) == [Span(0, 2), Span(2, 4), Span(4, 5)]


def test_a_reel_fits_its_time_and_takes_sentences_whole():
    said = [spoken("It rains.", [(3.0, 3.5), (3.6, 5.2)])]
    scored = [
        ScoredClip(span, score)
        for span, score in zip(clips_of(20.0), [0.1, 0.2, 0.9, 0, 0, 0.8, 0, 0, 0, 0.3], strict=True)
    ]
    assert [one.span for one in reel(scored, said, 5.0)] == [Span(3.0, 6), Span(10, 12)]
    assert [one.span for one in reel(scored, [], 2.0)] == [Span(4, 6)]
    assert reel([ScoredClip(Span(0, 2), 0.0)], [], 10.0) == []
