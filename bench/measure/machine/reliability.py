"""Whether a library outlives what is done to it: kills, damaged files, failing tools, many cycles, many videos.

    python -m vidscout.bench.measure.machine.reliability [--part kills|mutations|faults|cycles|library] [--kills 300]
        [--files 1500] [--cycles 500] [--videos 2000] [--kept FILE] [--seconds 500]

All parts by default, which takes about an hour on two cores. With `--kept` the results of kills and damaged files are
kept and gone on with, so that they can be had piece by piece (`--seconds` of each). Films are small and made here, and
stages and tools are without weights: what is tried is everything around them.
"""

import argparse
import tempfile
import time
from pathlib import Path

from ...reliability import cycles, faults, kills, mutations
from ...reliability.kept import Kept
from . import library

PARTS = ("kills", "mutations", "faults", "cycles", "library")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, action="append", help="only this; may be given several times")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--files", type=int, default=1500, help="that are damaged")
    parser.add_argument("--seed", type=int, default=0, help="of the damage")
    parser.add_argument("--cycles", type=int, default=500, help="of reading and forgetting")
    parser.add_argument("--videos", type=int, default=2000)
    parser.add_argument("--kept", type=Path, help="results of kills and damaged files, to be gone on with")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="after which no further of them is begun")
    given = parser.parse_args()
    kept = Kept(given.kept, given.seconds)
    works = {
        "kills": lambda folder: kills.run(folder, given.kills, kept),
        "mutations": lambda folder: mutations.run(folder, given.files, given.seed, kept),
        "faults": lambda folder: faults.run(folder),
        "cycles": lambda folder: cycles.run(folder, given.cycles),
        "library": lambda folder: library.run(folder, given.videos),
    }
    for part in given.part or PARTS:
        began = time.perf_counter()
        print(f"{part}:", flush=True)
        with tempfile.TemporaryDirectory(prefix="vidscout-bench-") as folder:
            works[part](Path(folder))
        print(f"    ({time.perf_counter() - began:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
