"""How soon what a live video shows is found, and whether watching grows.

    python -m vidscout.bench.measure.machine.live                          # two minutes as they pass
    python -m vidscout.bench.measure.machine.live --minutes 60 --speed 10  # the soak: an hour in six minutes

A made lecture grows as an MPEG-TS file, its packets written when they are due. For each slide: the seconds from when
the packet of its first frame was due until `search` finds its title. Memory is this process's resident set, once a
second, its median over each tenth of the run; `grows` is the line through it behind the first quarter of twenty minutes
of video or more, in MB an hour of it. `--most` seconds end a run early. `cpu` is the seconds of the processors for a
second of video, writing the file and searching included (`live_steps` has them by step), `load` how many processes
waited for the machine's cores while it ran, this one among them. Models are loaded before anything is written. Stages:
`--stages`; by default all that the profile `embedded` watches by.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ....agent.scout import VideoScout
from ....agent.watching.options import Looked, Options, Watched
from ....tools.errors import UnknownVideoError
from ...data.lecture import LECTURE, LECTURES, Slide
from ...data.videos import lecture

LIMIT = 5.0
"""Seconds within which a finding is to be searchable."""
FLUSHED = {"flush_packets": "1"}
"""A packet is in the file when it is written, rather than when a buffer is full: seconds, for slides."""
NAME = "live"
REST = 20.0
"""Seconds after the last packet in which slides are still looked for."""
WARM = 20.0
"""Minutes of video from which it can be told whether memory grows."""
TOLD = 15.0
"""Seconds after which is told how far it has come."""


class Sender(threading.Thread):
    """Writes a recording's packets into a growing file as they are due."""

    def __init__(self, path: Path, to: Path, speed: float) -> None:
        super().__init__(daemon=True)
        self.path, self.to, self.speed = path, to, speed
        self.zero = 0.0
        """When the first packet was due, on the clock of `time.monotonic`."""
        self.at = 0.0
        """Seconds of the recording that were written."""

    def run(self) -> None:
        import av

        with av.open(str(self.path)) as source, av.open(str(self.to), "w", format="mpegts", options=FLUSHED) as out:
            streams = {one.index: out.add_stream_from_template(one) for one in source.streams if one.type != "data"}
            self.zero = time.monotonic()
            for packet in source.demux(*(source.streams[index] for index in streams)):
                if packet.dts is None or packet.time_base is None:
                    continue
                self.at = float(packet.dts * packet.time_base)
                time.sleep(max(self.zero + self.at / self.speed - time.monotonic(), 0.0))
                packet.stream = streams[packet.stream_index]
                out.mux(packet)


def due_slides(minutes: float) -> list[tuple[float, Slide]]:
    """The slides of a lecture of that length whose titles stand in it only once, and when each begins, in seconds."""
    found, start = [], 0.0
    for number in range(int(minutes * 60 / LECTURE.duration) + 1):
        one = LECTURES[number % len(LECTURES)]
        found += [(start + slide.start, slide) for slide in one.slides]
        start += one.duration
    seen: dict[str, float] = {}
    for at, slide in found:
        seen.setdefault(slide.title, at)
    return [(at, slide) for at, slide in found if seen[slide.title] == at and at < minutes * 60 - 1]


def searched(scout: VideoScout, sender: Sender, slides: Sequence[tuple[float, Slide]]) -> dict[str, float]:
    """Look for each slide from when it is written until it is found; the seconds between, by title."""
    found: dict[str, float] = {}
    end = float("inf")
    while len(found) < len(slides) and time.monotonic() < end:
        if not sender.is_alive() and end == float("inf"):
            end = time.monotonic() + REST
        for at, slide in slides:
            if slide.title in found or not sender.zero or sender.at < at:
                continue
            try:
                hits = scout.search(slide.title, NAME, modality="screen_text", k=3)
            except UnknownVideoError:
                continue
            if any(slide.title.casefold() in hit.text.casefold() for hit in hits):
                found[slide.title] = time.monotonic() - (sender.zero + at / sender.speed)
        time.sleep(0.1)
    return found


