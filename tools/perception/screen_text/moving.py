"""Text that moves: a ticker, of which each frame shows a part, and a roll of credits, whose lines come one by one.

The parts of a ticker are laid over one another where they have the same letters. The lines of a roll are put in the
order in which they stand on the roll, which is where they would all be at one moment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import pairwise

from ...records import Box, Span, TextLine
from .scripts import RIGHT_TO_LEFT, Script

SHARED = 5
"""Letters that two parts of a ticker must share in a row to be laid over one another."""
SHARED_PART = 0.4
"""Of the shorter part, that must be shared in a row."""
ACROSS = 0.01
"""Of the frame's width: by how much a ticker moves at least from one frame to the next."""
STEPS = 3
"""Steps in one direction that a ticker must have made to be one: boxes of a line that stands waver to and fro."""
LOST = 3.0
"""Seconds after which a ticker that was not read is over."""
TAIL = 120
"""Letters of a ticker's end that a new part is compared with."""
AGAIN = 16
"""Letters with which a ticker must begin anew to be the same round again."""
DOWN = 1.5
"""Of its height: by how much a line of a roll moves at least."""
SAME_PACE = 0.25
"""By which share the lines of a roll may differ in pace; at one frame a second boxes tell it so well."""
ROLLING = 3
"""Lines of one pace, or readings of one line, that make a roll."""


@dataclass(slots=True)
class Ticker:
    """A line that moves across the picture, as far as it was read."""

    start: float
    end: float
    text: str
    last: TextLine
    score: float
    """The least that a part of it was read with."""
    box: Box
    steps: list[float] = field(default_factory=list)
    """By how much it moved from frame to frame, in frame widths; to the right above zero."""
    parts: list[tuple[int, TextLine]] = field(default_factory=list)
    """The lines that it was read from, each with the number of its frame."""

    @property
    def moves(self) -> bool:
        """Whether it went in one direction long enough."""
        ahead = [step for step in self.steps if abs(step) >= ACROSS]
        return len(ahead) >= STEPS and len({step > 0 for step in ahead}) == 1 and len(ahead) > len(self.steps) / 2

    def goes_on(self, line: TextLine) -> float | None:
        """By how much it moved if a line is its next part, in frame widths; None where it is not."""
        if _apart(self.last.box, line.box):
            return None
        shared = _shared(self.last.text, line.text)
        if shared is None:
            return None
        before, now, _ = shared
        return _across(line, now) - _across(self.last, before)

    def take(self, frame: int, span: Span, line: TextLine, moved: float) -> None:
        """Take in its next part."""
        self.text = laid_over(self.text, line.text)
        self.end, self.last = span.end, line
        self.score = min(self.score, line.score)
        self.box = self.box.around(line.box)
        self.steps.append(moved)
        self.parts.append((frame, line))


def tickers(observations: Sequence[tuple[Span, Sequence[TextLine]]]) -> list[Ticker]:
    """The lines that move across the picture, each with all of its text.

    Args:
        observations: of one video in order of time: how long a frame's picture stood, and the lines read on it.
    """
    done: list[Ticker] = []
    running: list[Ticker] = []
    for frame, (span, lines) in enumerate(observations):
        done += [ticker for ticker in running if span.start - ticker.end > LOST]
        running = [ticker for ticker in running if span.start - ticker.end <= LOST]
        free = list(running)
        for line in lines:
            moved = {n: step for n, ticker in enumerate(free) if (step := ticker.goes_on(line)) is not None}
            if moved:
                near = min(moved, key=lambda n: abs(moved[n]))
                free.pop(near).take(frame, span, line, moved[near])
            elif line.text:
                begun = Ticker(span.start, span.end, line.text, line, line.score, line.box, parts=[(frame, line)])
                running.append(begun)
    return [_one_round(ticker) for ticker in done + running if ticker.moves]


def _apart(first: Box, second: Box) -> bool:
    """Whether two boxes are at different heights, or of different size of type."""
    high, low = (first.bottom - first.top), (second.bottom - second.top)
    shared = min(first.bottom, second.bottom) - max(first.top, second.top)
    return shared < 0.6 * max(high, low)


def _shared(before: str, now: str) -> tuple[int, int, int] | None:
    """Where in each of two parts what they share begins, and how long it is; None where it is too short."""
    match = SequenceMatcher(None, before, now, autojunk=False).find_longest_match()
    least = max(SHARED, SHARED_PART * min(len(before), len(now)))
    return None if match.size < least else (match.a, match.b, match.size)


