"""The tab for asking: a conversation, and under it what the latest answer stands on."""

import logging
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ..agent.answer import Answer
from ..agent.cli.common import time_range
from ..agent.scout import VideoScout
from ..agent.streaming import streamed
from ..graphs.events import Event, Token
from ..tools.errors import UsageError, VidscoutError
from .answers import Steps, cost_html, evidence_html, frames_html
from .backstage import Backstage
from .chips import plain, with_chips
from .findings import SUGGESTED, suggestions
from .followups import in_context
from .player import timelines_html
from .settings_tab import Controls

log = logging.getLogger(__name__)

REDRAWN = 0.06
"""Seconds between two drawings of a streamed answer."""
WENT_WRONG = "The answer failed; the terminal that runs the page says why."

Message = dict[str, Any]
Curves = dict[str, list[tuple[float, float]]]


@dataclass
class AskTab:
    """The components that others are wired to."""

    suggested: list[gr.Button]
    conversation: gr.Chatbot


@dataclass
class _Asked:
    """A question on its way."""

    question: str
    before: list[Message]
    steps: Steps
    text: str = ""
    understood: str = ""

    def messages(self, now: float, done: bool = False) -> list[Message]:
        """The conversation as it stands; steps are folded once the answer is there."""
        title = self.steps.title(now) if done else "Working"
        thought = {"title": title, "status": "done" if done else "pending"}
        steps = self.steps.markdown
        if self.understood:
            steps = f"- Understood as: {plain(self.understood)}\n{steps}"
        shown: list[Message] = [{"role": "user", "content": plain(self.question)}]
        shown.append({"role": "assistant", "content": steps, "metadata": thought})
        if self.text:
            shown.append({"role": "assistant", "content": self.text})
        return [*self.before, *shown]


def build(backstage: Backstage, chosen: gr.Dropdown, timelines: gr.HTML, controls: Controls) -> AskTab:
    """The tab's components and what they do."""
    conversation = gr.Chatbot(
        label="Conversation",
        show_label=False,
        elem_id="vs-chat",
        height=360,
        latex_delimiters=[],
        buttons=["copy"],
        placeholder="Ask what is said, written or seen in the video, or when.",
    )
    with gr.Row(elem_classes="vs-suggested"):
        suggested = [
            gr.Button("", size="sm", visible=False, min_width=80, elem_id=f"vs-suggested-{number}")
            for number in range(SUGGESTED)
        ]
    with gr.Row(elem_classes="vs-ask-row"):
        question = gr.Textbox(
            label="Question", placeholder="What, who, when…", elem_id="vs-question", scale=5, min_width=180
        )
        ask_button = gr.Button("Ask", variant="primary", elem_id="vs-ask", scale=1, min_width=80)
    with gr.Accordion("Multiple choice and time range", open=False):
        options = gr.Textbox(
            label="Options, one a line", lines=3, placeholder="a dog\na cat", info="The answer names one by its letter."
        )
        with gr.Row():
            start = gr.Textbox(label="From", placeholder="0:30", min_width=80)
            end = gr.Textbox(label="To", placeholder="1:15", min_width=80)
    with gr.Row():
        clear = gr.Button("New conversation", size="sm", variant="secondary", min_width=80)
    evidence = gr.HTML(elem_id="vs-evidence")
    frames = gr.HTML(elem_id="vs-frames")
    cost = gr.HTML(elem_id="vs-cost")
    before = gr.State("")

    async def ask(
        asked: str, videos: list[str], choices: str, begin: str, until: str, history: list[Message],
        last: str, profile: str, selector: str, packer: str, budget: float, rounds: float,
    ) -> AsyncIterator[dict[Any, Any]]:  # fmt: skip
        now = time.perf_counter()
        asked = asked or ""
        state = _Asked(asked, list(history or []), Steps(now))
        understood = in_context(asked, last)
        state.understood = understood if understood != asked else ""
        yield {conversation: state.messages(now), question: "", evidence: "", frames: "", cost: ""}
        try:
            if not videos:
                raise UsageError("choose a video first, or add one in the Library tab")
            scout = backstage.tuned(profile, selector, packer, int(budget), int(rounds))
            within = time_range((begin or "").strip() or None, (until or "").strip() or None)
            lines = [line for line in (choices or "").splitlines() if line.strip()] or None
            drawn = 0.0
            async for item in streamed(lambda: _events(backstage, scout, videos, understood, lines, within)):
                now = time.perf_counter()
                if isinstance(item, Answer):
                    state.steps.end(now)
                    state.text = with_chips(item)
                    names = {video.id: video.name for video in backstage.named(item.videos)}
                    yield {
                        conversation: state.messages(now, done=True),
                        evidence: evidence_html(item, backstage.thumbnail, names),
                        frames: frames_html(item.frames, backstage.frame_address),
                        cost: cost_html(item),
                        before: understood,
                    }
                elif isinstance(item, _Relevance):
                    cited = {key: [e.start for e in item.cited if e.video == key] for key in videos}
                    yield {timelines: timelines_html(backstage, backstage.named(videos), item.curves, cited)}
                elif isinstance(item, Token):
                    state.text += plain(item.text)
                    if now - drawn > REDRAWN:
                        drawn = now
                        yield {conversation: state.messages(now)}
                elif state.steps.see(item, now):
                    yield {conversation: state.messages(now)}
        except VidscoutError as error:
            state.text = f"⚠ {plain(str(error))}"
            yield {conversation: state.messages(time.perf_counter(), done=True)}
        except Exception:
            log.exception("asking %r failed", asked)
            state.text = f"⚠ {WENT_WRONG}"
            yield {conversation: state.messages(time.perf_counter(), done=True)}

    inputs = [question, chosen, options, start, end, conversation, before, *controls]
    outputs = [conversation, question, evidence, frames, cost, before, timelines]
    # More places in the queue than questions at once: who comes too many hears so instead of waiting unheard.
    limits = {"concurrency_limit": 64, "concurrency_id": "ask", "show_progress": "hidden"}
    gr.on([ask_button.click, question.submit], ask, inputs, outputs, api_name="ask", **limits)
    for button in suggested:
        button.click(ask, [button, *inputs[1:]], outputs, api_visibility="private", **limits)
    clear.click(
        lambda: ([], "", "", "", ""),
        outputs=[conversation, evidence, frames, cost, before],
        api_visibility="private",
        show_progress="hidden",
    )
    return AskTab(suggested, conversation)


@dataclass(frozen=True)
class _Relevance:
    """How well each moment fits the question, and where the answer's evidence begins."""

    curves: Curves
    cited: list[Any]


def _events(
    backstage: Backstage,
    scout: VideoScout,
    videos: list[str],
    question: str,
    options: list[str] | None,
    within: tuple[float, float] | None,
) -> Iterator["Event | Answer | _Relevance"]:
    """All that is to be shown of a question; works in a thread."""
    with backstage.asking():
        answer: Answer | None = None
        for event in scout.stream(videos, question, options, within):
            if isinstance(event, Answer):
                answer = event
            yield event
    if answer is not None:
        curves = {video: backstage.relevance(answer.question, video) for video in answer.videos}
        best = [] if answer.abstained else answer.evidence[:3]
        yield _Relevance(curves, best)


def suggested_updates(backstage: Backstage, videos: list[str] | None) -> list[Any]:
    """The suggestion buttons for the first of the chosen videos."""
    known = backstage.named(videos)
    asked = suggestions(backstage.records(known[0].id)) if known else []
    return [
        gr.update(value=asked[at], visible=True) if at < len(asked) else gr.update(visible=False)
        for at in range(SUGGESTED)
    ]
