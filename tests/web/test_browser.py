"""The page as one person uses it: Debian's Chromium, the real embedded models, and no way to the outside.

VIDSCOUT_SCREENSHOTS names a folder that takes the pictures of the README.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import (
    MARKS,
    PATIENCE,
    PHONE,
    TABS,
    Page,
    answered,
    ask,
    choose,
    pause,
    picture,
    stands_at,
    tab,
    upload,
    width,
)
from vidscout import VideoScout
from vidscout.agent.inbox.inbox import Inbox
from vidscout.agent.inbox.uploads import Limits
from vidscout.web.site import Site

LARGEST = 20 * 10**6
"""Bytes that the tested page takes."""

Opened = Callable[..., Page]

pytestmark = MARKS


@pytest.fixture(scope="module")
def site(copied_home: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = copied_home(tmp_path_factory.mktemp("web") / "home")
    with VideoScout(home=folder) as scout:
        yield Site(Inbox(scout, Limits(size=LARGEST)))


@pytest.fixture(scope="module")
def trailer_id(site: Site, trailer: Path) -> str:
    return site.scout.library.identify(trailer)


@pytest.fixture
def without_trailer(site: Site, trailer_id: str) -> None:
    """It has yet to be sent."""
    if site.named([trailer_id]):
        site.inbox.forget(trailer_id)


@pytest.fixture
def with_trailer(site: Site, trailer_id: str, trailer: Path) -> None:
    """It has been read."""
    if trailer_id not in [video.id for video in site.videos()]:
        site.scout.ingest(trailer)


@pytest.mark.usefixtures("without_trailer")
@pytest.mark.parametrize("screen", [{}, PHONE], ids=["desk", "phone"])
def test_a_video_is_sent_read_asked_about_and_played_where_the_answer_is(
    opened: Opened, site: Site, trailer: Path, trailer_id: str, screen: dict[str, Any]
):
    page = opened(**screen)
    _send_and_watch(page, trailer)
    assert site.scout.find(trailer_id).name == "trailer.mp4"
    assert site.scout.find(trailer_id).path.parent == site.inbox.uploads.resolve()
    page.locator(f"video[data-video='{trailer_id}']").wait_for()
    assert "shots" in page.locator("#vs-listing li", has_text="trailer.mp4").inner_text()

    said = ask(page, "When does the title “An unlucky bird” appear?")
    assert "0:1" in said
    card = page.locator(".vs-card", has_text="An unlucky bird").first
    assert "screen text" in card.inner_text()
    assert "0:11" in card.inner_text()
    for pictures in (".vs-card img", ".vs-frames img"):
        assert page.locator(pictures).count() > 0
        page.locator(pictures).last.scroll_into_view_if_needed()
        page.wait_for_function(f"[...document.querySelectorAll('{pictures}')].some(i => i.naturalWidth > 0)")
    _follow_the_chip(page)
    _keep_pictures(page, screen)
    if screen:
        assert width(page) <= 390

    _search(page)
    page.reload()
    page.locator(f"video[data-video='{trailer_id}']").wait_for()
    tab(page, "Library")
    page.locator("#vs-listing", has_text="trailer.mp4").wait_for()


def _send_and_watch(page: Page, video: Path) -> None:
    upload(page, video)
    page.locator("#vs-progress progress").first.wait_for()
    page.locator("#vs-progress").get_by_text("left", exact=False).first.wait_for()  # rate and time left
    page.locator("#vs-progress .vs-reading:last-child.vs-ready").wait_for()


def _follow_the_chip(page: Page) -> None:
    chip = page.locator("#vs-chat a[href*='#t=']").first
    wanted = float(chip.get_attribute("href").split("#t=")[1].split("&")[0])
    assert wanted == pytest.approx(11, abs=0.5)
    page.evaluate(
        "document.getElementById('vs-player').addEventListener('seeked',"
        " event => { window.soughtTo ??= event.target.currentTime })"
    )
    chip.click()
    page.wait_for_function("window.soughtTo !== undefined")
    assert page.evaluate("window.soughtTo") == pytest.approx(wanted, abs=0.5)
    page.wait_for_function(f"document.getElementById('vs-player').currentTime > {wanted}")  # it plays
    pause(page)


def _keep_pictures(page: Page, screen: dict[str, Any]) -> None:
    if screen:
        picture(page, "phone", until="#vs-evidence")
    else:
        picture(page, "answer", until="#vs-cost")
        picture(page, "timeline", of="#vs-left")


def _search(page: Page) -> None:
    """Find a word in the transcript, click its row, and take the transcript along."""
    tab(page, "Transcript")
    page.get_by_label("Search speech and screen text").fill("rodent")
    page.locator("#vs-transcript mark", has_text="rodent").wait_for()
    assert page.locator("#vs-transcript li").count() == 1
    page.locator("#vs-transcript a.vs-chip").click()
    stands_at(page, 33.2, within=1.5)
    pause(page)
    for kind, holds in (("VTT", "WEBVTT"), ("SRT", "00:00:33,"), ("JSON", '"screen_text"')):
        with page.expect_download() as download:
            page.locator("#vs-downloads a", has_text=kind).click()
        assert holds in Path(download.value.path()).read_text(encoding="utf-8")


@pytest.mark.usefixtures("with_trailer")
def test_clicking_and_arrow_keys_on_the_timeline_seek(opened: Opened):
    page = opened()
    choose(page, "trailer.mp4")
    page.wait_for_function("document.getElementById('vs-player').readyState >= 1")
    page.evaluate("HTMLMediaElement.prototype.play = async function () {}")  # so that the time stands still
    track = page.locator(".vs-track").first
    box = track.bounding_box()
    track.click(position={"x": box["width"] * 0.5, "y": 8})
    stands_at(page, 27.6, within=0.5)
    page.locator(".vs-timeline").press("ArrowRight")
    stands_at(page, 32.6, within=0.6)
    page.locator(".vs-timeline[aria-valuetext='0:32']").wait_for()


def test_a_suggested_question_is_answered_with_its_steps_notes_and_cost(opened: Opened):
    page = opened(color_scheme="dark")
    choose(page, "lecture.mp4")
    suggested = page.locator("#vs-suggested-0")
    question = suggested.inner_text()
    answered(page, suggested.click)
    page.locator("#vs-chat").get_by_text(question).last.wait_for()
    page.locator("#vs-chat").get_by_text("steps in").click()
    page.locator("#vs-chat").get_by_text("Searched screen text:").wait_for()
    page.locator("#vs-chat").get_by_text("Planned what to look for in").wait_for()
    cost = page.locator("#vs-cost").inner_text()
    for told in ("tokens:", "LLM calls:", "confidence", "Seconds a step"):
        assert told in cost
    with page.expect_download() as download:
        page.get_by_text("Answer as Markdown").click()
    written = Path(download.value.path()).read_text(encoding="utf-8")
    assert question in written
    assert "| time | modality | text | score | tool |" in written


@pytest.mark.usefixtures("with_trailer")
def test_dark_is_dark_and_light_is_light(opened: Opened):
    for scheme, is_right in (("dark", lambda tone: tone < 80), ("light", lambda tone: tone > 200)):
        page = opened(color_scheme=scheme)
        choose(page, "lecture.mp4")
        if scheme == "dark":
            ask(page, "What is the mirror made of?")
            picture(page, "dark", until="#vs-cost")
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert all(is_right(int(part)) for part in colour.strip("rgba()").split(",")[:3])


def test_a_follow_up_keeps_the_context_until_the_conversation_ends(opened: Opened):
    page = opened()
    choose(page, "lecture.mp4")
    ask(page, "What is the mirror made of?")
    page.locator("#vs-chat").get_by_text("Silicon carbide").first.wait_for()
    ask(page, "When was that?")
    page.wait_for_function("document.querySelectorAll('#vs-chat a[href*=\"#t=2\"]').length >= 2")
    page.get_by_role("button", name="New conversation").click()
    page.locator("#vs-chat").get_by_text("Silicon carbide").first.wait_for(state="detached")
    page.locator(".vs-card").first.wait_for(state="detached")


@pytest.mark.usefixtures("with_trailer")
def test_at_390_pixels_every_tab_fits(opened: Opened):
    page = opened(**PHONE)
    page.locator("#vs-player").wait_for()
    for name in TABS:
        tab(page, name)
        assert width(page) <= 390, name


def test_a_text_file_called_mp4_gets_one_line(opened: Opened, tmp_path: Path):
    page = opened()
    false = tmp_path / "holiday.mp4"
    false.write_text("not a film\n" * 100)
    upload(page, false)
    told = page.locator("#vs-status [role=alert]")
    told.wait_for()
    assert told.inner_text() == "⚠ holiday.mp4: nothing in it can be read as video or audio"


def test_an_oversized_upload_is_refused_with_the_limit(chromium: Any, address: str, tmp_path: Path, site: Site):
    page = (
        chromium.new_page()
    )  # not `opened`: Gradio's page looks for the progress of what it did not send, and complains
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    large = tmp_path / "large.mp4"
    with large.open("wb") as file:
        file.truncate(LARGEST + 10**6)
    upload(page, large)
    page.get_by_text("exceed the maximum allowed size").first.wait_for()
    assert not site.inbox.readings.active()
    page.close()


def test_an_error_is_one_line_without_a_traceback(opened: Opened):
    page = opened()
    page.locator("#vs-player").wait_for()
    page.locator("#vs-ask").click()
    page.locator("#vs-chat").get_by_text("the question is empty").wait_for()
    page.get_by_role("button", name="Multiple choice and time range").click()
    page.get_by_label("From").fill("later")
    page.locator("#vs-question textarea").fill("What is said?")
    page.locator("#vs-ask").click()
    page.locator("#vs-chat").get_by_text("'later' is not a time; write it as 2:15").wait_for()
    assert "Traceback" not in page.content()


def test_the_settings_of_a_page_hold_for_its_questions(opened: Opened):
    page = opened()
    choose(page, "lecture.mp4")
    tab(page, "Settings")
    assert "embedded" in page.locator("#vs-profiles").inner_text()
    page.get_by_label("Packer").click()
    page.get_by_role("option", name="segments").click()
    page.locator("#vs-budget input[type=number]").fill("32")
    page.locator("#vs-budget input[type=number]").press("Enter")
    tab(page, "Ask")
    page.locator("#vs-choices button").first.click()
    page.get_by_label("Options, one a line").fill("glass\nsilicon carbide")
    ask(page, "What is the mirror made of?")
    cost = page.locator("#vs-cost").inner_text()
    assert 0 < int(cost.split("tokens: ")[1].split(" auxiliary")[0]) <= 32


def test_every_control_has_a_name(opened: Opened):
    page = opened()
    for name in TABS:
        tab(page, name)
        nameless = page.evaluate(
            """() => [...document.querySelectorAll('button, input, textarea, select, video, iframe, [role=slider]')]
            .filter(e => e.offsetParent && e.type !== 'file')
            .filter(e => !(e.getAttribute('aria-label') || e.getAttribute('title') || e.textContent.trim()
                           || (e.labels && [...e.labels].some(l => l.textContent.trim()))
                           || e.getAttribute('aria-labelledby') || e.getAttribute('placeholder')))
            .map(e => e.outerHTML.slice(0, 160))"""
        )
        assert not nameless, name


def test_all_can_be_done_with_the_keyboard_alone(opened: Opened):
    page = opened()
    choose(page, "lecture.mp4")
    page.locator("#vs-suggested-0").wait_for()
    wanted = [
        "#vs-chosen input", "#vs-player", ".vs-timeline", "[role=tab][data-tab-id=library]", "#vs-suggested-0",
        "#vs-question textarea", "#vs-ask", "#vs-choices > button",
    ]  # fmt: skip
    assert _reached(page, wanted) == wanted
    page.locator("#vs-question textarea").focus()
    page.keyboard.type("What is the mirror made of?")
    answered(page, lambda: page.keyboard.press("Enter"))
    page.locator("#vs-question textarea").focus()
    assert _reached(page, [".vs-card a.vs-chip"])
    page.keyboard.press("Enter")
    stands_at(page, 25, within=3)

    page.locator("[role=tab][data-tab-id=library]").focus()
    page.keyboard.press("Enter")
    page.locator("#vs-upload").wait_for()
    assert _reached(page, ["#vs-upload button", "#vs-forget-box > button"])


def _reached(page: Page, wanted: list[str], presses: int = 60) -> list[str]:
    """Those of the wanted elements that the Tab key reaches, in the order of the list; it stops at the last one."""
    reached: set[str] = set()
    for _ in range(presses):
        page.keyboard.press("Tab")
        now = page.evaluate("wanted => wanted.filter(each => document.activeElement.matches(each))", wanted)
        reached.update(now)
        if len(reached) == len(wanted):
            break
    return [each for each in wanted if each in reached]


@pytest.mark.usefixtures("with_trailer")
def test_a_forgotten_video_is_gone_with_its_file(opened: Opened, site: Site, bunny: Path):
    page = opened()
    upload(page, bunny)
    video = site.scout.library.identify(bunny)
    page.locator(f"video[data-video='{video}']").wait_for()
    path = site.scout.find(video).path
    assert path.parent == site.inbox.uploads.resolve()
    page.locator("#vs-forget-box > button").click()
    page.locator("#vs-forgettable input").click()
    page.get_by_role("option", name=bunny.name).click()
    page.locator("#vs-sure input").check()
    page.locator("#vs-forget").click()
    page.get_by_text("has been forgotten").first.wait_for()
    assert site.scout.library.get(video) is None
    assert not path.exists()
    page.locator("#vs-listing li", has_text=bunny.name).wait_for(state="detached")


def test_the_browser_refuses_whatever_asks_outside(chromium: Any, address: str):
    page = chromium.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(address)
    outside = json.dumps("https://fonts.googleapis.com/css2?family=Inter")
    assert page.evaluate(f"fetch({outside}).then(() => 'came', () => 'refused')") == "refused"
    assert any("Content Security Policy" in line for line in complaints)
    page.close()
