from vidscout.tools.payloads import TextLines
from vidscout.tools.perception.screen_text.lines_over_time import text_records
from vidscout.tools.perception.screen_text.moving import laid_over, tickers
from vidscout.tools.records import Box, Record, Span, TextLine, of_kind

NEWS = "Bridge closed from Monday on, buses go by the old road and stop at the market place"
SHOWN = 40
"""Letters of the news that fit on the picture."""


def part(first: int, text: str = NEWS, shown: int = SHOWN) -> TextLine:
    """What is read of a ticker when its first letters have gone out on the left, or have not yet come in on the right
    (below zero)."""
    seen = text[max(first, 0) : max(first + shown, 0)]
    left = max(-first, 0) / shown
    return TextLine(seen, 0.95, Box(left, 0.9, left + len(seen) / shown, 0.95))


def each_second(*frames: list[TextLine]) -> list[tuple[Span, list[TextLine]]]:
    return [(Span(second, second + 1), lines) for second, lines in enumerate(frames)]


def written(records: list[Record]) -> list[tuple[str, ...]]:
    return [lines.lines for _, lines in of_kind(records, TextLines)]


def at(text: str, top: float, left: float = 0.4) -> TextLine:
    return TextLine(text, 0.95, Box(left, top, left + 0.02 * len(text), top + 0.05))


def test_a_ticker_is_one_record_from_its_first_sight_to_its_last():
    seen = each_second(*([part(first)] for first in range(-30, len(NEWS) - 8, 8)))
    [record] = text_records("v", seen, "test/1")
    assert written([record]) == [(NEWS,)]
    assert record.span == Span(0, len(seen))


def test_letters_that_the_edge_cuts_are_read_again_farther_in():
    def cut(first: int) -> TextLine:
        line = part(first)
        return TextLine(line.text[:-1] + "l", line.score, line.box) if first + SHOWN < len(NEWS) else line

    seen = each_second(*([cut(first)] for first in range(0, len(NEWS) - 20, 8)))
    assert [ticker.text for ticker in tickers(seen)] == [NEWS]


def test_news_that_comes_round_again_is_told_once():
    around = f"{NEWS}   {NEWS}   "
    seen = each_second(*([part(first, around)] for first in range(0, len(NEWS) + 40, 8)))
    assert [ticker.text for ticker in tickers(seen)] == [NEWS]


def test_a_caption_that_stands_is_no_ticker():
    assert tickers(each_second(*([part(0)] for _ in range(6)))) == []


def test_writing_that_grows_in_its_place_is_no_ticker():
    assert tickers(each_second(*([part(0, NEWS[:end])] for end in range(10, 40, 6)))) == []


def test_a_title_beside_a_ticker_stays_a_record_of_its_own():
    title = at("Evening News", 0.1)
    seen = each_second(*([title, part(first)] for first in range(0, len(NEWS) - 20, 8)))
    assert sorted(written(text_records("v", seen, "test/1"))) == [(NEWS,), ("Evening News",)]


def test_parts_without_letters_in_common_are_not_laid_over_one_another():
    assert laid_over("Storm warning", "quiet night") == "Storm warning"


CREDITS = ["Written by", "Lena Hofer", "Light", "Paul Abara", "Costumes", "Ines Duarte", "Editing", "Marek Nowak"]


def rolling(pace: float, gap: float = 0.1) -> list[tuple[Span, list[TextLine]]]:
    """Credits that roll upwards, `pace` of the picture's height a second."""
    frames = []
    for second in range(round((1 + gap * len(CREDITS)) / pace)):
        tops = [1 + gap * number - pace * second for number in range(len(CREDITS))]
        frames.append([at(name, top) for name, top in zip(CREDITS, tops, strict=True) if 0 <= top <= 0.95])
    return each_second(*frames)


def test_credits_are_one_record_in_the_order_of_the_roll():
    for pace in (0.06, 0.15, 0.24):
        assert written(text_records("v", rolling(pace), "test/1")) == [tuple(CREDITS)]


def test_half_a_line_at_the_edge_is_no_line_of_its_own():
    seen = rolling(0.12)
    span, lines = seen[2]
    seen[2] = span, [*lines, TextLine("sht", 0.9, Box(0.4, 0.97, 0.46, 1.0))]
    assert written(text_records("v", seen, "test/1")) == [tuple(CREDITS)]


def test_slides_that_stand_still_are_no_roll():
    seen = [(Span(0, 5), [at("First point", 0.2)]), (Span(5, 10), [at("First point", 0.2), at("Second point", 0.4)])]
    assert written(text_records("v", seen, "test/1")) == [("First point",), ("Second point",)]
