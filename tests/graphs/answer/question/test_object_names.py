"""Which labels a question names: as things of their own, not as parts of other nouns."""

import pytest
from vidscout.graphs.answer.question.object_names import counted_label, named_labels
from vidscout.tools.perception.objects.coco import COCO_LABELS

LABELS = ("fire truck", "red car", *COCO_LABELS)


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("How many bikes and men are there?", ("bicycle", "person")),
        ("Is there a traffic light?", ("traffic light",)),
        ("How many fire trucks pass by?", ("fire truck",)),
        ("Is there a red car?", ("red car",)),
        ("When does a cat appear?", ("cat",)),
        ("Where does the bus stop?", ("bus",)),
        ("What happens when the cat jumps?", ("cat",)),
        ("Who is the person wearing a hat?", ("person",)),
        ("Does someone drink a cup of coffee?", ("person", "cup")),
        ("Where is the bus, driver?", ("bus",)),
        ("How many hot dogs are eaten?", ("hot dog",)),
        ("Where is the sofa?", ("couch",)),
    ],
)
def test_a_thing_is_named_by_its_label_or_an_everyday_name_in_singular_and_plural(question: str, named: tuple[str]):
    assert named_labels(question, LABELS) == named


@pytest.mark.parametrize(
    "question",
    [
        "Where is the table of contents?",
        "What is the phone number?",
        "How many bus drivers are on strike?",
        "Where does the bus driver live?",
        "What is behind the bus station?",
        "Which bus stops are there?",
        "What is said about football?",
        "Which football club won the cup final?",
        "How do they train?",
        "What do the buskers sing?",
        "どこですか",
    ],
)
def test_a_part_of_another_noun_or_a_verb_names_no_label(question: str):
    assert named_labels(question, LABELS) == ()


@pytest.mark.parametrize(
    ("question", "label"),
    [
        ("How many people are visible?", "person"),
        ("What number of cars is in the picture?", "car"),
        ("How many of the red fire trucks are there?", "fire truck"),
        ("How many sheep graze?", "sheep"),
        ("How many questions does the man ask?", None),
        ("How many bus drivers are on strike?", None),
        ("How many secret words of the bus are there?", None),
        ("Where is the car?", None),
    ],
)
def test_only_the_noun_after_how_many_is_counted(question: str, label: str | None):
    assert counted_label(question, LABELS) == label
