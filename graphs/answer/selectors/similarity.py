"""Frames that fit the question, by what was found in them or by how they look."""

import numpy as np

from ....tools.records import FrameRef
from .base import Curve, best, selector

AKS_DEPTH = 5
AKS_THRESHOLD = 0.8
"""How far the best frames of a stretch must stand out, with scores scaled to 0..1, for it to be kept whole."""
BVLLM_MERGE = 0.75
"""Cosine above which neighbouring frames are one (B-VLLM, Lu et al., 2024)."""
BVLLM_WIDTH = 3
"""How many times more frames than wanted are considered before neighbours are merged."""
TSTAR_BUDGET = 0.1
"""Share of the frames that T* looks at."""
TSTAR_ROUNDS = 4
TSTAR_REACH = 0.02
"""Share of the video over which a frame's score speaks for its neighbours."""


@selector
def topk(curve: Curve, k: int) -> list[FrameRef]:
    """The frames at the best candidates first, then those that look most like the question.

    A title that stands for eight seconds is one candidate and takes one frame, the middle one, not eight.
    """
    chosen: list[int] = []
    for relevance in sorted(set(curve.relevant[curve.relevant > 0].tolist()), reverse=True):
        run = np.flatnonzero(curve.relevant == relevance)
        pieces = np.split(run, np.flatnonzero(np.diff(run) > 1) + 1)
        chosen += [int(piece[len(piece) // 2]) for piece in pieces]
    chosen = chosen[:k]
    chosen += [int(n) for n in best(curve.similar, len(curve)) if n not in set(chosen)][: k - len(chosen)]
    return curve.frames(chosen, np.maximum(curve.relevant, curve.similar))


@selector
def aks(curve: Curve, k: int) -> list[FrameRef]:
    """Adaptive keyframe sampling (Tang et al., 2025): relevance where it stands out, coverage where it does not.

    A stretch whose best frames stand out from its mean gives those; another is halved, and each half gets half of the
    frames, down to `AKS_DEPTH` halvings. Frames are shared out whole, so that no share is rounded to nothing.
    """
    spread = np.ptp(curve.similar) if len(curve) else 0.0
    scores = (curve.similar - curve.similar.min()) / spread if spread > 0 else np.zeros(len(curve))

    def share(first: int, last: int, frames: int, depth: int) -> list[int]:
        if frames <= 0 or first >= last:
            return []
        here = scores[first:last]
        top = best(here, frames)
        stands_out = float(here[top].mean() - here.mean()) > AKS_THRESHOLD
        if stands_out or depth == 0 or frames == 1 or last - first <= frames:
            return [first + int(n) for n in top]
        middle = (first + last) // 2
        left = min((frames + 1) // 2, middle - first)
        return share(first, middle, left, depth - 1) + share(middle, last, frames - left, depth - 1)

    return curve.frames(share(0, len(curve), k, AKS_DEPTH))


@selector
def bvllm(curve: Curve, k: int) -> list[FrameRef]:
    """B-VLLM's selection without its trained part: the frames most like the question, alike neighbours merged.

    Of frames that are merged the one most like the question stays.
    """
    considered = np.sort(best(curve.similar, BVLLM_WIDTH * k))
    groups: list[list[int]] = []
    for n in considered.tolist():
        if groups and float(curve.vectors[groups[-1][-1]] @ curve.vectors[n]) > BVLLM_MERGE:
            groups[-1].append(n)
        else:
            groups.append([n])
    merged = [max(group, key=lambda n: (curve.similar[n], -n)) for group in groups]
    merged.sort(key=lambda n: (-curve.similar[n], n))
    return curve.frames(merged[:k])


@selector
def tstar(curve: Curve, k: int) -> list[FrameRef]:
    """T* (Ye et al., 2025): look at a few frames, spread their scores in time, look where it is promising, repeat.

    With every frame indexed looking costs nothing, so this only shows what the search would have found with its budget
    of a tenth of the frames.
    """
    n = len(curve)
    if n <= k:
        return curve.frames(range(n))
    budget = max(k, int(n * TSTAR_BUDGET))
    reach = max(1.0, n * TSTAR_REACH)
    promise = np.ones(n)
    seen: list[int] = []
    for round_left in range(TSTAR_ROUNDS, 0, -1):
        take = (budget - len(seen)) // round_left
        promise[seen] = 0
        if take <= 0 or promise.sum() <= 0:
            continue
        cumulative = np.cumsum(promise) / promise.sum()
        picked = np.searchsorted(cumulative, (np.arange(take) + 0.5) / take)
        seen = sorted({*seen, *np.minimum(picked, n - 1).tolist()})
        distance = np.abs(np.arange(n)[:, None] - np.array(seen)[None, :])
        weight = np.exp(-0.5 * (distance / reach) ** 2)
        scores = curve.similar[seen] - curve.similar[seen].min() + 1e-3
        promise = (weight * scores).max(axis=1)
    ordered = sorted(seen, key=lambda at: (-curve.similar[at], at))
    return curve.frames(ordered[:k])
