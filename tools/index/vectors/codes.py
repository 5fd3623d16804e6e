"""Vectors of one byte a number, and how far off the cosines are that they give.

Hundreds of thousands of vectors are looked through four times sooner so than at the four bytes in which numpy
multiplies, and eighteen times sooner than at two bytes, which it first makes four. Since it is known how far off a
cosine can be, what may be among the nearest is known as well: looked at again in full, it is the nearest exactly.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ...runtime.onnx import session

MIDDLE = 128
"""The byte that stands for zero."""
LARGEST = 127
"""How far from it a row's largest number lies."""
QUERY_LARGEST = 63
"""The same for a query: the sum of two products then fits into two bytes, in which some processors add them up."""
NOTHING = 1e-20
"""A largest number below it is none: dividing by it would leave what four bytes hold."""
SLACK = 1e-5
"""What adding up in four bytes rounds."""

# MatMulInteger(rows uint8 (r, d), query int8 (d, 2), middle uint8) → sums int32 (r, 2), operator set 13; a test makes
# it again with `onnx.helper`, which takes half a second to import.
_PRODUCT = (
    b'\x08\x08:\x92\x01\n*\n\x04rows\n\x05query\n\x06middle\x12\x04sums"\rMatMulInteger\x12\x05codesZ\x18\n\x04rows\x12'
    b"\x10\n\x0e\x08\x02\x12\n\n\x03\x12\x01r\n\x03\x12\x01dZ\x18\n\x05query\x12\x0f\n\r\x08\x03\x12\t\n\x03\x12\x01d\n"
    b"\x02\x08\x02Z\x10\n\x06middle\x12\x06\n\x04\x08\x02\x12\x00b\x17\n\x04sums\x12\x0f\n\r\x08\x06\x12\t\n\x03\x12"
    b"\x01r\n\x02\x08\x02B\x04\n\x00\x10\r"
)


@dataclass(frozen=True, slots=True)
class Codes:
    """Vectors as bytes."""

    numbers: np.ndarray
    """uint8 of shape (rows, dimensions)."""
    scale: np.ndarray
    """What one step of a byte is, float32 of shape (rows,)."""
    error: np.ndarray
    """The length of what rounding took from each vector, at most; float32 of shape (rows,)."""


def encode(vectors: np.ndarray) -> Codes:
    """Unit vectors as bytes.

    Args:
        vectors: float array of shape (rows, dimensions).
    """
    vectors = np.asarray(vectors, np.float32)
    largest = np.abs(vectors).max(axis=1, initial=0.0)
    scale = np.where(largest > NOTHING, largest, 1.0).astype(np.float32) / LARGEST
    steps = np.rint(vectors / scale[:, None])
    error = np.linalg.norm(vectors - steps * scale[:, None], axis=1)
    return Codes((steps + MIDDLE).astype(np.uint8), scale, (error * 1.001 + 1e-7).astype(np.float32))


class Query:
    """A query against which codes are held."""

    def __init__(self, vector: np.ndarray) -> None:
        """Write a vector as the sum of a coarse and a fine one of few steps each.

        Args:
            vector: a unit vector, (dimensions,).
        """
        vector = np.asarray(vector, np.float32)
        coarse, self._coarse = _steps(vector)
        rest = vector - coarse * self._coarse
        fine, self._fine = _steps(rest)
        self._pair = np.stack([coarse, fine], axis=1).astype(np.int8)
        self._missing = float(np.linalg.norm(rest - fine * self._fine))
        self._length = float(np.linalg.norm(vector))

    def sums(self, numbers: np.ndarray) -> np.ndarray:
        """The products with codes as whole numbers, int32 of shape (rows, 2): what `cosines` takes."""
        return _product().run(None, {"rows": numbers, "query": self._pair, "middle": np.array(MIDDLE, np.uint8)})[0]

    def cosines(self, sums: np.ndarray, scale: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The cosines with the vectors that the codes stand for, and how far off each is at most.

        Args:
            sums: from `sums`.
            scale: of the codes.
            error: of the codes.
        """
        found = scale * (sums[:, 0] * np.float32(self._coarse) + sums[:, 1] * np.float32(self._fine))
        return found, error * self._length + (1.0 + error) * self._missing + SLACK


def _steps(vector: np.ndarray) -> tuple[np.ndarray, float]:
    """A vector in whole steps, and the size of one."""
    largest = float(np.abs(vector).max(initial=0.0))
    step = (largest if largest > NOTHING else 1.0) / QUERY_LARGEST
    return np.rint(vector / np.float32(step)), step


@cache
def _product() -> Any:
    return session(_PRODUCT, 1, fuses=False)
