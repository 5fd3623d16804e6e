import pytest
from vidscout.tools.payloads import Caption, Labels, ObjectCounts, Payload, Tag, TextLines, in_order_of_number
from vidscout.tools.perception.captions.composed import LONGEST, captions
from vidscout.tools.records import Modality, Record, Span
from vidscout.tools.rendering import QUOTED


def record(start: float, end: float, payload: Payload) -> Record:
    return Record.of("v", Span(start, end), payload, 0.8, "t/1")


def look(start: float, end: float, *names: str) -> Record:
    return record(start, end, Labels(tuple(Tag(name, 0.5) for name in names)))


def objects(start: float, end: float, **numbers: int) -> Record:
    return record(start, end, ObjectCounts(in_order_of_number(numbers)))


def text(start: float, end: float, *lines: str) -> Record:
    return record(start, end, TextLines(lines))


def test_a_caption_says_what_a_shot_looks_like_holds_and_shows():
    [caption] = captions(
        "v",
        [Span(0, 5)],
        looks=[look(0, 5, "lakeside, lakeshore", "valley, vale")],
        objects=[objects(1, 3, person=2)],
        texts=[text(2, 5, "An unlucky bird", "Part 2")],
    )
    assert caption.text == "Looks like: lakeside, valley. Objects: 2 people. On screen: “An unlucky bird / Part 2”."
    assert caption.modality is Modality.CAPTION
    assert caption.payload == Caption(
        looks=("lakeside", "valley"), numbers=(("person", 2),), texts=(TextLines(("An unlucky bird", "Part 2")),)
    )
    assert caption.source.startswith("composed/")
    assert caption.span == Span(0, 5)
    assert caption.score == pytest.approx(0.8)


def test_a_shot_in_which_nothing_was_found_has_no_caption():
    assert captions("v", [Span(0, 5)], looks=[], objects=[], texts=[text(5, 9, "later")]) == []


def test_a_record_belongs_to_every_shot_it_reaches_into_and_to_no_other():
    found = captions("v", [Span(0, 5), Span(5, 9), Span(9, 12)], looks=[], objects=[], texts=[text(4, 9, "Budget")])
    assert [caption.span for caption in found] == [Span(0, 5), Span(5, 9)]


def test_objects_are_counted_at_their_most():
    seen = [objects(0, 2, person=1), objects(2, 4, person=3, dog=1)]
    [caption] = captions("v", [Span(0, 5)], looks=[], objects=seen, texts=[])
    assert caption.text == "Objects: 3 people, 1 dog."


def test_what_lasts_longest_is_named_and_texts_come_in_order_of_time():
    looks = [look(0, 1, "castle"), look(1, 9, "lakeside, lakeshore", "valley, vale"), look(9, 10, "volcano")]
    texts = [text(6, 9, "second"), text(0, 5, "first"), text(6, 9, "second")]
    [caption] = captions("v", [Span(0, 10)], looks=looks, objects=[], texts=texts)
    assert caption.text == "Looks like: lakeside, valley, castle. On screen: “first”, “second”."


def test_a_long_shot_has_a_caption_a_minute():
    texts = [text(n * 30, n * 30 + 20, f"slide {n}") for n in range(10)]
    found = captions("v", [Span(0, 300)], looks=[], objects=[], texts=texts)
    assert len(found) == 5
    assert all(caption.span.duration <= LONGEST for caption in found)
    assert "slide 9" in found[-1].text
    assert "slide 0" not in found[-1].text


def test_a_long_text_is_quoted_in_part():
    [caption] = captions("v", [Span(0, 5)], looks=[], objects=[], texts=[text(0, 5, "word " * 100)])
    assert len(caption.text) < QUOTED + 30
    assert "…" in caption.text


def test_captions_do_not_depend_on_the_order_of_the_records():
    texts = [text(n, n + 3, f"line {n}") for n in range(5)]
    shots = [Span(0, 4), Span(4, 8)]
    assert captions("v", shots, looks=[], objects=[], texts=texts) == captions(
        "v", shots, looks=[], objects=[], texts=texts[::-1]
    )


def test_a_long_shot_that_shows_the_same_has_one_caption_for_as_long():
    texts = [text(0, 600, "Closed today"), text(600, 900, "Open")]
    first, second = captions("v", [Span(0, 900)], looks=[], objects=[], texts=texts)
    assert (first.span, second.span) == (Span(0, 600), Span(600, 900))


def test_two_shots_that_show_the_same_keep_a_caption_each():
    texts = [text(0, 20, "Channel 4")]
    assert len(captions("v", [Span(0, 10), Span(10, 20)], looks=[], objects=[], texts=texts)) == 2
