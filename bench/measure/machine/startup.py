"""How long a cold process takes: until `--help` is printed, and until the first word of an answer is.

python -m vidscout.bench.measure.machine.startup [--runs 5]
"""

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

from ...data.videos import lecture

QUESTION = "What is the mirror made of?"


def until_first_output(command: list[str]) -> float:
    """Seconds from starting a process to the first byte on its stdout."""
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        first = time.perf_counter() - began
        process.stdout.read()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return first


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--home", type=Path, default=Path(".demo"))
    arguments = parser.parse_args()
    vidscout = [str(Path(sys.executable).with_name("vidscout")), "--home", str(arguments.home)]
    subprocess.run([*vidscout, "ingest", str(lecture())], check=True, stdout=subprocess.DEVNULL)
    for name, command in (
        ("vidscout --help", [vidscout[0], "--help"]),
        ("vidscout ask, to the first word", [*vidscout, "ask", str(lecture()), QUESTION]),
    ):
        until_first_output(command)  # warms the disk
        seconds = [until_first_output(command) for _ in range(arguments.runs)]
        print(f"| {name} | median {statistics.median(seconds):.2f} s | worst {max(seconds):.2f} s |")


if __name__ == "__main__":
    main()
