"""The page as people use it: Debian's Chromium, the real embedded models, and no way to the outside.

VIDSCOUT_SCREENSHOTS names a folder that takes the pictures of the README.
"""

import io
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from vidscout import VideoScout
from vidscout.agent.uploads import Limits
from vidscout.web.backstage import Backstage

playwright = pytest.importorskip("playwright.sync_api")

CHROMIUM = Path(os.environ.get("VIDSCOUT_CHROMIUM", "/usr/bin/chromium"))
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required"
).split()
NOTHING_OUTSIDE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
LARGEST = 20 * 10**6
"""Bytes that the tested page takes."""
PATIENCE = 90_000
"""Milliseconds for reading a minute of video on a busy machine."""

Page = Any
Opened = Callable[..., Page]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.models,
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Chromium: apt-get install -y chromium"),
]


@pytest.fixture(scope="module")
def backstage(home: Path, trailer: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backstage]:
    """An index that holds the lecture; the trailer has yet to be read."""
    folder = tmp_path_factory.mktemp("web") / "home"
    shutil.copytree(home, folder)
    with VideoScout(home=folder) as scout:
        scout.forget(trailer)
        yield Backstage(scout, Limits(size=LARGEST))


@pytest.fixture(scope="module")
def address(backstage: Backstage, serving: Callable[[Backstage], str]) -> str:
    return serving(backstage)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=str(CHROMIUM), args=[*FLAGS, NOTHING_OUTSIDE])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Any, address: str) -> Iterator[Opened]:
    """Opens pages; when the test ends none of them may have asked outside or complained."""
    outside: list[str] = []
    complaints: list[str] = []
    contexts = []

    def open_page(**options: Any) -> Page:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda r: None if r.url.startswith((address, "data:", "blob:")) else outside.append(r.url))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.set_default_timeout(30_000)
        page.goto(address, wait_until="domcontentloaded")
        page.wait_for_selector("#vs-ask, #vs-upload")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not outside
    assert not complaints


@pytest.fixture(scope="module")
def trailer_id(backstage: Backstage, trailer: Path) -> str:
    return backstage.scout.library.identify(trailer)


def tab(page: Page, name: str) -> None:
    place = page.get_by_role("tab", name=name, exact=True)
    if not place.is_visible():  # a narrow page folds the last ones into a menu
        page.locator("#vs-tabs .overflow-menu > button").click()
        page.locator("#vs-tabs .overflow-dropdown button", has_text=name).click()
        return
    place.click()


def choose(page: Page, name: str) -> None:
    """Make one video the only one that is asked about."""
    box = page.locator("#vs-chosen input")
    while page.locator("#vs-chosen .token-remove").count() > 1:
        page.locator("#vs-chosen .token-remove").first.click()
    box.click()
    page.get_by_role("option", name=name).click()
    box.press("Escape")


def ask(page: Page, question: str) -> str:
    """Ask, wait for the evidence, and return the conversation."""
    tab(page, "Ask")
    page.locator("#vs-player").wait_for()
    page.get_by_label("Question").fill(question)
    page.evaluate("document.querySelectorAll('#vs-cost .vs-cost').forEach(line => line.remove())")
    page.locator("#vs-ask").click()
    page.locator("#vs-chat").get_by_text(question).last.wait_for()
    page.locator("#vs-cost .vs-cost").first.wait_for(timeout=PATIENCE)
    return page.locator("#vs-chat").inner_text()


def player_time(page: Page) -> float:
    return page.evaluate("document.getElementById('vs-player').currentTime")


def picture(page: Page, name: str, of: str | None = None, **options: Any) -> None:
    """Keep a screenshot with few colours, which makes it a tenth as large."""
    from PIL import Image

    folder = os.environ.get("VIDSCOUT_SCREENSHOTS")
    if folder:
        page.wait_for_timeout(800)
        shown = page if of is None else page.locator(of)
        taken = Image.open(io.BytesIO(shown.screenshot(**options))).convert("RGB")
        Path(folder).mkdir(parents=True, exist_ok=True)
        taken.quantize(255, dither=Image.Dither.NONE).save(Path(folder) / f"{name}.png", optimize=True)


