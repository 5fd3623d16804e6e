"""`vidscout detect`: whether a video was generated, why, and what is not known; and how to calibrate that."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from ....tools.errors import UsageError
from ....tools.records import clock
from ..common import Common, print_json

if TYPE_CHECKING:
    from ....graphs.events import Event
    from ...generated.verdict import Verdict


OF_MODELS = frozenset({"encoder", "faces", "hands", "text_stability"})
"""What costs that a model works for."""


class _OrVideo(TyperGroup):
    """A first argument that is no subcommand is a video: `vidscout detect clip.mp4`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in {"-h", "--help"}:
            args = ["video", *args]
        return super().parse_args(ctx, args)


detect_app = typer.Typer(
    cls=_OrVideo,
    help="Was a video generated? `vidscout detect VIDEO` examines one; `calibrate` makes what it is compared with.",
    no_args_is_help=True,
    subcommand_metavar="VIDEO | calibrate",
)


@detect_app.command("video", help="Examine a video for traces of generation.")
def detect(
    context: typer.Context,
    video: Annotated[str, typer.Argument(help="A video file, or the id or name of one that has been read.")],
    calibration: Annotated[
        Path | None, typer.Option(help="A file made by `detect calibrate`.", show_default="the one that ships")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write a page with plots and frames here.", show_default=False)
    ] = None,
    trace: Annotated[bool, typer.Option("--trace", help="Show each step, and what each signal cost.")] = False,
) -> None:
    """Examine a video for traces of generation."""
    from ....graphs.events import StepStarted
    from ...generated.detect import detect as examine

    def show(event: "Event") -> None:
        if trace and isinstance(event, StepStarted):
            print(f"· {event.step}", file=sys.stderr)

    with _options(context).scout() as scout:
        verdict = examine(scout, video, calibration=calibration, on_event=show)
    if report is not None:
        from ...generated.report import page, write_page

        write_page(page(verdict), report)
    if json:
        print_json(verdict.as_dict())
    else:
        print_verdict(verdict)
    if trace:
        print_costs(verdict)


@detect_app.command("calibrate")
def calibrate(
    context: typer.Context,
    real: Annotated[Path, typer.Option(help="Folder of real videos; a subfolder is one source.")],
    out: Annotated[Path, typer.Option(help="The file to write.")],
    generated: Annotated[
        Path | None, typer.Option(help="Folder of generated videos, likewise.", show_default=False)
    ] = None,
    limits: Annotated[str, typer.Option(help="What it does not cover, in your words.", show_default=False)] = "",
    plot: Annotated[
        Path | None, typer.Option(help="With --generated: write a page with the reliability plot.", show_default=False)
    ] = None,
) -> None:
    """Learn what real videos look like here, and with --generated how generated ones differ."""
    if plot is not None and generated is None:
        raise UsageError("--plot needs --generated: with real videos alone there is no probability to check")
    from ....tools.forensics.calibration.ranges import save
    from ...generated.detect import calibrate as learn

    def show(path: Path) -> None:
        print(f"· {path}", file=sys.stderr)

    with _options(context).scout() as scout:
        made = learn(scout, real, generated, limits=limits, on_clip=show)
    save(made, out)
    windows = sum(source.windows for source in made.sources)
    print(f"{out}: {len(made.real)} real and {len(made.sources) - len(made.real)} generated sources, {windows} windows")
    if made.fusion is not None:
        low, high = made.report["auc_interval"]
        print(
            f"AUC {made.report['auc']:.3f} ({low:.3f}–{high:.3f}), F1 {made.report['f1']:.3f}, of"
            f" {made.report['clips']} clips, cross-validated over sources in {made.report['folds']} folds"
        )
        for name in made.report["chosen"]:
            gain = made.report["gain"].get(name)
            told = "" if gain is None else f", gain {gain:+.3f}"
            print(f"  {name:<22} alone {made.report['separation'][name]:.3f}{told}")
        for row in made.report["reliability"]:
            print(f"  said {row['said']:.2f}  seen {row['seen']:.2f}  ({row['clips']} clips)")
        if plot is not None:
            from ...generated.report import reliability_page, write_page

            write_page(reliability_page(made.report), plot)


def print_verdict(verdict: "Verdict") -> None:
    """The verdict for people: label, score, reason, stretches and notes."""
    low, high = verdict.interval
    print(f"{verdict.label}  score {verdict.score:.2f} ({low:.2f}–{high:.2f}), decided by {verdict.decided_by}")
    if verdict.evidence.reason:
        print(f"  {verdict.evidence.reason}")
    known = [reading for reading in verdict.signals if reading.distance is not None]
    for reading in sorted(known, key=lambda reading: -(reading.distance or 0)):
        print(
            f"  {reading.title:<30} {reading.value:>10.4g} {reading.unit:<22} above {reading.percentile:>4.0%} of real,"
            f" {reading.distance:.1f} spreads out"
        )
    for span in verdict.evidence.spans:
        print(f"  {clock(span.start)}–{clock(span.end)} stands out: {', '.join(span.signals[:3])}")
    if len(verdict.evidence.shots) > 1:
        foremost = sorted(verdict.evidence.shots, key=lambda shot: -shot.score)[:5]
        told = ", ".join(f"{clock(shot.start)}–{clock(shot.end)} {shot.score:.2f}" for shot in foremost)
        print(f"  {len(verdict.evidence.shots)} shots, most suspicious: {told}")
    claims = verdict.provenance.get("c2pa", {}).get("status", "none")
    print(f"  C2PA: {claims}; container {verdict.provenance.get('container', '?')}")
    for note in verdict.notes:
        print(f"note: {note}", file=sys.stderr)


def print_costs(verdict: "Verdict") -> None:
    """The steps of the examination, each with its seconds, and as a multiple of the video's length."""
    whole = max(verdict.duration, 1e-9)
    print("route: " + " → ".join(verdict.route), file=sys.stderr)
    for name, spent in sorted(verdict.costs.items(), key=lambda item: -item[1]):
        print(f"  {name:<22} {spent:8.3f} s  {spent / whole:6.3f} × the video", file=sys.stderr)
    free = sum(spent for name, spent in verdict.costs.items() if name not in OF_MODELS)
    print(f"  all without a model    {free:8.3f} s  {free / whole:6.3f} × the video, of work", file=sys.stderr)
    print(
        f"  elapsed                {verdict.seconds:8.3f} s  {verdict.seconds / whole:6.3f} × the video",
        file=sys.stderr,
    )


def _options(context: typer.Context) -> Common:
    found = context.find_object(Common)
    assert found is not None
    return found
