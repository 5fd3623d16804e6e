"""A question on its way: what the page shows from the click to the evidence, place by place."""

import logging
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from ..agent.answer import Answer
from ..agent.bridge import streamed
from ..agent.cli.common import time_range
from ..agent.markdown import plain
from ..agent.scout import VideoScout
from ..graphs.events import Event, Token
from ..tools.errors import UsageError, VidscoutError
from .answers import AnswerSteps, cost_html, evidence_html, frames_html
from .chips import with_chips
from .player import timelines_html
from .site import Site

log = logging.getLogger(__name__)

REDRAWN = 0.06
"""Seconds between two drawings of a streamed answer."""
MARKED = 3
"""Pieces of evidence, best first, that the relevance curve marks."""
EMPTIED = ("question", "evidence", "frames", "cost")
"""Places that a new question empties."""
WENT_WRONG = "The answer failed; the terminal that runs the page says why."

Message = dict[str, Any]
Update = dict[str, Any]
"""New contents by the name of their place: `conversation`, `question`, `evidence`, `frames`, `cost` or
`timelines`."""


@dataclass(frozen=True)
class PageQuestion:
    """What was asked, and of which videos."""

    text: str
    videos: list[str]
    options: list[str] | None = None
    start: str = ""
    end: str = ""
    """Where to look, as people write times; empty for the whole."""
    conversation: str | None = None
    """Questions of the same one may lean on those before."""

    @property
    def within(self) -> tuple[float, float] | None:
        """Raises UsageError: it is not a time."""
        return time_range(self.start.strip() or None, self.end.strip() or None)


@dataclass
class _Reply:
    """The conversation with a reply that grows."""

    question: PageQuestion
    history: list[Message]
    steps: AnswerSteps
    text: str = ""
    understood: str = ""

    def messages(self, now: float, done: bool = False) -> list[Message]:
        """The conversation as it stands; steps are folded once the answer is there."""
        asked = self.question.text
        thought = {"title": self.steps.title(now) if done else "Working", "status": "done" if done else "pending"}
        leaning = f"- Understood as: {plain(self.understood)}\n" if self.understood else ""
        shown: list[Message] = [{"role": "user", "content": plain(asked)}]
        shown.append({"role": "assistant", "content": leaning + self.steps.markdown, "metadata": thought})
        if self.text:
            shown.append({"role": "assistant", "content": self.text})
        return [*self.history, *shown]


async def answered(
    site: Site, question: PageQuestion, history: list[Message], settings: dict[str, Any]
) -> AsyncIterator[Update]:
    """Everything that changes on the page because of a question; an error ends the reply with its one line."""
    reply = _Reply(question, history, AnswerSteps(time.perf_counter()))
    yield {"conversation": reply.messages(time.perf_counter()), **dict.fromkeys(EMPTIED, "")}
    try:
        scout = site.scout_for(**settings)
        drawn = 0.0
        async for item in streamed(lambda: _events(site, scout, question)):
            now = time.perf_counter()
            if isinstance(item, Answer):
                reply.steps.end(now)
                reply.text = with_chips(item)
                reply.understood = item.understood if item.understood != item.question else ""
                yield {"conversation": reply.messages(now, done=True), **_under_the_answer(site, item)}
                yield {"timelines": _timelines(site, question.videos, item)}
            elif isinstance(item, Token):
                reply.text += plain(item.text)
                if now - drawn > REDRAWN:
                    drawn = now
                    yield {"conversation": reply.messages(now)}
            elif reply.steps.see(item, now):
                yield {"conversation": reply.messages(now)}
    except VidscoutError as error:
        reply.text = f"⚠ {plain(str(error))}"
        yield {"conversation": reply.messages(time.perf_counter(), done=True)}
    except Exception:
        log.exception("asking %r failed", question.text)
        reply.text = f"⚠ {WENT_WRONG}"
        yield {"conversation": reply.messages(time.perf_counter(), done=True)}


def _events(site: Site, scout: VideoScout, question: PageQuestion) -> "Iterator[Event | Answer]":
    """All that is to be shown of a question; works in a thread."""
    # Only what the library knows: the scout would read any file that is named, and a page may send any name.
    videos = [video.id for video in site.named(question.videos)]
    if not videos:
        raise UsageError("choose a video first, or add one in the Library tab")
    with site.inbox.asking(question.conversation):
        yield from scout.stream(
            videos, question.text, question.options, question.within, conversation=question.conversation
        )


def _under_the_answer(site: Site, answer: Answer) -> Update:
    names = {video.id: video.name for video in site.named(answer.videos)}
    return {
        "evidence": evidence_html(answer, site.thumbnail, names),
        "frames": frames_html(answer, site.thumbnail),
        "cost": cost_html(answer),
    }


def _timelines(site: Site, videos: list[str], answer: Answer) -> str:
    """The timelines of the chosen videos, with the answer's own curve and its best evidence marked."""
    best = [] if answer.abstained else answer.evidence[:MARKED]
    marked = {video: [item.start for item in best if item.video == video] for video in videos}
    return timelines_html(site, site.named(videos), answer.relevance, marked)
