"""PP-OCRv6 in onnxruntime: where text is on a picture, and what it says.

The networks are those that PaddleOCR publishes (Apache-2.0), the tiny one that finds lines and the small one that reads
them; `python -m vidscout.bench.measure.recordings.screen_text` holds them against known lines. What stands around them
is little: the picture's preparation, the boxes around what was found, and the decoding of what was read.
"""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...runtime.onnx import session
from .script_head import scripts_of
from .scripts import Script

LONGEST_SIDE = 736
"""Pixels of the longer side at which text is looked for; a larger frame is scaled down, a smaller one left as it is.

A size that the published configuration names. In 720p film frames it finds 14, 16 and 17 of 20 captions in type of
12, 14 and 16 pixels; PP-OCRv4 at 864 pixels found 10, 14 and 15, in 1.7 times the processor time.
"""
CONTRAST = 16
"""Levels of 255 between the darkest and the lightest pixel of a row or column, in its most varied channel, below which
nothing is written there: on black bars, the margins of a slide, black frames between scenes. What compression does to
a plain ground stays below 10."""
MARGIN = 24
"""Pixels of plain ground that are left around what is written, so that the network sees where it ends."""
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of each channel, as the published configuration (`inference.yml`) applies them."""
INSIDE, BELIEVED_BOX, GROWTH = 0.2, 0.4, 1.4
"""Probability from which a pixel is text, mean probability from which a box is, and how far a box grows over its
pixels, in multiples of area / perimeter, since the network marks only a line's core: the published configuration."""
SMALLEST = 3
"""Pixels of the shorter side below which marked pixels are no line; as in PaddleOCR."""

SMALL = 6
"""Pixels of the shorter side of a line's core, where text is looked for, up to which it is looked at more closely: type
of some 20 pixels in 720p. Chosen on captions and pages of other wording and places than those that are measured."""
SHORTEST = 8
"""Pixels across below which such a core is a speck."""
CLOSER = 2560
"""Pixels of the longer side of what is looked at more closely."""
PART_OF = 0.5
"""Share of a line's length below which what a closer look finds in it is a part of its letters."""

LINE_HEIGHT = 48
"""Pixels to which the recogniser wants lines scaled."""
WIDTH_STEP = 64
"""Lines are padded to a multiple of this width, never to that of their neighbours in the batch: padding can change a
reading, and what is read must not depend on what else was read with it."""
LINES_AT_ONCE = 6
REMEMBERED = 512
"""Readings kept for lines that come again pixel by pixel, as those of a slide beside a moving speaker do."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one line says."""

    text: str
    score: float
    """Mean probability of its characters; 0 where there are none."""
    script: Script | None
    """The most probable script; None where most likely nothing is written."""
    sure: float
    """Probability of that."""


