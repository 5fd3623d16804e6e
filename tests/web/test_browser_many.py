"""The page when several people use it, or one person asks several videos; with a password, too."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from browsing import MARKS, Page, ask, choose, stands_at, tab, upload
from vidscout import VideoScout
from vidscout.agent.inbox.inbox import Inbox
from vidscout.agent.inbox.questions_at_once import AT_ONCE
from vidscout.web.serve import Login
from vidscout.web.site import Site

Opened = Callable[..., Page]

pytestmark = MARKS


@pytest.fixture(scope="module")
def site(copied_home: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An index that holds the trailer and the lecture."""
    folder = copied_home(tmp_path_factory.mktemp("web") / "home")
    with VideoScout(home=folder) as scout:
        yield Site(Inbox(scout))


def test_several_videos_are_asked_at_once_and_chips_change_what_plays(
    opened: Opened, site: Site, trailer: Path, lecture: Path
):
    page = opened()
    choose(page, "trailer.mp4", "lecture.mp4")
    first, second = (site.scout.find(video).id for video in (trailer, lecture))
    page.locator(f"video[data-video='{first}']").wait_for()
    ask(page, "What is the mirror made of?")
    assert page.locator(".vs-relevance").count() == 2
    assert "lecture.mp4" in page.locator(".vs-card", has_text="silicon carbide").first.inner_text()
    for video in (first, second):
        assert page.locator(f".vs-frames a[href$='v={video}']").count() > 0
    page.locator("#vs-chat a[href*='#t=']").first.click()
    page.locator(f"video[data-video='{second}']").wait_for()
    stands_at(page, 25, within=3)

    page.get_by_role("button", name="Multiple choice and time range").click()
    page.get_by_label("Options, one a line").fill("glass\nsilicon carbide\nsteel")
    assert "B. silicon carbide" in ask(page, "What is the mirror made of?")


def test_two_browsers_ask_at_the_same_moment_and_get_their_own_answers(opened: Opened):
    first, second = opened(), opened()
    choose(first, "lecture.mp4")
    choose(second, "trailer.mp4")
    for page, question in ((first, "What is the mirror made of?"), (second, "Who presents the film?")):
        page.locator("#vs-question textarea").fill(question)
    first.locator("#vs-ask").click()
    second.locator("#vs-ask").click()
    for page, said, strange in ((first, "carbide", "Blender"), (second, "Blender", "carbide")):
        page.locator("#vs-cost .vs-cost").first.wait_for()
        text = page.locator("#vs-right").inner_text()
        assert said.casefold() in text.casefold()
        assert strange.casefold() not in text.casefold()


def test_while_a_video_is_read_others_ask_and_only_its_sender_stops_it(
    opened: Opened, site: Site, lecture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    speech, goes_on = site.scout.role("speech"), threading.Event()
    perceive = speech.perceive
    monkeypatch.setattr(speech, "perceive", lambda batch: goes_on.wait(600) and perceive(batch))  # a long video
    other_bytes = tmp_path / "talk.mp4"
    other_bytes.write_bytes(lecture.read_bytes() + b"\x00\x00\x00\x08free")  # an empty box: the same film, not read yet
    sender = opened()
    upload(sender, other_bytes)
    sender.locator("#vs-progress progress").first.wait_for()

    other = opened()
    choose(other, "lecture.mp4")
    ask(other, "When does a cat appear?")
    assert site.inbox.readings.active(), "the question waited for the reading"
    tab(other, "Library")
    other.locator("#vs-stop").click()
    other.get_by_text("was sent from another browser").wait_for()
    [reading] = site.inbox.readings.active()
    assert not reading.stop.is_set()

    sender.locator("#vs-stop").click()
    assert reading.stop.wait(60)
    goes_on.set()
    sender.locator("#vs-progress .vs-stopped", has_text="send it again to go on from there").wait_for()
    sender.locator("#vs-listing li", has_text="read only in part").wait_for()
    assert "talk.mp4" not in [label.split(" · ")[0] for label, _ in site.choices()]
    site.inbox.forget(reading.video)


def test_who_comes_when_too_many_ask_is_told_so(opened: Opened, site: Site):
    page = opened()
    choose(page, "trailer.mp4")
    with ExitStack() as others:
        for _ in range(AT_ONCE):
            others.enter_context(site.inbox.asking())
        page.locator("#vs-question textarea").fill("Who presents the film?")
        page.locator("#vs-ask").click()
        page.locator("#vs-chat").get_by_text(f"{AT_ONCE} questions are being answered already").wait_for()
    assert "0:11" in ask(page, "When does the title “An unlucky bird” appear?")


def test_with_a_password_the_whole_page_works_and_without_it_nothing_does(
    opened: Opened, site: Site, serving: Callable[..., str], chromium: Any
):
    guarded = serving(site, Login("ada", "pass:word"))
    page = opened(at=guarded, http_credentials={"username": "ada", "password": "pass:word"})
    choose(page, "trailer.mp4")
    assert "0:11" in ask(page, "When does the title “An unlucky bird” appear?")
    page.wait_for_function("document.getElementById('vs-player').readyState >= 1")
    stranger = chromium.new_context()
    for address in (guarded, f"{guarded}gradio_api/startup-events", f"{guarded}config"):
        assert stranger.request.get(address).status == 401
    stranger.close()
