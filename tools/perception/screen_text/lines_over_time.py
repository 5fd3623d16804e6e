"""Lines of text over time: the readings of one line on many frames become one line that stands, and lines that stand
together become a record."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import pairwise
from typing import TypeVar

from ...payloads import TextLines
from ...records import Box, Record, Span, TextLine
from .moving import Path, on_the_way, rolls, tickers
from .scripts import RIGHT_TO_LEFT, Script

BELIEVED = 0.7
"""Probability that the best reading of a line must have. In the Big Buck Bunny trailer every line of a card reaches
0.92; foliage and faces that are taken for text stay below 0.6, and an ornamental logo comes to 0.72."""
LEGIBLE = 0.5
"""Probability that every part of a ticker must have; most parts have ends that the picture cuts."""
SAME_TEXT = 90
"""rapidfuzz ratio from which two readings are one line; OCR flickers by a letter or two."""
SAME_PLACE = 0.3
"""Intersection over union from which two boxes are one place, though one was cut short."""
ALIGNED = 0.02
"""Of the frame's width: how far the cells of a column may begin or end apart."""
TOGETHER = 1.0
"""Seconds by which lines of one card may appear or vanish apart: one sampled frame, since lines fade in unevenly."""
BLOCK = 600
"""Characters of one record, about 150 tokens; a screen full of text is several records with the same span."""
ROW = 3.0
"""Pieces of one row belong to one sentence when the gap between them is at most this many times their height."""


