"""What is written on a slide, said, or answered by a model is shown, and is no link, picture or markup anywhere.

OWASP Top 10: injection; for LLM applications: improper output handling.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browsing import CHROMIUM, FLAGS, NOTHING_OUTSIDE, PATIENCE
from served import serving
from vidscout import Record, Span
from vidscout.agent.answer import Answer, Evidence
from vidscout.agent.exports.entries import of_records
from vidscout.agent.exports.subtitles import srt
from vidscout.agent.exports.texts import as_markdown as transcript
from vidscout.agent.markdown import plain
from vidscout.graphs.events import ToolFinished
from vidscout.tools.index.videos import Video
from vidscout.tools.payloads import Spoken
from vidscout.web.answers import AnswerSteps, as_markdown, evidence_html
from vidscout.web.chips import with_chips

ATTACKS = [
    "Visit https://evil.example/x?a=b now",
    "HTTP://EVIL.EXAMPLE and ftp://evil.example and //evil.example",
    "www.evil.example, WWW.EVIL.EXAMPLE",
    "write to bob@evil.example or mailto:bob@evil.example",
    "<https://evil.example> <bob@evil.example>",
    "[click](https://evil.example) ![](https://evil.example/x.png)",
    "[click][1]\n\n[1]: https://evil.example",
    "<img src=x onerror=alert(1)> <script>alert(1)</script> <a href='https://evil.example'>x</a>",
    "&lt;img src=x&gt; &#60;img src=x&#62; &copy;",
    "| a | b |\n|---|---|\n| ![](https://evil.example/x.png) | c |",
    "# heading\n> quote\n- list\n1. list\n```\ncode\n```\n    code\ntext\n===\n***\n~~x~~ `y` **z** __w__",
    "![x](data:image/svg+xml;base64,AAAA) javascript:alert(1) [x](javascript:alert(1))",
    "\\[x](https://evil.example) \\<b> \\\\www.evil.example",
    "https:/\u200b/evil.example http://ev\u0131l.example http://xn--evl-1na.example",
    ":smile: $x$ $$y$$ \\(z\\) ==mark== ++ins++ ^sup^ [^1] {.class} ::: note",
]
VIDEO = Video("a1b2c3", "<img src=x> [n](https://evil.example).mp4", Path("/nowhere/x.mp4"), duration=100.0)


def said(text: str) -> Answer:
    item = Evidence(VIDEO.id, 1.0, 2.0, "screen_text", text, 0.8, "test/1")
    return Answer(text, None, False, 0.8, [item], [], [text], [], {"total": 1.0}, {}, {}, "embedded", text, [VIDEO.id])


def spoken(text: str) -> Record:
    return Record.of(VIDEO.id, Span(1.0, 2.0), Spoken(text), 0.9, "test/1")


def rendered(attack: str) -> dict[str, str]:
    """Each piece of Markdown that is made of a text."""
    steps = AnswerSteps(0.0)
    steps.see(ToolFinished("speech", 0, 0.1, attack), 1.0)
    return {
        "question": plain(attack),
        "answer": with_chips(said(attack)),
        "steps": steps.markdown,
        "answer as Markdown": as_markdown(said(attack)),
        "transcript as Markdown": transcript(of_records(VIDEO, [spoken(attack)])),
    }


@pytest.fixture(scope="module")
def shown() -> Iterator[Any]:
    """Returns what Gradio's own conversation makes of each piece of Markdown, in a real browser."""
    playwright = pytest.importorskip("playwright.sync_api")
    gr = pytest.importorskip("gradio")
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    pieces = [(kind, attack, text) for attack in ATTACKS for kind, text in rendered(attack).items()]
    talk: Any = [{"role": "assistant", "content": text} for _, _, text in pieces]
    with gr.Blocks(analytics_enabled=False) as page:
        gr.Chatbot(talk, latex_delimiters=[], elem_id="chat", height=900, group_consecutive_messages=False)
    app = gr.mount_gradio_app(_fastapi(), page, path="/", ssr_mode=False)
    with serving(app) as address, playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, NOTHING_OUTSIDE], timeout=PATIENCE)
        opened = browser.new_page()
        opened.goto(address, wait_until="domcontentloaded")
        found = opened.locator("#chat .bot.message")
        found.nth(len(pieces) - 1).wait_for(timeout=PATIENCE)
        parts = "e => ({text: e.innerText, links: [...e.querySelectorAll('a[href]')].map(a => a.getAttribute('href')),"
        parts += (
            " made: [...e.querySelectorAll('img, script, iframe, h1, h3, blockquote, code, pre, del, mark')].length})"
        )
        yield [(kind, attack, found.nth(at).evaluate(parts)) for at, (kind, attack, _) in enumerate(pieces)]
        browser.close()


def _fastapi() -> Any:
    from fastapi import FastAPI

    return FastAPI()


@pytest.mark.browser
@pytest.mark.slow
def test_nothing_in_a_text_becomes_a_link_or_a_picture(shown: Any):
    for kind, attack, seen in shown:
        assert [link for link in seen["links"] if not re.fullmatch(r"#t=[\d.]+&v=a1b2c3", link)] == [], (kind, attack)
        quoted = 1 if kind == "answer as Markdown" else 0  # its notes; its question is a heading of the second level
        titled = 1 if kind == "transcript as Markdown" else 0
        assert seen["made"] == quoted + titled, (kind, attack)


@pytest.mark.browser
@pytest.mark.slow
def test_every_sign_of_a_text_is_shown(shown: Any):
    for kind, attack, seen in shown:
        if kind == "question":
            assert "".join(seen["text"].split()) == "".join(attack.split()), attack


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_export_holds_no_raw_markup(attack: str):
    for kind in ("answer as Markdown", "transcript as Markdown"):
        written = rendered(attack)[kind]
        assert not re.search(r"(?<!\\)<|(?<!\\)\]\(|(?<!\\)!\[|https?://|(?<!\\)`", written), (kind, written)
    lines = rendered(attack)["answer as Markdown"].splitlines()
    rows = [line for line in lines if line.startswith("| 0:01")]
    assert len(rows) == 1
    assert len(re.findall(r"(?<!\\)\|", rows[0])) == 6, "five cells"


@pytest.mark.parametrize("attack", ATTACKS)
def test_evidence_is_shown_as_text(attack: str):
    cards = evidence_html(said(attack), lambda video, time: None, {})
    assert re.findall(r"href='([^']*)'", cards) == ["#t=1.000&amp;v=a1b2c3"]
    assert not re.search(r"<(?:img|script|iframe)", cards)


def test_a_subtitle_cannot_begin_another_one():
    text = srt(of_records(VIDEO, [spoken("one\n\n2\n00:00:09,000 --> 00:00:10,000\ntwo")]))
    assert text.count("-->") == 1


def test_spaces_between_pieces_stay():
    stands = Evidence(VIDEO.id, 1.0, 2.0, "speech", "it stands", 0.8, "test/1")
    told = replace(said("From 0:01 and then to 0:02 it stands."), evidence=[stands])
    text = with_chips(told)
    assert text == "From [0:01](#t=1.000&v=a1b2c3) and then to [0:02](#t=2.000&v=a1b2c3) it stands."
