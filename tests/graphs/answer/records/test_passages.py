"""Answers in the video's own words: what is quoted, what is withheld, and how the judge's word counts."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import numpy as np
import pytest
from scripted import Scripted
from vidscout import Record, Span
from vidscout.graphs.answer.records import by_kind
from vidscout.graphs.answer.records.confidence import confidence
from vidscout.graphs.answer.records.passages import Told, passages, quoting
from vidscout.graphs.answer.records.wording import cited, worded, wordings
from vidscout.graphs.answer.routes import route
from vidscout.graphs.answer.state import Answering, AnswerState, Candidate, Kind, Plan, Turn, Want
from vidscout.graphs.events import Weighed
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.payloads import ObjectCounts, Sound, Spoken, TextLines
from vidscout.tools.perception.voices.names import looks_like_a_name
from vidscout.tools.videollm import Message

VIDEO = "a1"
SAID = [
    "Welcome to the ferry report.",
    "The ferry stopped on Monday.",
    "Its engine had taken in sand.",
    "A new engine costs ninety thousand pounds.",
    "It will sail again in July.",
]


class Judging(Scripted):
    """Finds that notes which hold a word say the answer, and that it is yes."""

    def __init__(self, word: str, otherwise: float = 0.1) -> None:
        super().__init__()
        self.word, self.otherwise = word, otherwise
        self.asked: list[str] = []

    def next_tokens(self, messages: Sequence[Message]) -> Mapping[str, float]:
        lines = messages[-1].text.split("\n")
        self.asked.append(next(line for line in lines if line.startswith("Question: ")))
        holds = any(self.word in line for line in lines if line[0].isdigit())
        answers = 0.95 if holds else self.otherwise
        return {"yes": math.log(answers), "no": math.log(1 - answers)}


def spoken(at: int, text: str) -> Record:
    return Record.of(VIDEO, Span(5.0 * at, 5.0 * at + 4), Spoken(text, language="en"), 0.9, "test/1")


@pytest.fixture
def index(tmp_path: Path):
    records = [spoken(at, text) for at, text in enumerate(SAID)]
    slide = TextLines(("Timetable", "Mo 7:00", "Tu 8:00", "We 9:00"))
    records.append(Record.of(VIDEO, Span(15, 24), slide, 0.9, "test/1"))
    records.append(Record.of(VIDEO, Span(5, 14), TextLines(("Anna Berg, harbour master",)), 0.9, "test/1"))
    with VideoIndex(tmp_path) as opened:
        opened.add(records, None)
        yield opened


class Letters:
    """A text embedding: how often each letter stands in a text."""

    source = "letters/1"

    def run(self, texts: Sequence[str]) -> np.ndarray:
        counts = np.array([[text.casefold().count(letter) + 0.01 for letter in ascii_lowercase] for text in texts])
        return (counts / np.linalg.norm(counts, axis=1, keepdims=True)).astype(np.float32)


def answering(index: VideoIndex, judge: Scripted | None = None) -> Answering:
    unused: Any = None
    embedding: Any = Letters()
    return Answering(
        index=index,
        text_embedding=embedding,
        label_embedding=unused,
        answerer=Scripted(),
        judge=judge,
        quotes=True,
        selector="topk",
        packer="interleaved",
        route=route("rag"),
        planner="rules",
        frames=4,
        token_budget=100,
        max_new_tokens=10,
        max_rounds=1,
        tool_timeout=1.0,
    )


def asked(
    question: str, kind: Kind | None, *found: tuple[Record, float], language: str = "en", **plan: Any
) -> AnswerState:
    state = AnswerState(question, videos=[VIDEO], durations={VIDEO: 30.0})
    state.plan = Plan(Want.FACT, question, question, (), kind=kind, language=language, quotes=True, **plan)
    state.ranked = [Candidate(record, similarity, 0.0, 1.0) for record, similarity in found]
    return state


def test_what_the_judge_finds_to_answer_is_quoted_with_its_time(index: VideoIndex):
    state = asked("Why did it stop?", Kind.FACT, (spoken(2, SAID[2]), 0.6), (spoken(1, SAID[1]), 0.3))
    told = quoting(state, answering(index, Judging("sand", otherwise=0.4)))
    assert not told.abstained
    assert told.text == f"“{' '.join(SAID[1:4])}” (said at 0:05)"  # what is said around it belongs to it
    assert [one.record.text for one in told.cited] == [SAID[2], SAID[1], SAID[3]]


def test_a_pause_ends_what_is_quoted_together_and_so_does_its_length(tmp_path: Path):
    far, long = spoken(9, "And now the weather."), spoken(10, "It will " + "rain and " * 40 + "snow.")
    with VideoIndex(tmp_path) as opened:
        opened.add([spoken(0, SAID[0]), far, long], None)
        told = quoting(asked("what comes now", Kind.FACT, (far, 0.6)), answering(opened, Judging("weather")))
    assert told.text == "“And now the weather.” (said at 0:45)"


def test_a_question_in_the_video_is_quoted_with_what_answers_it(tmp_path: Path):
    said = [spoken(at, text) for at, text in enumerate((*SAID, "Who will steer it?", "A pilot from the islands."))]
    said[-1] = Record.of(
        VIDEO, Span(29.5, 33), Spoken(said[-1].text, language="en"), 0.9, "test/1"
    )  # at once, not after a pause
    with VideoIndex(tmp_path) as opened:
        opened.add(said, None)
        found = [(said[1], 0.6), (said[5], 0.5)]
        told = quoting(asked("who is at the wheel", Kind.FACT, *found), answering(opened, Judging("pilot")))
    assert "“Who will steer it? A pilot from the islands.” (said at 0:25)" in told.text
    assert not told.abstained  # the judge reads the reply too
    assert said[-1].id in {one.record.id for one in told.cited}


def test_a_quotation_of_several_people_tells_who_says_what(tmp_path: Path):
    talk = (("Ada", "Who pays for the engine?"), ("Ben", "The county does."), ("Ben", "It has to."))
    said = [
        Record.of(VIDEO, Span(2.0 * at, 2.0 * at + 1.5), Spoken(text, language="en", speaker=name), 0.9, "test/1")
        for at, (name, text) in enumerate(talk)
    ]
    with VideoIndex(tmp_path) as opened:
        opened.add(said, None)
        told = quoting(asked("what about the county", Kind.FACT, (said[1], 0.6)), answering(opened, Judging("county")))
    assert told.text == "“Ada: Who pays for the engine? Ben: The county does. It has to.” (said at 0:00)"


def test_what_is_quoted_with_the_best_sentence_takes_nobody_elses_place(index: VideoIndex):
    found = [(spoken(2, SAID[2]), 0.6), (spoken(1, SAID[1]), 0.55), (spoken(3, SAID[3]), 0.54)]
    state = asked("Why did it stop?", Kind.FACT, *found, (spoken(4, SAID[4]), 0.5), (spoken(0, SAID[0]), 0.45))
    told = quoting(state, answering(index, Judging("sand")))
    assert all(text in told.text for text in SAID)


def test_who_speaks_is_told_whatever_kind_of_question_begins_with_who(index: VideoIndex):
    state = asked("who was told to wait", None, (spoken(1, SAID[1]), 0.6))
    assert "“Anna Berg, harbour master”" in quoting(state, answering(index, Judging("Monday"))).text


def test_a_voice_with_a_number_is_no_answer_to_who_did_something(tmp_path: Path):
    said = Record.of(VIDEO, Span(0, 2), Spoken("It was signed.", language="en", speaker="Speaker 1"), 0.9, "test/1")
    with VideoIndex(tmp_path) as opened:
        opened.add([said], None)
        given = answering(opened, Judging("signed"))
        assert (
            quoting(asked("who signed it", Kind.PERSON, (said, 0.6)), given).text == "“It was signed.” (said at 0:00)"
        )
        told = quoting(asked("who said that it was signed", Kind.WHO_SAID, (said, 0.6)), given).text
    assert told.endswith("Said by Speaker 1.")


def test_what_the_judge_finds_not_to_answer_is_withheld_and_named_as_the_nearest(index: VideoIndex):
    state = asked("Who is the captain?", Kind.PERSON, (spoken(1, SAID[1]), 0.5))
    told = quoting(state, answering(index, Judging("captain Smith")))
    assert told.abstained
    assert told.confidence < 0.5
    assert told.text == f"{worded('en', 'not_found')} Closest: “{SAID[1]}” (said at 0:05)"


def test_what_has_no_number_answers_how_much_less_surely(index: VideoIndex):
    found = spoken(1, SAID[1]), 0.6
    with_number = quoting(
        asked("how much", Kind.NUMBER, (spoken(3, SAID[3]), 0.6)), answering(index, Judging("engine"))
    )
    without = quoting(asked("how much", Kind.NUMBER, found), answering(index, Judging("ferry")))
    assert with_number.weighed is not None
    assert not with_number.weighed.lacks_number
    assert without.weighed is not None
    assert without.weighed.lacks_number
    assert with_number.confidence > without.confidence


def test_no_is_told_with_what_denies_it(index: VideoIndex):
    state = asked("Did it sail all week?", Kind.YES_NO, (spoken(1, SAID[1]), 0.7))
    told = quoting(state, answering(index, Judging("whale")))
    assert told.text.startswith("No. “The ferry stopped")
    assert (told.abstained, told.confidence) == (False, 0.9)


def test_a_short_question_is_judged_after_the_one_before_it(index: VideoIndex):
    judge = Judging("Monday")
    turn = Turn("When did the ferry stop?", "ferry stop", "On Monday.", VIDEO, Span(5.0, 9.0))
    state = asked("and why?", Kind.REASON, (spoken(2, SAID[2]), 0.4))
    quoting(replace(state, turns=[turn]), answering(index, judge))
    near = asked("why was the pier closed", Kind.REASON, (spoken(2, SAID[2]), 0.7))
    quoting(replace(near, turns=[turn]), answering(index, judge))
    assert judge.asked == ["Question: When did the ferry stop? and why?", "Question: why was the pier closed"]


def test_short_replies_are_quoted_with_what_they_settle(tmp_path: Path):
    said = [
        "The walk is on the last Sunday of May.",
        "Not that Sunday, there is a concert.",
        "The week before.",
        "All right.",
    ]
    said += ["Now to the roof of the hall, which leaks again."]
    records = [
        Record.of(VIDEO, Span(5.0 * at, 5.0 * at + 4), Spoken(text, language="en", speaker=who), 0.9, "test/1")
        for at, (text, who) in enumerate(zip(said, ["Ada", "Ben", "Ben", "Ada", "Ada"], strict=True))
    ]
    with VideoIndex(tmp_path) as opened:
        opened.add(records, None)
        state = asked("when is the walk", Kind.DATE, (records[0], 0.7))
        told = quoting(state, answering(opened, Judging("walk")))
    assert f"“Ada: {said[0]} Ben: {said[1]} {said[2]} Ada: {said[3]}”" in told.text


def test_yes_or_no_stands_before_the_sentence_that_says_so(index: VideoIndex):
    state = asked("Did it stop on Monday?", Kind.YES_NO, (spoken(1, SAID[1]), 0.7))
    assert quoting(state, answering(index, Judging("Monday"))).text.startswith("Yes. “The ferry stopped")


def test_fixed_words_are_those_of_the_questions_language(index: VideoIndex):
    state = asked("¿Cuándo paró?", Kind.DATE, (spoken(1, SAID[1]), 0.7), language="es")
    assert quoting(state, answering(index, Judging("Monday"))).text == f"«{' '.join(SAID[:3])}» (se dice en 0:00)"


@pytest.mark.parametrize("language", sorted(wordings()))
def test_every_language_has_every_wording_with_its_places(language: str):
    english, own = wordings()["en"], wordings()[language]
    assert own.keys() == english.keys()
    for name, text in english.items():
        assert {part for part in ("{text}", "{at}") if part in text} == {
            part for part in ("{text}", "{at}") if part in own[name]
        }


def test_the_name_on_screen_tells_who_said_it(index: VideoIndex):
    state = asked("who said that it stopped", Kind.WHO_SAID, (spoken(1, SAID[1]), 0.7))
    assert "Anna Berg, harbour master" in quoting(state, answering(index, Judging("Monday"))).text


def test_the_judge_reads_who_says_what_where_a_person_is_asked_for(index: VideoIndex):
    found = spoken(1, SAID[1]), 0.7
    reading_names = answering(index, Judging("Anna Berg, harbour master: The ferry"))
    assert not quoting(asked("who said that it stopped", Kind.WHO_SAID, found), reading_names).abstained
    assert quoting(asked("what stopped", Kind.FACT, found), reading_names).abstained


def test_the_judge_reads_when_something_is_said_where_a_date_is_asked_for(index: VideoIndex):
    found = spoken(1, SAID[1]), 0.7
    reading_times = answering(index, Judging("At 0:05: The ferry stopped"))
    assert not quoting(asked("when did it stop", Kind.DATE, found), reading_times).abstained
    assert quoting(asked("what stopped", Kind.FACT, found), reading_times).abstained


def test_a_list_brings_the_slide_that_stands_meanwhile(index: VideoIndex):
    state = asked("when does it sail, all days", Kind.LIST, (spoken(3, SAID[3]), 0.7))
    assert "Tu 8:00" in quoting(state, answering(index, Judging("engine"))).text


def test_one_text_that_stood_several_times_is_quoted_once(index: VideoIndex):
    twice = [(spoken(1, SAID[1]), 0.7), (spoken(4, SAID[1]), 0.69)]
    assert len(passages(asked("when", None, *twice), None)) == 1


def test_every_time_of_one_sentence_is_told(index: VideoIndex):
    index.add([spoken(8, SAID[1])], None)
    found = [(spoken(1, SAID[1]), 0.7), (spoken(2, SAID[2]), 0.4)]
    told = by_kind.told(asked("when do they say that it stopped", Kind.WHEN, *found), answering(index))
    assert [one.record.span.start for one in told.cited] == [5.0, 40.0]
    assert "0:05" in told.text
    assert "0:40" in told.text


def test_objects_answer_only_what_is_asked_of_the_picture():
    seen = Record.of(VIDEO, Span(0, 1), ObjectCounts((("boat", 2),)), 0.9, "test/1")
    state = asked("what", Kind.FACT, (seen, 0.9), (spoken(1, SAID[1]), 0.6))
    assert [one.record.text for one in passages(state, Kind.FACT)] == [SAID[1]]
    assert len(passages(state, Kind.LOOK)) == 2
    assert len(passages(asked("what", Kind.FACT, (seen, 0.9)), Kind.FACT)) == 1, "where nothing is said of it"


@pytest.mark.parametrize(
    ("kind", "question", "wanted"),
    [
        (Kind.ENDS, "What is the last thing that is said?", "It will sail again in July."),
        (Kind.OVERVIEW, "What is it about?", "Welcome to the ferry report."),
        (Kind.CHAPTERS, "Which parts does it have?", "Timetable"),
    ],
)
def test_the_whole_is_told_from_the_timeline(index: VideoIndex, kind: Kind, question: str, wanted: str):
    told = by_kind.told(asked(question, kind), answering(index))
    assert wanted in told.text
    assert told.cited


def test_a_stretch_by_the_clock_is_told_in_order(index: VideoIndex):
    told: Told = by_kind.told(
        asked("what happens between 0:05 and 0:15", Kind.OVERVIEW, within=Span(5, 14), told_time=True), answering(index)
    )
    assert told.text.index(SAID[1]) < told.text.index(SAID[2])
    assert SAID[4] not in told.text


def test_what_comes_before_and_after_an_utterance_is_its_neighbours(index: VideoIndex):
    at = index.timeline(VIDEO)[2]
    assert at.text == SAID[1] or at.text.startswith("Anna")
    said = next(record for record in index.timeline(VIDEO) if record.text == SAID[2])
    after = [record.text for record in by_kind.neighbours(said, answering(index), earlier=False)]
    before = [record.text for record in by_kind.neighbours(said, answering(index), earlier=True)]
    assert SAID[3] in after
    assert SAID[1] in before
    assert SAID[1] not in after


def test_after_a_text_on_screen_comes_what_is_said_last_under_it_and_the_next_text(tmp_path: Path):
    slides = [
        Record.of(VIDEO, span, TextLines((text,)), 0.9, "test/1")
        for text, span in (
            ("Ticker: fares rise", Span(0, 8)),
            ("The engine", Span(5, 14.5)),
            ("Ticker: fares rise", Span(12, 20)),
            ("The islands", Span(16, 25)),
        )
    ]
    with VideoIndex(tmp_path) as opened:
        opened.add([*slides, *(spoken(at, text) for at, text in enumerate(SAID))], None)
        after = [record.text for record in by_kind.neighbours(slides[1], answering(opened), earlier=False)]
    assert after == [SAID[2], SAID[3], "The islands"]


def test_a_quoted_phrase_is_found_where_it_stands_whatever_a_judge_says(index: VideoIndex):
    found = [(spoken(2, SAID[2]), 0.6), (spoken(1, SAID[1]), 0.5)]
    state = asked("When do they say “stopped on monday”?", None, *found, quoted=("stopped on monday",))
    told = by_kind.told(state, answering(index, Judging("nothing")))
    assert told.text == "“The ferry stopped on Monday.” (said at 0:05)"
    unheard = asked("When do they say “stopped on Friday”?", None, *found, quoted=("stopped on Friday",))
    assert by_kind.told(unheard, answering(index, Judging("nothing"))).abstained


def test_more_certain_judges_make_more_certain_answers():
    told = [confidence(Weighed(0.5, said, lacks_number=False)) for said in (0.1, 0.4, 0.7, 0.95)]
    assert told == sorted(told)
    assert all(0 < one < 1 for one in told)


def test_names_are_told_from_other_lines():
    assert looks_like_a_name("Tom Ashe – engineer")
    assert not looks_like_a_name("Step 3: the angle")
    assert not looks_like_a_name("BREAKING NEWS")


def test_the_name_on_screen_is_told_of_a_voice_that_has_only_a_number(tmp_path: Path):
    said = Spoken("The quay was flooded.", language="en", speaker="Speaker 2")
    record = Record.of(VIDEO, Span(0, 4), said, 0.9, "test/1")
    shown = Record.of(VIDEO, Span(0, 5), TextLines(("Anna Berg, harbour master",)), 0.9, "test/1")
    with VideoIndex(tmp_path) as opened:
        opened.add([record], None)
        nameless = quoting(asked("who says so", Kind.WHO_SAID, (record, 0.6)), answering(opened, Judging("quay")))
        opened.add([shown], None)
        named = quoting(asked("who says so", Kind.WHO_SAID, (record, 0.6)), answering(opened, Judging("quay")))
    assert nameless.text.endswith(worded("en", "speaker", text="Speaker 2"))
    assert named.text.endswith(worded("en", "name_shown", text="Anna Berg, harbour master"))


@pytest.mark.parametrize(
    ("question", "kind", "near", "by_picture"),
    [
        ("Is there a boat?", Kind.YES_NO, 0.4, True),
        ("What is the boat called?", Kind.FACT, 0.4, False),
        ("What is the boat called?", Kind.FACT, 0.2, True),
        ("Who owns the boat?", Kind.PERSON, 0.2, False),
    ],
)
def test_a_thing_that_is_seen_answers_only_what_a_picture_can_tell(
    index: VideoIndex, question: str, kind: Kind, near: float, by_picture: bool
):
    boat = Record.of(VIDEO, Span(0, 1), ObjectCounts((("boat", 2),)), 0.9, "test/1")
    state = asked(question, kind, (spoken(1, SAID[1]), near), labels=("boat",))
    state.ranked.append(Candidate(boat, 0.3, 1.0, 1.0))
    told = by_kind.told(state, answering(index, Judging("Monday", otherwise=0.9)))
    assert ("2 boats" in told.text) is by_picture


def test_a_sound_is_heard_and_not_seen():
    sound = Record.of(VIDEO, Span(3, 5), Sound("train"), 0.9, "test/1")
    assert cited(sound, "en").endswith("(heard at 0:03)")
    assert cited(sound, "de").endswith("(zu hören bei 0:03)")
