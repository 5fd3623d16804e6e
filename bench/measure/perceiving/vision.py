"""What looking at a frame costs: each visual tool on the frames that the trailer keeps at one a second.

    python -m vidscout.bench.measure.perceiving.vision [--threads 2] [--json]

In processor time and as a multiple of real time. How well text is read is `bench.measure.recordings.screen_text`'s
business.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ....tools.errors import VidscoutError
from ....tools.media import video as media
from ....tools.media.near_identical import NearIdentical
from ....tools.runtime.backend import Tool, backend
from ...data.videos import fetch

BACKENDS = {"tags": "efficientnet-lite0", "screen_text": "pp-ocr", "objects": "nanodet"}
"""Of the embedded profile, by role."""
HEADER = "| tool | frames | processor ms | wall ms | real time |\n|---|---|---|---|---|"


@dataclass(frozen=True, slots=True)
class VisualTool:
    """One visual tool on one frame after another."""

    tool: str
    frames: int
    processor: float
    """Milliseconds of processor time a frame."""
    wall: float
    """Milliseconds a frame."""
    real_time: float
    """Seconds of video in a second of processor time."""

    def row(self) -> str:
        """The figures as a row of the table."""
        return f"| {self.tool} | {self.frames} | {self.processor:.1f} | {self.wall:.1f} | {self.real_time:.0f} × |"


def tools(threads: int) -> Iterator[VisualTool]:
    """Each tool on the trailer's kept frames, in batches as ingest gives them.

    Raises:
        WeightsError: a tool's weights have not been pulled.
    """
    sampled = [frame.image for frame in media.frames(fetch("trailer"), 1.0)]
    looks_the_same = NearIdentical()
    kept = [image for image in sampled if not looks_the_same(image)]

    def measured(tool: str, images: Sequence[np.ndarray], look: Callable[[], Any]) -> VisualTool:
        processor, wall = _timed(look)
        return VisualTool(
            tool, len(images), processor / len(images) * 1e3, wall / len(images) * 1e3, len(sampled) / processor
        )

    fresh = NearIdentical()
    yield measured("near-identical", sampled, lambda: [fresh(image) for image in sampled])
    for role, name in BACKENDS.items():
        made = backend(role, name)
        assert issubclass(made, Tool)
        tool = made(threads=threads)  # pyright: ignore[reportCallIssue]
        tool.run(kept[:1])
        yield measured(name, kept, lambda tool=tool: [tool.run(kept[at : at + 4]) for at in range(0, len(kept), 4)])


def _timed(run: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of processor time and of wall clock."""
    processor, wall = time.process_time(), time.perf_counter()
    run()
    return time.process_time() - processor, time.perf_counter() - wall


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m vidscout.bench.measure.perceiving.vision", description=__doc__)
    parser.add_argument("--threads", type=int, default=2, help="of one forward pass")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of a table")
    asked = parser.parse_args()
    try:
        if not asked.json:
            print(HEADER)
        for row in tools(asked.threads):
            print(json.dumps(asdict(row)) if asked.json else row.row(), flush=True)
    except VidscoutError as error:
        parser.exit(error.exit_code, f"{error}\n")


if __name__ == "__main__":
    main()