def test_a_video_is_sent_read_asked_about_and_played_where_the_answer_is(
    opened: Opened, backstage: Backstage, trailer: Path, trailer_id: str
):
    page, other = opened(), opened()
    ask(other, "What is the mirror made of?")
    tab(page, "Library")
    page.set_input_files("#vs-upload input[type=file]", str(trailer))
    page.locator("#vs-progress progress").first.wait_for(timeout=PATIENCE)
    page.get_by_text("left", exact=False).first.wait_for(timeout=PATIENCE)  # rate and time left
    ask(other, "When does a cat appear?")
    assert backstage.readings.active(), "the question waited for the reading"
    picture(page, "reading")
    page.locator("#vs-progress .vs-ready").wait_for(timeout=PATIENCE)
    assert backstage.scout.find(trailer_id).name == "trailer.mp4"
    assert backstage.scout.find(trailer_id).path.parent == backstage.uploads.resolve()
    page.locator(f"video[data-video='{trailer_id}']").wait_for()
    assert "shots" in page.locator("#vs-listing").inner_text()

    said = ask(page, "When does the title “An unlucky bird” appear?")
    assert "0:1" in said
    card = page.locator(".vs-card", has_text="An unlucky bird").first
    assert "screen text" in card.inner_text()
    assert "0:11" in card.inner_text()
    assert page.locator(".vs-frames img").count() > 0
    page.wait_for_function(
        "[...document.querySelectorAll('.vs-card img')].every(i => i.complete && i.naturalWidth > 0)"
    )

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
    page.evaluate("document.getElementById('vs-player').pause()")
    page.locator(".vs-relevance").wait_for()
    picture(page, "answer", full_page=True)
    picture(page, "timeline", of="#vs-left")

    tab(page, "Transcript")
    page.get_by_label("Search speech and screen text").fill("rodent")
    page.locator("#vs-transcript mark", has_text="rodent").wait_for()
    assert page.locator("#vs-transcript li").count() == 1
    page.locator("#vs-transcript a.vs-chip").click()
    page.wait_for_function("Math.abs(document.getElementById('vs-player').currentTime - 33.2) < 1.5")
    with page.expect_download() as download:
        page.locator("#vs-downloads a", has_text="VTT").click()
    assert Path(download.value.path()).read_text().startswith("WEBVTT")

    page.reload()
    page.locator(f"video[data-video='{trailer_id}']").wait_for()
    tab(page, "Library")
    assert "trailer.mp4" in page.locator("#vs-listing").inner_text()


def test_clicking_and_arrow_keys_on_the_timeline_seek(opened: Opened, trailer_id: str):
    page = opened()
    page.locator(f"video[data-video='{trailer_id}']").wait_for()
    page.wait_for_function("document.getElementById('vs-player').readyState >= 1")
    page.evaluate("HTMLMediaElement.prototype.play = async function () {}")  # so that the time stands still
    track = page.locator(".vs-track").first
    box = track.bounding_box()
    track.click(position={"x": box["width"] * 0.5, "y": 8})
    page.wait_for_function("Math.abs(document.getElementById('vs-player').currentTime - 27.6) < 0.5")
    page.locator(".vs-timeline").press("ArrowRight")
    page.wait_for_function("Math.abs(document.getElementById('vs-player').currentTime - 32.6) < 0.6")
    page.locator(".vs-timeline[aria-valuetext='0:32']").wait_for()


def test_dark_and_light_are_both_readable(opened: Opened):
    page = opened(color_scheme="dark")
    ask(page, "Who presents the film?")
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(int(part) for part in colour.strip("rgba()").split(",")[:3]) < 80
    page.locator(".vs-relevance").wait_for()
    picture(page, "dark", full_page=True)


def test_a_follow_up_keeps_the_context(opened: Opened):
    page = opened()
    choose(page, "lecture.mp4")
    ask(page, "What is the mirror made of?")
    page.locator("#vs-chat").get_by_text("Silicon carbide").first.wait_for()
    ask(page, "When was that?")
    page.locator("#vs-cost", has_text="profile").wait_for()
    page.wait_for_function("document.querySelectorAll('#vs-chat a[href*=\"#t=2\"]').length >= 2")


