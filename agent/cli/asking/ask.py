"""`vidscout ask`: a question, its answer, when in the video the evidence is, and what it cost."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ....tools.errors import UsageError
from ....tools.records import clock
from ..common import ProgressBars, common_options, print_json, seconds, time_range
from ..interrupts import interruptible
from ..library.links import Fetch, local

if TYPE_CHECKING:
    from ....graphs.events import Event
    from ...answer import Answer
    from ...asking.regions import Region

SHOWN = 5
"""Pieces of evidence printed; `--json` has them all."""

Fewer = Annotated[
    str | None,
    typer.Option("--compress", help="Fewer visual tokens, as evs:0.25 (docs/efficiency.md).", show_default=False),
]
InBox = Annotated[
    str | None,
    typer.Option("--region", metavar="TIME,L,T,R,B", help="About what is in this box, as 1:03,0.2,0.3,0.5,0.7."),
]

Way = Annotated[
    str | None, typer.Option("--route", help="rag, text, llovi, direct or cot.", show_default="the setting, rag")
]
Fast = Annotated[
    bool, typer.Option("--fast", help="Without the judge: sooner, but nearly every question gets an answer.")
]
BestOf = Annotated[
    int | None, typer.Option("--best-of", min=1, max=16, help="Write so many answers; give the best supported.")
]
Correct = Annotated[
    bool, typer.Option("--correct", help="Write sentences anew that nothing supports, or leave them out.")
]


def ask(
    context: typer.Context,
    video: Annotated[str, typer.Argument(help="A video file, or the id or name of one that has been read.")],
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    option: Annotated[
        list[str] | None, typer.Option("--option", "-o", help="A choice; give it once for each.", show_default=False)
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Only from this time on: m:ss.", show_default=False)
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Only up to this time: m:ss.", show_default=False)] = None,
    also: Annotated[
        list[str] | None, typer.Option("--also", help="A further video to look in.", show_default=False)
    ] = None,
    conversation: Annotated[
        str | None,
        typer.Option("--conversation", "-c", help="Any name; later questions of it may lean on earlier ones."),
    ] = None,
    region: InBox = None,
    route: Way = None,
    images: Annotated[
        Path | None, typer.Option("--images", help="Save the pictures of the prompt there.", show_default=False)
    ] = None,
    fast: Fast = False,
    best_of: BestOf = None,
    correct: Correct = False,
    fetch: Fetch = False,
    compress: Fewer = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    trace: Annotated[bool, typer.Option("--trace", help="Show each step with its time.")] = False,
) -> None:
    """Ask about a video. It is read first if it has not been."""
    settings = {"route": route, "fast": fast or None, "fetch": fetch or None, "compress": compress}
    settings |= {"best_of": best_of, "verify": "correct" if correct else None}
    with (
        common_options(context).scout(**settings) as scout,
        interruptible(),
        ProgressBars() as bars,
    ):
        shown = Streamed(bars, quiet=json, trace=trace)
        videos = [local(scout, name) for name in (video, *(also or []))]
        answer = scout.ask(
            videos,
            question,
            option,
            time_range(start, end),
            shown.see,
            conversation=conversation,
            region=region_of(region) if region is not None else None,
        )
        if images is not None:
            saved = save(answer.images, images)
            print(f"{saved} picture{'' if saved == 1 else 's'} of the prompt saved in {images}", file=sys.stderr)
    if json:
        print_json(answer.as_dict())
    else:
        print_answer(answer, shown.text)
        if trace:
            print_route(answer)


def region_of(written: str) -> "Region":
    """A region as it is written: `1:03,0.2,0.3,0.5,0.7`.

    Raises:
        UsageError: it is none.
    """
    from ...asking.regions import checked_region

    at, *sides = written.split(",")
    try:
        given: Any = seconds(at.strip()), tuple(float(side) for side in sides)
    except (UsageError, ValueError):
        given = None
    time, box = checked_region(given)
    return time, (box.left, box.top, box.right, box.bottom)


class Streamed:
    """What is shown while a question is answered: bars while a video is read, then the text as it comes."""

    def __init__(self, bars: ProgressBars, quiet: bool, trace: bool) -> None:
        """Show on `bars` and on stdout, or on the bars alone where `quiet`; each step too with `trace`."""
        self._bars = bars
        self._quiet = quiet
        self._trace = trace
        self.text = ""
        """What was printed of the answer."""

    def see(self, event: "Event") -> None:
        """Show one event."""
        from ....graphs.events import StepStarted, Token, ToolFinished

        self._bars.show(event)
        if isinstance(event, Token) and not self._quiet:
            self._bars.stop()
            self.text += event.text
            print(event.text, end="", flush=True)
        elif isinstance(event, StepStarted):
            if event.step == "respond" and self.text:
                print()  # the answer before was not supported; this one is another
                self.text = ""
            if self._trace:
                print(f"· {event.step}", file=sys.stderr)
        elif self._trace and isinstance(event, ToolFinished):
            print(f"· gather {event.tool}: {event.found} in {event.seconds:.3f} s {event.note}", file=sys.stderr)


def print_answer(answer: "Answer", streamed: str) -> None:
    """The answer with its evidence, notes and cost; its text only where it is not what has been printed already."""
    if streamed:
        print()
    if streamed.strip() != answer.text:
        print(answer.text)
    print_evidence(answer)
    for one in answer.drafts[1:]:
        print(f"another answer, supported by {one.score:.2f} instead of {answer.drafts[0].score:.2f}: {one.text}")
    for one in answer.corrections:
        print(f"- {one.before}" + (f"\n+ {one.after}" if one.after else ""))
    for note in answer.notes:
        print(f"note: {note}", file=sys.stderr)
    print(cost(answer), file=sys.stderr)


def print_route(answer: "Answer") -> None:
    """The steps that the answer took, each with its seconds."""
    print("route: " + " → ".join(answer.route), file=sys.stderr)
    for name, took in answer.timings.items():
        print(f"  {name:<22} {took:8.3f} s", file=sys.stderr)


def save(pictures: Sequence[str], folder: Path) -> int:
    """Copy the prompt's pictures into a folder, numbered in its order; how many there are."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for number, picture in enumerate(pictures, start=1):
            shutil.copyfile(picture, folder / f"{number:03}{Path(picture).suffix}")
    except OSError as error:
        raise UsageError(f"the pictures cannot be saved in {folder}: {error}") from error
    return len(pictures)


def print_evidence(answer: "Answer") -> None:
    """The best evidence, a line each."""
    for item in answer.evidence[:SHOWN]:
        several = f"{item.name}  " if len(answer.videos) > 1 else ""
        span = f"{clock(item.start)}–{clock(item.end)}"
        text = " ".join(item.text.split())
        text = text if len(text) <= 100 else text[:99] + "…"
        print(f"  {several}{span:<13} {item.modality:<12} {item.score:.2f}  {text}")


def cost(answer: "Answer") -> str:
    """One line: what the answer cost."""
    counters = answer.counters
    return (
        f"[{answer.profile}] {answer.timings['total']:.2f} s, {answer.timings['before_answer']:.3f} s of it before the"
        f" answerer; {answer.tokens['prompt']} prompt tokens ({answer.tokens['auxiliary']} of evidence),"
        f" {answer.tokens['generated']} generated; {counters['frames_decoded']:g} frames decoded,"
        f" {counters['ocr_calls']:g} OCR, {counters['asr_seconds']:g} s of ASR, {counters['detector_calls']:g} detector"
        f" and {counters['llm_calls']:g} LLM calls"
    )
