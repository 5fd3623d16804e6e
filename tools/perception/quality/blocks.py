"""The borders of a coder's blocks: by how much luma steps at them, and the picture without these steps."""

import numpy as np

BLOCK = 8
"""Pixels of a side of a coder's block (JPEG, MPEG-2, MPEG-4; H.264 and later filter what they leave)."""
SEEN = 1.0
"""Grey levels of blockiness from which blocks are levelled: four real clips have 0.3 at most."""
ROUNDS = 60
"""Rounds of Jacobi's method: what is left over after them is spread over many blocks, a small step at each."""


def blockiness(grey: np.ndarray) -> float:
    """Grey levels by which luma steps more at the borders of 8-pixel blocks than elsewhere, wherever the grid lies
    (after Wang, Bovik and Evans, 2000); a step that belongs to the picture is as frequent off the grid."""
    steps = [step for _, step in _grid(grey)]
    return float(np.mean(steps)) if steps else 0.0


def levelled(grey: np.ndarray) -> np.ndarray:
    """The picture, (H, W) float32, with the level of each block shifted so that no steps stand at the borders of
    blocks; as it is where none are seen.

    The step between two blocks is the median along their border, less what luma rises by on either side of it; the
    shifts of all blocks are those that come nearest to all these steps (least squares).
    """
    grid = _grid(grey)
    if len(grid) < 2 or np.mean([step for _, step in grid]) < SEEN:
        return grey
    rows, columns = (_borders(size, phase) for size, (phase, _) in zip(grey.shape, grid, strict=True))
    if not len(rows) or not len(columns):
        return grey
    row = np.searchsorted(rows, np.arange(grey.shape[0]), side="right")
    column = np.searchsorted(columns, np.arange(grey.shape[1]), side="right")
    across, down = _steps(grey, columns, row), _steps(grey.T, rows, column).T
    shifts = _shifts(across, down)
    return (grey - shifts[row][:, column]).astype(np.float32)


def _grid(grey: np.ndarray) -> list[tuple[int, float]]:
    """Down and across: at which of eight places borders of blocks lie, and how far luma steps more there than at the
    place with second most."""
    found = []
    for direction in (0, 1):
        rise = np.abs(np.diff(grey, axis=direction)).mean(axis=1 - direction)
        usable = rise[: len(rise) // BLOCK * BLOCK].reshape(-1, BLOCK)
        if len(usable):
            places = np.median(usable, axis=0)
            found.append((int(places.argmax()), float(places.max() - np.sort(places)[-2])))
    return found


def _borders(size: int, phase: int) -> np.ndarray:
    """The first pixels of all blocks but the first, two pixels or more from the picture's edges."""
    at = np.arange((phase + 1) % BLOCK, size, BLOCK)
    return at[(at >= 2) & (at < size - 1)]


def _steps(grey: np.ndarray, borders: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """(blocks down, borders): the step from each block to the next one across.

    Args:
        rows: (H,): which row of blocks each row of pixels lies in.
    """
    before = grey[:, borders - 1] - grey[:, borders - 2]
    after = grey[:, borders + 1] - grey[:, borders]
    step = grey[:, borders] - grey[:, borders - 1] - (before + after) / 2
    edges = np.flatnonzero(np.diff(rows)) + 1
    return np.stack([np.median(part, axis=0) for part in np.split(step, edges)])


def _shifts(across: np.ndarray, down: np.ndarray) -> np.ndarray:
    """(blocks down, blocks across): levels whose differences are nearest to the steps, by Jacobi's method."""
    shifts = np.zeros((across.shape[0], down.shape[1]))
    wanted, neighbours = np.zeros_like(shifts), np.zeros_like(shifts)
    wanted[:, 1:] += across
    wanted[:, :-1] -= across
    wanted[1:] += down
    wanted[:-1] -= down
    for part in (neighbours[:, 1:], neighbours[:, :-1], neighbours[1:], neighbours[:-1]):
        part += 1
    for _ in range(ROUNDS):
        around = np.zeros_like(shifts)
        around[:, 1:] += shifts[:, :-1]
        around[:, :-1] += shifts[:, 1:]
        around[1:] += shifts[:-1]
        around[:-1] += shifts[1:]
        shifts = shifts / 3 + (around + wanted) / neighbours * 2 / 3  # damped, so that it settles on a chequerboard too
    return shifts
