"""`vidscout ingest`, `search`, `videos` and `forget`: the videos that have been read."""

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ....tools.errors import MediaError, UsageError, VidscoutError
from ....tools.records import clock
from ....tools.runtime.notes import noting
from ...network.public_addresses import FetchError
from ..common import ProgressBars, common_options, one_line, print_json, time_range
from ..interrupts import interruptible
from .links import Fetch, local

if TYPE_CHECKING:
    from ...answer import Ingested
    from ...scout import VideoScout


class Searchable(StrEnum):
    """Modalities that can be searched for."""

    speech = "speech"
    screen_text = "screen_text"
    object = "object"
    frame = "frame"
    caption = "caption"
    sound = "sound"
    chapter = "chapter"


Scripts = Annotated[
    str | None,
    typer.Option(metavar="NAMES", help="What is written on the picture, as in latin,arabic; by default found out."),
]


AtOnce = Annotated[
    int,
    typer.Option(min=1, max=64, metavar="N", help="Read so many videos at the same time: for a GPU's full batches."),
]
Again = Annotated[bool, typer.Option("--again", help="Read anew what has been read before.")]


def ingest(
    context: typer.Context,
    video: Annotated[list[str], typer.Argument(help="Video or audio files, or addresses of some.")],
    stage: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Read by this stage only; may be given several times (`videos --stages`)."),
    ] = None,
    again: Again = False,
    language: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help="What is spoken, as in `en,de` or German; by default found out."),
    ] = None,
    vocabulary: Annotated[
        str | None, typer.Option(metavar="WORDS", help="Names and rare words that are said, as they are spelt.")
    ] = None,
    translate: Annotated[
        bool, typer.Option("--translate", help="Keep an English translation beside what is said in other languages.")
    ] = False,
    audio_track: Annotated[
        str | None,
        typer.Option(
            metavar="N|LANG|all|channels", help="Listen to this audio track of these videos: from 0, de, or all."
        ),
    ] = None,
    speakers: Annotated[
        int | None, typer.Option(min=1, max=64, metavar="N", help="So many people speak; by default found out.")
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave out frames too blurred, noisy, dark or blocky to tell anything.")
    ] = False,
    scripts: Scripts = None,
    fetch: Fetch = False,
    ray: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Spread the videos over a Ray cluster: HOST:PORT, or `auto`."),
    ] = None,
    at_once: AtOnce = 1,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Read videos, so that questions about them cost nothing but the answer.

    What has been read before is read by those stages only that are missing, or failed on parts of it.
    """
    expected: dict[str, Any] = {"language": language, "vocabulary": vocabulary, "translate": translate or None}
    expected |= {"speakers": speakers, "skip_bad": skip_bad or None, "scripts": scripts, "fetch": fetch or None}
    options: Any = {"stages": stage or (), "again": again, "audio_track": audio_track}
    tell = None if json else _tell
    with common_options(context).scout(**expected) as scout, interruptible(), ProgressBars() as bars:
        if ray is not None:
            read, failed = _read_on(ray, scout, [local(scout, name) for name in video], bars, tell, options), {}
        else:
            read, failed = _read(scout, video, bars, tell, {**options, "at_once": at_once})
    if json:
        from dataclasses import asdict

        errors = [{"path": path, "error": one_line(error)} for path, error in failed.items()]
        print_json({"videos": [asdict(one) for one in read], "failed": errors})
    for error in failed.values():
        raise SystemExit(error.exit_code)


Tell = Callable[["Ingested"], None] | None


def _read(
    scout: "VideoScout", videos: list[str], bars: ProgressBars, tell: Tell, options: dict[str, Any]
) -> "tuple[list[Ingested], dict[str, VidscoutError]]":
    """Read videos, by default one after the other; one that cannot be read is said and does not end the others."""
    from ...network.sizes import TooLargeError

    read: list[Ingested] = []
    failed: dict[str, VidscoutError] = {}

    def told(path: str, one: "Ingested | VidscoutError") -> None:
        bars.stop()
        if isinstance(one, VidscoutError):
            failed[path] = one
            print(f"vidscout: {one_line(one)}", file=sys.stderr)
            return
        read.append(one)
        if tell is not None:
            tell(one)

    waiting: dict[str, str] = {}
    for path in videos:
        try:
            waiting[path] = local(scout, path)
        except (MediaError, FetchError, TooLargeError) as error:
            told(path, error)
            continue
        if options["at_once"] == 1:
            told(path, *scout.ingest_each([waiting.pop(path)], bars.show, **options))
    for path, one in zip(waiting, scout.ingest_each([*waiting.values()], bars.show, **options), strict=True):
        told(path, one)
    return read, failed


def _read_on(
    cluster: str, scout: "VideoScout", videos: list[str], bars: ProgressBars, tell: Tell, options: dict[str, Any]
) -> "list[Ingested]":
    from ...distributed.ray_ingest import ingest_on

    with redirect_stdout(sys.stderr):  # where Ray says that a worker has died
        read = ingest_on(scout, cluster, videos, on_progress=bars.show, **options)
    bars.stop()
    if tell is not None:
        for one in read:
            tell(one)
    return read


def _tell(one: "Ingested") -> None:
    found = ", ".join(f"{count} {name}" for name, count in one.records.items() if count) or "nothing found"
    speed = f"{one.duration / one.seconds:.1f} × real time" if one.stages else "read before"
    took = f"{clock(one.duration)} in {one.seconds:.1f} s, {speed}"
    print(f"{one.path}: {took}; {one.added} new records ({found})")
    for note in one.notes:
        print(f"note: {note}", file=sys.stderr)


def search(
    context: typer.Context,
    video: Annotated[str, typer.Argument(help="A video that has been read; `all` searches every one.")],
    query: Annotated[str | None, typer.Argument(help="Words, or what they mean.", show_default=False)] = None,
    image: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A picture, instead of words: moments that look like it.")
    ] = None,
    modality: Annotated[Searchable | None, typer.Option(help="Only what was found this way.")] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Only from this time on: m:ss.", show_default=False)
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Only up to this time: m:ss.", show_default=False)] = None,
    k: Annotated[int, typer.Option("--limit", "-k", min=1, max=1000, help="Most results.")] = 10,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find moments by what is said, written or seen, or by a picture that they look like."""
    with common_options(context).scout() as scout, ProgressBars() as bars, noting() as notes:
        videos = None if video == "all" else [video]
        span = time_range(start, end)
        if image is not None:
            if query or modality:
                raise UsageError("--image goes without words and --modality: a picture is compared with frames")
            hits = scout.search_by_image(image, videos, time_range=span, k=k)
        elif query is None:
            raise UsageError("a search needs words, or --image FILE")
        else:
            hits = scout.search(query, videos, modality=modality, time_range=span, k=k, on_progress=bars.show)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    if json:
        from dataclasses import asdict

        asked = {"query": query} if image is None else {"image": str(image)}
        print_json({**asked, "results": [asdict(hit) for hit in hits]})
        return
    for hit in hits:
        text = " ".join(hit.text.split())
        name = f"{hit.name}  " if video == "all" else ""
        times = clock(hit.start) if image else f"{clock(hit.start)}–{clock(hit.end)}"
        print(f"{name}{times}  {hit.modality:<12} {hit.score:.2f}  {text}")
    if not hits:
        print("nothing found", file=sys.stderr)


