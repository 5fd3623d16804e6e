"""What people do with a video from beginning to end, on a phone, a laptop and a desk: on the real embedded profile."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import MARKS, PHONE, WIDTHS, Page, card, playable, stands_at, tab, until, width
from vidscout import Record, Span, VideoScout
from vidscout.agent.inbox.inbox import Inbox
from vidscout.tools.index.videos import Video
from vidscout.tools.payloads import Spoken, Word
from vidscout.web.site import Site

pytestmark = MARKS
Opened = Callable[..., Page]
LONG = "e8" * 16
HOURS = 8
EVERY = 3.0
"""Seconds between two sentences of the long video: 9,600 of them."""


def sentence(number: int, span: Span) -> Spoken:
    """One of three words, a second each."""
    texts = ["sentence", "number", str(number)]
    words = tuple(Word(text, span.start + at, span.start + at + 0.9) for at, text in enumerate(texts))
    return Spoken(" ".join(texts), words=words, speaker=f"Speaker {number % 3}")


@pytest.fixture(scope="module")
def site(
    copied_home: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory, lecture: Path
) -> Iterator[Site]:
    """A library with the lecture, and a transcript of eight hours of which there is no file."""
    with VideoScout(home=copied_home(tmp_path_factory.mktemp("journeys") / "home"), fast=True) as scout:
        spans = [Span(at * EVERY, (at + 0.9) * EVERY) for at in range(int(HOURS * 3600 / EVERY))]
        said = [sentence(at, one) for at, one in enumerate(spans)]
        scout.index.add([Record.of(LONG, *one, 1.0, "test/1") for one in zip(spans, said, strict=True)], None)
        counts = {"speech": len(spans)}
        gone = lecture.with_name("gone.mp4")
        long = Video(
            LONG, "eight hours.mp4", gone, duration=HOURS * 3600.0, status="ready", counts=counts, has_video=False
        )
        scout.library.put(long)
        yield Site(Inbox(scout))


@pytest.fixture(scope="module")
def lecture_id(site: Site, lecture: Path) -> str:
    return site.scout.library.identify(lecture)


def asked(page: Page, question: str) -> Any:
    """Ask, and wait for the answer."""
    before = page.locator(".vs-answerfoot").count()
    page.locator(".vs-question").fill(question)
    page.keyboard.press("Enter")
    page.locator(".vs-answerfoot").nth(before).wait_for()
    return page.locator(".vs-answer").nth(before)


@pytest.mark.parametrize("screen", WIDTHS, ids=["390", "1280", "1920"])
def test_one_question_the_moment_and_everything_beside_it(opened: Opened, lecture_id: str, screen: dict[str, Any]):
    page = opened(color_scheme="dark" if screen is PHONE else "light", **screen)
    card(page, "lecture.mp4").get_by_role("link").click()
    box = page.locator(".vs-box")
    box.wait_for()
    assert box.bounding_box()["y"] + box.bounding_box()["height"] <= screen["viewport"]["height"]
    answer = asked(page, "What is the mirror made of?")
    assert "silicon carbide" in answer.inner_text()
    answer.locator(".vs-text .chip").first.click()
    stands_at(page, 24.8, within=1.5)
    answer.get_by_role("button", name="Cut out").first.click()
    page.locator(".vs-spans li").wait_for()
    assert re.match(r"0:2\d", page.get_by_label("Start of clip 1").input_value())

    tab(page, "Transcript").locator(".vs-spoken").wait_for()
    assert "silicon carbide" in page.locator(".vs-spoken").inner_text()
    tab(page, "Chapters").locator(".vs-chapter", has_text="The astronaut").click()
    stands_at(page, 36, within=1.5)
    notes = page.locator("details", has_text="Notes").first
    notes.locator("summary").click()
    notes.locator(".chip").first.wait_for()
    found = tab(page, "Search")
    found.get_by_role("searchbox").fill("espresso machine")
    page.keyboard.press("Enter")
    found.locator(".vs-hitcard").first.click()
    stands_at(page, 75.3, within=3)
    tab(page, "Check").get_by_role("button", name="Check lecture.mp4").wait_for()
    assert width(page) <= screen["viewport"]["width"]


def test_the_player_shows_chapters_and_captions_and_is_used_by_keys(opened: Opened, lecture_id: str):
    page = opened(f"v/{lecture_id}?t=30")
    playable(page)
    until(page, "document.querySelectorAll('.seekparts span').length > 5")
    page.locator(".inchapter", has_text="The telescope").wait_for()
    bar = page.get_by_role("slider", name="Position")
    bar.press("PageDown")
    stands_at(page, 36, within=0.3)
    assert "The astronaut" in bar.get_attribute("aria-valuetext")
    bar.press("c")
    until(page, "document.getElementById('player').textTracks[0].mode === 'showing'")
    until(page, "document.getElementById('player').textTracks[0].activeCues?.length >= 0")
    page.reload()
    until(page, "document.getElementById('player').textTracks[0].mode === 'showing'")
    assert page.get_by_role("button", name="Captions").get_attribute("aria-pressed") == "true"
    page.get_by_label("Speed").select_option("1.5")
    assert page.evaluate("document.getElementById('player').playbackRate") == 1.5
    page.get_by_role("button", name="Mute").click()
    page.get_by_role("button", name="Sound on").wait_for()


def test_a_box_on_the_picture_is_drawn_or_moved_by_keys_and_asked_about(opened: Opened, lecture_id: str):
    page = opened(f"v/{lecture_id}?t=40")
    playable(page)
    stands_at(page, 40, within=0.5)
    page.get_by_role("button", name="Ask about a part").click()
    frame = page.locator(".region").bounding_box()
    page.mouse.move(frame["x"] + frame["width"] * 0.5, frame["y"] + frame["height"] * 0.3)
    page.mouse.down()
    page.mouse.move(frame["x"] + frame["width"] * 0.95, frame["y"] + frame["height"] * 0.95, steps=3)
    page.mouse.up()
    page.locator(".vs-range", has_text="in the box at 0:40").wait_for()
    sent: list[Any] = []
    page.on("request", lambda r: sent.append(r.post_data_json) if "completions" in r.url else None)
    answer = asked(page, "What is this?")
    [seconds, [left, top, right, bottom]] = sent[0]["region"]
    assert abs(seconds - 40) < 0.5
    assert 0.4 < left < right <= 1
    assert 0.2 < top < bottom <= 1
    assert "person" in answer.inner_text().lower()
    page.get_by_role("button", name="Ask about the whole picture again").click()
    page.locator(".vs-range .chip").wait_for(state="detached")
    page.get_by_role("button", name="Ask about a part").press("Enter")
    group = page.locator(".region.drawing")
    group.press("ArrowLeft")
    group.press("Enter")
    page.locator(".vs-range", has_text="in the box").wait_for()


def test_a_transcript_of_eight_hours_is_drawn_in_part_and_searched_as_a_whole(opened: Opened):
    page = opened(f"v/{LONG}?tab=transcript", expect=("404",))
    page.locator(".vs-line").first.wait_for()
    assert page.locator(".vs-line").count() < 600
    page.locator("vs-transcript input[type=search]").fill("number 9000")
    page.locator(".vs-count", has_text="1 found").wait_for()
    page.locator(".vs-line", has_text="sentence number 9000").wait_for()
    until(page, "document.querySelector('.vs-hit').getBoundingClientRect().top < innerHeight")
    assert page.locator(".vs-line").count() < 900, "what is far away has gone again"
    page.locator("vs-transcript input[type=search]").fill("")
    page.goto(page.url.partition("?")[0] + "?tab=transcript&t=3001")
    page.locator(".vs-spoken", has_text="number 1000").wait_for()
    page.locator(".vs-lit", has_text="number").wait_for()


def test_eight_people_at_once_never_see_each_other(opened: Opened, lecture_id: str):
    questions = {
        "What is the mirror made of?": "silicon carbide",
        "How much does the flight cost?": "42 million",
        "How many cups did the espresso machine make?": "7000|7,000",
        "What did students name the brightest galaxy?": "Blue Pepper",
        "Where does Maria Keller work?": "Lisbon",
        "How long did they polish the mirror?": "11 weeks",
        "After how many months will the mission end?": "9 months",
        "When is the launch?": "March",
    }
    pages = {question: opened(f"v/{lecture_id}") for question in questions}
    for question, page in pages.items():
        page.locator(".vs-question").fill(question)
    for page in pages.values():
        page.keyboard.press("Enter")
    for question, page in pages.items():
        page.locator(".vs-answerfoot").wait_for()
        assert page.locator(".vs-turn").count() == 1
        assert page.locator(".vs-asking").inner_text() == question
        others = [other for other in questions if other != question]
        assert not any(other in page.locator(".vs-log").inner_text() for other in others)
        page.locator(".vs-head button").first.click()
        page.locator(".vs-talk").first.wait_for()
        assert page.locator(".vs-talk").all_inner_texts() == [question], "nobody's list has anybody else's"
    told = {question: page.locator(".vs-answer").inner_text() for question, page in pages.items()}
    right = [question for question, wanted in questions.items() if re.search(wanted, told[question])]
    assert len(right) >= 6, told


def test_in_german_what_the_server_says_is_german_too(opened: Opened, lecture_id: str):
    page = opened(f"v/{lecture_id}", locale="de-DE", expect=("400",))
    suggestion = page.locator(".vs-suggestion", has_text="The telescope")
    assert suggestion.inner_text() == "Was wird über „The telescope“ gesagt?"
    suggestion.click()
    page.locator(".vs-answerfoot").wait_for()
    assert page.locator(".vs-text .chip").count() >= 1
    message = page.evaluate(
        "import('/app/dom.js').then(d => d.api('/v1/search', { body: { query: ' ' } })).catch(e => e.message)"
    )
    assert message == "So kann das nicht gefragt werden."
