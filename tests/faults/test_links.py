"""What is written on a slide, said, or answered by a model is shown, and is no link, picture or markup anywhere.

OWASP Top 10: injection; for LLM applications: improper output handling.
"""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from browsing import CHROMIUM, FLAGS, NOTHING_OUTSIDE, PATIENCE
from served import serving
from small_scout import small_scout
from vidscout import Record, Span
from vidscout.agent.exports.entries import of_records
from vidscout.agent.exports.subtitles import srt
from vidscout.agent.exports.texts import as_markdown as transcript
from vidscout.agent.inbox.inbox import Inbox
from vidscout.tools.index.videos import Video
from vidscout.tools.payloads import Spoken
from vidscout.web.serve import application
from vidscout.web.site import Site

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
VIDEO = Video("a1b2c3" * 5, "<img src=x> [n](https://evil.example).mp4", Path("/nowhere/x.mp4"), duration=100.0)


def spoken(text: str) -> Record:
    return Record.of(VIDEO.id, Span(1.0, 2.0), Spoken(text), 0.9, "test/1")


@pytest.mark.browser
@pytest.mark.slow
def test_a_name_and_what_is_said_are_shown_as_text_by_the_page(home: Path):
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    name, outside = ATTACKS[7], []
    with small_scout(home) as scout:
        scout.library.put(replace(VIDEO, name=name, status="ready", counts={"speech": 1}))
        scout.index.add([spoken(attack) for attack in ATTACKS[7:9]], None)
        inbox = Inbox(scout)
        with serving(application(Site(inbox))) as address, playwright.sync_playwright() as play:
            browser = play.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, NOTHING_OUTSIDE], timeout=PATIENCE)
            page = browser.new_page()
            page.on("request", lambda r: None if r.url.startswith(address) else outside.append(r.url))
            page.goto(address)
            page.get_by_role("link", name=name, exact=True).click(timeout=PATIENCE)
            page.locator(".titles h1", has_text=name).wait_for(timeout=PATIENCE)
            box = page.get_by_role("slider", name="Timeline").bounding_box()
            assert box is not None
            page.mouse.move(box["x"] + box["width"] * 0.015, box["y"] + 70)
            page.locator(".tlhint").wait_for(timeout=PATIENCE)
            assert page.locator(".titles img, .titles script, .titles a, .tlhint a, .tlhint script").count() == 0
            browser.close()
        inbox.close()
    assert not outside


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_export_holds_no_raw_markup(attack: str):
    written = transcript(of_records(VIDEO, [spoken(attack)]))
    assert not re.search(r"(?<!\\)<|(?<!\\)\]\(|(?<!\\)!\[|https?://|(?<!\\)`", written), written


def test_a_subtitle_cannot_begin_another_one():
    text = srt(of_records(VIDEO, [spoken("one\n\n2\n00:00:09,000 --> 00:00:10,000\ntwo")]))
    assert text.count("-->") == 1
