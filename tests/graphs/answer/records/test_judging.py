"""Whether notes answer a question, by the embedded profile's own judge."""

import pytest
from vidscout.graphs.answer.records.judging import PROBE, answered, asked_for, begins, opening
from vidscout.tools.perception.embeddings.by_example import learnt
from vidscout.tools.videollm.servers.judge import Judge
from vidscout.tools.videollm.servers.llama_cpp import LlamaCpp

NOTES = [
    "The old ferry was sold to a museum in Bergen last spring.",
    "Captain Lund has sailed on this line for thirty years.",
    "New ferry / Built: 2021 / Cars: 60 / Price: 14 million",
    "Her first mate comes from the islands.",
]


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge()


@pytest.mark.models
def test_the_judge_tells_what_the_notes_say_from_what_they_only_touch(judge: Judge):
    said = [
        answered(question, NOTES, judge)
        for question in ("who bought the old ferry", "how many cars fit on the new one")
    ]
    not_said = [
        answered(question, NOTES, judge)
        for question in ("what is the first mate's name", "how old is Captain Lund's ship's cook")
    ]
    assert all(one.probed for one in (*said, *not_said))
    assert min(one.said for one in said) > max(one.said for one in not_said)


@pytest.mark.models
def test_a_state_is_of_unit_length_and_the_same_each_time(judge: Judge):
    asked = asked_for("who bought the old ferry", NOTES)
    one, other = judge.state(asked), judge.state(asked)
    assert one is not None
    assert other is not None
    assert float(one @ one) == pytest.approx(1, abs=1e-3)
    assert float(one @ other) == pytest.approx(1, abs=1e-3)
    assert learnt(PROBE, "answered").fits(one, judge.source)


@pytest.mark.models
def test_a_judge_that_nothing_was_learnt_for_is_asked_for_its_next_word(judge: Judge):
    other = LlamaCpp()
    assert not answered("who bought the old ferry", NOTES, other).probed
    assert other.state(asked_for("who bought the old ferry", NOTES)) is None
    assert begins(other) == opening()
    assert begins(judge) == []