class PPOCR:
    """Text is found by differentiable binarisation (Liao et al., 2020) and read with CTC (Graves et al., 2006)."""

    def __init__(self, weights: Path, threads: int | None = None, longest_side: int = LONGEST_SIDE) -> None:
        """Load both networks.

        Args:
            weights: folder with `finds.onnx`, `reads.onnx` and `characters.txt`.
            threads: of one forward pass; by default onnxruntime takes all physical cores.
            longest_side: pixels of the longer side at which text is looked for.
        """
        self._finds = session(weights / "finds.onnx", threads)
        self.network = session(_with_features(weights / "reads.onnx"), threads)
        """The recogniser: a line's symbols step by step, and what it sees at each step."""
        characters = (weights / "characters.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")
        self._alphabet = ["", *characters, " "]
        """The first is CTC's blank, the last the space."""
        self._side = longest_side
        self._known: OrderedDict[bytes, Reading] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, image: np.ndarray) -> list[np.ndarray]:
        """The corners of each line of text, clockwise from the top left: float32 (4, 2), in pixels.

        Where what was found is small, its part of the picture is looked at once more, at its full size.

        Args:
            image: (H, W, 3) uint8, BGR.
        """
        height, width = image.shape[:2]
        probability = self._look(image, self._side)
        found = boxes(probability, (height, width))
        if max(height, width) <= self._side:
            return found
        for first, last in small_print(probability, height):
            closer = self._look(image[first:last], CLOSER)
            top = np.array([0, first], np.float32)
            found = replaced(found, [box + top for box in boxes(closer, (last - first, width))])
        return found

    def _look(self, image: np.ndarray, side: int) -> np.ndarray:
        """Where text is: float32 (h, w), the probability of each pixel of the picture scaled down to a longer side."""
        import cv2

        height, width = image.shape[:2]
        scale = min(side / max(height, width), 1.0)
        # the network halves its input five times
        size = tuple(max(round(side * scale / 32), 1) * 32 for side in (width, height))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        probability = np.zeros(small.shape[:2], np.float32)
        if (part := _not_plain(small)) is not None:
            pixels = cv2.dnn.blobFromImage(small[part], mean=tuple(255 * mean for mean in MEAN))
            pixels /= 255 * np.array(DEVIATION, np.float32)[:, None, None]
            probability[part] = self._finds.run(None, {"x": pixels})[0][0, 0]
        return probability

    def read(self, lines: Sequence[np.ndarray]) -> list[Reading]:
        """What lines of text say, and in which script they most probably are.

        Args:
            lines: pictures of one line each, uint8, BGR, of any size.
        """
        import cv2

        prepared = [cv2.resize(line, (_width(line), LINE_HEIGHT)) for line in lines]
        keys = [line.tobytes() for line in prepared]
        with self._lock:
            readings = {key: self._known[key] for key in keys if key in self._known}
        unread: dict[int, dict[bytes, np.ndarray]] = defaultdict(dict)
        for key, line in zip(keys, prepared, strict=True):
            if key not in readings:
                unread[-(-line.shape[1] // WIDTH_STEP) * WIDTH_STEP][key] = line
        for width, group in unread.items():
            waiting = list(group.items())
            for first in range(0, len(waiting), LINES_AT_ONCE):
                part = waiting[first : first + LINES_AT_ONCE]
                pixels = np.zeros((len(part), 3, LINE_HEIGHT, width), np.float32)
                for row, (_, line) in enumerate(part):
                    pixels[row, :, :, : line.shape[1]] = line.transpose(2, 0, 1) / np.float32(127.5) - 1
                probabilities, features = self.network.run(None, {"x": pixels})
                for (key, line), steps, seen in zip(part, probabilities, features, strict=True):
                    filled = max(round(len(seen) * line.shape[1] / width), 1)
                    readings[key] = self._reading(steps, seen[:filled])
        self._remember(readings)
        return [readings[key] for key in keys]

    def _reading(self, steps: np.ndarray, seen: np.ndarray) -> Reading:
        text, score = decoded(steps, self._alphabet)
        script, sure = next(iter(scripts_of(seen).items()))
        return Reading(text, score, script, sure)

    def _remember(self, readings: dict[bytes, Reading]) -> None:
        with self._lock:
            for key, reading in readings.items():
                self._known[key] = reading
                self._known.move_to_end(key)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)


def _with_features(model: Path) -> bytes:
    """The recogniser, which also gives what it sees before it chooses letters, (N, T, 120)."""
    import onnx

    network = onnx.load(str(model))
    maker = {made: node for node in network.graph.node for made in node.output}
    node = maker[network.graph.output[0].name]
    while node.op_type != "MatMul":
        node = maker[node.input[0]]
    network.graph.output.append(onnx.helper.make_tensor_value_info(node.input[0], onnx.TensorProto.FLOAT, None))
    return network.SerializeToString()


def _not_plain(image: np.ndarray) -> tuple[slice, slice] | None:
    """Rows and columns of a picture without the plain ground around what is on it; None where all is plain.

    Args:
        image: (H, W, 3) uint8, H and W multiples of 32, as are the height and width of what is left.
    """
    import cv2

    part = []
    for axis in (1, 0):
        lightest, darkest = (cv2.reduce(image, axis, kind) for kind in (cv2.REDUCE_MAX, cv2.REDUCE_MIN))
        varied = np.flatnonzero((lightest - darkest).reshape(-1, 3).max(axis=1) >= CONTRAST)
        if not len(varied):
            return None
        first, last = max(int(varied[0]) - MARGIN, 0), int(varied[-1]) + MARGIN
        length = image.shape[1 - axis]
        size = min(-(-(last + 1 - first) // 32) * 32, length)
        first = min(first, length - size)
        part.append(slice(first, first + size))
    return part[0], part[1]


def boxes(probability: np.ndarray, size: tuple[int, int]) -> list[np.ndarray]:
    """The boxes of lines, upright or tilted, on a map of where text is.

    Args:
        probability: (h, w) float32, 0..1.
        size: height and width of the picture, in whose pixels the boxes are given.

    Returns:
        Corners of each line, clockwise from the top left: float32 (4, 2).
    """
    import cv2

    height, width = size
    scale = np.array([width / probability.shape[1], height / probability.shape[0]], np.float32)
    outlines, _ = cv2.findContours((probability > INSIDE).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for outline in outlines:
        middle, (across, down), angle = cv2.minAreaRect(outline)
        if min(across, down) < SMALLEST or _mean_inside(probability, outline) < BELIEVED_BOX:
            continue
        grown = GROWTH * across * down / (across + down)
        corners = cv2.boxPoints((middle, (across + grown, down + grown), angle)) * scale
        corners = np.clip(np.round(_clockwise(corners)), 0, (width - 1, height - 1)).astype(np.float32)
        if min(_sides(corners)) > SMALLEST:
            found.append(corners)
    return found


def small_print(probability: np.ndarray, height: int) -> list[tuple[int, int]]:
    """The rows of a picture, first and last, in which there may be lines that are small where text is looked for.

    Args:
        probability: (h, w) float32, where text is.
        height: of the picture.
    """
    import cv2

    outlines, _ = cv2.findContours((probability > INSIDE).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    rows = sorted(
        (outline[:, 0, 1].min() - MARGIN, outline[:, 0, 1].max() + MARGIN)
        for outline in outlines
        if min(cv2.minAreaRect(outline)[1]) <= SMALL and np.ptp(outline[:, 0, 0]) >= SHORTEST
    )
    bands: list[list[int]] = []
    for first, last in rows:
        if bands and first <= bands[-1][1]:
            bands[-1][1] = max(bands[-1][1], int(last))
        else:
            bands.append([int(first), int(last)])
    scale = height / probability.shape[0]
    return [(max(round(first * scale), 0), min(round(last * scale), height)) for first, last in bands]


def replaced(found: Sequence[np.ndarray], closer: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Boxes with those of a closer look: they take the place of one that they share a middle with and are as wide as.

    Of the others those are left out that lie within a taller box, as parts of its letters.
    """

    def inside(middle: np.ndarray, box: np.ndarray) -> bool:
        return bool((box.min(axis=0) <= middle).all() and (middle <= box.max(axis=0)).all())

    def meet(one: np.ndarray, other: np.ndarray) -> bool:
        return inside(one.mean(axis=0), other) or inside(other.mean(axis=0), one)

    kept = [
        old
        for old in found
        if not any(meet(old, box) and max(_sides(box)) >= PART_OF * max(_sides(old)) for box in closer)
    ]
    return [*kept, *(box for box in closer if not any(inside(box.mean(axis=0), old) for old in kept))]


def _mean_inside(probability: np.ndarray, outline: np.ndarray) -> float:
    """The mean over the tightest box around an outline."""
    import cv2

    corners = cv2.boxPoints(cv2.minAreaRect(outline))
    far = np.array(probability.shape[::-1]) - 1
    left, top = np.clip(np.floor(corners.min(axis=0)), 0, far).astype(int)
    right, bottom = np.clip(np.ceil(corners.max(axis=0)), 0, far).astype(int)
    mask = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
    cv2.fillPoly(mask, [(corners - (left, top)).astype(np.int32)], 1)
    return cv2.mean(probability[top : bottom + 1, left : right + 1], mask)[0]


def _clockwise(corners: np.ndarray) -> np.ndarray:
    """Four corners from the top left on, by which two are left and which of those is above."""
    by_left = corners[np.argsort(corners[:, 0], kind="stable")]
    (top_left, bottom_left), (top_right, bottom_right) = (
        pair[np.argsort(pair[:, 1], kind="stable")] for pair in (by_left[:2], by_left[2:])
    )
    return np.array([top_left, top_right, bottom_right, bottom_left])


def decoded(probabilities: np.ndarray, alphabet: Sequence[str]) -> tuple[str, float]:
    """The most probable symbol of each step, repeated ones once, blanks left out: greedy CTC decoding.

    Args:
        probabilities: (T, len(alphabet)), a distribution over symbols at each step.
        alphabet: symbols; the first is the blank.

    Returns:
        The text, and the mean probability of its characters; 0 where there are none.
    """
    best = probabilities.argmax(axis=1)
    starts = np.ones(len(best), bool)
    starts[1:] = best[1:] != best[:-1]
    at = np.flatnonzero(starts & (best != 0))
    if not len(at):
        return "", 0.0
    return "".join(alphabet[int(symbol)] for symbol in best[at]), float(probabilities[at, best[at]].mean())


def cut_out(image: np.ndarray, corners: np.ndarray, upright: bool = False) -> np.ndarray:
    """The picture of one line, turned level; a line that stands on end is laid down, or left so where it is upright."""
    import cv2

    width, height = (int(side) for side in _sides(corners))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    turn = cv2.getPerspectiveTransform(corners, target)
    line = cv2.warpPerspective(image, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.rot90(line) if is_tall(corners) and not upright else line


def is_tall(corners: np.ndarray) -> bool:
    """Whether a line stands on end, or goes from top to bottom."""
    width, height = (int(side) for side in _sides(corners))
    return height >= 1.5 * width


def _sides(corners: np.ndarray) -> tuple[float, float]:
    """Width and height of a box, each the longer of its two opposite sides."""
    lengths = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    return max(float(lengths[0]), float(lengths[2])), max(float(lengths[1]), float(lengths[3]))


def _width(line: np.ndarray) -> int:
    return max(round(LINE_HEIGHT * line.shape[1] / line.shape[0]), 1)
