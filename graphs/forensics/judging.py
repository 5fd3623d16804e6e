"""How readings become an opinion: each window beside the calibration, the video as a whole, and stretches within it."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ...tools.forensics.calibration.ranges import (
    Calibration,
    by_kind,
    deviations,
    odd_stretch,
    unusual_for_real,
    window_oddness,
)
from ...tools.forensics.signals.registry import SIGNALS
from ...tools.forensics.windows import RATE
from ...tools.media.video import MediaInfo
from ...tools.records import Span
from .state import JudgedShot, Label, Measured, Opinion, WindowScore

FEWEST_FRAMES = 16
LEVEL = 0.05
"""How often a real video may be called generated."""
USUAL = 0.5
"""Share of held-out real windows; a video whose typical window is more unusual than these is not called real. A
render of the Earth came to 0.63; one of animals came to 0.31 and passes, so the bound does not keep renders out."""
SURE = 0.8
"""Probability, by a fusion, from which a label is given; its interval must lie on the same side of one half."""
FOREIGN = 4.0
"""Spreads by which the frames' likelihood may lie below that of real videos before the calibration covers them no
more."""
MORE_VIVID = 1.05
"""Times the colourfulness of the calibration's most colourful real video from which a video is another kind of thing.
Measured: seven recordings 17 to 45, whatever their compression; four animated films 49 to 75, a planet at night 13."""
DARKER = 0.3
"""Share of black by which the typical window exceeds that of the darkest real video. Measured: the seven recordings up
to 0.2, a planet at night 0.8."""
FLAT = 3.0
"""Grey levels of contrast below which a picture is one colour."""
UNEVEN = 0.25
INSERTS = 4
"""Stretches that are looked for in one video, at most."""
DRAWS = 200


def scored_windows(measured: Sequence[Measured], calibration: Calibration, chosen: Sequence[str]) -> list[WindowScore]:
    """Each window with how unusual it is, and why."""
    windows = [{name: m.values[name] for name in chosen if name in m.values} for m in measured]
    ranges = {name: span for name, span in calibration.ranges.items() if name in chosen}
    found = []
    apart = deviations(windows, ranges)
    for at, (one, values) in enumerate(zip(measured, windows, strict=True)):
        positions, distances = calibration.positions(values), calibration.distances(values)
        unusual = unusual_for_real(distances)
        fused = calibration.fusion.probabilities(positions)[0] if calibration.fusion else calibration.rank(unusual)
        farthest = sorted(distances, key=lambda name: -distances[name])
        kinds = by_kind(distances)
        foremost = [name for name in farthest if distances[name] == kinds[SIGNALS[name].kind]][:3]
        found.append(
            WindowScore(
                one.span,
                unusual,
                float(fused),
                window_oddness(apart, at),
                distances,
                calibration.percentiles(values),
                tuple(foremost),
                positions,
            )
        )
    return found


def coverage(measured: Sequence[Measured]) -> tuple[float, float]:
    """Colourfulness in the upper quartile of the windows, and the share of black in the typical one."""
    if not measured:
        return 0.0, 0.0
    colourful = float(np.quantile([m.colourful for m in measured], 0.75))
    return colourful, float(np.median([m.black for m in measured]))


def not_covered(
    info: MediaInfo, measured: Sequence[Measured], found: Sequence[WindowScore], calibration: Calibration
) -> list[str]:
    """Reasons why values of this video cannot be compared with the calibration's."""
    if not info.has_video:
        return ["the file has no picture"]
    if info.fps and info.duration * info.fps < FEWEST_FRAMES - 0.5:
        return [f"the video is shorter than {FEWEST_FRAMES} frames"]
    if not measured:
        return ["no shot is long enough to be measured: 12 sampled frames, about 1.5 seconds, are needed"]
    reasons = []
    if np.median([m.contrast for m in measured]) < FLAT:
        reasons.append("the picture is one colour: there is nothing to measure")
    elif np.median([m.still for m in measured]) > 0.5:
        reasons.append(
            "the picture stands still most of the time, as in screen recordings, slides and title cards: the"
            " calibration does not cover them"
        )
    if info.fps and info.fps < RATE - 1.5:
        reasons.append(f"the video has {info.fps:.3g} frames a second; the calibration was made at {RATE:g}")
    if np.median([m.uneven for m in measured]) > UNEVEN:
        reasons.append("the frame rate varies: signals over time are not comparable with the calibration's")
    colourful, black = coverage(measured)
    if colourful > MORE_VIVID * calibration.colourful:
        reasons.append(
            "the picture is more colourful than the calibration's real videos, as animation, renders and graded footage"
            " are: the calibration does not cover it"
        )
    if black > calibration.black + DARKER:
        reasons.append("most of the picture is black: the calibration does not cover night scenes")
    frames = [f.distances["spatial_likelihood"] for f in found if "spatial_likelihood" in f.distances]
    if frames and np.median(frames) > FOREIGN:
        reasons.append(
            "the picture looks like nothing in the calibration (animation, screen recordings, renders and subjects that"
            " its real videos do not show): it is not covered"
        )
    return reasons


