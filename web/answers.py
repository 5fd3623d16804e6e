"""An answer as it is shown: steps while it runs, then evidence, frames, what it cost, and the whole as Markdown."""

import base64
import mimetypes
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from urllib.parse import quote

from ..agent.answer import Answer, AnswerFrame, Evidence
from ..agent.markdown import one_line, plain
from ..graphs.events import Event, Progress, StepStarted, ToolFinished
from ..tools.records import clock
from .chips import chip

STEPS = {
    "plan": "Planned what to look for",
    "select": "Chose frames",
    "find_objects": "Looked for objects",
    "answer_from_records": "Read what the records say",
    "pack": "Packed the prompt",
    "respond": "Asked the answerer",
    "verify": "Checked the answer against the evidence",
    "probe": "Looked at the file",
    "frames": "Watched",
    "audio": "Listened",
    "finish": "Wrote the index",
}
MODALITIES = {
    "speech": "speech",
    "screen_text": "screen text",
    "object": "objects",
    "frame": "frames",
    "caption": "captions",
}
EVIDENCE_SHOWN = 8

Thumbnail = Callable[[str, float], str | None]
"""The address of the picture of a video at a time, if there is one."""


class AnswerSteps:
    """The steps of a question as they happen, as Markdown list; a step's time is known when the next one begins."""

    def __init__(self, now: float) -> None:
        self._began = now
        self._lines: list[str] = []
        self._open: tuple[int, float] | None = None
        self.count = 0

    def see(self, event: Event, now: float) -> bool:
        """Take in an event; whether there is something new to show."""
        if isinstance(event, StepStarted):
            self._finish(now)
            self._open = (len(self._lines), now)
            self._lines.append(f"- {STEPS.get(event.step, event.step)}")
            self.count += 1
        elif isinstance(event, ToolFinished):
            self._finish(now - event.seconds)  # tools do not say when they begin: the step before them ended then
            note = f" ({one_line(event.note)})" if event.note else ""
            name = MODALITIES.get(event.tool, event.tool)
            self._lines.append(f"- Searched {name}: {event.found} found in {_seconds(event.seconds)}{note}")
            self.count += 1
        elif isinstance(event, Progress):
            line = f"- Reading the video first, {event.stage}: {event.done / max(event.total, 1e-9):.0%}"
            if self._lines and self._lines[-1].startswith("- Reading the video first"):
                self._lines[-1] = line
            else:
                self._lines.append(line)
        else:
            return False
        return True

    def end(self, now: float) -> None:
        """The last step is done."""
        self._finish(now)

    def _finish(self, now: float) -> None:
        if self._open is not None:
            line, since = self._open
            self._lines[line] += f" in {_seconds(max(now - since, 0.0))}"
            self._open = None

    @property
    def markdown(self) -> str:
        """The steps so far as a list."""
        return "\n".join(self._lines) or "- Starting"

    def title(self, now: float) -> str:
        """One line for the folded list: how many steps, and the seconds they took until `now`."""
        return f"{self.count} steps in {_seconds(now - self._began)}"


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def evidence_html(answer: Answer, thumbnail: Thumbnail, names: Mapping[str, str]) -> str:
    """A card a piece of evidence, best first."""
    if not answer.evidence:
        return "<p class='vs-muted'>No evidence: nothing in the index supports an answer.</p>"
    several = len(answer.videos) > 1
    cards = "".join(_card(item, thumbnail, names if several else {}) for item in answer.evidence[:EVIDENCE_SHOWN])
    return f"<h3>Evidence</h3><ul class='vs-cards'>{cards}</ul>"


def _card(item: Evidence, thumbnail: Thumbnail, names: Mapping[str, str]) -> str:
    picture = thumbnail(item.video, (item.start + item.end) / 2)
    image = (
        f"<img src='{escape(picture, quote=True)}' alt='Frame at {clock(item.start)}' loading='lazy'>"
        if picture
        else ""
    )
    name = f" · {escape(names[item.video])}" if item.video in names else ""
    span = f"{clock(item.start)}–{clock(item.end)}"
    return (
        f"<li class='vs-card'>{image}<div class='vs-card-text'><div>{chip(item.video, item.start, span)}"
        f"<span class='vs-kind'>{MODALITIES.get(item.modality, item.modality)}</span></div>"
        f"<blockquote>{escape(' '.join(item.text.split()))}</blockquote>"
        f"<div class='vs-muted'>score {item.score:.2f} · {escape(item.source)}{name}</div></div></li>"
    )


