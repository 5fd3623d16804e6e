"""Summaries, notes, captions and stories from what is said and shown."""

import numpy as np
import pytest
from scripted import Scripted
from vidscout.graphs.describe import abstract
from vidscout.graphs.describe.captions import captioned, stretches
from vidscout.graphs.describe.extract import Spoken, chosen, shares
from vidscout.graphs.describe.material import Material, joined
from vidscout.graphs.describe.notes.notes import notes
from vidscout.graphs.describe.notes.people import owner_of
from vidscout.graphs.describe.results import Chapter, Cited, Length
from vidscout.graphs.describe.roles import ROLES, Role
from vidscout.graphs.describe.sizes import budgets
from vidscout.graphs.describe.story import scene
from vidscout.tools.payloads import Caption, ObjectCounts, TextLines
from vidscout.tools.payloads import Spoken as Said
from vidscout.tools.records import Record, Span


def said(start: float, text: str, speaker: str = "", language: str = "en") -> Record:
    payload = Said(text, language=language, speaker=speaker)
    return Record.of("v", Span(start, start + 3), payload, 0.9, "demo/1")


def spoken(records: list[Record], vectors: list[list[float]], roles: list[Role] | None = None) -> Spoken:
    rows = np.array(vectors, np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    scores = None
    if roles is not None:
        scores = np.array([[1.0 if role is own else -1.0 for role in ROLES] for own in roles])
    return Spoken(tuple(joined(records)), rows, scores)


def material(of: Spoken, names: tuple = ()) -> Material:
    return Material("v", Span(0, 100), of.passages, of.vectors, (), (), (), names, "en")


def test_the_second_sentence_adds_something_rather_than_saying_the_same_again():
    of = spoken(
        [
            said(0, "The bridge over the river is made of old steel."),
            said(5, "This bridge over the river is of old steel."),
            said(10, "Painting it takes a year of work for them."),
        ],
        [[1, 0.2, 0], [1, 0.21, 0], [0.5, 0, 1]],
    )
    rows = chosen(of, 2)
    assert 2 in rows
    assert len(rows) == 2


def test_a_decision_carries_more_than_a_joke():
    of = spoken([said(0, "One more of those jokes about the dog."), said(5, "So we take the red one for the hall.")],
                [[1, 0], [1, 0.01]], [Role.ASIDE, Role.DECISION])  # fmt: skip
    assert chosen(of, 1) == [1]


def test_words_are_a_limit_but_the_best_passage_is_always_there():
    of = spoken([said(0, "word " * 40 + "end."), said(5, "Short but clear it is, and new to all.")], [[1, 0], [0, 1]])
    assert len(chosen(of, 5, words_left=3)) == 1


def test_shares_add_up_and_every_part_gets_one():
    assert shares([10, 10, 10], 3) == [1, 1, 1]
    assert sum(shares([5, 50, 500], 17)) == 17
    assert shares([], 3) == []
    chapters = [Chapter(0, 50, "a", ""), Chapter(50, 100, "b", "")]
    assert [count for count, _ in budgets(chapters, [True, False], Length.PAGE, False)][1] == 0


def test_a_task_has_its_owner_and_its_date():
    of = spoken([said(0, "I will send the plan by Monday.", "Ann Hill")], [[1, 0]], [Role.ACTION])
    [note] = [one for one in notes(material(of), of, 10) if one.kind == "action"]
    assert (note.owner, note.date) == ("Ann Hill", "Monday")
    assert note.evidence[0].text == "I will send the plan by Monday."


def test_who_is_named_owns_the_task_and_nobody_does_where_nobody_is_known():
    of = spoken([said(0, "Omar calls them tomorrow."), said(5, "I call them."), said(9, "Could you do it, Omar?")],
                [[1, 0]] * 3)  # fmt: skip
    about = material(of, ((Span(0, 50), "Omar Lind"),))
    names = ("Omar Lind",)
    assert [owner_of(passage, about, names) for passage in of.passages] == ["Omar Lind", "", "Omar Lind"]


def test_a_question_mark_is_a_question_in_any_script_and_without_roles():
    of = spoken(
        [said(0, "谁负责网站？", language="zh"), said(5, "متى تصل القطع؟", language="ar"), said(9, "Yes.")],
        [[1, 0]] * 3,
    )
    assert [one.kind for one in notes(material(of), of, 10)].count("question") == 2


def test_numbers_are_written_out_with_what_they_count():
    of = spoken(
        [said(0, "It costs eighty-nine thousand euros."), said(5, "We have twenty-three tons of it.")], [[1, 0]] * 2
    )
    values = [value for one in notes(material(of), of, 10) if one.kind == "number" for value in one.values]
    assert "23 tons" in values


def test_captions_tell_only_what_is_new():
    stands = Record.of("v", Span(0, 30), TextLines(("Budget",)), 0.9, "demo/1")
    dogs = Record.of("v", Span(10, 20), ObjectCounts((("dog", 2),)), 0.9, "demo/1")
    made = captioned([stands, dogs], [Span(0, 10), Span(10, 20), Span(20, 30)])
    assert [(one.start, one.end, one.text) for one in made] == [(0, 10, "On screen: “Budget”."), (10, 30, "2 dogs.")]


def test_captions_of_n_seconds_tile_the_stretch():
    assert stretches([], Span(5, 12), 3.0) == [Span(5, 8), Span(8, 11), Span(11, 12)]
    assert stretches([Span(0, 4), Span(4, 9)], Span(0, 9), None) == [Span(0, 4), Span(4, 9)]
    assert captioned([], [Span(0, 5)]) == []


def test_a_scene_names_who_speaks_and_who_is_shown():
    of = spoken([said(0, "Our harbour is full of ships today.", "Ann Hill")], [[1, 0]])
    told = scene(
        Chapter(0, 20, "Harbour", "screen_text"), material(of, ((Span(5, 9), "Ben Cole"),)), of, [], "paragraph"
    )
    assert told is not None
    assert told.who == ("Ann Hill", "Ben Cole")
    assert told.text == "Harbour. Ann Hill: “Our harbour is full of ships today.”"


def test_a_scene_without_speech_tells_what_is_seen():
    of = Spoken((), np.zeros((0, 2)), None)
    seen = [Record.of("v", Span(0, 9), Caption("A man walks a dog"), 0.9, "demo/1")]
    about = Material("v", Span(0, 9), (), np.zeros((0, 2)), (), (), (), (), "")
    told = scene(Chapter(0, 9, "", ""), about, of, seen, "line")
    assert told is not None
    assert told.text == "A man walks a dog"
    assert scene(Chapter(0, 9, "", ""), about, of, [], "line") is None


def line(text: str, at: float) -> abstract.Line:
    return abstract.Line(text, (Cited(at, at + 2, "speech", text, "demo/1", f"r{at}"),))


def test_a_written_sentence_that_its_lines_do_not_say_is_left_out():
    lines = [line("The bridge is forty metres long.", 1), line("It was painted green in May.", 5)]
    model = Scripted("The bridge is 40 metres long. [1]\nIt was painted red in June. [2]\nEverybody loves it.\n")
    kept, dropped = abstract.summarised(lines, 3, "English", model)
    assert [(one.text, one.start) for one in kept] == [("The bridge is 40 metres long.", 1)]
    assert dropped == 2


def test_many_summaries_are_summarised_in_groups_of_bounded_size():
    sentences, _ = abstract.checked(
        "\n".join(f"Thing {number} is described here. [{number}]" for number in range(1, 61)),
        [line(f"Thing {number} is described here.", number) for number in range(1, 61)],
    )
    model = Scripted(*["Thing is described here. [1]\nThing is described here. [2]"] * 10)
    kept, _ = abstract.reduced(sentences, 2, "English", model)
    assert len(kept) == 2
    assert len(model.asked) == 4  # three groups of 24, then one of what they gave
    assert all(asked.count("\n[") <= abstract.AT_ONCE + 1 for asked in model.asked)


def test_a_reduction_is_given_up_with_the_work():
    sentences, _ = abstract.checked(
        "\n".join(f"Part {n} here. [{n}]" for n in range(1, 9)), [line(f"Part {n} here.", n) for n in range(1, 9)]
    )

    def ends():
        raise RuntimeError("given up")

    with pytest.raises(RuntimeError):
        abstract.reduced(sentences, 2, "English", Scripted(), ends)