def by_signals(found: Sequence[WindowScore], calibration: Calibration, uncovered: Sequence[str]) -> Opinion:
    """What the calibrated signals say of the whole video."""
    usable = [f for f in found if np.isfinite(f.unusual)]
    if not usable:
        return Opinion(Label.UNCERTAIN, 0.5, (0.0, 1.0), "signals", (), "nothing could be measured")
    score, interval = _fused(usable, calibration) if calibration.fusion else _ranked(usable, calibration)
    cited = _cited(usable)
    if uncovered:
        return Opinion(Label.UNCERTAIN, score, interval, "signals", cited, "; ".join(uncovered))
    if calibration.fusion:
        label = Label.UNCERTAIN
        if score >= SURE and interval[0] > 0.5:
            label = Label.GENERATED
        elif score <= 1 - SURE and interval[1] < 0.5:
            label = Label.REAL
        return Opinion(label, score, interval, "signals", cited, "the calibrated fusion of the signals")
    typical = float(np.median([f.unusual for f in usable]))
    medians = [float(np.median(values)) for values in calibration.held_out.values() if len(values)]
    chance = (1 + sum(median >= typical for median in medians)) / (1 + len(medians))
    if score <= USUAL and interval[1] < 0.95:
        why = "no signal that counts lies outside what real videos show"
        return Opinion(Label.REAL, score, interval, "signals", cited, why)
    if chance <= LEVEL:
        why = f"more unusual than all but {chance:.0%} of real videos"
        return Opinion(Label.GENERATED, score, interval, "signals", cited, why)
    needed = int(np.ceil(1 / LEVEL)) - 1
    why = f"unusual beside the real videos of the calibration, of which {len(medians)} are too few to say more"
    if len(medians) >= needed:
        why = "unusual, but some real videos are as unusual"
    return Opinion(Label.UNCERTAIN, score, interval, "signals", cited, why)


def _ranked(found: Sequence[WindowScore], calibration: Calibration) -> tuple[float, tuple[float, float]]:
    """Share of held-out real windows that are less unusual than the video's typical one, with a 90 % interval."""
    unusual = np.array([f.unusual for f in found])
    sources = [values for values in calibration.held_out.values() if len(values)]
    generator = np.random.default_rng(0)
    draws = [
        calibration.rank(
            float(np.median(generator.choice(unusual, len(unusual)))),
            [sources[n] for n in generator.choice(len(sources), len(sources))],
        )
        for _ in range(DRAWS)
    ]
    low, high = np.quantile(draws, [0.05, 0.95])
    score = calibration.rank(float(np.median(unusual)))
    return score, (min(float(low), score), max(float(high), score))


def _fused(found: Sequence[WindowScore], calibration: Calibration) -> tuple[float, tuple[float, float]]:
    """Probability of `generated` at the typical window, with a 90 % interval over refits and windows."""
    assert calibration.fusion is not None
    likely = np.stack([calibration.fusion.probabilities(f.positions) for f in found])
    score = float(np.median(likely[:, 0]))
    generator = np.random.default_rng(0)
    draws = [
        np.median(likely[generator.choice(len(likely), len(likely)), generator.integers(likely.shape[1])])
        for _ in range(DRAWS)
    ]
    low, high = np.quantile(draws, [0.05, 0.95])
    return score, (min(float(low), score), max(float(high), score))


def _cited(found: Sequence[WindowScore]) -> tuple[str, ...]:
    """The signals that lie farthest out over the whole video."""
    names = {name for f in found for name in f.distances}
    typical = {name: float(np.median([f.distances.get(name, 0.0) for f in found])) for name in names}
    return tuple(sorted((n for n in typical if typical[n] > 0), key=lambda n: -typical[n])[:4])


def standing_out(measured: Sequence[Measured], calibration: Calibration) -> list[Span]:
    """Stretches that differ from the rest of their video more than stretches of nearly all real videos do.

    An altered or generated insert does, and so may an honest shot of an edited film: it is a place to look.
    """
    ordered = sorted(measured, key=lambda m: m.span)
    apart = deviations([m.values for m in ordered], calibration.ranges)
    odd: list[int] = []
    for _ in range(INSERTS):
        score, first, last = odd_stretch(apart, odd)
        if score <= calibration.local or len(odd) + last - first > len(ordered) / 2:
            break
        odd.extend(range(first, last))
    spans: list[Span] = []
    for one in (ordered[at].span for at in sorted(odd)):
        if spans and one.start <= spans[-1].end + 1e-3:
            spans[-1] = Span(spans[-1].start, max(spans[-1].end, one.end))
        else:
            spans.append(one)
    return spans


def shot_by_shot(
    found: Sequence[WindowScore], cuts: Sequence[float], end: float, calibration: Calibration
) -> list[JudgedShot]:
    """Each shot that is long enough to be measured, judged by itself."""
    shots = []
    bounds = [0.0, *sorted(cuts), max(end, *cuts, 0.0)]
    for start, stop in pairwise(bounds):
        inside = [f for f in found if start <= (f.span.start + f.span.end) / 2 < stop and np.isfinite(f.rank)]
        if inside:
            said = by_signals(inside, calibration, ())
            shots.append(JudgedShot(Span(start, stop), len(inside), said.score, said.label))
    return shots
