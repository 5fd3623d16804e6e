"""What looking at a frame costs, and what reading it faster than RapidOCR's own pipeline loses or gains.

    python -m vidscout.bench.measure.vision [--rounds 3] [--threads 2] [--captions 24] [--json]

Three tables. *Stages*: each visual tool on the frames that the trailer keeps at one a second, in processor time and as
a multiple of real time. *Reading*: our text reader and `rapidocr_onnxruntime.RapidOCR` with its defaults, by turns on
the same frames. *Found*: of lines whose wording is known (the trailer's cards, slides, captions over film frames), how
many each reads, with and without regard to spaces.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from ...tools.errors import VidscoutError
from ...tools.media import video as media
from ...tools.media.near_identical import NearIdentical
from ...tools.runtime.backend import Tool, backend
from ..data.videos import LECTURE, fetch, lecture

Read = Callable[[np.ndarray], list[str]]

CARDS = {
    6: ("The Blender Foundation and", "Peach Project presents"),
    12: ("An unlucky bird",),
    18: ("A (slightly overweight) bunny",),
    34: ("And three rodent pests",),
    50: ("Revenge is coming...",),
}
"""What is written in the trailer at which second."""
BARE = (2, 16, 24, 26, 28, 30, 37, 39, 41, 43, 45, 46)
"""Seconds at which nothing is written in the trailer."""
CAPTION_SIZES = (16, 20, 28)
"""Pixels of type, on frames of 1280×720."""
CAPTIONS = (
    "Revenue grew by 12 percent in the second quarter",
    "Photosynthesis in Green Plants",
    "The storming of the Bastille on 14 July 1789",
    "Let the dough rest for four hours at 24 degrees",
    "Contact us at info@example.org",
    "Welcome to the Town Hall Meeting",
    "Lecture 12: Binary Search Trees",
    "Parking is available behind the building",
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One visual tool on one frame after another."""

    tool: str
    frames: int
    processor: float
    """Milliseconds of processor time a frame."""
    wall: float
    """Milliseconds a frame."""
    real_time: float
    """Seconds of video in a second of processor time."""

    def row(self) -> str:
        return f"| {self.tool} | {self.frames} | {self.processor:.1f} | {self.wall:.1f} | {self.real_time:.0f} × |"


@dataclass(frozen=True, slots=True)
class Reading:
    """Our reader against the library's defaults, medians over the rounds."""

    frames: int
    processor_ratio: float
    """Our processor time over theirs."""
    wall_ratio: float

    def row(self) -> str:
        return f"| {self.frames} | {self.processor_ratio:.2f} | {self.wall_ratio:.2f} |"


@dataclass(frozen=True, slots=True)
class Found:
    """Lines that were read as they are written."""

    where: str
    lines: int
    ours: int
    theirs: int
    ours_unspaced: int
    """Without regard to spaces."""
    theirs_unspaced: int

    def row(self) -> str:
        return (
            f"| {self.where} | {self.lines} | {self.ours} | {self.theirs} "
            f"| {self.ours_unspaced} | {self.theirs_unspaced} |"
        )


HEADERS = {
    Stage: "| tool | frames | processor ms | wall ms | real time |\n|---|---|---|---|---|",
    Reading: "| frames | processor time, ours / theirs | wall time, ours / theirs |\n|---|---|---|",
    Found: ("| lines | of | ours | theirs | ours, spaces aside | theirs, spaces aside |\n|---|---|---|---|---|---|"),
}


def stages(threads: int) -> Iterator[Stage]:
    """Each tool on the trailer's kept frames, in batches as ingest gives them.

    Raises:
        WeightsError: a tool's weights have not been pulled.
    """
    sampled = [frame.image for frame in media.frames(fetch("trailer"), 1.0)]
    looks_the_same = NearIdentical()
    kept = [image for image in sampled if not looks_the_same(image)]

    def stage(tool: str, images: Sequence[np.ndarray], look: Callable[[], Any]) -> Stage:
        processor, wall = _timed(look)
        return Stage(
            tool, len(images), processor / len(images) * 1e3, wall / len(images) * 1e3, len(sampled) / processor
        )

    fresh = NearIdentical()
    yield stage("near-identical", sampled, lambda: [fresh(image) for image in sampled])
    for role in ("tags", "screen_text", "objects"):
        tool = _tool(role, threads)
        tool.run(kept[:1])
        yield stage(tool.name, kept, lambda tool=tool: [tool.run(kept[at : at + 8]) for at in range(0, len(kept), 8)])


