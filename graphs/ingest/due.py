"""Which stages have read a video, which are still to, and in what each of them stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ...tools.index.rows.stage_journal import NOWHERE, Failure, StageEntry
from ...tools.records import clock
from .stage import Stage

STRETCHES = 3
"""Stretches that a note names at most."""

State = Literal["done", "missing", "partial", "failed", "stale"]
"""`partial` is one that was interrupted, `failed` one that is done but for some parts of the video, `stale` one that
was read with another tool or other options than today's."""


@dataclass(frozen=True, slots=True)
class StageStatus:
    """How one stage of one video stands."""

    name: str
    state: State
    position: float | None = None
    """Seconds up to which it has read; None where it has not begun or observes nothing itself."""
    failures: tuple[Failure, ...] = ()
    """The parts on which it failed, in order of time."""
    fingerprint: str = ""
    """Tool, version and options that it was read with; of one that is missing, those that it would be."""

    @property
    def note(self) -> str | None:
        """What is to be told of its failures, in one line."""
        return failed(self.name, self.failures) if self.failures else None


def status(stage: Stage, entry: StageEntry | None) -> StageStatus:
    """How a stage stands, by what the journal has of it."""
    if entry is None or (not entry.done and entry.fingerprint != stage.fingerprint):
        return StageStatus(stage.name, "missing", fingerprint=stage.fingerprint)
    return StageStatus(stage.name, _state(stage, entry), entry.position, entry.failures, entry.fingerprint)


def _state(stage: Stage, entry: StageEntry) -> State:
    if entry.done and entry.fingerprint != stage.fingerprint:
        return "stale"
    if entry.failures:
        return "failed"
    return "done" if entry.done else "partial"


def statuses(stages: Sequence[Stage], entries: Mapping[str, StageEntry]) -> dict[str, StageStatus]:
    """How each of a profile's stages stands with a video, by name."""
    return {stage.name: status(stage, entries.get(stage.name)) for stage in stages}


def due(
    stages: Sequence[Stage], now: Mapping[str, StageStatus], asked: Sequence[str], again: bool, anew: Sequence[str] = ()
) -> list[str]:
    """The stages to run, in the profile's order: those asked for, or else those that are missing or have failures.

    With each come the stages whose findings it needs, where they are missing, and those that need its own and are
    there, since they must follow it; one that has observed a source makes its records again without that.

    Args:
        stages: of the profile.
        now: how each stands.
        asked: their names; none means whatever is not done.
        again: run those although they are done.
        anew: stages that are run as well where they were read with other options.
    """
    wanted = set(asked or now)
    if not again:
        wanted = {name for name in wanted if now[name].state != "done" and (asked or now[name].state != "stale")}
        wanted |= {name for name in anew if now[name].state == "stale"}
    by_name = {stage.name: stage for stage in stages}
    while True:
        needed = {need for name in wanted for need in by_name[name].after if now[need].state in {"missing", "partial"}}
        following = {stage.name for stage in stages if wanted & {*stage.after} and now[stage.name].state != "missing"}
        if needed | following <= wanted:
            return [stage.name for stage in stages if stage.name in wanted]
        wanted |= needed | following


def failed(stage: str, failures: Sequence[Failure]) -> str:
    """One line about the parts on which a stage failed: single frames, or stretches of sound."""
    stretches = [f"{clock(part.start)}–{clock(part.end)}" for part in failures if part.end > part.start]
    where = ", ".join(stretches[:STRETCHES]) + (" and more" if len(stretches) > STRETCHES else "")
    moments = sum(part.start == part.end != NOWHERE for part in failures)
    on = f" on {where or f'{moments} frames'}" if where or moments else ""
    return f"{stage} failed{on}: {failures[0].error}"
