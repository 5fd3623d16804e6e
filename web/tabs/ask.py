"""The tab for asking: a conversation, and under it what the latest answer stands on."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from ..answer_stream import Message, PageQuestion, answered
from ..findings import SUGGESTED, suggestions
from ..site import Site
from .settings import Controls

QUEUED = 64
"""More than are answered at once, so that who comes too many hears so instead of waiting unheard."""


@dataclass
class AskTab:
    """The tab's components."""

    conversation: gr.Chatbot
    suggested: list[gr.Button]
    question: gr.Textbox
    send: gr.Button
    options: gr.Textbox
    start: gr.Textbox
    end: gr.Textbox
    clear: gr.Button
    evidence: gr.HTML
    frames: gr.HTML
    cost: gr.HTML
    talk: gr.State
    """The name of the conversation, which nobody else can guess."""


def build(site: Site, chosen: gr.Dropdown, timelines: gr.HTML, controls: Controls) -> AskTab:
    """The tab's components and what they do."""
    tab = _components()
    _wire(tab, site, chosen, timelines, controls)
    return tab


def _components() -> AskTab:
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
        send = gr.Button("Ask", variant="primary", elem_id="vs-ask", scale=1, min_width=80)
    with gr.Accordion("Multiple choice and time range", open=False, elem_id="vs-choices"):
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
    return AskTab(
        conversation, suggested, question, send, options, start, end, clear, evidence, frames, cost, gr.State(_new_talk)
    )


def _wire(tab: AskTab, site: Site, chosen: gr.Dropdown, timelines: gr.HTML, controls: Controls) -> None:
    places: dict[str, Any] = {
        "conversation": tab.conversation,
        "question": tab.question,
        "evidence": tab.evidence,
        "frames": tab.frames,
        "cost": tab.cost,
        "timelines": timelines,
    }

    async def ask(
        text: str, videos: list[str], options: str, start: str, end: str, history: list[Message], talk: str,
        profile: str, selector: str, packer: str, budget: float, rounds: float,
    ) -> AsyncIterator[dict[Any, Any]]:  # fmt: skip
        lines = [line for line in (options or "").splitlines() if line.strip()] or None
        question = PageQuestion(text or "", videos or [], lines, start or "", end or "", talk)
        settings = {
            "profile": profile,
            "selector": selector,
            "packer": packer,
            "token_budget": int(budget),
            "max_rounds": int(rounds),
        }
        async for update in answered(site, question, list(history or []), settings):
            yield {places[name]: contents for name, contents in update.items()}

    inputs = [tab.question, chosen, tab.options, tab.start, tab.end, tab.conversation, tab.talk, *controls]
    outputs = list(places.values())
    limits: dict[str, Any] = {"concurrency_limit": QUEUED, "concurrency_id": "ask", "show_progress": "hidden"}
    gr.on([tab.send.click, tab.question.submit], ask, inputs, outputs, api_name="ask", **limits)
    for button in tab.suggested:
        button.click(ask, [button, *inputs[1:]], outputs, api_visibility="private", **limits)
    gr.on(
        [tab.clear.click, tab.conversation.clear],
        lambda: ([], "", "", "", _new_talk()),
        outputs=[tab.conversation, tab.evidence, tab.frames, tab.cost, tab.talk],
        api_visibility="private",
        show_progress="hidden",
    )


def _new_talk() -> str:
    return f"web/{uuid.uuid4().hex}"


def suggested_updates(site: Site, videos: list[str] | None) -> list[Any]:
    """The suggestion buttons for the first of the chosen videos."""
    known = site.named(videos)
    asked = suggestions(site.records(known[0].id)) if known else []
    return [
        gr.update(value=asked[at], visible=True) if at < len(asked) else gr.update(visible=False)
        for at in range(SUGGESTED)
    ]
