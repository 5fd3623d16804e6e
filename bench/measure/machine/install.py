"""What an installation takes: `pip install .` and, beside it in the same run, `faster-whisper` alone, each into an
empty environment. Wheels are fetched and built first, so that the seconds are pip's own and not the network's.

python -m vidscout.bench.measure.machine.install [--largest 15] [--wheels FOLDER] [--runs 1]
"""

import argparse
import subprocess
import sys
import tempfile
import time
from importlib.metadata import Distribution, distributions
from pathlib import Path

ROOT = Path(__file__).parents[3]
BESIDE = "faster-whisper"
HEAVY = {"torch", "transformers", "torchvision"}
"""Distributions that must not come along."""


def fetch(wheels: Path) -> None:
    """Fetch and build the wheels of both installations and of all that they need."""
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-cache-dir", "--wheel-dir", str(wheels)]
    subprocess.run([*pip, str(ROOT), BESIDE], check=True, cwd=wheels)


def install(what: str, wheels: Path, environment: Path) -> tuple[float, list[Distribution]]:
    """Seconds that pip takes for an installation from wheels, and what then lies in the environment beside pip."""
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    python = environment / "bin" / "python"
    [packages] = environment.glob("lib/python*/site-packages")
    before = {one.name for one in distributions(path=[str(packages)])}
    began = time.perf_counter()
    options = ["--quiet", "--no-index", "--find-links", str(wheels)]
    subprocess.run([str(python), "-m", "pip", "install", *options, what], check=True)
    seconds = time.perf_counter() - began
    return seconds, [one for one in distributions(path=[str(packages)]) if one.name not in before]


def megabytes(distribution: Distribution) -> float:
    """What its files take, compiled ones included; 10⁶ bytes."""
    files = [Path(str(distribution.locate_file(file))) for file in distribution.files or []]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--largest", type=int, default=15, help="distributions to name")
    parser.add_argument("--wheels", type=Path, default=None, help="a folder with the wheels of an earlier run")
    parser.add_argument("--runs", type=int, default=1)
    arguments = parser.parse_args()
    heavy: set[str] = set()
    largest: list[tuple[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        wheels = arguments.wheels or Path(folder, "wheels")
        if not wheels.is_dir():
            wheels.mkdir(parents=True)
            fetch(wheels)
        print("| installation | s | MB | distributions |\n| --- | --- | --- | --- |")
        for run in range(arguments.runs):
            for what in ("vidscout", BESIDE):
                seconds, came = install(what, wheels, Path(folder, f"{what}-{run}"))
                sizes = {one.name: megabytes(one) for one in came}
                heavy |= HEAVY & {name.lower() for name in sizes}
                print(f"| {what} | {seconds:.1f} | {sum(sizes.values()):.0f} | {len(sizes)} |", flush=True)
                if what == "vidscout":
                    largest = sorted(sizes.items(), key=lambda one: -one[1])[: arguments.largest]
        print("\n| largest of them | MB |\n| --- | --- |")
        for name, size in largest:
            print(f"| {name} | {size:.0f} |")
    if heavy:
        print(f"\nnot lean: {', '.join(sorted(heavy))} came along")
    return 1 if heavy else 0


if __name__ == "__main__":
    sys.exit(main())
