"""`vidscout watch`: a live video, read while it comes in."""

import json as jsonlib
import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from ....tools.errors import UsageError
from ...watching.options import KEEP_BYTES, KEEP_HOURS, Looked, Noted, Options
from ..common import common_options, print_json
from ..interrupts import interruptible


def watch(
    context: typer.Context,
    source: Annotated[
        str,
        typer.Argument(
            help="A growing file, a folder that gets segments, an HLS or RTSP address, /dev/video0, "
            "device:FORMAT:NAME, or - for standard input."
        ),
    ],
    tell: Annotated[
        list[str] | None,
        typer.Option("--tell", metavar="QUESTION", help="Tell of this as it happens: a line of JSON each."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What it is called, to ask about it: `vidscout ask NAME …`.", show_default=False)
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST[:PORT]", help="A host that may be watched although its address is private."),
    ] = None,
    webhook: Annotated[
        str | None, typer.Option(metavar="URL", help="Send each event there as well.", show_default=False)
    ] = None,
    keep: Annotated[
        float, typer.Option(min=0, metavar="HOURS", help="Hours of its own material to keep.")
    ] = KEEP_HOURS,
    keep_size: Annotated[float, typer.Option(min=0, metavar="GB", help="And at most so much.")] = KEEP_BYTES / 1e9,
    quiet: Annotated[
        float | None,
        typer.Option(min=0, metavar="SECONDS", help="End after so long without anything new.", show_default="never"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Tell also of every stretch that was looked at.")] = False,
) -> None:
    """Watch a live video. It can be asked about and searched within seconds; Ctrl-C stops, a restart goes on."""
    if name is not None and not name.strip():
        raise UsageError("the name is empty")
    options = Options(tuple(tell or ()), name, keep, round(keep_size * 1e9), quiet, tuple(allow or ()), webhook)
    with common_options(context).scout() as scout, interruptible():
        events = scout.watch_events(source, options)
        try:
            while True:
                _show(next(events), json)
        except StopIteration as end:
            watched = end.value
        finally:
            events.close()
    print(
        f"{watched.name}: {watched.seconds:.0f} s watched, {watched.added} findings, {watched.events} events, "
        f"connected again {watched.reconnected} times, {watched.unseen:g} s unseen",
        file=sys.stderr,
    )


def _show(event: Any, everything: bool) -> None:
    if isinstance(event, Noted):
        print(f"note: {event.text}", file=sys.stderr)
    elif isinstance(event, Looked):
        if everything:
            told = {"video": event.video, "start": round(event.start, 3), "end": round(event.end, 3)}
            print_json({"looked": {**told, "added": event.added, "behind": round(event.behind, 3)}})
    else:
        moment = datetime.fromtimestamp(event.at, UTC).isoformat(timespec="seconds")
        print(jsonlib.dumps({**event.as_dict(), "told": moment}, ensure_ascii=False))
    sys.stdout.flush()
