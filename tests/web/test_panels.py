"""The panels beside the player, in a browser, over the real embedded profile: talk, transcript, chapters, search, check
and clips. A page is opened for each of them once, and the talk is opened again to see what is kept."""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import MARKS, complaints_of
from vidscout import VideoScout
from vidscout.agent.inbox.inbox import Inbox
from vidscout.tools.index.videos import Video
from vidscout.tools.payloads import Spoken, TextLines
from vidscout.tools.records import Record, Span
from vidscout.web.site import Site

pytestmark = MARKS
SOON = 60_000
"""Milliseconds for one thing on a machine that does other work."""
SENTENCE = re.compile(r"silicon carbide")
SAID = "Our club in Oslo has a hundred thousand paying members."
WRITTEN = "Club in Oslo: 900,000 paying members"
HOSTILE = "<img src=x onerror=alert(1)> <b>bold</b> https://evil.example/"


@pytest.fixture(scope="module")
def scout(
    tmp_path_factory: pytest.TempPathFactory, copied_home: Callable[[Path], Path], lecture: Path, carphone: Path
) -> Iterator[VideoScout]:
    """The lecture, with two sources that disagree on a number, the trailer, and a recording that was not read."""
    with VideoScout(home=copied_home(tmp_path_factory.mktemp("panels") / "home"), fast=True) as scout:
        video = scout.find(lecture).id
        told = [
            Record.of(video, Span(116, 119), Spoken(SAID, language="en"), 0.9, "test/1"),
            Record.of(video, Span(117, 120), TextLines((WRITTEN,)), 0.95, "test/1"),
        ]
        embedded = scout.role("text_embedding").run([one.text for one in told])
        scout.index.add(told, np.stack(embedded))
        key = scout.library.identify(carphone)
        scout.library.put(Video(key, "a <man> in a car.mp4", carphone, duration=4.0, status="ready"))
        yield scout


@pytest.fixture(scope="module")
def site(scout: VideoScout) -> Site:
    return Site(Inbox(scout))


@pytest.fixture
def shown(chromium: Any, address: str) -> Iterator[Callable[..., Any]]:
    """Opens a view; in the end no page may have asked anybody else, or complained."""
    outside: list[str] = []
    complaints: list[str] = []
    contexts = []

    def show(path: str, width: int = 1280, height: int = 800, **options: Any) -> Any:
        context = chromium.new_context(viewport={"width": width, "height": height}, locale="en-US", **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SOON)
        page.on("request", lambda r: None if r.url.startswith((address, "data:", "blob:")) else outside.append(r.url))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address + path, wait_until="domcontentloaded")
        return page

    yield show
    for context in contexts:
        context.close()
    assert (outside, complaints) == ([], [])


def ask(page: Any, question: str) -> Any:
    """Ask, and wait for the answer."""
    before = page.locator(".vs-answerfoot").count()
    page.locator(".vs-question").fill(question)
    page.keyboard.press("Enter")
    page.locator(".vs-answerfoot").nth(before).wait_for()
    return page.locator(".vs-answer").nth(before)


def stands_at(page: Any, seconds: float, within: float = 1.5) -> None:
    """Wait until the player is there and does."""
    for _ in range(200):
        if abs(page.evaluate("document.getElementById('player')?.currentTime ?? -1000") - seconds) < within:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"the player never stood at {seconds}")


def test_a_talk_has_the_evidence_under_each_answer_and_is_kept(shown: Callable[..., Any], scout: VideoScout, lecture):
    page = shown(f"v/{scout.find(lecture).id}")
    offered = page.locator(".vs-suggestion")
    offered.first.wait_for()
    assert any("Maria Keller" in one for one in offered.all_inner_texts())
    box, log = page.locator(".vs-box").bounding_box(), page.locator(".vs-log").bounding_box()
    assert box["y"] + box["height"] <= 800, "the box is at the bottom, in sight"
    assert abs(log["y"] + log["height"] - box["y"]) < 24, "and the talk fills the rest"

    first = ask(page, "What is the mirror made of?")
    assert SENTENCE.search(first.inner_text())
    assert "score" not in first.inner_text().lower()
    chip = first.locator(".vs-text .chip").first
    assert first.locator(".vs-card").count() == 0
    chip.click()
    assert SENTENCE.search(first.locator(".vs-card").first.inner_text())
    stands_at(page, 24.8)
    second = ask(page, "How much does the flight cost?")
    assert "42 million" in second.inner_text()
    assert SENTENCE.search(first.locator(".vs-card").first.inner_text()), "the first answer keeps its evidence"
    second.locator("summary").click()
    assert "Steps" in second.locator(".vs-details").inner_text()

    page.reload()
    page.locator(".vs-answerfoot").nth(1).wait_for()
    page.locator(".vs-answer").first.locator(".chip").first.click()
    assert SENTENCE.search(page.locator(".vs-card").first.inner_text())
    page.locator(".vs-head button").first.click()
    page.locator(".vs-talkrow").get_by_label("Rename").click()
    page.locator(".vs-renaming input").fill("The mirror")
    page.keyboard.press("Enter")
    page.locator(".vs-talktitle", has_text="The mirror").wait_for()
    page.locator(".vs-head button").first.click()
    page.locator(".vs-talkrow").get_by_label("Delete").click()
    page.locator(".vs-talktitle", has_text="New conversation").wait_for()
    page.reload()
    page.locator(".vs-suggestion").first.wait_for()
    assert page.locator(".vs-turn").count() == 0


