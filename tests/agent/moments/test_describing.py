"""Describing videos whose findings are in the index, by the real text embedding."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from vidscout import VideoScout
from vidscout.graphs.events import Progress, StepStarted
from vidscout.tools.errors import CancelledError, UnknownVideoError, UsageError
from vidscout.tools.index.videos import Video
from vidscout.tools.payloads import Shot, Spoken, TextLines
from vidscout.tools.records import Record, Span

pytestmark = pytest.mark.models

TALK = [
    ("Baking", "Sourdough bread needs only flour, water and salt."),
    ("Baking", "The dough rests for twelve hours before it goes into the oven."),
    ("Baking", "A hot stone in the oven gives the loaf a crisp crust."),
    ("Engines", "A diesel engine lights its fuel by pressure alone."),
    ("Engines", "The turbo pushes more air into the cylinders of the engine."),
    ("Engines", "We agreed to replace the old engine with an electric motor."),
]


def talk(video: str, seconds: float = 10.0) -> list[Record]:
    """A talk of a minute with two slides."""
    records = [
        Record.of(video, Span(seconds * at, seconds * at + 8), Spoken(text, language="en"), 0.9, "demo/1")
        for at, (_, text) in enumerate(TALK)
    ]
    for number, title in enumerate(("Baking", "Engines")):
        span = Span(30.0 * number, 30.0 * number + 30)
        records.append(Record.of(video, span, TextLines((title,)), 0.9, "demo/1"))
        records.append(Record.of(video, span, Shot(number + 1), 1.0, "demo/1"))
    return records


def put(scout: VideoScout, video: str, name: str, records: list[Record], duration: float = 60.0) -> None:
    scout.library.put(Video(id=video, name=name, path=Path(name), duration=duration, status="ready"))
    scout.index.add(records, None)


@pytest.fixture(scope="module")
def described(loaded_scout: VideoScout, tmp_path_factory: pytest.TempPathFactory):
    scout = loaded_scout.at(tmp_path_factory.mktemp("home"))
    put(scout, "a" * 16, "talk.mp4", talk("a" * 16))
    put(scout, "b" * 16, "silence.mp4", [], 20.0)
    yield scout
    scout.index.close()


def test_chapters_tile_the_video_and_have_the_slides_titles(described: VideoScout):
    made = described.describe("talk.mp4", "chapters")
    assert [(one.start, one.end, one.title) for one in made.chapters] == [(0, 30, "Baking"), (30, 60, "Engines")]
    shown = json.loads(json.dumps(made.as_dict()))
    assert shown["chapters"][0]["title"] == "Baking"
    assert {"start", "end", "title"} <= set(shown["chapters"][0])


def test_a_second_time_it_is_read_from_the_index_until_the_readings_change(described: VideoScout):
    put(described, "c" * 16, "changing.mp4", talk("c" * 16))
    first = described.describe("changing.mp4", "summary")
    again = described.describe("changing.mp4", "summary")
    assert (first.stored, again.stored) == (False, True)
    assert again.seconds < 1.0
    assert again.summary == first.summary
    more = Record.of(
        "c" * 16, Span(55, 59), Spoken("The workshop costs nine hundred dollars.", language="en"), 0.9, "x"
    )
    described.index.add([more], None)
    assert not described.describe("changing.mp4", "summary").stored


def test_each_sentence_of_a_summary_cites_what_it_says(described: VideoScout):
    made = described.describe("talk.mp4", "summary", length="page")
    known = {record.id: record for record in described.index.timeline("a" * 16)}
    assert made.summary
    for sentence in made.summary:
        assert sentence.text in " ".join(known[cited.record].text for cited in sentence.evidence)
        assert sentence.start < sentence.end


def test_a_line_is_one_sentence(described: VideoScout):
    assert len(described.describe("talk.mp4", "summary", length="line").summary) == 1


def test_a_decision_is_noted(described: VideoScout):
    made = described.describe("talk.mp4", "notes")
    assert "We agreed to replace the old engine with an electric motor." in [
        note.text for note in made.notes if note.kind == "decision"
    ]


def test_captions_and_story_are_made_too(described: VideoScout):
    captions = described.describe("talk.mp4", "captions").captions
    assert [one.start for one in captions] == [0, 30]
    assert "On screen: “Baking”." in captions[0].text
    story = described.describe("talk.mp4", "story").story
    assert [scene.text.partition(".")[0] for scene in story] == ["Baking", "Engines"]


def test_only_the_stretch_is_described(described: VideoScout):
    made = described.describe("talk.mp4", "summary", time_range=(31, 60), length="page")
    assert all("bread" not in sentence.text for sentence in made.summary)
    assert (made.start, made.end) == (31, 60)
    assert described.describe("talk.mp4", "chapters", time_range=(31, float("inf"))).chapters[-1].end == 60


def test_a_range_outside_the_video_is_refused_in_one_line(described: VideoScout):
    with pytest.raises(UsageError, match=r"begins at 1:40, but talk\.mp4 ends at 1:00"):
        described.describe("talk.mp4", "chapters", time_range=(100, 200))
    with pytest.raises(UsageError, match="has no length"):
        described.describe("talk.mp4", time_range=(20, 10))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"style": "poem"}, "no style 'poem'"),
        ({"length": "book"}, "no length 'book'"),
        ({"language": "Klingonese"}, "no language 'Klingonese'"),
        ({"style": "captions", "every": 0.1}, "a caption covers 1 to 3600 seconds"),
    ],
)
def test_bad_requests_get_one_clear_line(described: VideoScout, options: dict, said: str):
    with pytest.raises(UsageError, match=said) as caught:
        described.describe("talk.mp4", **options)
    assert "\n" not in str(caught.value)


def test_an_unknown_video_is_said(described: VideoScout):
    with pytest.raises(UnknownVideoError):
        described.describe("nothing.mp4")


@pytest.mark.parametrize("style", ["summary", "chapters", "captions", "notes", "story"])
def test_a_video_without_anything_gets_an_honest_short_answer(described: VideoScout, style: str):
    made = described.describe("silence.mp4", style)
    if style == "chapters":
        assert [(one.start, one.end, one.title) for one in made.chapters] == [(0, 20, "")]
    else:
        assert made.items == ()
        assert made.remarks[0] == f"nothing was found of which {style} could be made"


def test_another_language_is_not_pretended(described: VideoScout):
    made = described.describe("talk.mp4", "summary", language="German")
    assert made.language == "en"
    assert made.remarks[-1] == "sentences are quoted in English, as they were said: this profile writes no German"


def test_the_library_is_described_video_by_video(described: VideoScout):
    made = described.describe_library()
    assert [one.name for one in made][:2] == ["talk.mp4", "silence.mp4"]
    assert len(made[0].summary) == 1


def test_events_tell_steps_and_progress(described: VideoScout):
    put(described, "d" * 16, "watched.mp4", talk("d" * 16))
    events: list = []
    described.describe("watched.mp4", "notes", on_event=events.append)
    assert [event.step for event in events if isinstance(event, StepStarted)] == ["gather", "divide", "assemble"]
    assert {event.total for event in events if isinstance(event, Progress)} == {2}


def test_a_description_that_is_given_up_ends(described: VideoScout):
    put(described, "e" * 16, "stopped.mp4", talk("e" * 16))
    stop = threading.Event()
    stop.set()
    with pytest.raises(CancelledError):
        list(described.describe_events("stopped.mp4", stop=stop))


def test_what_two_ask_for_at_once_is_made_once(described: VideoScout):
    put(described, "f" * 16, "twice.mp4", talk("f" * 16))
    with ThreadPoolExecutor(2) as both:
        made = list(both.map(lambda _: described.describe("twice.mp4", "chapters"), range(2)))
    assert sorted(one.stored for one in made) == [False, True]
    assert made[0].chapters == made[1].chapters


def test_who_waits_for_anothers_description_can_give_up(described: VideoScout):
    put(described, "a1" * 8, "waited.mp4", talk("a1" * 8))
    stop = threading.Event()
    first = described.describe_events("waited.mp4", "chapters")
    next(first)  # it has begun, and holds its turn until it ends
    stop.set()
    with pytest.raises(CancelledError):
        list(described.describe_events("waited.mp4", stop=stop))
    first.close()
