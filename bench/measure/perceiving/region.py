"""Whether what is in a box is found again, against boxes set by hand.

python -m vidscout.bench.measure.perceiving.region
"""

import argparse
import time
import tomllib
from pathlib import Path
from typing import Any

from ....agent.profiles.profile import build, profile
from ....tools.geometry import Box
from ....tools.media.video import frames
from ....tools.perception.regions.follow import Detect, follow
from ...data.fetched import fetch

TABLE = Path(__file__).with_name("region.toml")
RATE = 10.0
"""Frames a second that are looked at, as `agent/asking/regions.py` does."""
SIDE = 640
ENOUGH = 0.5
"""Intersection over union from which a box counts as found."""


def overlaps(name: str, about: dict[str, Any], detect: Detect | None) -> list[float]:
    """The overlap with each box set by hand; 0 where the thing was lost before."""
    (at, *sides), others = about["given"], about["others"]
    times = [at, *(time for time, *_ in others)]
    taken = list(frames(fetch(name), RATE, SIDE, max(min(times) - 0.2, 0.0), max(times) + 0.2))
    begin = min(range(len(taken)), key=lambda number: abs(taken[number].time - at))
    _, found = follow(taken, begin, Box(*sides), detect)
    shares = []
    for time_of, *box in others:
        nearest = min(found, key=lambda one: abs(one.time - time_of))
        near = abs(nearest.time - time_of) <= 0.6 / RATE
        shares.append(nearest.box.overlap(Box(*box)) if near else 0.0)
    return shares


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--without-detector", action="store_true", help="follow by optical flow alone")
    chosen = options.parse_args()
    detector = None if chosen.without_detector else build(profile("embedded"), "objects")
    detect: Detect | None = (lambda image: detector.run([image])[0]) if detector is not None else None  # pyright: ignore
    print("| clip | boxes | found | mean overlap | seconds |\n|" + " --- |" * 5)
    found = boxes = 0
    for name, about in tomllib.loads(TABLE.read_text(encoding="utf-8")).items():
        began = time.perf_counter()
        shares = overlaps(name, about, detect)
        right = sum(share >= ENOUGH for share in shares)
        found, boxes = found + right, boxes + len(shares)
        took = time.perf_counter() - began
        print(f"| {name} | {len(shares)} | {right} | {sum(shares) / len(shares):.2f} | {took:.1f} |")
        print("   " + " ".join(f"{share:.2f}" for share in shares))
    print(f"{found} of {boxes} boxes found ({found / boxes:.0%})")


if __name__ == "__main__":
    main()