@dataclass
class StandingLine:
    """One line of text for as long as it stands on the picture, with all that was read of it."""

    start: float
    end: float
    last: TextLine
    """The latest reading, which the next one is compared with."""
    readings: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Each reading with how long it was read times how probable it was."""
    scores: dict[str, float] = field(default_factory=dict)
    boxes: dict[str, Box] = field(default_factory=dict)
    places: list[tuple[float, Box]] = field(default_factory=list)
    """Where it was seen when: seconds, and its box."""

    def see(self, span: Span, line: TextLine) -> None:
        """Take in another reading of it, on a picture that stood for `span`."""
        self.end = max(self.end, span.end)
        self.last = line
        self.places.append((span.start, line.box))
        self.readings[line.text] += line.score * max(span.duration, 0.001)
        if line.score >= self.scores.get(line.text, 0.0):
            self.scores[line.text] = line.score
            self.boxes[line.text] = line.box

    @property
    def best(self) -> TextLine:
        """The reading that was read longest and most surely."""
        text = max(self.readings, key=lambda text: (round(self.readings[text], 2), len(text), text))
        return replace(self.last, text=text, score=self.scores[text], box=self.boxes[text])


def merge_over_time(observations: Iterable[tuple[Span, Sequence[TextLine]]], gap: float = 2.0) -> list[StandingLine]:
    """Join the readings of one line in consecutive frames, each a little different, into one that stands.

    Args:
        observations: of one video in order of time: how long a frame's picture stood, and the lines read on it.
        gap: seconds without a reading after which the same words count as new.
    """
    done: list[StandingLine] = []
    standing: list[StandingLine] = []
    for span, lines in observations:
        done += [line for line in standing if span.start - line.end > gap]
        standing = [line for line in standing if span.start - line.end <= gap]
        free = list(standing)
        for line in lines:
            if not line.text:
                continue  # its script could not be read
            known = _same_line(line, free)
            if known is None:
                known = StandingLine(span.start, span.end, line)
                standing.append(known)
            else:
                free = [other for other in free if other is not known]
            known.see(span, line)
    return sorted(done + standing, key=lambda line: (line.start, line.end, line.best.box.top, line.best.box.left))


def _same_line(line: TextLine, standing: Sequence[StandingLine]) -> StandingLine | None:
    """The standing line that this is another reading of: the most alike, and among equals the nearest."""
    alike = [
        (likeness, -_distance(line.box, other.last.box), -n)
        for n, other in enumerate(standing)
        if (likeness := _likeness(line, other.last)) > 0
    ]
    return standing[-max(alike)[2]] if alike else None


def _likeness(line: TextLine, other: TextLine) -> float:
    """How much two readings are alike, 0..100; 0 when they are of different lines.

    A score board's next number is another text, so sure readings must agree in their digits. In one place a reading
    may lack an end of the other: writing fades in, and grows as it is typed.
    """
    from rapidfuzz.fuzz import partial_ratio, ratio

    if line.text == other.text:
        return 100.0
    first, second = _letters(line.text), _letters(other.text)
    score = ratio(first, second, score_cutoff=SAME_TEXT)
    sure = min(line.score, other.score) >= 0.9
    if score > 0:
        return 0.0 if sure and _digits(first) != _digits(second) else score
    fewer, more = sorted((_digits(first), _digits(second)), key=len)
    if sure and fewer not in more:
        return 0.0
    shorter = min(len(first), len(second))
    if shorter >= 6 and line.box.overlap(other.box) >= SAME_PLACE:
        return partial_ratio(first, second, score_cutoff=SAME_TEXT) / 2
    return 0.0


def _letters(text: str) -> str:
    return "".join(text.casefold().split())


def _digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def _distance(first: Box, second: Box) -> float:
    (x, y), (u, v) = first.centre, second.centre
    return abs(x - u) + abs(y - v)


def text_records(
    video: str, observations: Iterable[tuple[Span, Sequence[TextLine]]], source: str, gap: float = 2.0
) -> list[Record]:
    """One record for the lines that appear and vanish together: a card, a slide, a subtitle of two lines.

    The lines of a record are in reading order; its boxes are theirs. A line that comes later, as a
    slide's next bullet does, is a record of its own. A ticker is one record, and so are the lines of a roll.

    Args:
        video: content id.
        observations: in order of time: how long a frame's picture stood, and the lines read on it.
        source: tool and version.
        gap: seconds without a reading after which the same words count as new.
    """
    seen = list(observations)
    running = [ticker for ticker in tickers(seen) if ticker.score >= LEGIBLE]
    parts = {(frame, id(line)) for ticker in running for frame, line in ticker.parts}
    still = [(span, [one for one in lines if (at, id(one)) not in parts]) for at, (span, lines) in enumerate(seen)]
    standing = [line for line in merge_over_time(still, gap) if line.best.score >= BELIEVED]
    records = [
        Record.of(video, Span(one.start, one.end), TextLines((one.text,)), round(one.score, 4), source, (one.box,))
        for one in running
    ]
    paths = [Path(line.places) for line in standing]
    rolled: set[int] = set()
    for roll in rolls(paths):
        halves = {half: whole for half, whole in on_the_way(paths, roll).items() if half not in rolled}
        rolled |= {*roll, *halves}
        for block in _blocks([[standing[n]] for n in roll]):
            group = [line for [line] in block]
            group += [
                standing[half] for half, whole in halves.items() if any(standing[whole] is line for [line] in block)
            ]
            records.append(_record(video, group, [[line.best] for [line] in block], source))
    for group in _together(line for n, line in enumerate(standing) if n not in rolled):
        rows = _rows([line.best for line in group])
        records += [_record(video, group, block, source) for block in _blocks(rows)]
    return records


def in_reading_order(lines: Iterable[TextLine]) -> list[str]:
    """The lines of one picture as they are read; those whose script is not read are left out."""
    return [text for row in _rows([line for line in lines if line.text]) for text, _ in _lines(row)]


def _together(standing: Iterable[StandingLine]) -> list[list[StandingLine]]:
    """Lines that appear and vanish together."""
    groups: list[list[StandingLine]] = []
    for line in standing:
        group = next((group for group in groups if _one_card(group[0], line)), None)
        if group is None:
            groups.append([line])
        else:
            group.append(line)
    return groups


def _one_card(first: StandingLine, line: StandingLine) -> bool:
    """Whether a line comes and goes with an earlier one; one that takes its place was never seen together with it."""
    near = abs(first.start - line.start) <= TOGETHER and abs(first.end - line.end) <= TOGETHER
    return near and (line.start < first.end or line.start == first.start)


def _record(video: str, group: Sequence[StandingLine], rows: Sequence[Sequence[TextLine]], source: str) -> Record:
    """Lines that stand, as long as any of `group` does, as one record."""
    span = Span(min(line.start for line in group), max(line.end for line in group))
    read = [line for row in rows for line in row]
    score = sum(line.score * len(line.text) for line in read) / sum(len(line.text) for line in read)
    lines = _table([_lines(row) for row in rows])
    written = TextLines(tuple(text for text, _ in lines))
    return Record.of(video, span, written, round(score, 4), source, tuple(box for _, box in lines))


def _rows(lines: Iterable[TextLine]) -> list[list[TextLine]]:
    """Lines in reading order; those at one height are one row, from left to right, or from right to left where they
    are written so. Columns of upright letters are a row each, the rightmost first."""
    given = list(lines)
    rows: list[list[TextLine]] = []
    for line in sorted((one for one in given if not one.upright), key=lambda one: (one.box.centre[1], one.box.left)):
        if rows:
            first = rows[-1][0].box
            shared = min(first.bottom, line.box.bottom) - max(first.top, line.box.top)
            if shared > 0.5 * min(first.bottom - first.top, line.box.bottom - line.box.top):
                rows[-1].append(line)
                continue
        rows.append([line])
    columns = sorted((one for one in given if one.upright), key=lambda one: (-one.box.centre[0], one.box.top))
    return [*(_across(row) for row in rows), *([column] for column in columns)]


def _across(row: Sequence[TextLine]) -> list[TextLine]:
    """The pieces of one row in reading order."""
    leftward = sum(len(line.text) if _leftward(line) else -len(line.text) for line in row) > 0
    return sorted(row, key=lambda line: -line.box.right if leftward else line.box.left)


def _leftward(line: TextLine) -> bool:
    return bool(line.script) and Script(line.script) in RIGHT_TO_LEFT


def _lines(row: Sequence[TextLine]) -> list[tuple[str, Box]]:
    """What stands at one height, in reading order: pieces that are far apart are lines of their own."""
    lines = [(row[0].text, row[0].box)]
    for before, after in pairwise(row):
        height = max(before.box.bottom - before.box.top, after.box.bottom - after.box.top)
        gap = max(after.box.left - before.box.right, before.box.left - after.box.right)
        # boxes are in fractions of the frame: a pixel is about half as large across as down
        if gap <= ROW * height:
            text, box = lines[-1]
            lines[-1] = f"{text} {after.text}", box.around(after.box)
        else:
            lines.append((after.text, after.box))
    return lines


Cell = tuple[str, Box]


def _table(rows: Sequence[list[Cell]]) -> list[Cell]:
    """The lines of rows; a row of a table is one line, what it is about before a colon and then its values.

    A table has rows of several cells that begin or end below each other, and more than half of those after the first
    have a digit: of two columns of words nothing tells whether they are read across or down.
    """
    across = [row for row in rows if len(row) > 1]
    table = [row for row in across if any(_below(row, other) for other in across if other is not row)]
    values = [text for row in table for text, _ in row[1:]]
    if 2 * sum(any(map(str.isdigit, text)) for text in values) <= len(values):
        table = []
    lines: list[Cell] = []
    for row in rows:
        if row not in table:
            lines += row
            continue
        (label, place), *cells = row
        colon = "" if label.rstrip().endswith((":", "：")) else ":"
        whole = reduce(lambda around, cell: around.around(cell[1]), cells, place)
        lines.append((f"{label}{colon} {', '.join(text for text, _ in cells)}", whole))
    return lines


def _below(row: Sequence[Cell], other: Sequence[Cell]) -> bool:
    """Whether the first cell after a row's label begins or ends where the other row's does."""
    one, two = row[1][1], other[1][1]
    return min(abs(one.left - two.left), abs(one.right - two.right)) <= ALIGNED


Line = TypeVar("Line", TextLine, StandingLine)


def _blocks(rows: Sequence[list[Line]]) -> list[list[list[Line]]]:
    """Rows in portions of at most `BLOCK` characters."""
    blocks: list[list[list[Line]]] = [[]]
    length = 0
    for row in rows:
        size = sum(len(line.best.text if isinstance(line, StandingLine) else line.text) for line in row)
        if blocks[-1] and length + size > BLOCK:
            blocks.append([])
            length = 0
        blocks[-1].append(row)
        length += size
    return blocks