def videos(
    context: typer.Context,
    stages: Annotated[
        bool, typer.Option("--stages", help="Tell by what each has been read, and what is missing or failed.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List the videos that have been read."""
    with common_options(context).scout() as scout:
        known = scout.videos()
        read_by = {video.id: scout.stages(video.id) for video in known} if stages else {}
    if json:
        from dataclasses import asdict

        listed = [asdict(video) for video in known]
        for video in listed if stages else []:
            video["stages"] = [asdict(stage) for stage in read_by[video["id"]]]
        print_json({"videos": listed})
        return
    for video in known:
        state = "" if video.status == "ready" else "  (read in part)"
        print(f"{video.id[:12]}  {clock(video.duration):>8}  {video.name}{state}")
        for stage in read_by.get(video.id, ()):
            at = f" at {clock(stage.position)}" if stage.state == "partial" and stage.position else ""
            why = stage.note or (f"read with {stage.fingerprint}" if stage.state == "stale" else "")
            print(f"    {stage.name:<14} {stage.state}{at}{': ' if why else ''}{why}")
    if not known:
        print("no video has been read yet: vidscout ingest VIDEO", file=sys.stderr)


def forget(
    context: typer.Context, video: Annotated[str, typer.Argument(help="A video that has been read: file, id or name.")]
) -> None:
    """Remove a video from the index. The file itself stays."""
    with common_options(context).scout() as scout:
        known = scout.find(video)
        scout.forget(known.id)
    print(f"forgot {known.name}", file=sys.stderr)
