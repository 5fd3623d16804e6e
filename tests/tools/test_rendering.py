"""Findings in words."""

import pytest
from vidscout.tools.geometry import Box, place
from vidscout.tools.payloads import Caption, Detection, Labels, ObjectCounts, Shot, Spoken, Tag, TextLines, Track
from vidscout.tools.rendering import relations, render


def thing(label: str, left: float = 0.4, top: float = 0.4, score: float = 0.8, size: float = 0.2) -> Detection:
    return Detection(label, score, Box(left, top, round(left + size, 4), round(top + size, 4)))


def text_of(objects: list[Detection]) -> str:
    return render(ObjectCounts.of(objects))


def test_what_is_said_has_its_written_forms_and_its_meaning_beside_it():
    assert render(Spoken("Hello.")) == "Hello."
    said = Spoken("Es stieg um 23%.", language="de", translation="It rose by 23%.", forms=("23 percent",))
    assert render(said) == "Es stieg um 23%. (23 percent) (in English: It rose by 23%.)"


def test_a_sentence_says_how_many_and_where():
    words = text_of([thing("person", 0.0), thing("person", 0.05), thing("bicycle", 0.8)])
    assert words.startswith("2 people, 1 bicycle: 2 people at the left, a bicycle at the right")


@pytest.mark.parametrize(
    ("left", "top", "where"),
    [
        (0.0, 0.4, "at the left"),
        (0.8, 0.0, "at the top right"),
        (0.4, 0.8, "at the bottom"),
        (0.4, 0.4, "in the middle"),
    ],
)
def test_places_are_thirds_of_the_frame(left: float, top: float, where: str):
    assert place(thing("dog", left, top).box) == where


@pytest.mark.parametrize(
    ("left", "top", "relation"),
    [
        (0.0, 0.4, "left of"),
        (0.8, 0.4, "right of"),
        (0.4, 0.0, "above"),
        (0.4, 0.8, "below"),
        (0.42, 0.42, "overlapping"),
    ],
)
def test_relations_are_read_off_the_boxes(left: float, top: float, relation: str):
    assert relations([thing("person", left, top, 0.9), thing("dog")]) == [f"a person {relation} a dog"]


def test_relations_are_few_and_between_different_kinds():
    crowd = [thing(label, 0.2 * n, 0.4, 0.9 - 0.01 * n, 0.1) for n, label in enumerate(["person", "dog", "cat", "car"])]
    assert len(relations(crowd)) == 3
    assert relations([thing("person", 0.0), thing("person", 0.8)]) == []


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (Spoken("Whales sleep upright."), "Whales sleep upright."),
        (TextLines(("Agenda", "1. Budget")), "Agenda / 1. Budget"),
        (ObjectCounts((("fire truck", 2), ("red car", 1))), "2 fire trucks, 1 red car"),
        (Track("bus", (0.0, 1.0), (Box(0.1, 0.4, 0.3, 0.6), Box(0.5, 0.4, 0.7, 0.6))), "1 bus: moving right"),
        (Track("bus", (0.0,), (Box(0.1, 0.4, 0.3, 0.6),)), "1 bus: staying in place"),
        (Labels((Tag("racer, race car", 0.6), Tag("racer, runner", 0.2), Tag("alp", 0.1))), "racer, alp"),
        (Caption("A dog runs."), "A dog runs."),
        (Caption(looks=("alp",), numbers=(("dog", 2),)), "Looks like: alp. Objects: 2 dogs."),
        (Shot(3), "shot 3"),
    ],
)
def test_every_kind_of_finding_has_its_words(payload, text: str):
    assert render(payload) == text


def test_what_has_no_renderer_is_an_error_and_not_an_empty_text():
    with pytest.raises(TypeError, match="no renderer"):
        render("hello")