def test_sources_that_disagree_are_shown_as_such_and_choices_are_used_once(
    shown: Callable[..., Any], scout: VideoScout, lecture
):
    page = shown(f"v/{scout.find(lecture).id}")
    answer = ask(page, "How many paying members does the club in Oslo have?")
    told = answer.locator(".vs-disagree").inner_text()
    assert "Sources disagree" in told
    assert {"100,000", "900,000"} == set(re.findall(r"\d{3},\d{3}", told))
    page.get_by_role("button", name="Choices").click()
    for option in ("glass", "silicon carbide"):
        page.locator(".vs-adding").fill(option)
        page.keyboard.press("Enter")
    assert page.locator(".vs-option").count() == 2
    chosen = ask(page, "What is the mirror made of?")
    assert SENTENCE.search(chosen.inner_text())
    assert page.locator(".vs-option").count() == 0, "they are cleared after use"

    page.route("**/v1/chat/completions", lambda route: None)  # an answer that never comes
    page.locator(".vs-question").fill("What is shown?")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_text("Stopped.").wait_for()


def test_the_transcript_follows_is_searched_and_put_right(shown: Callable[..., Any], scout: VideoScout, lecture):
    video = scout.find(lecture).id
    page = shown(f"v/{video}?tab=transcript&t=26")
    spoken = page.locator(".vs-line.vs-spoken")
    spoken.wait_for()
    assert SENTENCE.search(spoken.inner_text())
    assert page.locator(".vs-speaker", has_text="Maria Keller").count() >= 1
    page.locator("vs-transcript input[type=search]").fill("espresso")
    page.locator(".vs-count", has_text="1 found").wait_for()
    assert page.locator("mark").inner_text() == "espresso"
    page.keyboard.press("Enter")
    stands_at(page, 75.3)
    line = page.locator(".vs-line.vs-hit")
    line.hover()
    line.get_by_label("Correct").click()
    page.locator(".vs-editing textarea").fill(f"The Zanzibar machine {HOSTILE}")
    page.keyboard.press("Enter")
    page.locator(".vs-corrected").wait_for()
    shown_line = page.locator(".vs-line", has=page.locator(".vs-corrected"))
    assert HOSTILE in shown_line.inner_text()
    assert shown_line.locator("img, b, a").count() == 0, "what is corrected is text, and no HTML"
    assert "Zanzibar" in scout.search("Zanzibar", video)[0].text
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Subtitles (SRT)").click()
    assert download.value.suggested_filename == "lecture.srt"
    assert "Zanzibar" in Path(download.value.path()).read_text(encoding="utf-8")


def test_chapters_and_search_lead_to_their_moments(shown: Callable[..., Any], scout: VideoScout, lecture):
    page = shown(f"v/{scout.find(lecture).id}?tab=chapters")
    page.locator(".vs-chapter", has_text="The telescope").click()
    stands_at(page, 24)
    assert page.locator(".vs-summary .chip").count() > 1
    page.goto(page.url.partition("/v/")[0] + "/search")
    page.locator("vs-search input[type=search]").fill("silicon carbide")
    page.keyboard.press("Enter")
    card = page.locator(".vs-hitcard").first
    card.wait_for()
    assert "lecture.mp4" in card.inner_text()
    page.get_by_role("button", name="Heard").click()
    page.get_by_text("Nothing fits “silicon carbide”.").wait_for()
    page.get_by_role("button", name="Heard").click()
    card.wait_for()
    page.locator("vs-search input[type=search]").fill("the price of bread")
    page.keyboard.press("Enter")
    page.get_by_text("Nothing fits “the price of bread”.").wait_for()
    page.get_by_role("button", name="Show the nearest anyway").click()
    card.wait_for()
    assert "none of them fits well" in page.locator(".vs-found").inner_text()
    card.click()
    page.locator("#player").wait_for()
    assert "/v/" in page.url


GIVE = """([how, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0)), given = new DataTransfer();
  given.items.add(new File([bytes], "frame.jpg", { type: "image/jpeg" }));
  const more = how === "drop" ? { dataTransfer: given } : { clipboardData: given };
  const Kind = how === "drop" ? DragEvent : ClipboardEvent;
  document.querySelector("vs-search").dispatchEvent(new Kind(how, { bubbles: true, cancelable: true, ...more }));
}"""
"""Drops or pastes a picture, as a browser does."""