def test_at_390_pixels_everything_fits_and_works(opened: Opened, trailer_id: str):
    page = opened(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, device_scale_factor=1)
    page.locator(f"video[data-video='{trailer_id}']").wait_for()
    ask(page, "When does the title “An unlucky bird” appear?")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#vs-chat a[href*='#t=']").first.tap()
    page.wait_for_function("Math.abs(document.getElementById('vs-player').currentTime - 11) < 3")
    page.evaluate("document.getElementById('vs-player').pause()")
    page.locator(".vs-card", has_text="An unlucky bird").first.wait_for()
    picture(page, "phone", full_page=True)
    tab(page, "Transcript")
    page.get_by_label("Search speech and screen text").fill("bunny")
    page.locator("#vs-transcript mark").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for name in ("Library", "Settings", "Doctor"):
        tab(page, name)
        page.wait_for_timeout(500)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name


def test_a_text_file_called_mp4_gets_one_line(opened: Opened, tmp_path: Path):
    page = opened()
    tab(page, "Library")
    false = tmp_path / "holiday.mp4"
    false.write_text("not a film\n" * 100)
    page.set_input_files("#vs-upload input[type=file]", str(false))
    told = page.locator("#vs-status [role=alert]")
    told.wait_for()
    assert told.inner_text() == "⚠ holiday.mp4: nothing in it can be read as video or audio"


def test_an_oversized_upload_is_refused_with_the_limit(opened: Opened, tmp_path: Path, backstage: Backstage):
    page = opened()
    tab(page, "Library")
    large = tmp_path / "large.mp4"
    with large.open("wb") as file:
        file.truncate(LARGEST + 10**6)
    page.set_input_files("#vs-upload input[type=file]", str(large))
    page.get_by_text("maximum", exact=False).first.wait_for()
    assert not backstage.readings.active()


def test_two_browsers_ask_at_the_same_moment_and_get_their_own_answers(opened: Opened):
    first, second = opened(), opened()
    choose(first, "lecture.mp4")
    choose(second, "trailer.mp4")
    for page, question in ((first, "What is the mirror made of?"), (second, "Who presents the film?")):
        page.get_by_label("Question").fill(question)
    first.locator("#vs-ask").click()
    second.locator("#vs-ask").click()
    for page, said, strange in ((first, "carbide", "Blender"), (second, "Blender", "carbide")):
        page.locator("#vs-cost .vs-cost").first.wait_for(timeout=PATIENCE)
        text = page.locator("#vs-right").inner_text()
        assert said.casefold() in text.casefold()
        assert strange.casefold() not in text.casefold()


def test_an_error_is_one_line_without_a_traceback(opened: Opened):
    page = opened()
    page.locator("#vs-player").wait_for()
    page.locator("#vs-ask").click()
    page.locator("#vs-chat").get_by_text("the question is empty").wait_for()
    assert "Traceback" not in page.content()


def test_every_control_has_a_name(opened: Opened):
    page = opened()
    for name in ("Ask", "Transcript", "Library", "Settings", "Doctor"):
        tab(page, name)
        page.wait_for_timeout(400)
        nameless = page.evaluate(
            """() => [...document.querySelectorAll('button, input, textarea, select, video, [role=slider]')]
            .filter(e => e.offsetParent && e.type !== 'file')
            .filter(e => !(e.getAttribute('aria-label') || e.getAttribute('title') || e.textContent.trim()
                           || (e.labels && [...e.labels].some(l => l.textContent.trim()))
                           || e.getAttribute('aria-labelledby') || e.getAttribute('placeholder')))
            .map(e => e.outerHTML.slice(0, 160))"""
        )
        assert not nameless, name


def test_a_forgotten_video_is_gone_with_its_file(opened: Opened, backstage: Backstage, trailer_id: str):
    page = opened()
    path = backstage.scout.find(trailer_id).path
    tab(page, "Library")
    picture(page, "library")
    page.locator("#vs-forget-box > button").click()
    page.locator("#vs-forgettable input").click()
    page.get_by_role("option", name="trailer.mp4").click()
    page.locator("#vs-sure input").check()
    page.locator("#vs-forget").click()
    page.get_by_text("has been forgotten").first.wait_for()
    assert backstage.scout.library.get(trailer_id) is None
    assert not path.exists()
    page.wait_for_function("!document.getElementById('vs-listing').innerText.includes('trailer.mp4')")
