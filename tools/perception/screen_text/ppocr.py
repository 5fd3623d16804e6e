"""PP-OCRv4 in onnxruntime: where text is on a picture, and what it says.

The models and their pre- and postprocessing are those of `rapidocr_onnxruntime`. Run through its `RapidOCR` class, a
frame takes several times as long: it enlarges the picture, normalises it in float64, looks for upside-down lines, and
lets idle threads spin. And its texts lose their spaces, which `spelled` brings back.
"""

import math
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np

from ...runtime.onnx import session
from ...weights.convert.onnx_folding import folded

DETECTION_SIDE = 864
"""Pixels of the longer side at which text is looked for; a larger frame is scaled down, a smaller one left as it is.

Of 69 one-line captions drawn over 720p frames of a film, this size finds 61 of those in 16 pixel type, 66 in 20 and 69
in 28; full size finds all, in 2.3 times the time; 736 pixels find 47, 60 and 63. On rendered slides, 736 is enough for
16 pixel type. Enlarging frames of 640×360 found nothing more.
"""
FLAT = 4.0
"""Standard deviation of each colour below which a picture is taken for empty: black frames between scenes."""

BLANK = 0
SPACE_BY_PROBABILITY, SPACE_BY_GAP, SPACE_ANYWAY = 1.88, 34.6, 0.42
"""A space is set where SPACE_BY_PROBABILITY · ln p + SPACE_BY_GAP · gap + SPACE_ANYWAY > 0, for the space's probability
p and the empty columns between two characters as a share of the line's height: at a gap of 0.2 from p = 0.02 on.

The recogniser was trained on Chinese, which has no spaces, and seldom gives one the highest probability, yet where one
belongs its probability is well over that of other places. Taking the most probable symbol, 46 % of the lines of
rendered slides come out with just their spaces; taking all from p = 0.05 on, 82 %; by this rule 92 % (of 455 lines in
eight typefaces; of 83 lines over film frames 100, 95 and 98 %). The numbers are a logistic regression on other lines.
"""
WIDEST_GAP = 0.3
"""Share of a line's height from which a wider gap says no more."""
SPACE_PROBABILITY = 0.05
"""Probability from which a space is set where gaps cannot be seen."""
INK = 0.3
"""Share of a line's contrast below which a column of it is empty."""
UNCLEAR = 0.5
"""Share of empty columns from which they say nothing: something behind the line has more contrast than its letters.
Lines on plain paper have 0.12 to 0.5 of them, the pale title of the Big Buck Bunny trailer 0.7."""
LINE_HEIGHT = 48
"""Pixels to which the recogniser wants lines scaled."""
WIDTH_STEP = 64
"""Lines are padded to a multiple of this width, never to that of their neighbours in the batch: padding can change a
reading, and what is read must not depend on what else was read with it."""
STEP = 8
"""Pixels of a line that one step of the recogniser's answer stands for."""
LINES_AT_ONCE = 6
REMEMBERED = 512
"""Readings kept for lines that come again pixel by pixel, as those of a slide beside a moving speaker do."""


