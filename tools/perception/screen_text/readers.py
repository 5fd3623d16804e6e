"""Text that is written on the picture: titles, slides, signs, subtitles."""

import contextlib
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ...errors import UsageError, WeightsError
from ...records import Box, TextLine
from ...runtime.backend import Tool
from ...weights import catalogue as weights
from .lines import COMMON, LineReader, Said, network_of
from .ppocr import LONGEST_SIDE, PPOCR
from .scripts import AUTO, Script, expected_scripts

LEGIBLE = 0.5
"""Mean character probability below which a reading is not text; PaddleOCR's own default (`drop_score`)."""
BULLETS = "•●∙·▪■◦○‣►▶"
"""Marks before the items of a list: no part of what an item says, and read now as one of these, now as another."""


class ScreenText(Tool[np.ndarray, list[TextLine]]):
    """The role: an RGB picture, (H, W, 3) uint8, becomes its lines of text from top to bottom."""

    role = "screen_text"
    counter = "ocr_calls"


class PPOCRReader(ScreenText):
    """PP-OCRv6 on the CPU for the Latin script with its accents, Chinese and Japanese, and Tesseract for the other
    scripts whose networks are here; lines in a script that cannot be read come without their text.

    What it reads in a frame depends on nothing else.
    """

    name = "pp-ocr"
    version = "v6.6"
    requires = ("onnxruntime", "cv2")
    weights = ("pp-ocr-v6",)
    further = tuple(network_of(script) for script in COMMON)

    def __init__(
        self, threads: int | None = None, longest_side: int = LONGEST_SIDE, scripts: str | Sequence[str] = AUTO
    ) -> None:
        """Choose how closely it looks, and what for.

        Args:
            threads: of one forward pass; by default onnxruntime takes all physical cores.
            longest_side: pixels of the longer side at which text is looked for; more finds smaller print, and takes
                time in proportion to its square.
            scripts: the only ones that are written in the videos, as in `latin,cyrillic`; `auto` finds out.
        """
        super().__init__()
        self.threads = threads
        self.longest_side = longest_side
        self.scripts = expected_scripts(scripts)
        self._engine: PPOCR | None = None
        self._lines: LineReader | None = None

    @property
    def source(self) -> str:
        closely = "" if self.longest_side == LONGEST_SIDE else f"@{self.longest_side}"
        only = "+".join(script.name.lower() for script in Script if script in self.scripts)
        return f"{super().source}{closely}{f'+{only}' if only else ''}"

    def setup(self) -> None:
        self._engine = PPOCR(weights.folder("pp-ocr-v6"), self.threads, self.longest_side)
        self._lines = LineReader(self._engine, self.scripts)

    def perceive(self, batch: Sequence[np.ndarray]) -> list[list[TextLine]]:
        import cv2

        assert self._engine is not None
        assert self._lines is not None
        found = []
        for image in batch:
            blue_first = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
            corners = self._engine.find(blue_first)
            found.append((blue_first, corners))
        read = self._lines.read(found)
        return [
            legible([_of_script(said, corners, image) for said, corners in zip(lines, places, strict=True) if said])
            for lines, (image, places) in zip(read, found, strict=True)
        ]

    def close(self) -> None:
        super().close()
        if self._lines is not None:
            self._lines.close()
        self._engine = self._lines = None


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

    @property
    def computes_on(self) -> Literal["cpu", "gpu", "elsewhere"]:
        return "cpu" if self._place().type == "cpu" else "gpu"

    def _place(self) -> Any:
        from ...runtime.hub_model import device

        return device({None: "auto", True: "cuda", False: "cpu"}[self.gpu])

    def setup(self) -> None:
        place = self._place()
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
                lines = [line_of((text, score), np.asarray(corners), batch[row]) for corners, text, score in read]
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


def line_of(reading: tuple[str, float], corners: np.ndarray, image: np.ndarray) -> TextLine:
    """A line of text by what it says, how sure that is, and its corners in pixels of the picture, (4, 2)."""
    height, width = image.shape[:2]
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    inside = (min(max(float(at), 0.0), 1.0) for at in (left / width, top / height, right / width, bottom / height))
    text, score = reading
    return TextLine(
        text.strip().lstrip(BULLETS).lstrip(), round(float(score), 4), Box(*(round(at, 4) for at in inside))
    )


def _of_script(said: Said, corners: np.ndarray, image: np.ndarray) -> TextLine:
    line = line_of((said.text, said.score), corners, image)
    return replace(line, script=said.script.value if said.script else "", upright=said.upright)


def legible(lines: Iterable[TextLine]) -> list[TextLine]:
    """Lines from top to bottom, without those that are no text: too improbable, or a single sign. Those that could not
    be read stay."""
    return sorted(
        (line for line in lines if _is_unread(line) or (line.score >= LEGIBLE and _says_something(line.text))),
        key=lambda line: (line.box.top, line.box.left, line.text),
    )


def _is_unread(line: TextLine) -> bool:
    """Whether it was found, and is in a script that cannot be read."""
    return bool(line.script) and not line.text


def _says_something(text: str) -> bool:
    """Whether there are two letters or digits in it."""
    return sum(sign.isalnum() for sign in text) >= 2
