import random

from hypothesis import given
from hypothesis import strategies as st
from vidscout.tools.perception.screen_text.lines_over_time import BLOCK, merge_over_time, text_records
from vidscout.tools.records import Box, Modality, Record, Span, TextLine

CENTRE = Box(0.3, 0.45, 0.7, 0.55)


def line(text: str, score: float = 0.95, box: Box = CENTRE) -> TextLine:
    return TextLine(text, score, box)


def row(number: int, left: float = 0.1, right: float = 0.6) -> Box:
    return Box(left, 0.1 * number, right, 0.1 * number + 0.06)


def seen(*readings: tuple[float, list[TextLine]], until: float | None = None) -> list[tuple[Span, list[TextLine]]]:
    """Observations that each stand until the next, the last for a second."""
    times = [start for start, _ in readings]
    ends = [*times[1:], until or times[-1] + 1]
    return [(Span(start, end), lines) for (start, lines), end in zip(readings, ends, strict=True)]


def records(*readings: tuple[float, list[TextLine]], until: float | None = None) -> list[Record]:
    return text_records("v", seen(*readings, until=until), "ocr/1")


def spans(found: list[Record]) -> list[tuple[str, float, float]]:
    return [(record.text, record.span.start, record.span.end) for record in found]


def test_a_title_read_three_times_is_one_record_with_its_best_reading():
    title = line("An unlucky bird", 0.98)
    found = records((4, [title]), (5, [line("An unlucky blrd", 0.71)]), (6, [line("An unlucky bird", 0.9)]))
    assert spans(found) == [("An unlucky bird", 4, 7)]
    assert found[0].modality is Modality.SCREEN_TEXT
    assert found[0].score == 0.98
    assert found[0].boxes == (title.box,)
    assert found[0].source == "ocr/1"


def test_what_was_read_most_often_beats_what_was_read_most_surely_once():
    often = [(float(n), [line("Peach Project presents", 0.96)]) for n in range(1, 5)]
    assert records((0, [line("Peach Project presentsr", 0.99)]), *often)[0].text == "Peach Project presents"


def test_the_same_words_after_a_pause_are_a_new_caption():
    live = [line("LIVE")]
    assert spans(records((4, live), (5, []), (60, live))) == [("LIVE", 4, 5), ("LIVE", 60, 61)]


def test_a_line_missed_on_one_frame_still_stands():
    found = records((4, [line("Chapter one")]), (5, []), (6, [line("Chapter one")]))
    assert spans(found) == [("Chapter one", 4, 7)]


def test_a_slide_that_stands_for_a_minute_is_one_record_of_a_minute():
    found = records((0, [line("Budget", box=row(1)), line("Staff", box=row(2))]), until=60)
    assert spans(found) == [("Budget / Staff", 0, 60)]


def test_a_bullet_that_comes_later_is_a_record_of_its_own():
    title, first, second = line("Budget", box=row(1)), line("Staff costs", box=row(2)), line("Travel", box=row(3))
    found = records((0, [title, first]), (10, [title, first, second]), until=20)
    assert spans(found) == [("Budget / Staff costs", 0, 20), ("Travel", 10, 20)]


def test_lines_that_fade_in_unevenly_are_one_card():
    one, two = line("The Blender Foundation and", box=row(1)), line("Peach Project presents", box=row(2))
    assert spans(records((4, [one]), (5, [one, two]), (6, [one, two]))) == [
        ("The Blender Foundation and / Peach Project presents", 4, 7)
    ]


def test_writing_that_grows_in_one_place_is_one_line_in_full():
    typed = [
        (float(n), [line(text, box=Box(0.1, 0.4, right, 0.45))])
        for n, (text, right) in enumerate([("def merge", 0.3), ("def merge(lines)", 0.45), ("def merge(lines):", 0.47)])
    ]
    assert spans(records(*typed, until=9)) == [("def merge(lines):", 0, 9)]


def test_a_counter_that_counts_is_not_one_line():
    found = records(
        (0, [line("Lecture 12: binary search trees", 0.99)]), (9, [line("Lecture 13: binary search trees", 0.99)])
    )
    assert spans(found) == [
        ("Lecture 12: binary search trees", 0, 9),
        ("Lecture 13: binary search trees", 9, 10),
    ]


