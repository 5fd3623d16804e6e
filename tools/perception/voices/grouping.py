"""Vectors of voices in groups, one a person: agglomerative clustering with average linkage."""

from collections.abc import Sequence

import numpy as np

AT_ONCE = 1500
"""Vectors that are compared with each other; of more, those that came together first are joined before."""


def grouped(vectors: np.ndarray, same: float, number: int | None = None) -> np.ndarray:
    """The group of each vector, numbered from 0 in the order in which they appear.

    The two groups whose vectors have the highest mean cosine are joined until none reaches `same`, or until `number`
    groups are left. The mean cosine of two groups of unit vectors is the product of their means.

    Args:
        vectors: (n, dimensions), of unit length, in order of time.
        same: least mean cosine of two groups that are joined.
        number: of groups, where it is known; `same` then decides nothing.
    """
    if not len(vectors):
        return np.zeros(0, int)
    labels = np.arange(len(vectors))
    size = AT_ONCE
    while True:
        ids = list(dict.fromkeys(labels.tolist()))
        last = len(ids) <= size
        joined: dict[int, int] = {}
        for first in range(0, len(ids), size):
            block = ids[first : first + size]
            members = [labels == one for one in block]
            means = np.stack([vectors[one].mean(axis=0) for one in members])
            sizes = np.array([one.sum() for one in members], float)
            # A block must not join what is not alike only because its block has nobody else.
            groups = linked(means, sizes, same, number if last else None)
            joined.update((one, block[group]) for one, group in zip(block, groups, strict=True))
        labels = np.array([joined[one] for one in labels.tolist()])
        if last:
            order = {one: at for at, one in enumerate(dict.fromkeys(labels.tolist()))}
            return np.array([order[one] for one in labels.tolist()])
        size = max(size, len(set(labels.tolist()))) if len(set(joined.values())) == len(ids) else size


def linked(means: np.ndarray, sizes: np.ndarray, same: float, number: int | None) -> Sequence[int]:
    """For each group the first of those with which it is joined."""
    means, sizes = means.astype(float), sizes.copy()
    alike = means @ means.T
    np.fill_diagonal(alike, -np.inf)
    nearest = alike.argmax(axis=1)
    into = list(range(len(means)))
    for left in range(len(means), 1, -1):
        if number is not None and left <= number:
            break
        one = int(alike[np.arange(len(means)), nearest].argmax())
        other = int(nearest[one])
        if number is None and alike[one, other] < same:
            break
        one, other = min(one, other), max(one, other)
        total = sizes[one] + sizes[other]
        means[one] = (means[one] * sizes[one] + means[other] * sizes[other]) / total
        sizes[one] = total
        gone = np.isneginf(alike[one])
        alike[one] = np.where(gone, -np.inf, means @ means[one])
        alike[:, one] = alike[one]
        alike[other] = alike[:, other] = -np.inf
        for row in np.flatnonzero((nearest == one) | (nearest == other)):
            nearest[row] = alike[row].argmax()
        nearest[one] = alike[one].argmax()
        closer = alike[:, one] > alike[np.arange(len(means)), nearest]
        nearest[closer] = one
        into = [one if at == other else at for at in into]
    return into