class PPOCR:
    """Text detection by differentiable binarisation (Liao et al., 2020) and recognition by SVTR-LCNet with CTC."""

    def __init__(self, threads: int | None = None, detection_side: int = DETECTION_SIDE) -> None:
        from rapidocr_onnxruntime.ch_ppocr_det.utils import DBPostProcess
        from rapidocr_onnxruntime.ch_ppocr_rec.utils import CTCLabelDecode

        found = find_spec("rapidocr_onnxruntime")
        assert found is not None
        assert found.origin is not None
        models = Path(found.origin).parent / "models"
        self._detector = session(folded(models / "ch_PP-OCRv4_det_infer.onnx"), threads)
        self._recogniser = session(folded(models / "ch_PP-OCRv4_rec_infer.onnx"), threads)
        # thresholds and growth of the boxes as in the library's configuration
        self._boxes = DBPostProcess(
            thresh=0.3, box_thresh=0.5, max_candidates=1000, unclip_ratio=1.6, score_mode="fast", use_dilation=True
        )
        characters = self._recogniser.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._alphabet: list[str] = CTCLabelDecode(character=characters).character
        self._side = detection_side
        self._known: OrderedDict[bytes, tuple[str, float]] = OrderedDict()
        self._lock = threading.Lock()

    def detect(self, image: np.ndarray) -> list[np.ndarray]:
        """The corners of each line of text, clockwise from the top left: float32 (4, 2), in pixels.

        Args:
            image: (H, W, 3) uint8, BGR.
        """
        import cv2

        height, width = image.shape[:2]
        scale = min(self._side / max(height, width), 1.0)
        # the network halves its input five times
        size = tuple(max(round(side * scale / 32), 1) * 32 for side in (width, height))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        if cv2.meanStdDev(small)[1].max() < FLAT:
            return []
        pixels = cv2.dnn.blobFromImage(small, 1 / 127.5, mean=(127.5, 127.5, 127.5))
        [probability] = self._detector.run(None, {"x": pixels})
        corners, _ = self._boxes(probability, (height, width))
        return [line.astype(np.float32) for line in corners if min(_sides(line)) > 3]

    def read(self, lines: Sequence[np.ndarray]) -> list[tuple[str, float]]:
        """What lines of text say, each with the mean probability of its characters.

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
                [probabilities] = self._recogniser.run(None, {"x": pixels})
                for (key, line), steps in zip(part, probabilities, strict=True):
                    readings[key] = spelled(steps, self._alphabet, empty_columns(line))
        self._remember(readings)
        return [readings[key] for key in keys]

    def _remember(self, readings: dict[bytes, tuple[str, float]]) -> None:
        with self._lock:
            for key, reading in readings.items():
                self._known[key] = reading
                self._known.move_to_end(key)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)


def spelled(probabilities: np.ndarray, alphabet: Sequence[str], empty: np.ndarray) -> tuple[str, float]:
    """Greedy CTC decoding with spaces where both probability and picture speak for one.

    Args:
        probabilities: (T, len(alphabet)), a distribution over symbols at each step.
        alphabet: symbol names; the first is CTC's blank, the last the space.
        empty: which columns of the line's picture are empty, `STEP` of them a step.

    Returns:
        The text, and the mean probability of its characters.
    """
    space = len(alphabet) - 1
    best = probabilities.argmax(axis=1)
    starts = np.ones(len(best), bool)
    starts[1:] = best[1:] != best[:-1]
    at = np.flatnonzero(starts & (best != BLANK) & (best != space))
    if not len(at):
        return "", 0.0
    text = alphabet[int(best[at[0]])]
    clear = float(empty.mean()) < UNCLEAR
    for left, right in pairwise(at):
        likely = float(probabilities[left : right + 1, space].max())
        if clear:
            gap = min(_longest_run(empty[left * STEP : (right + 1) * STEP]) / LINE_HEIGHT, WIDEST_GAP)
            parted = SPACE_BY_PROBABILITY * math.log(likely + 1e-6) + SPACE_BY_GAP * gap + SPACE_ANYWAY > 0
        else:
            parted = likely > SPACE_PROBABILITY
        if parted or (best[left:right] == space).any():
            text += " "
        text += alphabet[int(best[right])]
    return text, float(probabilities[at, best[at]].mean())


def empty_columns(line: np.ndarray) -> np.ndarray:
    """Which columns of a line's picture, (48, W, 3) uint8, hold no ink: hardly any contrast from top to bottom."""
    import cv2

    grey = cv2.cvtColor(line, cv2.COLOR_BGR2GRAY)[LINE_HEIGHT // 8 : -LINE_HEIGHT // 8].astype(np.int16)
    contrast = grey.max(axis=0) - grey.min(axis=0)
    return contrast < INK * np.percentile(contrast, 90)


def _longest_run(columns: np.ndarray) -> int:
    """The most columns in a row that are true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], columns, [False]]).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max(initial=0))


def cut_out(image: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """The picture of one line, turned level; a line that stands on end is laid down."""
    import cv2

    width, height = (int(side) for side in _sides(corners))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    turn = cv2.getPerspectiveTransform(corners, target)
    line = cv2.warpPerspective(image, turn, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.rot90(line) if height >= 1.5 * width else line


def _sides(corners: np.ndarray) -> tuple[float, float]:
    """Width and height of a box, each the longer of its two opposite sides."""
    lengths = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    return max(float(lengths[0]), float(lengths[2])), max(float(lengths[1]), float(lengths[3]))


def _width(line: np.ndarray) -> int:
    return max(round(LINE_HEIGHT * line.shape[1] / line.shape[0]), 1)
