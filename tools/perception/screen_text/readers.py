"""Text that is written on the picture: titles, slides, signs, subtitles."""

import contextlib
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import UsageError, WeightsError
from ...payloads import TextLines
from ...records import Box, Record, Span, TextLine
from ...runtime.backend import Tool
from ...weights import pull as weights
from .ppocr import DETECTION_SIDE, PPOCR, cut_out

LEGIBLE = 0.5
"""Mean character probability below which a reading is not text; RapidOCR's own default."""
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


class ScreenText(Tool[np.ndarray, list[TextLine]]):
    """The role: an RGB picture, (H, W, 3) uint8, becomes its lines of text from top to bottom."""

    role = "screen_text"
    counter = "ocr_calls"


class RapidOCR(ScreenText):
    """PP-OCRv4 (mobile) on the CPU; reads English and Chinese. What it reads in a frame depends on nothing else."""

    name = "rapidocr"
    version = "PP-OCRv4.1"
    requires = ("rapidocr_onnxruntime", "onnxruntime")

    def __init__(self, threads: int | None = None, detection_side: int = DETECTION_SIDE) -> None:
        """Choose how closely it looks.

        Args:
            threads: of one forward pass; by default onnxruntime takes all physical cores.
            detection_side: pixels of the longer side at which text is looked for; more finds smaller print, and takes
                time in proportion to its square.
        """
        super().__init__()
        self.threads = threads
        self.detection_side = detection_side
        self._engine: PPOCR | None = None

    @property
    def source(self) -> str:
        return super().source if self.detection_side == DETECTION_SIDE else f"{super().source}@{self.detection_side}"

    def setup(self) -> None:
        self._engine = PPOCR(self.threads, self.detection_side)

    def perceive(self, batch: Sequence[np.ndarray]) -> list[list[TextLine]]:
        import cv2

        assert self._engine is not None
        places: list[list[np.ndarray]] = []
        cuts: list[np.ndarray] = []
        for image in batch:
            blue_first = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
            places.append(self._engine.detect(blue_first))
            cuts += [cut_out(blue_first, corners) for corners in places[-1]]
        readings = iter(self._engine.read(cuts))
        return [
            legible([_line(next(readings), corners, image) for corners in lines])
            for image, lines in zip(batch, places, strict=True)
        ]

    def close(self) -> None:
        super().close()
        self._engine = None


class EasyOCR(ScreenText):
    """EasyOCR: CRAFT (Baek et al., 2019) and a CRNN; for GPUs: on two CPU cores a 720p frame takes 12 seconds.

    Frames of one size are searched for text together, and the lines of a frame are read together.
    """

    name = "easyocr"
    version = "english_g2.1"
    requires = ("easyocr", "torchvision")
    install = "pip install 'vidscout[gpu]'"
    weights = ("easyocr-english",)

    def __init__(
        self,
        languages: Sequence[str] = ("en",),
        gpu: bool | None = None,
        storage: Path | None = None,
        batch_size: int | None = None,
        lines_at_once: int = 64,
    ) -> None:
        """Choose what is read and where.

        Args:
            languages: EasyOCR's language codes, of one script, with or without English; others than English need
                their own weights in `storage`, as `latin_g2.pth` for German and French.
            gpu: whether to use CUDA; by default where there is one.
            storage: folder with EasyOCR's weights; by default the English ones of the catalogue.
            batch_size: frames that are searched for text together; by default 8 on a GPU, and one on a CPU, where
                more are no faster and take about a gigabyte each.
            lines_at_once: lines of a frame that are read together.
        """
        super().__init__()
        self.languages = tuple(languages)
        self.gpu = gpu
        self.storage = storage
        self.batch_size = batch_size
        self.lines_at_once = lines_at_once
        self._reader: Any = None

    @property
    def source(self) -> str:
        return super().source if self.languages == ("en",) else f"{super().source}+{'+'.join(self.languages)}"

    def setup(self) -> None:
        from ...runtime.hub_model import device

        place = device({None: "auto", True: "cuda", False: "cpu"}[self.gpu])
        storage = self.storage or weights.folder("easyocr-english")
        import easyocr  # pyright: ignore[reportMissingImports]

        use_gpu = place.type == "cuda"
        self.batch_size = self.batch_size or (8 if use_gpu else 1)
        try:
            with contextlib.redirect_stdout(io.StringIO()):  # it prints its advice
                self._reader = easyocr.Reader(
                    list(self.languages),
                    gpu=use_gpu,
                    model_storage_directory=str(storage),
                    download_enabled=False,
                    verbose=False,
                )
        except FileNotFoundError as error:
            why = str(error).removesuffix(" and downloads disabled")
            raise WeightsError(
                f"EasyOCR's weights for {', '.join(self.languages)} are not in {storage}: {why}"
            ) from error
        except ValueError as error:
            why = " ".join(str(part) for part in error.args)
            raise UsageError(f"EasyOCR cannot read {', '.join(self.languages)} together: {why}") from error

    def perceive(self, batch: Sequence[np.ndarray]) -> list[list[TextLine]]:
        found: dict[int, list[TextLine]] = {}
        for rows in self._of_one_size(batch):
            images = [np.ascontiguousarray(batch[row][:, :, ::-1]) for row in rows]  # EasyOCR reads blue first
            readings = self._reader.readtext_batched(images, batch_size=self.lines_at_once)
            for row, read in zip(rows, readings, strict=True):
                lines = [_line((text, score), np.asarray(corners), batch[row]) for corners, text, score in read]
                found[row] = legible(lines)
        return [found[row] for row in range(len(batch))]

    def _of_one_size(self, batch: Sequence[np.ndarray]) -> Iterator[list[int]]:
        """Rows of frames of one size, at most as many as are searched together."""
        most = self.batch_size or 1
        sizes: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for row, image in enumerate(batch):
            sizes[image.shape].append(row)
        for rows in sizes.values():
            yield from (rows[first : first + most] for first in range(0, len(rows), most))

    def close(self) -> None:
        super().close()
        self._reader = None


def _line(reading: tuple[str, float], corners: np.ndarray, image: np.ndarray) -> TextLine:
    height, width = image.shape[:2]
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    inside = (min(max(float(at), 0.0), 1.0) for at in (left / width, top / height, right / width, bottom / height))
    text, score = reading
    return TextLine(text.strip(), round(float(score), 4), Box(*(round(at, 4) for at in inside)))


def legible(lines: Iterable[TextLine]) -> list[TextLine]:
    """Lines from top to bottom, without those that are no text: too improbable, or a single sign."""
    return sorted(
        (line for line in lines if line.score >= LEGIBLE and sum(sign.isalnum() for sign in line.text) >= 2),
        key=lambda line: (line.box.top, line.box.left, line.text),
    )


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
