"""Trains the layer that tells scripts apart (`tools/perception/screen_text/script_head.npz`).

    python -m vidscout.bench.data.script_head FOLDER… [--lines 150] [--held NotoSans] [--write]

Lines are drawn in the typefaces that lie in the folders: those of the Debian packages fonts-dejavu, fonts-liberation,
fonts-freefont-ttf, fonts-lohit-*, fonts-nanum, fonts-hosny-amiri, fonts-kacst, culmus, fonts-tlwg-loma-ttf,
fonts-ipafont-gothic, fonts-noto-core, fonts-noto-extra and fonts-noto-cjk. Those whose name begins with `--held` are
not trained on: what is printed is how many of their lines the layer takes for the right script. Pieces of photos and
films on which nothing is written are a class of their own.
"""

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from ...tools.media import video as media
from ...tools.perception.screen_text.ppocr import LINE_HEIGHT, PPOCR, WIDTH_STEP
from ...tools.perception.screen_text.script_head import FILE, NOTHING, pooled
from ...tools.weights import catalogue as weights
from .fetched import PHOTOS, fetch
from .written_scripts import drawers

BARE = ("woman", "man", "box", "tree")
"""Films whose pieces show nothing written; `measure/screen_text.py` reports on others."""
ODD = re.compile(r"Quran|Digital|Art|Decorative|Stam|Symbols|Math|Display|Emoji|Mono")
"""Typefaces that are not for writing."""
STEPS, PACE, DECAY = 400, 0.05, 1e-4
"""Of training: steps over all lines, the learning rate of Adam (Kingma and Ba, 2015), and the weight decay."""


def typefaces(folders: Sequence[Path]) -> list[Path]:
    """The regular and bold typefaces in folders and below them, by path."""
    found = {path for folder in folders for path in folder.rglob("*") if path.suffix in {".ttf", ".otf", ".ttc"}}
    plain = re.compile(r"-(Regular|Bold)\.")
    return sorted(
        path
        for path in found
        if not ODD.search(path.name) and (not path.name.startswith("Noto") or plain.search(path.name))
    )


class Seeing:
    """What the recogniser sees in a line, as the layer is given it."""

    def __init__(self) -> None:
        self._reads = PPOCR(weights.folder("pp-ocr-v6"), 1)

    def __call__(self, line: np.ndarray) -> np.ndarray:
        """Features of a picture of a line, (h, w, 3) uint8, RGB."""
        import cv2

        width = min(max(round(LINE_HEIGHT * line.shape[1] / line.shape[0]), 1), 1600)
        prepared = cv2.resize(line[:, :, ::-1], (width, LINE_HEIGHT))
        pixels = np.zeros((1, 3, LINE_HEIGHT, -(-width // WIDTH_STEP) * WIDTH_STEP), np.float32)
        pixels[0, :, :, :width] = prepared.transpose(2, 0, 1) / np.float32(127.5) - 1
        _, [features] = self._reads.network.run(None, {"x": pixels})
        return pooled(features[: max(round(len(features) * width / pixels.shape[3]), 1)])


def pieces(number: int, chance: random.Random) -> Iterator[np.ndarray]:
    """Pieces of photos and films on which nothing is written, of the shape of lines."""
    from PIL import Image

    pictures = [np.asarray(Image.open(fetch(name)).convert("RGB")) for name in PHOTOS]
    for name in BARE:
        pictures += [frame.image for frame in media.frames(fetch(name), 1.0, end=12.0)]
    for _ in range(number):
        picture = pictures[chance.randrange(len(pictures))]
        height = chance.randint(10, min(90, picture.shape[0]))
        width = min(round(height * chance.uniform(1.0, 9.0)), picture.shape[1])
        top, left = chance.randint(0, picture.shape[0] - height), chance.randint(0, picture.shape[1] - width)
        yield picture[top : top + height, left : left + width]


def drawn(fonts: Sequence[Path], number: int, seed: str, seeing: Seeing) -> tuple[np.ndarray, list[str]]:
    """Features of drawn lines, `number` of each script, and the names of their scripts."""
    rows: list[np.ndarray] = []
    names: list[str] = []
    for drawer in drawers(fonts, seed):
        rows += [seeing(drawer.line()) for _ in range(number)]
        names += [drawer.script.value] * number
        print(f"{drawer.script.title}: {len(drawer.typefaces)} typefaces", flush=True)
    return np.stack(rows), names


def trained(features: np.ndarray, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Weights, bias and classes of a layer by logistic regression, for features as they come."""
    classes = sorted(set(names))
    wanted = np.eye(len(classes), dtype=np.float32)[[classes.index(name) for name in names]]
    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-6
    known = np.concatenate([(features - mean) / deviation, np.ones((len(features), 1))], axis=1).astype(np.float32)
    layer = np.zeros((known.shape[1], len(classes)), np.float32)
    first, second = np.zeros_like(layer), np.zeros_like(layer)
    for step in range(1, STEPS + 1):
        scores = known @ layer
        likely = np.exp(scores - scores.max(axis=1, keepdims=True))
        likely /= likely.sum(axis=1, keepdims=True)
        slope = known.T @ (likely - wanted) / len(known) + DECAY * layer
        first, second = 0.9 * first + 0.1 * slope, 0.999 * second + 0.001 * slope**2
        layer -= PACE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-8)
    scaled = layer[:-1] / deviation[:, None]
    return scaled.astype(np.float32), (layer[-1] - mean @ scaled).astype(np.float32), classes


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m vidscout.bench.data.script_head", description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+", help="where the typefaces are")
    parser.add_argument("--lines", type=int, default=150, help="of each script")
    parser.add_argument("--held", default="NotoSans", help="what the names of the typefaces for testing begin with")
    parser.add_argument("--write", action="store_true", help="put the layer in the place of the one that ships")
    asked = parser.parse_args()
    seeing, chance = Seeing(), random.Random("pieces")
    fonts = typefaces(asked.folders)
    held = [path for path in fonts if path.name.startswith(asked.held)]
    features, names = drawn([path for path in fonts if path not in held], asked.lines, "train", seeing)
    bare = [seeing(piece) for piece in pieces(5 * asked.lines, chance)]
    layer, bias, classes = trained(np.concatenate([features, bare]), [*names, *[NOTHING] * len(bare)])
    if asked.write:
        np.savez_compressed(FILE, weights=layer, bias=bias, classes=np.array(classes))
    features, names = drawn(held, max(asked.lines // 4, 1), "held", seeing)
    taken = [classes[at] for at in (features @ layer + bias).argmax(axis=1).tolist()]
    right = Counter(name for name, found in zip(names, taken, strict=True) if name == found)
    for name, number in Counter(names).items():
        print(f"{name}: {right[name]} of {number}")
    print(f"{sum(right.values())} of {len(names)}")


if __name__ == "__main__":
    main()