def test_a_picture_is_chosen_dropped_or_pasted_and_what_looks_like_it_is_found(
    shown: Callable[..., Any], scout: VideoScout, lecture: Path, tmp_path: Path
):
    picture = scout.index.thumbnail(scout.find(lecture).id, 90)
    page = shown("search")
    page.locator("vs-search input[type=file]").set_input_files(str(picture))
    card = page.locator(".vs-hitcard").first
    card.wait_for()
    assert "look most like" in page.locator(".vs-found").inner_text()
    assert "lecture.mp4" in card.inner_text()
    assert page.get_by_role("button", name="Said").is_disabled(), "a picture is compared with pictures"
    page.get_by_role("button", name="Search by words again").click()
    page.locator(".vs-hitcard").first.wait_for(state="detached")
    for how in ("drop", "paste"):
        page.evaluate(GIVE, [how, b64encode(picture.read_bytes()).decode()])
        page.locator(".vs-picturechip", has_text="frame.jpg").wait_for()
        card.wait_for()
        page.locator("vs-search input[type=search]").fill("silicon carbide")
        page.keyboard.press("Enter")
        page.locator(".vs-picturechip").wait_for(state="hidden")
        page.locator("mark", has_text="silicon").first.wait_for()
    (tmp_path / "no.png").write_bytes(b"no picture")
    page.locator("vs-search input[type=file]").set_input_files(str(tmp_path / "no.png"))
    page.get_by_text("This is no picture that can be read.").wait_for()


def test_clips_are_chosen_and_downloaded(shown: Callable[..., Any], scout: VideoScout, lecture):
    page = shown(f"v/{scout.find(lecture).id}?tab=clips&t=26")
    stands_at(page, 26)
    page.get_by_role("button", name="Start here").click()
    page.evaluate("document.getElementById('player').currentTime = 28")
    stands_at(page, 28, 0.3)
    page.get_by_role("button", name="End here").click()
    assert page.locator(".vs-spans li").count() == 1
    page.get_by_label("Format").select_option("gif")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "lecture 0.26.gif"
    assert Path(download.value.path()).read_bytes()[:6] == b"GIF89a"
    page.get_by_role("button", name="Find highlights").click()
    page.locator(".vs-spans li").nth(1).wait_for()


def test_a_check_says_a_sentence_first_and_belongs_to_its_video(
    shown: Callable[..., Any], scout: VideoScout, carphone, lecture
):
    page = shown(f"v/{scout.find(carphone).id}?tab=check")
    page.get_by_role("button", name="Check a <man> in a car.mp4").click()
    verdict = page.locator(".vs-verdict")
    verdict.wait_for()
    told = verdict.inner_text()
    assert "a <man> in a car.mp4" in told
    assert not re.search(r"\d\.\d\d|uncertain|[Ss]core", told), "figures are behind Details"
    page.locator(".vs-check summary").click()
    assert re.search(r"(real|uncertain) · \d\.\d\d", page.locator(".vs-check .vs-details").inner_text())
    other = f"/v/{scout.find(lecture).id}?tab=check"
    page.evaluate(f"history.pushState(null, '', '{other}'); dispatchEvent(new Event('popstate'))")
    page.get_by_role("button", name="Check lecture.mp4").wait_for()
    assert page.locator(".vs-verdict").count() == 0
    page.goto(page.url.partition("/v/")[0] + f"/v/{scout.find(carphone).id}?tab=check")
    verdict.wait_for()
    assert verdict.inner_text() == told, "a verdict is kept with its video"
    for language, said in (("de", "Auch verursacht durch|Verglichen"), ("ar", "تسجيلات قصيرة")):
        page.goto(page.url.partition("?")[0] + f"?tab=check&lang={language}")
        page.locator(".vs-check summary").click()
        assert re.search(said, page.locator(".vs-check").inner_text())
        assert page.locator(".vs-check [lang=en]").count() == 0, "nothing is left in English"


@pytest.mark.parametrize(("width", "theme"), [(390, "dark"), (1280, "light"), (1920, "dark")])
def test_every_panel_fits_and_can_be_used_by_everybody(
    shown: Callable[..., Any], scout: VideoScout, lecture, width: int, theme: Any
):
    page = shown(f"v/{scout.find(lecture).id}?t=20", width, 844, color_scheme=theme)
    page.locator(".vs-suggestion").first.wait_for()
    answer = ask(page, "What is the mirror made of?")
    answer.locator(".chip").first.click()
    answer.locator("summary").click()
    answer.locator(".vs-card").first.wait_for()
    page.get_by_role("slider", name="Position").press("ArrowRight")
    ready = {
        "Transcript": ".vs-line",
        "Chapters": ".vs-chapter:not(.vs-ghost)",
        "Search": "vs-search form",
        "Check": ".vs-start",
        "Clips": ".vs-reel",
    }
    for name, there in {"Ask": ".vs-details[open]", **ready}.items():
        page.get_by_role("tab", name=name, exact=True).click()
        page.locator(f"[role=tabpanel]:not([hidden]) {there}").first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert complaints_of(page) == [], name
    page.goto(page.url.partition("/v/")[0] + "/search")
    page.locator("vs-search input[type=search]").fill("silicon carbide")
    page.keyboard.press("Enter")
    page.locator(".vs-hitcard").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints_of(page) == []
