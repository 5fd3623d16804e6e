from pathlib import Path

import pytest
from vidscout.bench.questions.recording import KINDS, MADE, Half, load
from vidscout.tools.errors import UsageError

SMALL = """
name = "small"
kind = "meeting"
language = "en"
[speakers]
ann = { name = "Ann Hill", voice = "pico:en-GB" }
[[scenes]]
id = "s1"
title = "Agenda"
say = [{ id = "u1", who = "ann", text = "The pump is green." }]
[[questions]]
id = "q1"
kind = "fact"
text = "what colour is the pump"
answers = [["green"]]
where = ["u1"]
[[questions]]
id = "q2"
kind = "follow-up"
after = "q1"
text = "and who painted it?"
unanswerable = true
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "small.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_recording_is_read_with_its_defaults(tmp_path: Path):
    recording = load(written(tmp_path, SMALL))
    assert recording.scenes[0].picture == "slide"
    assert [one.text for one in recording.utterances()] == ["The pump is green."]
    assert recording.questions[0].answers == (("green",),)
    assert recording.questions[1].after == "q1"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "q2"', 'id = "q1"', "question 'q1' is there twice"),
        ('id = "u1"', 'id = "s1"', "scene or sentence 's1' is there twice"),
        ('who = "ann"', 'who = "bob"', "nobody is called 'bob'"),
        ('where = ["u1"]', 'where = ["u7"]', "no scene or sentence 'u7'"),
        ('after = "q1"', 'after = "q2"', "not before it"),
        ('after = "q1"\n', "", "a follow-up, and no other kind"),
        ('answers = [["green"]]\n', "", "it has no answers"),
        ('answers = [["green"]]', "answers = [[]]", "every answer be right"),
        ("unanswerable = true", 'unanswerable = true\nanswers = [["Tom"]]', "unanswerable and has answers"),
        ('kind = "fact"', 'kind = "facts"', "questions.0.kind"),
        ('kind = "fact"', 'kind = "cross-language"', "asked in the language that is spoken"),
        ('title = "Agenda"', 'heading = "Agenda"', "scenes.0.heading"),
        ('title = "Agenda"', 'picture = "photo"', "scenes.0.picture"),
        ('voice = "pico:en-GB"', 'voice = "Anna"', "speakers.ann.voice"),
        ('name = "small"', 'name = "large"', "the name in it is 'large'"),
        ('name = "small"', "name = small", "small.toml"),
    ],
)
def test_what_does_not_fit_is_told_in_one_line_that_names_the_file(tmp_path: Path, old: str, new: str, said: str):
    with pytest.raises(UsageError) as caught:
        load(written(tmp_path, SMALL.replace(old, new, 1)))
    assert said in str(caught.value)
    assert "small.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_question_when_needs_no_answer_but_a_place(tmp_path: Path):
    asked = SMALL.replace('kind = "fact"', 'kind = "when"').replace('answers = [["green"]]\n', "")
    assert load(written(tmp_path, asked)).questions[0].answers == ()
    with pytest.raises(UsageError, match="`where` is missing"):
        load(written(tmp_path, asked.replace('where = ["u1"]\n', "")))


@pytest.mark.parametrize("half", Half)
def test_every_recording_of_a_half_fits_and_none_is_in_both(half: Half):
    other = {path.stem for one in Half if one != half for path in (MADE / one).glob("*.toml")}
    for path in sorted((MADE / half).glob("*.toml")):
        recording = load(path)
        assert recording.questions, path.stem
        assert recording.name not in other


def test_the_development_half_asks_in_every_kind_and_a_quarter_cannot_be_answered():
    questions = [one for path in (MADE / Half.development).glob("*.toml") for one in load(path).questions]
    assert {one.kind for one in questions} == set(KINDS)
    share = sum(one.unanswerable for one in questions) / len(questions)
    assert 0.2 < share < 0.3
    assert all(one.close for one in questions if one.unanswerable)
