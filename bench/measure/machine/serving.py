"""Tools in this process against the same tools on Ray Serve, with several clients at once.

    python -m vidscout.bench.measure.machine.serving [--clients 8] [--rounds 3] [--tool ROLE ...]

Each client asks again and again, for one input at a time, as questions do. Rounds alternate between the two ways, so
that a machine that is busy otherwise slows both; what counts is their ratio within one run.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ....agent.profiles.profile import EMBEDDED, build
from ....tools.runtime.backend import Tool
from ....tools.serving.ray_cluster import a_cluster
from ....tools.serving.ray_serve import Deployed, Placement, Served, about, deploy
from ...data import videos

ROLES = ("text_embedding", "tags", "objects", "screen_text")
ASKED = {"text_embedding": 30, "tags": 12, "objects": 5, "screen_text": 3}
"""Requests a client makes in a round."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One tool's throughput, both ways."""

    role: str
    local: float
    """Inputs a second in this process; the median round."""
    served: float
    local_processor: float
    """Milliseconds of processor time for one input."""
    served_processor: float
    """The same, of the clients and the replica together."""
    batches: dict[int, int]
    """How many batches there were of each number of requests."""

    @property
    def ratio(self) -> float:
        """Inputs a second on Ray Serve over those in process."""
        return self.served / self.local

    @property
    def mean_batch(self) -> float:
        """Requests a batch that the replica made."""
        return sum(size * times for size, times in self.batches.items()) / max(sum(self.batches.values()), 1)


def throughput(run: Callable[[Sequence[Any]], Any], inputs: Sequence[Any], clients: int, asked: int) -> float:
    """Inputs a second when `clients` threads each make `asked` requests of one input."""

    def ask(client: int) -> None:
        for n in range(asked):
            run([inputs[(client + n) % len(inputs)]])

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(ask, range(clients)))
    return clients * asked / (time.perf_counter() - began)


def compare(role: str, served: Tool[Any, Any], inputs: Sequence[Any], clients: int, rounds: int) -> Compared:
    """Alternate between the tool here and the tool that is deployed."""
    local: Any = build(EMBEDDED, role)
    asked = ASKED[role]
    for run in (local.run, served.run):
        throughput(run, inputs, clients, 2)
    first = last = about(role)
    found: dict[str, list[float]] = {"local": [], "served": []}
    used = {"local": 0.0, "served": 0.0}
    for _ in range(rounds):
        for way, run in (("local", local.run), ("served", served.run)):
            before, mine = last.processor, time.process_time()
            found[way].append(throughput(run, inputs, clients, asked))
            mine, last = time.process_time() - mine, about(role)
            used[way] += mine + (last.processor - before if way == "served" else 0)
    local.close()
    each = 1000 / (rounds * clients * asked)
    return Compared(
        role,
        local=statistics.median(found["local"]),
        served=statistics.median(found["served"]),
        local_processor=used["local"] * each,
        served_processor=used["served"] * each,
        batches={size: times - first.batches.get(size, 0) for size, times in sorted(last.batches.items())},
    )


def inputs_of(role: str) -> list[Any]:
    """Frames of a real video at 640×360, or sentences."""
    if role == "text_embedding":
        return [f"Where in the video is the {thing} explained?" for thing in "mirror dish battery cat mass".split()]
    from ....tools.media.video import frames

    return [frame.image for frame in frames(videos.fetch("trailer"), 0.5, longest_side=640)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tool", action="append", choices=ROLES, metavar="ROLE", help=", ".join(ROLES))
    options = parser.parse_args()
    roles = options.tool or ROLES
    print(f"{'':<16}{'inputs a second':^32}{'processor ms an input':^26}")
    print(f"{'tool':<16}{'here':>12}{'Ray Serve':>12}{'ratio':>8}{'here':>12}{'Ray Serve':>12}{'requests a batch':>20}")
    with a_cluster() as address:
        for role in roles:
            deploy([Deployed(role, EMBEDDED.roles[role].backend, {}, Placement(batch=options.clients))])
            served: Any = Served(build(EMBEDDED, role), address)  # pyright: ignore[reportArgumentType]
            one = compare(role, served, inputs_of(role), options.clients, options.rounds)
            speed = f"{one.local:>12.1f}{one.served:>12.1f}{one.ratio:>8.2f}"
            cost = f"{one.local_processor:>12.1f}{one.served_processor:>12.1f}"
            print(f"{role:<16}{speed}{cost}{one.mean_batch:>20.1f}", flush=True)


if __name__ == "__main__":
    main()