def test_a_short_counter_that_counts_is_not_one_line_either():
    found = records(*((n, [line(f"Step {n}", 0.99)]) for n in range(8, 15)))
    assert [text for text, _, _ in spans(found)] == [f"Step {n}" for n in range(8, 15)]


def test_equal_words_in_two_places_stay_two_lines():
    left, right = line("Total", box=Box(0.1, 0.1, 0.2, 0.15)), line("Total", box=Box(0.8, 0.8, 0.9, 0.85))
    merged = merge_over_time(seen((0, [left, right]), (1, [right, left]), (2, [left, right])))
    assert [(found.start, found.end, found.best.box) for found in merged] == [(0, 3, left.box), (0, 3, right.box)]


def test_reading_order_is_from_top_to_bottom_and_left_to_right():
    cells = [
        line("$1,200,000", box=Box(0.32, 0.302, 0.45, 0.35)),
        line("Marketing", box=Box(0.1, 0.3, 0.3, 0.352)),
        line("Budget", box=Box(0.1, 0.1, 0.3, 0.16)),
        line("Page two", box=Box(0.85, 0.3, 0.95, 0.35)),
    ]
    assert records((0, cells))[0].text == "Budget / Marketing $1,200,000 / Page two"


def test_a_screen_full_of_text_is_several_records_in_order():
    full = [line(f"line number {n} of a long listing", box=Box(0.1, n / 60, 0.9, n / 60 + 0.01)) for n in range(60)]
    found = records((0, full))
    assert len(found) > 2
    assert all(len(record.text) <= BLOCK + 3 * len(record.boxes) for record in found)
    assert " / ".join(record.text for record in found) == " / ".join(text.text for text in full)
    assert {record.span for record in found} == {Span(0, 1)}


def test_what_is_never_read_surely_is_no_record():
    assert records((0, [line("BOAR", 0.55)]), (1, [line("BOAR", 0.6)])) == []


@given(st.integers(0, 2**32))
def test_merging_is_deterministic_and_loses_no_time(seed: int):
    chance = random.Random(seed)
    words = ["Budget", "Budgets", "Staff costs", "Travel 2024", "Travel 2025", "An unlucky bird"]
    readings = [
        (float(at), [line(chance.choice(words), chance.uniform(0.75, 1), row(n)) for n in range(chance.randrange(4))])
        for at in range(12)
    ]
    found = records(*readings)
    assert found == records(*readings)
    for at, lines in readings:
        covered = {number for record in found if record.span.contains(at) for number in range(len(record.boxes))}
        assert bool(lines) <= bool(covered)


def cells(*rows: tuple[str, ...], edges: tuple[float, ...] = (0.1, 0.5, 0.7)) -> list[TextLine]:
    """A card whose rows have cells that begin below each other."""
    return [
        line(text, box=Box(left, 0.1 * number, left + 0.02 * len(text), 0.1 * number + 0.04))
        for number, row in enumerate(rows, 1)
        for text, left in zip(row, edges, strict=False)
    ]


def test_a_row_of_a_table_is_one_line_with_its_label_before_its_values():
    table = cells(("Ferry",), ("Built", "1962"), ("Cars:", "40", "35 full"), ("Paid from", "Harbour fund"))
    [found] = records((0, table), until=9)
    assert found.text == "Ferry / Built: 1962 / Cars: 40, 35 full / Paid from: Harbour fund"
    assert len(found.boxes) == 4
    assert found.boxes[1].left == 0.1
    assert found.boxes[1].right > 0.5


def test_two_columns_of_words_or_cells_that_do_not_align_are_lines_of_their_own():
    words = cells(("Cheap", "Slow"), ("Light", "Ugly"))
    assert records((0, words), until=9)[0].text == "Cheap / Slow / Light / Ugly"
    loose = [
        *cells(
            ("Page", "3"),
        ),
        *[line(one.text, box=one.box) for one in cells(("", ""), ("Hall", "7"), edges=(0.1, 0.9)) if one.text],
    ]
    assert records((0, loose), until=9)[0].text == "Page / 3 / Hall / 7"