def frames_html(answer: Answer, thumbnail: Thumbnail) -> str:
    """The frames that were selected for the question, in order of time, and whether the answerer saw them."""
    shown = [(frame, thumbnail(frame.video, frame.time)) for frame in answer.frames]
    pictures = "".join(
        f"<li>{_frame_image(frame, source)}<div>{chip(frame.video, frame.time)}"
        f" <span class='vs-muted'>{frame.score:.2f}</span></div></li>"
        for frame, source in shown
        if source
    )
    if not pictures:
        return ""
    head = f"<h3>Frames of the question</h3><p class='vs-muted'>{_use_of_frames(answer)}</p>"
    return f"{head}<ul class='vs-frames'>{pictures}</ul>{_composites(answer)}"


def _composites(answer: Answer) -> str:
    """Pictures that a packer put together of several frames, as they were sent."""
    frames = {frame.thumbnail for frame in answer.frames}
    made = [Path(image) for image in answer.images if image not in frames and Path(image).is_file()]
    if not made:
        return ""
    pictures = "".join(f"<li><img src='{_inline(image)}' alt='Picture in the prompt'></li>" for image in made)
    return f"<p class='vs-muted'>As they were sent:</p><ul class='vs-composites'>{pictures}</ul>"


def _inline(image: Path) -> str:
    kind = mimetypes.guess_type(image.name)[0] or "image/jpeg"
    return f"data:{kind};base64,{base64.b64encode(image.read_bytes()).decode()}"


def _use_of_frames(answer: Answer) -> str:
    if answer.images:
        return "Selected by how well they fit, and sent to the answerer."
    if not answer.counters.get("llm_calls"):
        return "Selected by how well they fit; the answer was read off the records, and no model was asked."
    return "Selected by how well they fit; this profile's answerer reads text only and was not sent them."


def _frame_image(frame: AnswerFrame, source: str) -> str:
    return f"<img src='{escape(source, quote=True)}' alt='Selected frame at {clock(frame.time)}' loading='lazy'>"


def cost_html(answer: Answer) -> str:
    """Notes, tokens, seconds a step, and a link to the answer as Markdown."""
    notes = "".join(f"<li>{escape(note)}</li>" for note in answer.notes)
    notes = f"<ul class='vs-notes' aria-label='Notes'>{notes}</ul>" if notes else ""
    tokens = ", ".join(f"{answer.tokens[name]} {name}" for name in answer.tokens)
    steps = " · ".join(f"{name} {_seconds(seconds)}" for name, seconds in answer.timings.items())
    data = base64.b64encode(as_markdown(answer).encode()).decode()
    link = (
        f"<a class='vs-link' href='data:text/markdown;charset=utf-8;base64,{data}'"
        f" download='answer.md'>Answer as Markdown</a>"
    )
    return (
        f"{notes}<p class='vs-cost'>{answer.timings.get('total', 0):.2f} s · tokens: {tokens} ·"
        f" LLM calls: {answer.counters.get('llm_calls', 0):g} · confidence {answer.confidence:.2f} ·"
        f" profile {escape(answer.profile)}</p><details><summary>Seconds a step</summary>"
        f"<p class='vs-cost'>{escape(steps)}</p></details><p>{link}</p>"
    )


def as_markdown(answer: Answer) -> str:
    """Question, answer and evidence, to keep or to send."""
    lines = [f"## {one_line(answer.question)}", "", plain(answer.text), ""]
    if answer.evidence:
        lines += ["| time | modality | text | score | tool |", "|---|---|---|---|---|"]
        for item in answer.evidence:
            span = f"{clock(item.start)}–{clock(item.end)}"
            told = (span, item.modality, one_line(item.text), f"{item.score:.2f}", one_line(item.source))
            lines.append(f"| {' | '.join(told)} |")
        lines.append("")
    lines += [f"> note: {one_line(note)}" for note in answer.notes]
    return "\n".join(lines)


def media_address(video: str) -> str:
    """Where the page finds a video's file."""
    return f"media/{quote(video)}"
