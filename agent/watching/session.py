"""One watching: what comes in goes through the graph of `graphs/watch`, a few seconds at a time."""

import queue
import threading
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any

from ...graphs.ingest.stage import Stage
from ...graphs.ingest.state import Ingest
from ...graphs.watch.graph import build
from ...graphs.watch.standing import Event, Standing
from ...graphs.watch.state import WINDOW, Watching, WatchState, Window
from ...tools.index.videos import Video
from ...tools.media.kept_segments import KeptSegments
from ...tools.media.live import Stretch
from ...tools.records import Record, in_order
from ...tools.runtime.memory_budget import free_caches
from ...tools.runtime.notes import noting
from ..moments.grounding import Locating
from ..network.public_addresses import Rules
from .incoming import Arrived, Incoming
from .options import Looked, Noted, Options, Watched
from .place import Resumed, WatchFolder
from .progress import Place
from .sources import Source
from .webhook import Webhook

LOOKS = 0.25
"""Seconds after which somebody who waits looks whether there is something to tell."""


class Session:
    """One watching, from its beginning to its end.

    Args:
        scout: whose home, models and settings.
        stages: what looks at the video.
        source: what is watched.
        options: how.
        rules: which hosts may be asked.
        stop: set it to end.
    """

    def __init__(
        self,
        scout: Locating,
        stages: tuple[Stage, ...],
        source: Source,
        options: Options,
        rules: Rules,
        stop: threading.Event,
    ) -> None:
        self.stages = stages
        self.scout, self.source, self.options, self.stop = scout, source, options, stop
        self.video = source.id
        self.folder = WatchFolder(scout.settings.home, self.video)
        self.folder.make()
        self.resumed = self.folder.resumed() or Resumed(Place(began=time.time()))
        kept = KeptSegments(self.folder.segments, options.keep_hours * 3600, options.keep_bytes)
        sampling = scout.sampling_of()
        self.incoming = Incoming(
            source, self.resumed.place, kept, rules, sampling.rate, sampling.longest_side, options.quiet
        )
        self.added = self.events = 0
        self.notes: list[str] = []

    def run(self) -> Generator[Looked | Noted | Event, None, Watched]:

        context = self._context()
        self._begin(context.ingest)
        for model in (context.ingest.text_embedding, *(stage.tool for stage in context.stages)):
            if model is not None:
                model.ready()  # before anything comes: a model takes seconds to load
        graph = build(context.stages).compile()
        notes: queue.SimpleQueue[str] = queue.SimpleQueue()
        hosts = (*self.scout.settings.fetch_hosts, *self.options.allow)
        webhook = Webhook(self.options.webhook, hosts, notes.put) if self.options.webhook else None
        self.incoming.start()
        try:
            while not self.stop.is_set():
                yield from self._noted(notes)
                try:
                    item = self.incoming.items.get(timeout=LOOKS)
                except queue.Empty:
                    continue
                if item is None:
                    break
                for event in self._turn(graph, context, item):
                    if webhook is not None and isinstance(event, Event):
                        webhook.send(event.as_dict())
                    yield event
            if webhook is not None:
                webhook.close()  # what it cannot send is noted
            yield from self._noted(notes)
            if self.incoming.error is not None:
                raise self.incoming.error
        finally:
            self.incoming.close()
            if webhook is not None:
                webhook.close()
        self._end(context.ingest)
        return self._summary()

    def _context(self) -> Watching:

        scout = self.scout
        ingest = Ingest(
            library=scout.library,
            journal=scout.library.journal,
            index=scout.index,
            stages=self.stages,
            text_embedding=scout.role("text_embedding"),
            sampling=scout.sampling_of(),
            stop=self.stop,
        )
        window = Window(self.resumed.window, self.resumed.window_start)
        standing = Standing(scout.grounding(self.stop))
        standing.ask(self.folder.questions())
        before: list[Record] = []
        for stage in ingest.stages:
            there = scout.index.records_by(self.video, window.key(stage.name))
            window.known[stage.name] = {record.id for record in there}
            before += there
        standing.remember(self.video, in_order(before))
        return Watching(ingest, window, standing)

    def _begin(self, ingest: Ingest) -> None:
        """Write down that this video is watched from now on, by this process."""
        library = self.scout.library
        known = library.get(self.video) or Video(self.video, self.source.name, self.folder.segments)
        name = self.options.name or known.name
        library.begin_reading(replace(known, name=name, path=self.folder.segments, status="ready"), ingest.token)
        entries = ingest.journal.entries(self.video)
        for stage in ingest.stages:
            if stage.name not in entries or entries[stage.name].fingerprint != stage.fingerprint:
                ingest.journal.begin(self.video, stage.name, stage.fingerprint, stage.after)
        for stage in ingest.stages:
            ingest.journal.observed(self.video, stage.name)
            ingest.journal.done(self.video, stage.name, ingest.text_embedding.source)
        self.folder.save(self.resumed)

    def _turn(self, graph: Any, context: Watching, item: Arrived) -> Iterator[Looked | Noted | Event]:
        """Look at one stretch."""

        stretch, window = item.stretch, context.window
        closes = stretch.end - window.start >= WINDOW
        if context.standing is not None:
            context.standing.ask(self.folder.questions())
        state = WatchState(self.video, stretch, closes, hurry=not self.incoming.items.empty())
        with noting() as noted:
            found = graph.invoke(state, context=context)
        behind = time.monotonic() - stretch.arrived
        place = replace(self.resumed.place, end=max(stretch.end, self.resumed.place.end))
        if item.done is not None:
            place = replace(place, done=item.done, done_end=stretch.end)
        if closes:
            context.window.__dict__.update(vars(Window(window.number + 1, stretch.end)))
        self.resumed = Resumed(place, context.window.number, context.window.start)
        self._write_down(stretch, closes)
        stretch.let_go()  # a run of a graph lies in circles, until Python's collector looks through the oldest objects
        found.get("sampled", []).clear()
        if closes:
            free_caches()
        events = found["events"]
        self.folder.told([event.as_dict() for event in events])
        self.added, self.events = self.added + found["added"], self.events + len(events)
        yield from events
        yield Looked(self.video, stretch.start, stretch.end, found["added"], behind)
        for note in dict.fromkeys([*found["notes"], *noted]):
            yield Noted(self.video, note)

    def _write_down(self, stretch: Stretch, closes: bool) -> None:
        """Let others know how far the video goes by now."""
        scout = self.scout
        self.folder.save(self.resumed)
        known = scout.library.get(self.video)
        if known is None:
            return  # forgotten meanwhile: the next stretch says so
        picture = stretch.frames[-1].image.shape if stretch.frames else (known.height, known.width)
        scout.library.put(
            replace(
                known,
                duration=self.resumed.place.end,
                height=picture[0],
                width=picture[1],
                has_audio=known.has_audio or stretch.sound is not None,
                has_video=bool(known.width or stretch.frames),
                counts=scout.index.stats(self.video) if closes or not known.counts else known.counts,
            )
        )

    def _noted(self, notes: "queue.SimpleQueue[str]") -> Iterator[Noted]:
        for waiting in (self.incoming.notes, notes):
            while not waiting.empty():
                text = waiting.get()
                self.notes = [*self.notes, text][-20:]
                yield Noted(self.video, text)

    def _end(self, ingest: Ingest) -> None:
        known = self.scout.library.get(self.video)
        if known is not None:
            self.scout.library.put(replace(known, counts=self.scout.index.stats(self.video)))

    def _summary(self) -> Watched:
        incoming = self.incoming
        return Watched(
            self.video,
            self.source.name,
            self.resumed.place.end,
            self.added,
            self.events,
            incoming.reconnected,
            incoming.jumps,
            round(incoming.unseen, 1),
            self.notes,
        )
