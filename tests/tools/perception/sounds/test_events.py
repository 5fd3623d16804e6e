"""From probabilities to sounds with a beginning and an end."""

import numpy as np
from vidscout.tools.payloads import Sound
from vidscout.tools.perception.sounds.events import events, marked, narrowest, sound_records
from vidscout.tools.perception.sounds.offered import Offered, offered
from vidscout.tools.perception.sounds.tagger import Heard
from vidscout.tools.records import Span

CLASSES = ("Speech", "Dog", "Rain")
TOLD = {"Dog": Offered(0.6), "Rain": Offered(0.4)}


def heard(*rows: tuple[float, float, float]) -> Heard:
    return Heard(CLASSES, np.array(rows, np.float32), tuple(0.5 * at for at in range(len(rows))), 1.0)


def test_a_sound_goes_on_at_half_its_threshold_and_ends_below():
    rows = marked(heard((1, 0.1, 0), (1, 0.4, 0), (1, 0.7, 0), (1, 0.3, 0), (1, 0.2, 0)), TOLD, start=10)
    [(span, name, score)] = events(rows, TOLD)
    assert (span, name, round(score, 2)) == (Span(10.5, 12.5), "Dog", 0.7)


def test_what_never_reaches_its_threshold_is_not_told_and_speech_never_is():
    rows = marked(heard((1, 0.5, 0), (1, 0.5, 0.39)), TOLD)
    assert rows
    assert events(rows, TOLD) == []


def test_two_sounds_of_a_class_are_one_unless_more_than_a_second_lies_between():
    dog, none = (0, 0.9, 0), (0, 0, 0)
    assert len(events(marked(heard(dog, none, none, none, dog), TOLD), TOLD)) == 1
    assert len(events(marked(heard(dog, none, none, none, none, dog), TOLD), TOLD)) == 2


def test_records_end_with_the_video_and_come_in_order():
    rows = marked(heard((0, 0, 0.9), (0, 0.9, 0.9)), TOLD)
    records = sound_records("0" * 32, rows, TOLD, 1.2, "test/1")
    assert [(record.text, record.span) for record in records] == [
        ("[Rain]", Span(0, 1.2)),
        ("[Dog]", Span(0.5, 1.2)),
    ]
    assert records[0].payload == Sound("Rain")


def test_an_animal_that_is_a_dog_is_told_as_a_dog():
    told = {"Dog": Offered(0.5, within=("Animal",)), "Animal": Offered(0.5)}
    found = [(Span(0, 2), "Animal", 0.9), (Span(1, 2), "Dog", 0.8), (Span(5, 6), "Animal", 0.7)]
    assert narrowest(found, told) == found[1:]


def test_speech_is_not_offered_and_every_offered_class_has_a_threshold_within_reach():
    told = offered("yamnet")
    assert told
    assert "Speech" not in told
    assert all(0 < one.threshold < 1 for one in told.values())
    assert offered("nobody measured this") == {}
