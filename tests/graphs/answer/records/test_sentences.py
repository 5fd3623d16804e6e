"""Records as sentences: when something is, also where a record is all that is known of it."""

from vidscout.graphs.answer.records.sentences import alike, when
from vidscout.graphs.answer.state import AnswerState, Candidate
from vidscout.tools.payloads import ObjectCounts
from vidscout.tools.records import Modality, Record, Span


def bare(start: float, text: str) -> Record:
    """A record of objects of which only the sentence is known."""
    return Record("v", Span(start, start + 2), Modality.OBJECT, text, 0.9, "test/1")


def counted(start: float, **numbers: int) -> Record:
    return Record.of("v", Span(start, start + 2), ObjectCounts(tuple(numbers.items())), 0.9, "test/1")


def test_when_is_told_of_a_record_that_has_no_labels():
    state = AnswerState("When does a dog appear?", ranked=[Candidate(bare(12.0, "1 dog: a dog at the left"), 1, 1, 1)])
    text, cited = when(state)
    assert "0:12" in text
    assert [candidate.record.span.start for candidate in cited] == [12.0]


def test_records_are_alike_by_a_label_that_they_share_or_by_their_words():
    assert alike(counted(0, dog=1), counted(5, dog=2, cat=1))
    assert not alike(counted(0, dog=1), counted(5, cat=1))
    assert alike(bare(0, "1 dog: a dog at the left"), bare(5, "1 dog: a dog at the left"))
    assert not alike(bare(0, "1 dog: a dog at the left"), bare(5, "3 buses: buses at the top"))
