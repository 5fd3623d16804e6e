"""What followed people do to each other and at the edge of the picture, on made clips: how much is found, and rightly.

    python -m vidscout.bench.measure.perceiving.relations                      the half for reporting
    python -m vidscout.bench.measure.perceiving.relations --half development   that the thresholds were set on

People are cut out of frames of vtest (its first half for development, its second for the report) and moved over its
empty scene, the median of its frames; the detector looks at a frame a second, as when a video is read. A relation
counts as found if one of its kind is told within a second of when it is made; any other that is told is a false one.
"""

import argparse
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ....tools.media.video import Frame, frames
from ....tools.payloads import Change, Detection, Track
from ....tools.perception.masks.segmenter import Marked, cut
from ....tools.perception.masks.selfie import SelfieSegmentation
from ....tools.perception.objects.individuals import individuals
from ....tools.perception.objects.nanodet import NanoDet
from ....tools.perception.objects.relations import Seen, relations
from ....tools.records import Span
from ...data.fetched import fetch
from ...data.meeting import Half

CLIPS = 70
SECONDS = 14
TALLEST = 0.28
"""Height of the largest person, as a share of the picture."""
WITHIN = 1.0
"""Seconds by which what is told may miss what is made."""
SURE, ALONE = 0.6, 0.05
"""Of a person who is cut out: least score, and most overlap with any other."""


@dataclass(frozen=True)
class Walk:
    """A person's way: where the middle of the feet is, as shares of the picture, at seconds."""

    sprite: np.ndarray
    """(h, w, 3) uint8 on white."""
    height: float
    """Share of the picture."""
    times: Sequence[float]
    places: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Scene:
    """A made clip: its people, and what they do."""

    walks: list[Walk]
    wanted: list[tuple[Change, Span]]


def scene(plot: int, chance: random.Random, sprites: Sequence[np.ndarray]) -> Scene:
    """One of seven plots: the five changes, two who walk past each other far apart, and one who walks about alone."""
    one, two = chance.sample(sprites, 2)
    height, foot = chance.uniform(0.18, TALLEST), chance.uniform(0.5, 0.9)
    left = chance.choice((True, False))

    def across(share: float) -> float:
        return share if left else 1 - share

    begin, end = chance.uniform(2.0, 4.0), chance.uniform(8.5, 11.0)
    width = height * 0.5 * 0.75
    far, near = 0.12, 0.72 - width * 1.25
    still = Walk(two, height, (0, SECONDS), ((across(0.72), foot),) * 2)

    def walk(places: tuple[float, float], times: tuple[float, float], lower: float = 0.0, of: np.ndarray = one) -> Walk:
        at = [(across(place), foot + lower) for place in places]
        return Walk(of, height, (0, *times, SECONDS), (at[0], *at, at[1]))

    span = Span(begin, end)
    match plot:
        case 0:
            return Scene([still, walk((far, near), (begin, end))], [(Change.APPROACHES, span)])
        case 1:
            return Scene([still, walk((near, far), (begin, end))], [(Change.PARTS, span)])
        case 2:
            stands = Walk(two, height, (0, SECONDS), ((across(0.5), foot),) * 2)
            return Scene([stands, walk((far, 0.88), (begin, end), 0.2 * height)], [(Change.PASSES, span)])
        case 3:
            return Scene([walk((-0.08, 0.5), (begin, end))], [(Change.ENTERS, span)])
        case 4:
            return Scene([walk((0.5, -0.08), (begin, end))], [(Change.LEAVES, span)])
        case 5:
            return Scene([still, Walk(one, height, (0, SECONDS), ((across(0.2), foot), (across(0.4), foot)))], [])
        case _:
            return Scene([walk((far, 0.88), (begin, end))], [])


def rendered(made: Scene, ground: np.ndarray) -> list[Frame]:
    """A frame a second of a scene."""
    return [Frame(float(at), _painted(made, ground, at)) for at in range(SECONDS)]


