"""What the commands share: how errors end, how times are read, and how progress is shown."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from ...tools.errors import UsageError, VidscoutError
from .interrupts import tell_stopped

if TYPE_CHECKING:
    from ...graphs.events import Event
    from ..scout import VideoScout


@dataclass(frozen=True)
class Common:
    """Options that stand before the command."""

    home: Path | None
    profile: str | None

    def scout(self, **settings: Any) -> "VideoScout":
        """A `VideoScout` with the options before the command, and with settings of the command's own."""
        from ..scout import VideoScout

        return VideoScout(self.profile, self.home, **settings)


def one_line(error: BaseException) -> str:
    """An error's message on one line, whatever stands in a file's name."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in str(error))


@contextmanager
def reported() -> Iterator[None]:
    """End with one line on stderr and the error's exit code; a traceback only where `VIDSCOUT_DEBUG` is set."""
    try:
        yield
    except VidscoutError as error:
        print(f"vidscout: {one_line(error)}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        tell_stopped()
        raise SystemExit(130) from None
    except BrokenPipeError:  # the reader of a pipe has gone, as in `vidscout videos | head -1`
        sys.stderr.close()
        raise SystemExit(141) from None
    except Exception as error:
        _unforeseen(error)


def _unforeseen(error: Exception) -> NoReturn:
    """One line about an error that nobody foresaw, and how to see more of it."""
    if os.environ.get("VIDSCOUT_DEBUG"):
        raise error
    what = one_line(error) or "no reason given"
    print(f"vidscout: {type(error).__name__}: {what} (VIDSCOUT_DEBUG=1 shows where)", file=sys.stderr)
    raise SystemExit(1) from None


def seconds(text: str) -> float:
    """A time on the command line: `2:15`, `1:02:03`, or plain seconds.

    Raises:
        UsageError: it is not a time.
    """
    from ...graphs.answer.question.times import seconds as parsed

    try:
        return parsed(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a time; write it as 2:15, 1:02:03, or seconds") from None


def time_range(start: str | None, end: str | None) -> tuple[float, float] | None:
    """`--from` and `--to`; a missing end is open."""
    if start is None and end is None:
        return None
    return (seconds(start) if start else 0.0, seconds(end) if end else float("inf"))


class ProgressBars:
    """A bar a stage on stderr, while a video is read."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

        self._tasks: dict[tuple[str, str], Any] = {}
        console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(compact=True),
            console=console,
            disable=not console.is_terminal,  # a file or a pipe gets messages only, a line each
        )
        self._started = False

    def __enter__(self) -> "ProgressBars":
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Leave the bars as they are, so that something else can be printed below them."""
        if self._started:
            self._bars.stop()
            self._started = False
            self._tasks.clear()

    def show(self, event: "Event") -> None:
        """Draw a `Progress` event; others are for somebody else."""
        from ...graphs.events import Progress

        if not isinstance(event, Progress):
            return
        if not self._started:
            for task in self._bars.task_ids:
                self._bars.remove_task(task)
            self._bars.start()
            self._started = True
        key = (event.video, event.stage)
        if key not in self._tasks:
            self._tasks[key] = self._bars.add_task(event.stage, total=event.total, rate="")
        task = self._tasks[key]
        speed = next(bar.speed for bar in self._bars.tasks if bar.id == task)  # ids outlive bars that were removed
        rate = f"{speed:.1f} × real time" if speed and event.unit == "s" else ""
        self._bars.update(task, completed=min(event.done, event.total), rate=rate)


def print_json(value: Any) -> None:
    """Exactly one JSON value on stdout."""
    import json

    print(json.dumps(value, ensure_ascii=False, default=str))


def common_options(context: typer.Context) -> Common:
    """The options before the command; present whenever the command line was entered through `main`."""
    assert isinstance(context.obj, Common)
    return context.obj
