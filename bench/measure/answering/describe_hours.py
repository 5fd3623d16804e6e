"""How long describing hours takes.

    python -m vidscout.bench.measure.answering.describe_hours [--hours 1] [--home HOME]

The sentences and slides of the made development recordings, in rotation, are put into an index as if they had been read
(describing touches no file), with the vectors of the text embedding. Then each style is described twice. Printed are
seconds, the items, and the process's peak memory after each.
"""

import resource
import tempfile
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from ....agent.scout import VideoScout
from ....graphs.describe.results import Style
from ....tools.index.videos import Video
from ....tools.payloads import Shot, Spoken, TextLines
from ....tools.perception.embeddings.once import EmbeddedOnce
from ....tools.records import Record, Span
from ...questions.recording import Half, load_half

SECONDS_A_WORD = 0.38
"""As the voices of the made recordings speak."""
GAP = 0.6
VIDEO = "0123456789abcdef"
AT_ONCE = 256
"""Records that are written together."""


def records(seconds: float) -> Iterator[Record]:
    """What would have been found in a video of so many seconds."""
    at, number = 0.0, 0
    for recording in cycle([one for one in load_half(Half.development) if one.language == "en"]):
        for scene in recording.scenes:
            began = at
            for said in scene.say:
                long = SECONDS_A_WORD * len(said.text.split())
                if at + long > seconds:
                    return
                yield Record.of(VIDEO, Span(at, at + long), Spoken(said.text, language="en"), 0.9, "made/1")
                at += long + GAP
            number += 1
            yield Record.of(VIDEO, Span(began, at), Shot(number), 1.0, "made/1")
            if scene.title:
                yield Record.of(VIDEO, Span(began, at), TextLines((scene.title, *scene.lines)), 0.9, "made/1")


def put(scout: VideoScout, seconds: float) -> None:
    """Put the records into the index with their vectors."""
    scout.library.put(Video(VIDEO, "hours.mp4", Path("hours.mp4"), duration=seconds, status="ready"))
    embedding = EmbeddedOnce(scout.role("text_embedding"))
    made = list(records(seconds))
    for first in range(0, len(made), AT_ONCE):
        batch = made[first : first + AT_ONCE]
        scout.index.add(batch, np.stack(embedding.run([record.text for record in batch])))
    print(f"{len(made)} records of {seconds / 3600:g} h; {peak():.0f} MB")


def peak() -> float:
    """Peak memory of this process, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(
    hours: Annotated[float, typer.Option(help="Length of the made video.")] = 1.0,
    home: Annotated[Path | None, typer.Option(help="Folder of the index; by default one that goes.")] = None,
) -> None:
    """Describe a made video of some hours, each style twice."""
    with tempfile.TemporaryDirectory() as folder, VideoScout(profile="embedded", home=home or folder) as scout:
        put(scout, hours * 3600)
        for style in Style:
            for turn in ("first", "second"):
                made = scout.describe(VIDEO, style)
                print(f"{style:<9} {turn:<7} {made.seconds:7.2f} s  {len(made.items):5} items  {peak():.0f} MB")


if __name__ == "__main__":
    typer.run(main)