def _painted(made: Scene, ground: np.ndarray, at: float) -> np.ndarray:
    import cv2

    image = ground.copy()
    tall, wide = image.shape[:2]
    for walk in sorted(made.walks, key=lambda one: np.interp(at, one.times, [y for _, y in one.places])):
        x, y = (float(np.interp(at, walk.times, [place[axis] for place in walk.places])) for axis in (0, 1))
        rows = round(walk.height * tall)
        columns = max(round(rows * walk.sprite.shape[1] / walk.sprite.shape[0]), 1)
        sprite = cv2.resize(walk.sprite, (columns, rows), interpolation=cv2.INTER_AREA)
        top, left = round(y * tall) - rows, round(x * wide) - columns // 2
        down, over = slice(max(top, 0), min(top + rows, tall)), slice(max(left, 0), min(left + columns, wide))
        if down.start >= down.stop or over.start >= over.stop:
            continue
        part = sprite[down.start - top : down.stop - top, over.start - left : over.stop - left]
        image[down, over] = np.where((part == 255).all(axis=2)[..., None], image[down, over], part)
    return image


def cast(half: Half) -> tuple[np.ndarray, list[np.ndarray]]:
    """The empty scene, in which those who stand there for long are painted over, and the people of a half of vtest."""
    import cv2

    taken = [frame.image for frame in frames(fetch("vtest"), 1.0)]
    ground = np.median(np.stack(taken[::3]), axis=0).astype(np.uint8)
    height, width = ground.shape[:2]
    stands = np.zeros((height, width), np.uint8)
    for one in NanoDet().run([ground])[0]:
        top, bottom = round(one.box.top * height), round(one.box.bottom * height)
        stands[top:bottom, round(one.box.left * width) : round(one.box.right * width)] = 1
    ground = cv2.inpaint(ground, stands, 5, cv2.INPAINT_TELEA)
    middle = len(taken) // 2
    own = taken[:middle:4] if half is Half.development else taken[middle::4]
    segmenter, sprites = SelfieSegmentation(), []
    for image, found in zip(own, NanoDet().run(own), strict=True):
        people = [one for one in found if one.label == "person" and one.score >= SURE]
        alone = [one for one in people if all(one is other or one.box.overlap(other.box) < ALONE for other in found)]
        masks = segmenter.run([Marked(image, one.box, one.label) for one in alone])
        sprites += [cut(image, mask) for mask in masks if mask is not None]
    return ground, [sprite for sprite in sprites if 1.6 < sprite.shape[0] / sprite.shape[1] < 3.5]


def told(detector: NanoDet, shown: Sequence[Frame]) -> list[Seen]:
    """What is told of a clip's frames."""
    found: list[list[Detection]] = detector.run([frame.image for frame in shown])
    seen = [(Span(frame.time, frame.time + 1), of_one) for frame, of_one in zip(shown, found, strict=True)]
    tracks = [
        Track(one.seen[0].label, tuple(span.start for span in one.spans), tuple(sight.box for sight in one.seen))
        for one in individuals(seen)
    ]
    return relations(tracks, (0.0, float(SECONDS)))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", type=Half, default=Half.report, choices=list(Half))
    parser.add_argument("--clips", type=int, default=CLIPS)
    chosen = parser.parse_args()
    ground, sprites = cast(chosen.half)
    detector, made, right, false = NanoDet(), Counter[Change](), Counter[Change](), Counter[Change]()
    for number in range(chosen.clips):
        clip = scene(number % 7, random.Random(f"{chosen.half} {number}"), sprites)
        left = [*clip.wanted]
        made.update(change for change, _ in left)
        for seen in told(detector, rendered(clip, ground)):
            hit = next((one for one in left if one[0] is seen.relation.change and _meets(one[1], seen.span)), None)
            (right if hit else false)[seen.relation.change] += 1
            if hit:
                left.remove(hit)
            elif chosen.half is Half.development:
                print(number, "false", seen.relation.change, seen.span, clip.wanted)
        if left and chosen.half is Half.development:
            print(number, "missed", left)
    print(f"{len(sprites)} people\n| relation | made | found | false |\n| --- | --- | --- | --- |")
    for change in Change:
        print(f"| {change} | {made[change]} | {right[change]} | {false[change]} |")


def _meets(wanted: Span, found: Span) -> bool:
    return found.start <= wanted.end + WITHIN and wanted.start - WITHIN <= found.end


if __name__ == "__main__":
    main()
