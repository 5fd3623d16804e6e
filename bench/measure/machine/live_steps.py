"""What watching takes of the processors, step by step, and what a slide waits for before it can be searched.

    python -m vidscout.bench.measure.machine.live_steps [--minutes 2] [--stages …]

A made lecture goes through the stages stretch by stretch, one step after the other and as if each stretch had just come
in. Told are seconds of the processors, all of them together, to which other work on the machine adds little: how often
each step was done, and milliseconds each time and for each stretch. Models are loaded before. `a stretch` is all of it,
and `of a core` its share of the video's time.

Before a slide can be searched its first frame must be sampled, which takes at most one second at one frame a second,
and the stretch that it ends be looked at, behind what is left of the one before.
"""

import argparse
import json
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ....agent.network.public_addresses import Rules
from ....agent.scout import VideoScout
from ....agent.watching.incoming import Arrived
from ....agent.watching.options import Options
from ....agent.watching.session import Session
from ....agent.watching.sources import source_of
from ....graphs.watch.graph import build
from ....tools.media.live import Reader, Stretch, open_live
from ...data.videos import lecture
from .live import watching_by

NAME = "steps"


class Taken:
    """Seconds of the processors by step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.times: dict[str, int] = defaultdict(int)

    def of(self, step: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same work, which is counted."""

        def counted(*arguments: Any, **options: Any) -> Any:
            began = time.process_time()
            try:
                return work(*arguments, **options)
            finally:
                self.seconds[step] += time.process_time() - began
                self.times[step] += 1

        return counted

    def count(self, on: Any, method: str, step: str) -> None:
        """Count a method of an object from now on."""
        setattr(on, method, self.of(step, getattr(on, method)))


def stretches(path: Path, taken: Taken, rate: float, side: int) -> Iterator[Stretch]:
    """What a file gives, as a live source gives it."""
    with open_live(str(path)) as container:
        given = Reader(container, 0.0, rate, side).stretches()
        following = taken.of("decode", lambda: next(given, None))
        yield from iter(following, None)


def steps(minutes: float, stages: Sequence[str] | None) -> dict[str, Any]:
    """Watch so much of a lecture, and count."""
    path = lecture(minutes=None if minutes <= 2 else minutes)
    taken, seen = Taken(), 0.0
    with tempfile.TemporaryDirectory() as folder, watching_by(stages, f"{folder}/home") as scout:
        session = Session(
            scout, _counted(scout, taken), source_of(str(path), NAME), Options(name=NAME), Rules(0), _NEVER
        )
        context = session._context()
        session._begin(context.ingest)
        graph = build(context.stages).compile().with_config({"max_concurrency": 1})
        turn = taken.of("a stretch", lambda stretch: list(session._turn(graph, context, Arrived(stretch))))
        sampling = scout.sampling_of()
        for stretch in stretches(path, taken, sampling.rate, sampling.longest_side):
            if stretch.start >= minutes * 60:
                break
            turn(stretch)
            seen = stretch.end
    turns = taken.times["a stretch"]
    whole = taken.seconds["a stretch"] + taken.seconds["decode"]
    return {
        "seconds": round(seen, 1),
        "stretches": turns,
        "of a core": round(whole / seen, 3),
        "steps": {
            step: {
                "times": taken.times[step],
                "each, ms": round(1000 * taken.seconds[step] / taken.times[step], 1),
                "a stretch, ms": round(1000 * taken.seconds[step] / turns, 1),
            }
            for step in sorted(taken.seconds, key=lambda step: -taken.seconds[step])
        },
    }


_NEVER = threading.Event()


def _counted(scout: VideoScout, taken: Taken) -> Any:
    """The stages that watch, whose work and writing are counted."""
    made = scout.watching_stages()
    for stage in made:
        if hasattr(stage, "observe"):
            taken.count(stage, "observe", f"{stage.name}: look or listen")
        taken.count(stage, "records", f"{stage.name}: make records")
    taken.count(scout.index, "replace", "write records and vectors")
    taken.count(scout.role("text_embedding"), "run", "embed records")
    return made


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--stages", nargs="*", help="of the profile; by default all that watch")
    given = parser.parse_args()
    print(json.dumps(steps(given.minutes, given.stages), indent=1))