def reading(threads: int, rounds: int) -> Reading:
    """Both readers by turns on frames with and without text."""
    images = list(_trailer([*CARDS, *BARE[:5]]).values())
    ours, theirs = _readers(threads)
    ratios = []
    for number in range(rounds):
        runs = [partial(_read_all, ours, images, number), partial(_read_all, theirs, images, number)]
        first, second = (_timed(run) for run in (runs if number % 2 == 0 else runs[::-1]))
        mine, other = (first, second) if number % 2 == 0 else (second, first)
        ratios.append((mine[0] / other[0], mine[1] / other[1]))
    processor, wall = zip(*ratios, strict=True)
    return Reading(len(images), statistics.median(processor), statistics.median(wall))


def found(threads: int, captions: int) -> Iterator[Found]:
    """How many known lines each reader reads."""
    readers = _readers(threads)
    shown = _trailer([*CARDS, *BARE])
    yield _found("cards of the trailer", [(shown[at], lines) for at, lines in CARDS.items()], readers)
    slides = {frame.time: frame.image for frame in media.frames(lecture(), 1.0)}
    written = [(slides[float(int(slide.start) + 1)], (slide.title, *slide.bullets)) for slide in LECTURE.slides]
    yield _found("slides of the lecture", written, readers)
    for size in CAPTION_SIZES:
        drawn = [_captioned(shown[BARE[n % len(BARE)]], size, n) for n in range(captions)]
        yield _found(f"captions of {size} pixels over film", drawn, readers)


def _found(where: str, written: Sequence[tuple[np.ndarray, Sequence[str]]], readers: tuple[Read, Read]) -> Found:
    spaced, unspaced = [0, 0], [0, 0]
    for image, lines in written:
        for reader, read in enumerate(readers):
            texts = read(image)
            spaced[reader] += sum(line in texts for line in lines)
            closed = ["".join(text.split()) for text in texts]
            unspaced[reader] += sum("".join(line.split()) in closed for line in lines)
    return Found(where, sum(len(lines) for _, lines in written), *spaced, *unspaced)


def _captioned(image: np.ndarray, size: int, number: int) -> tuple[np.ndarray, tuple[str]]:
    """A frame with an outlined line of text somewhere on it."""
    from PIL import Image, ImageDraw, ImageFont

    chance = np.random.default_rng(number)
    picture = Image.fromarray(image)
    words = CAPTIONS[number % len(CAPTIONS)]
    at = (int(chance.integers(20, 400)), int(chance.integers(20, 660)))
    font = ImageFont.load_default(size)
    ImageDraw.Draw(picture).text(at, words, fill="white", font=font, stroke_width=1, stroke_fill="black")
    return np.asarray(picture), (words,)


def _trailer(seconds: Sequence[int]) -> dict[int, np.ndarray]:
    sampled = {round(frame.time): frame.image for frame in media.frames(fetch("trailer"), 1.0)}
    return {at: sampled[at] for at in seconds}


def _readers(threads: int) -> tuple[Read, Read]:
    from rapidocr_onnxruntime import RapidOCR

    ours, theirs = _tool("screen_text", threads), RapidOCR(intra_op_num_threads=threads)

    def library(image: np.ndarray) -> list[str]:
        lines, _ = theirs(np.ascontiguousarray(image[:, :, ::-1]))
        return [text for _, text, _ in lines or []]

    return (lambda image: [line.text for line in ours.run([image])[0]]), library


def _read_all(read: Read, images: Sequence[np.ndarray], shift: int) -> None:
    for image in images:
        # each round must look anew: our reader knows lines again that it has read
        read(np.roll(image, shift, axis=1))


def _tool(role: str, threads: int) -> Tool[Any, Any]:
    names = {"tags": "efficientnet-lite0", "screen_text": "rapidocr", "objects": "nanodet"}
    made = backend(role, names[role])
    assert issubclass(made, Tool)
    tool = made(threads=threads)  # pyright: ignore[reportCallIssue]
    tool.ready()
    return tool


def _timed(run: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of processor time and of wall clock."""
    processor, wall = time.process_time(), time.perf_counter()
    run()
    return time.process_time() - processor, time.perf_counter() - wall


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m vidscout.bench.measure.vision", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2, help="of one forward pass")
    parser.add_argument("--captions", type=int, default=24, help="lines drawn over film frames, of each size")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of tables")
    asked = parser.parse_args()
    tables: tuple[tuple[type, Callable[[], Iterator[Any]]], ...] = (
        (Stage, lambda: stages(asked.threads)),
        (Reading, lambda: iter([reading(asked.threads, asked.rounds)])),
        (Found, lambda: found(asked.threads, asked.captions)),
    )
    try:
        for kind, rows in tables:
            if not asked.json:
                print(f"\n{HEADERS[kind]}")
            for row in rows():
                print(json.dumps(asdict(row)) if asked.json else row.row(), flush=True)
    except VidscoutError as error:
        parser.exit(error.exit_code, f"{error}\n")


if __name__ == "__main__":
    main()