def _across(line: TextLine, at: int) -> float:
    """Where on the picture a letter of a line is, 0..1, if all are equally wide."""
    share = at / max(len(line.text), 1)
    width = line.box.right - line.box.left
    if line.script and Script(line.script) in RIGHT_TO_LEFT:
        return line.box.right - share * width
    return line.box.left + share * width


def laid_over(text: str, part: str) -> str:
    """A ticker's text with its next part laid over its end: the newer reading counts, being farther from the edge.

    >>> laid_over("Storm warning for the nor", "ning for the northern co")
    'Storm warning for the northern co'
    """
    first = max(len(text) - TAIL, 0)
    match = SequenceMatcher(None, text[first:], part, autojunk=False).find_longest_match()
    if match.size < SHARED:
        return text
    after, rest = text[first + match.a + match.size :], part[match.b + match.size :]
    # the last letters of either may be cut by the picture's edge
    return text[: first + match.a + match.size] + (rest if len(rest) >= len(after) - 2 else after)


def _one_round(ticker: Ticker) -> Ticker:
    """A ticker without what comes again."""
    begins = ticker.text[:AGAIN]
    again = ticker.text.find(begins, AGAIN) if len(begins) == AGAIN else -1
    if again > 0:
        ticker.text = ticker.text[:again].rstrip(" •·|-–—*+/")
    return ticker


@dataclass(frozen=True, slots=True)
class Path:
    """Where a line was seen, in order of time: seconds, and its box."""

    places: Sequence[tuple[float, Box]]

    @property
    def height(self) -> float:
        """Of the line, in frame heights: the median."""
        heights = sorted(box.bottom - box.top for _, box in self.places)
        return heights[len(heights) // 2]

    @property
    def pace(self) -> float | None:
        """Frame heights a second by which it moves down; None where it does not move up or down all the time."""
        middles = [(time, box.centre[1]) for time, box in self.places]
        steps = [(later - time, below - above) for (time, above), (later, below) in pairwise(middles)]
        if not steps or abs(middles[-1][1] - middles[0][1]) < DOWN * self.height:
            return None
        paces = [down / seconds for seconds, down in steps if seconds > 0]
        if not paces or len({pace > 0 for pace in paces}) != 1:
            return None
        return (middles[-1][1] - middles[0][1]) / (middles[-1][0] - middles[0][0])

    def at(self, moment: float, pace: float) -> float:
        """Where its middle would be at another moment, in frame heights; it may be outside the picture."""
        times = sum(time for time, _ in self.places) / len(self.places)
        middle = sum(box.centre[1] for _, box in self.places) / len(self.places)
        return middle + pace * (moment - times)

    @property
    def left(self) -> float:
        """Where it begins, in frame widths: the median."""
        lefts = sorted(box.left for _, box in self.places)
        return lefts[len(lefts) // 2]


def rolls(paths: Sequence[Path]) -> list[list[int]]:
    """The lines that move up or down together, in the order of reading, by their place in `paths`."""
    moving = {n: pace for n, path in enumerate(paths) if (pace := path.pace) is not None}
    found: list[list[int]] = []
    while moving:
        leader = max(moving, key=lambda n: len(paths[n].places))
        pace = moving[leader]
        alike = [n for n in moving if abs(moving[n] - pace) <= SAME_PACE * abs(pace)]
        for n in alike:
            del moving[n]
        if len(alike) < ROLLING and len(paths[leader].places) < ROLLING:
            continue
        found.append(_in_order(paths, alike, pace))
    return found


def _in_order(paths: Sequence[Path], alike: Iterable[int], pace: float) -> list[int]:
    """Lines of one roll from top to bottom, those at one height from left to right."""
    where = {n: paths[n].at(0.0, pace) for n in alike}
    rows: list[list[int]] = []
    for n in sorted(where, key=lambda n: where[n]):
        if rows and where[n] - where[rows[-1][0]] < 0.5 * paths[n].height:
            rows[-1].append(n)
        else:
            rows.append([n])
    return [n for row in rows for n in sorted(row, key=lambda n: paths[n].left)]


def on_the_way(paths: Sequence[Path], roll: Sequence[int]) -> dict[int, int]:
    """Lines that are no part of a roll and were read where one of its lines was at that moment, as half a line is at
    the picture's edge; each with that line of the roll."""
    paces = [pace for n in roll if (pace := paths[n].pace) is not None]
    pace = sorted(paces)[len(paces) // 2]
    found = {}
    for n, path in enumerate(paths):
        if n in roll or len(path.places) > 2:
            continue
        away = {m: abs(path.at(0.0, pace) - paths[m].at(0.0, pace)) / paths[m].height for m in roll}
        nearest = min(away, key=lambda m: away[m])
        if away[nearest] < 0.8:
            found[n] = nearest
    return found