class Noted:
    """What is noted of a watching while it goes on."""

    def __init__(self, sender: Sender) -> None:
        import psutil

        self.sender = sender
        self.process = psutil.Process()
        self.began = self.noted = self.told = time.monotonic()
        self.behind: list[float] = []
        self.memory: list[float] = []
        self.minutes: list[float] = []
        """Of video, at each of these."""
        self.load: list[float] = []
        self.seen = 0.0
        self.findings = 0

    def heard(self, event: Any) -> None:
        """Note what an event tells, and once a second memory and load."""
        if isinstance(event, Looked):
            self.behind.append(event.behind)
            self.seen = event.end
            self.findings += event.added
        now = time.monotonic()
        if now - self.noted >= 1:
            self.noted = now
            self.memory.append(self.process.memory_info().rss / 2**20)
            self.minutes.append(self.seen / 60)
            self.load.append(os.getloadavg()[0])
        if now - self.told >= TOLD and self.memory:
            self.told = now
            at, took = self.sender.at, now - self.began
            print(f"{took:.0f} s: {self.seen:.0f} of {at:.0f} s seen, {self.memory[-1]:.0f} MB", file=sys.stderr)

    def watched(self, events: "Generator[Any, None, Watched]", most: float) -> Watched | None:
        """Go through the events, for at most so many seconds; None where that was too short."""
        while time.monotonic() - self.began < most:
            try:
                self.heard(next(events))
            except StopIteration as end:
                return end.value
        events.close()
        return None


def measured(minutes: float, speed: float, stages: Sequence[str] | None, most: float) -> dict[str, Any]:
    """Watch a lecture of that length while it grows, for at most so many seconds."""
    recording = lecture(minutes=None if minutes <= 2 else minutes)
    with tempfile.TemporaryDirectory() as folder, watching_by(stages, f"{folder}/home") as scout:
        used = time.process_time()
        sender = Sender(recording, Path(folder) / "grows.ts", speed)
        sender.start()
        while not sender.zero or not sender.to.exists() or not sender.to.stat().st_size:
            time.sleep(0.05)
        slides = due_slides(min(minutes, LECTURE.duration / 60) if minutes <= 2 else minutes)
        found: dict[str, float] = {}
        looking = threading.Thread(target=lambda: found.update(searched(scout, sender, slides)), daemon=True)
        looking.start()
        noted = Noted(sender)
        summary = noted.watched(scout.watch_events(str(sender.to), Options(name=NAME, quiet=5.0)), most)
        took, used = time.monotonic() - noted.began, time.process_time() - used
        looking.join(REST)
    tenth = max(len(noted.memory) // 10, 1)
    parts = [noted.memory[n : n + tenth] for n in range(0, len(noted.memory), tenth)]
    return {
        "seconds": round(noted.seen if summary is None else summary.seconds, 1),
        "took": round(took, 1),
        "ended": summary is not None,
        "findings": noted.findings,
        "unseen": None if summary is None else summary.unseen,
        "behind": _quantiles(noted.behind),
        "searchable": {"slides": len(slides), "found": len(found), **_quantiles(list(found.values()))},
        "within_limit": sum(one <= LIMIT for one in found.values()),
        "megabytes": [round(statistics.median(part)) for part in parts],
        "grows": growth(noted.minutes, noted.memory),
        "cpu": round(used / max(noted.seen, 1.0), 3),
        "load": round(statistics.mean(noted.load), 1) if noted.load else None,
    }


@contextmanager
def watching_by(stages: Sequence[str] | None, home: str) -> Iterator[VideoScout]:
    """A scout with these stages of the profile `embedded`, or all, its models loaded."""
    profiles = {"watched": {"base": "embedded", **({"stages": tuple(stages)} if stages else {})}}
    with VideoScout("watched", home, profiles=profiles) as scout:
        for model in (scout.role("text_embedding"), *(stage.tool for stage in scout.watching_stages())):
            if model is not None:
                model.ready()
        yield scout


def growth(minutes: Sequence[float], megabytes: Sequence[float]) -> float | None:
    """The slope of memory over time behind the first quarter, in megabytes an hour; None of less than `WARM` minutes.

    >>> growth(range(60), [900.0] * 15 + [1000.0 + minute for minute in range(15, 60)])
    60.0
    """
    after = [(at, held) for at, held in zip(minutes, megabytes, strict=True) if at >= max(minutes) / 4]
    if max(minutes, default=0.0) < WARM:
        return None
    line = statistics.linear_regression([at for at, _ in after], [held for _, held in after])
    return round(line.slope * 60, 1)


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    ordered = sorted(values)
    places = {"median": 0.5, "p95": 0.95, "max": 1.0}
    return {name: round(ordered[min(int(share * len(ordered)), len(ordered) - 1)], 2) for name, share in places.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--speed", type=float, default=1.0, help="times as fast as it was recorded")
    parser.add_argument("--stages", nargs="*", help="of the profile; by default all that watch")
    parser.add_argument("--most", type=float, default=float("inf"), help="seconds after which it is ended")
    given = parser.parse_args()
    print(json.dumps(measured(given.minutes, given.speed, given.stages, given.most)))
