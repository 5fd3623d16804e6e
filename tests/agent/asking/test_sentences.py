"""Which finding stands behind each sentence, where sources disagree, and what is suggested."""

import pytest
from vidscout import VideoScout
from vidscout.agent.answer import Answer, Evidence
from vidscout.agent.asking.disagreeing import disagreements, numbers
from vidscout.agent.asking.sentences import sentences
from vidscout.agent.asking.suggesting import suggestions
from vidscout.agent.library.correcting import corrected, timed
from vidscout.tools.errors import UsageError
from vidscout.tools.payloads import Spoken, Word


def piece(start: float, text: str, modality: str = "speech") -> Evidence:
    payload = {"kind": "text_lines", "lines": text.split("\n")} if modality == "screen_text" else None
    return Evidence("v", start, start + 4, modality, text, 0.8, "test/1", "talk.mp4", payload)


def answer(text: str, *evidence: Evidence, abstained: bool = False) -> Answer:
    return Answer(text, None, abstained, 0.8, list(evidence), [], [], [], {}, {}, {}, "embedded", "?", ["v"])


def test_each_sentence_has_the_one_finding_that_holds_its_words():
    found = [piece(24.5, "The mirror is made of silicon carbide."), piece(50, "The flight costs 42 million dollars.")]
    told = sentences(answer("The mirror is silicon carbide. The flight costs 42 million. Nobody objects.", *found))
    assert [(one.citation, one.time) for one in told] == [(0, 24.5), (1, 50), (None, None)]


def test_a_time_that_is_named_is_the_moment_and_a_time_of_day_is_none():
    found = [piece(62.3, "Night shifts from 22:00 to 06:00")]
    assert sentences(answer("It is said at 1:02.", *found))[0].time == 62.3
    assert sentences(answer("It is said at 1:04.", *found))[0].time == 64
    assert sentences(answer("The shift is from 22:00.", *found))[0].time == 62.3


def test_what_is_withheld_cites_nothing():
    [only] = sentences(answer("That is not in the video.", piece(1, "Something else"), abstained=True))
    assert only.citation is None


def test_a_number_that_is_said_otherwise_than_it_is_written_is_a_disagreement():
    said = piece(10, "Our club has a hundred thousand paying members.")
    written = piece(12, "The club\nPaying members: 900,000", "screen_text")
    [one] = disagreements([said, written])
    assert (one.citations, one.values) == ((0, 1), ("100,000", "900,000"))


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("Our club has nine hundred thousand paying members.", "Paying members of the club: 900,000"),
        ("The mirror weighs 48 kilograms.", "Vibration test: 12 days"),
        ("We have 7 paying members in Rome.", "Candidates: 12,400"),
        ("The club has paying members.", "Paying members of the club: 900,000"),
    ],
)
def test_the_same_number_or_another_thing_is_none(said: str, written: str):
    assert disagreements([piece(1, said), piece(2, written, "screen_text")]) == []


def test_numbers_in_words_and_figures_have_one_value():
    assert {*numbers("two million")} == {*numbers("2,000,000")} == {2_000_000.0}
    assert {*numbers("3.5 MW")} == {3.5}


def test_words_that_stay_keep_their_times():
    words = [Word("made", 1.0, 1.4), Word("on", 1.4, 1.6), Word("silicon", 1.6, 2.0)]
    found = timed(["made", "of", "pure", "silicon"], words, 0.5, 2.5)
    assert [(word.text, round(word.start, 2), round(word.end, 2)) for word in found] == [
        ("made", 1.0, 1.4), ("of", 1.4, 1.5), ("pure", 1.5, 1.6), ("silicon", 1.6, 2.0),
    ]  # fmt: skip


def test_a_correction_that_leaves_nothing_is_refused():
    with pytest.raises(UsageError, match="1 to 4,000 characters"):
        corrected(Spoken("Hello."), " \n ", 0, 1)


@pytest.mark.models
def test_what_is_suggested_was_found_and_can_be_answered(scout: VideoScout, lecture, trailer):
    asked = suggestions(scout, scout.find(lecture))
    assert {one.kind for one in asked} >= {"chapter", "number", "name"}
    assert "Maria Keller" in [one.about for one in asked]
    film = suggestions(scout, scout.find(trailer))
    assert "An unlucky bird" in [one.about for one in film]
    assert not [one for one in film if any(word in one.question for word in ("dog", "sheep", "horse", "cow"))]
    title = next(one for one in film if one.about == "An unlucky bird")
    assert "0:11" in scout.ask(trailer, title.question).text
