"""How questions are routed. The rule planner must get at least 36 of the 40 cases right, and lose no modality ever."""

import pytest
from vidscout.graphs.answer.reading import SEARCHED, read_question, topic_of
from vidscout.graphs.answer.state import Place, Want
from vidscout.tools.records import Modality

SPEECH, TEXT, OBJECT = Modality.SPEECH, Modality.SCREEN_TEXT, Modality.OBJECT
FRAME, CAPTION = Modality.FRAME, Modality.CAPTION

ROUTING: list[tuple[str, Want, Modality]] = [
    ("What does the sign say?", Want.FACT, TEXT),
    ("What is written on the first slide?", Want.FACT, TEXT),
    ("Which title is shown after the opening credits?", Want.FACT, TEXT),
    ("What is the heading of the slide about costs?", Want.FACT, TEXT),
    ("Read the caption under the chart.", Want.FACT, TEXT),
    ("What text is displayed at 0:30?", Want.FACT, TEXT),
    ("Which logo is on the banner?", Want.FACT, TEXT),
    ("How is the company's name spelled on screen?", Want.FACT, TEXT),
    ("When does the title appear?", Want.WHEN, TEXT),
    ("At what time is the card “An unlucky bird” on screen?", Want.WHEN, TEXT),
    ("What does the speaker say about turbines?", Want.QUOTE, SPEECH),
    ("What is mentioned about the budget?", Want.QUOTE, SPEECH),
    ("Who does the lecturer talk about?", Want.FACT, SPEECH),
    ("According to the presenter, why do batteries age?", Want.FACT, SPEECH),
    ("What does she recommend for beginners?", Want.FACT, SPEECH),
    ("When does the narrator mention Darwin?", Want.WHEN, SPEECH),
    ("At which point is the capacity factor explained?", Want.WHEN, SPEECH),
    ("What did he say in the last minute?", Want.FACT, SPEECH),
    ("What is claimed about coral reefs?", Want.QUOTE, SPEECH),
    ("How does the teacher explain photosynthesis?", Want.FACT, SPEECH),
    ("How many people are visible?", Want.COUNT, OBJECT),
    ("How many bicycles pass by?", Want.COUNT, OBJECT),
    ("What number of cars is in the picture?", Want.COUNT, OBJECT),
    ("Is there a dog in the video?", Want.FACT, OBJECT),
    ("When does a motorcycle appear?", Want.WHEN, OBJECT),
    ("What is to the left of the car?", Want.FACT, OBJECT),
    ("Where is the cat?", Want.FACT, OBJECT),
    ("Which animals can be seen?", Want.FACT, OBJECT),
    ("What vehicle is behind the person?", Want.FACT, OBJECT),
    ("When is the first train there?", Want.WHEN, OBJECT),
    ("What does the landscape look like?", Want.FACT, FRAME),
    ("What colour is the sky?", Want.FACT, FRAME),
    ("What is the man wearing?", Want.FACT, FRAME),
    ("Is the scene outdoors?", Want.FACT, FRAME),
    ("When is a lake in view?", Want.WHEN, FRAME),
    ("What is happening at 1:20?", Want.FACT, FRAME),
    ("What is this video about?", Want.OVERVIEW, CAPTION),
    ("Give me a summary of the lecture.", Want.OVERVIEW, CAPTION),
    ("Describe the clip.", Want.OVERVIEW, CAPTION),
    ("What happens in this video?", Want.OVERVIEW, CAPTION),
]


def test_the_planner_reads_most_questions_as_a_person_would():
    wrong = []
    for question, want, modality in ROUTING:
        reading = read_question(question)
        if reading.want is not want or reading.weights[modality] < max(reading.weights.values()):
            wrong.append((question, reading.want, reading.weights))
    assert len(ROUTING) == 40
    assert len(wrong) <= 4, wrong


@pytest.mark.parametrize("question", [case[0] for case in ROUTING] + ["?", "Xyzzy", "7", "どこですか"])
def test_no_question_leaves_a_modality_out(question: str):
    weights = read_question(question).weights
    assert set(weights) == set(SEARCHED)
    assert all(weight > 0.3 for weight in weights.values())


@pytest.mark.parametrize(
    ("question", "place"),
    [
        ("What is the first title?", Place.FIRST),
        ("What does the last slide say?", Place.LAST),
        ("What is said in the first half?", None),
        ("What happens in the last two minutes?", None),
        ("What is said about the sun?", None),
    ],
)
def test_an_ordinal_means_an_end_of_the_timeline_unless_it_measures_time(question: str, place: Place | None):
    assert read_question(question).place is place


def test_a_quoted_phrase_is_kept_whole():
    assert read_question("When is “An unlucky bird” shown?").quoted == ("An unlucky bird",)
    assert read_question("When is 'An unlucky bird' shown?").quoted == ("An unlucky bird",)
    assert read_question("What's the speaker's name?").quoted == ()


def test_everyday_words_name_the_detectors_objects():
    assert read_question("How many bikes and men are there?").labels == ("bicycle", "person")
    assert read_question("Is there a traffic light?").labels == ("traffic light",)


def test_the_topic_is_what_is_left_of_the_question_words():
    assert topic_of("When does the speaker mention wind turbines?") == "speaker mention wind turbines"
    assert topic_of("Why?") == "Why?"
