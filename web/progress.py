"""How videos on their way into the index are shown: a list with a bar a stage."""

from html import escape

from ..agent.inbox.queue import QueuedVideo, StageProgress
from ..tools.records import clock


def progress_html(readings: list[QueuedVideo]) -> str:
    """The list of readings with a bar a stage."""
    return "".join(_reading_html(reading) for reading in readings)


def _reading_html(reading: QueuedVideo) -> str:
    title = (
        f"<strong>{escape(reading.upload.name)}</strong> <span class='vs-muted'>{clock(reading.upload.duration)}</span>"
    )
    state = reading.state
    if state == "reading" and reading.stop.is_set():
        state, note = "reading", "stopping at the next batch…"
    elif state == "reading":
        note = "" if reading.stages else "loading the models…"
    elif state == "waiting":
        note = "waits for the video before it"
    else:
        note = reading.message
    bars = (
        "".join(_stage_html(name, stage) for name, stage in list(reading.stages.items())) if state == "reading" else ""
    )
    mark = {"ready": "✓ ", "failed": "✗ ", "stopped": "■ "}.get(state, "")
    return (
        f"<section class='vs-reading vs-{state}' aria-label='{escape(reading.upload.name, quote=True)}: {state}'>"
        f"<div>{title}</div>{bars}<div class='vs-note'>{mark}{escape(note)}</div></section>"
    )


def _stage_html(name: str, stage: StageProgress) -> str:
    done, total = stage.last.done, max(stage.last.total, 1e-9)
    rate = ""
    if stage.rate and done < total:
        unit = "× real time" if stage.last.unit == "s" else f"{stage.last.unit}/s"
        rate = f"{stage.rate:.1f} {unit}, {clock(stage.left or 0.0)} left"
    share = min(done / total, 1.0)
    return (
        f"<label class='vs-stage'><span>{name}</span><progress value='{share:.4f}' max='1'></progress>"
        f"<span>{share:.0%} {rate}</span></label>"
    )
