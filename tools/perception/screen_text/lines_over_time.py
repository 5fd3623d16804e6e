"""Lines of text over time: the readings of one line on many frames become one line that stands, and lines that stand
together become a record."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ...payloads import TextLines
from ...records import Box, Record, Span, TextLine

BELIEVED = 0.7
"""Probability that the best reading of a line must have. In the Big Buck Bunny trailer every line of a card reaches
0.92; foliage and faces that are taken for text stay below 0.6, and an ornamental logo comes to 0.72."""
SAME_TEXT = 90
"""rapidfuzz ratio from which two readings are one line; OCR flickers by a letter or two."""
SAME_PLACE = 0.3
"""Intersection over union from which two boxes are one place, though one was cut short."""
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

    def see(self, span: Span, line: TextLine) -> None:
        """Take in another reading of it, on a picture that stood for `span`."""
        self.end = max(self.end, span.end)
        self.last = line
        self.readings[line.text] += line.score * max(span.duration, 0.001)
        if line.score >= self.scores.get(line.text, 0.0):
            self.scores[line.text] = line.score
            self.boxes[line.text] = line.box

    @property
    def best(self) -> TextLine:
        """The reading that was read longest and most surely."""
        text = max(self.readings, key=lambda text: (round(self.readings[text], 2), len(text), text))
        return TextLine(text, self.scores[text], self.boxes[text])


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
    if score > 0:
        sure = min(line.score, other.score) >= 0.9
        return 0.0 if sure and _digits(first) != _digits(second) else score
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
    slide's next bullet does, is a record of its own.

    Args:
        video: content id.
        observations: in order of time: how long a frame's picture stood, and the lines read on it.
        source: tool and version.
        gap: seconds without a reading after which the same words count as new.
    """
    groups: list[list[StandingLine]] = []
    for line in merge_over_time(observations, gap):
        if line.best.score < BELIEVED:
            continue
        near = (g for g in groups if abs(g[0].start - line.start) <= TOGETHER and abs(g[0].end - line.end) <= TOGETHER)
        group = next(near, None)
        if group is None:
            groups.append([line])
        else:
            group.append(line)
    records = []
    for group in groups:
        span = Span(min(line.start for line in group), max(line.end for line in group))
        for block in _blocks(_rows([line.best for line in group])):
            read = [line for row in block for line in row]
            score = sum(line.score * len(line.text) for line in read) / sum(len(line.text) for line in read)
            lines = [line for row in block for line in _lines(row)]
            written = TextLines(tuple(text for text, _ in lines))
            boxes = tuple(box for _, box in lines)
            records.append(Record.of(video, span, written, round(score, 4), source, boxes))
    return records


def _rows(lines: Iterable[TextLine]) -> list[list[TextLine]]:
    """Lines in reading order; those at one height are one row, from left to right."""
    rows: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda line: (line.box.centre[1], line.box.left)):
        if rows:
            first = rows[-1][0].box
            shared = min(first.bottom, line.box.bottom) - max(first.top, line.box.top)
            if shared > 0.5 * min(first.bottom - first.top, line.box.bottom - line.box.top):
                rows[-1].append(line)
                continue
        rows.append([line])
    return [sorted(row, key=lambda line: line.box.left) for row in rows]


def _lines(row: Sequence[TextLine]) -> list[tuple[str, Box]]:
    """What stands at one height, from left to right: pieces that are far apart are lines of their own."""
    lines = [(row[0].text, row[0].box)]
    for left, right in pairwise(row):
        height = max(left.box.bottom - left.box.top, right.box.bottom - right.box.top)
        # boxes are in fractions of the frame: a pixel is about half as large across as down
        if right.box.left - left.box.right <= ROW * height:
            text, box = lines[-1]
            lines[-1] = f"{text} {right.text}", box.around(right.box)
        else:
            lines.append((right.text, right.box))
    return lines


def _blocks(rows: Sequence[list[TextLine]]) -> list[list[list[TextLine]]]:
    """Rows in portions of at most `BLOCK` characters."""
    blocks: list[list[list[TextLine]]] = [[]]
    length = 0
    for row in rows:
        size = sum(len(line.text) for line in row)
        if blocks[-1] and length + size > BLOCK:
            blocks.append([])
            length = 0
        blocks[-1].append(row)
        length += size
    return blocks
