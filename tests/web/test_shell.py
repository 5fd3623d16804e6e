"""The page's frame in Debian's Chromium, with the real embedded models and no way to the outside."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import pytest
from browsing import (
    MARKS,
    PHONE,
    SHIFTED,
    WIDTHS,
    Page,
    card,
    complaints_of,
    open_video,
    pause,
    playable,
    stands_at,
    tab,
    until,
    upload,
    width,
)
from served import serving as served_at
from vidscout import VideoScout
from vidscout.agent.inbox.inbox import Inbox
from vidscout.tools.index.videos import Video
from vidscout.web.serve import Login, application
from vidscout.web.site import Site

Opened = Callable[..., Page]

pytestmark = MARKS


@pytest.fixture(scope="module")
def site(copied_home: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A library that holds the trailer and the lecture, and offers the lecture as its sample."""
    folder = copied_home(tmp_path_factory.mktemp("web") / "home")
    with VideoScout(home=folder) as scout:
        yield Site(Inbox(scout), sample=lambda inbox, owner: inbox.find("lecture.mp4"))


@pytest.fixture(scope="module")
def lecture_id(site: Site, lecture: Path) -> str:
    return site.scout.library.identify(lecture)


def padded(video: Path, to: Path) -> Path:
    """The same film in a file of its own: an empty box more, so that it has not been read yet."""
    to.write_bytes(video.read_bytes() + b"\x00\x00\x00\x08free")
    return to


@pytest.mark.parametrize("screen", WIDTHS, ids=["390", "1280", "1920"])
def test_every_view_fits_stands_still_and_is_accessible(opened: Opened, lecture_id: str, screen: dict[str, Any]):
    scheme = "dark" if screen is PHONE else "light"
    page = opened(color_scheme=scheme, **screen)
    tone = page.evaluate("getComputedStyle(document.body).backgroundColor").strip("rgb()").split(",")
    assert all(int(part) < 80 if scheme == "dark" else int(part) > 200 for part in tone)
    card(page, "lecture.mp4").locator("img").wait_for()
    box = page.locator("#dropzone").bounding_box()
    assert box["y"] + box["height"] < screen["viewport"]["height"], "the drop zone is on the first screen"
    for path, there in (
        (f"v/{lecture_id}?t=63&tab=about", "#panel-about dl"),
        ("settings", "#language"),
        ("", ".card"),
    ):
        page.goto(page.url.split("/v/")[0].split("/settings")[0].rstrip("/") + "/" + path)
        page.locator(there).first.wait_for()
        if path.startswith("v/"):
            playable(page)
        assert width(page) <= screen["viewport"]["width"], path
        assert page.evaluate(SHIFTED) <= 0.05, path
        assert complaints_of(page) == [], path
        assert small_controls(page) == [], path


def small_controls(page: Page) -> list[str]:
    """Controls that are seen and smaller than 24 pixels either way (WCAG 2.2, 2.5.8); links in a text are none."""
    return page.evaluate(
        "[...document.querySelectorAll('button, select, input, [role=tab], [role=slider]')]"
        ".map(e => [e, e.getBoundingClientRect()]).filter(([e, b]) => b.width && (b.width < 24 || b.height < 24))"
        ".map(([e]) => e.outerHTML.slice(0, 120))"
    )


def test_from_opening_to_a_video_is_one_click_and_back_leads_back(opened: Opened, lecture_id: str):
    page = opened()
    page.locator("#sample").click()
    page.wait_for_url(f"**/v/{lecture_id}*")
    playable(page)
    page.go_back()
    card(page, "lecture.mp4").wait_for()
    page.go_forward()
    playable(page)
    assert page.title() == "lecture.mp4 · vidscout"


def test_an_address_says_what_is_shown_and_when(opened: Opened, lecture_id: str):
    page = opened(f"v/{lecture_id}?t=63")
    stands_at(page, 63, within=0.5)
    timeline = page.get_by_role("slider", name="Timeline")
    timeline.press("ArrowRight")
    stands_at(page, 68, within=0.5)
    until(page, "location.search.includes('t=68')")
    tab(page, "Details").get_by_text("1280 × 720").wait_for()
    page.reload()
    stands_at(page, 68, within=0.5)
    until(page, "document.querySelector('#player track')")
    cues = "const k = document.querySelector('#player').textTracks[0]; k.mode = 'showing'; return k.cues?.length > 10"
    until(page, f"(() => {{ {cues} }})()")
    tabs = page.get_by_role("tab")
    tabs.last.click()
    tabs.last.press("Home")
    assert tabs.first.get_attribute("aria-selected") == "true"
    tabs.first.press("ArrowLeft")
    assert tabs.last.evaluate("e => e === document.activeElement")
    assert page.get_by_role("tabpanel").count() == 1


def test_the_timeline_seeks_where_it_is_clicked_and_a_drag_chooses_a_range(opened: Opened, lecture_id: str):
    page = opened(f"v/{lecture_id}")
    playable(page)
    timeline = page.get_by_role("slider", name="Timeline")
    box = timeline.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 60)
    stands_at(page, 60, within=1)
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 60)
    page.locator(".tlhint img").wait_for()
    until(page, "document.querySelector('.tlhint img').naturalWidth > 0")
    assert page.locator(".tlhint b").inner_text() in ("0:29", "0:30")
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60, steps=4)
    page.mouse.up()
    assert page.locator(".rangechip b").inner_text() in ("0:29–0:59", "0:30–1:00", "0:29–1:00", "0:30–0:59")
    timeline.press("Escape")
    page.locator(".rangechip").wait_for(state="hidden")
    timeline.press("+")
    until(page, "parseFloat(document.querySelector('.tlwindow i').style.width) < 60")


def test_moments_show_their_pictures_over_both_bars_by_pointer_and_keys_from_what_is_kept(
    opened: Opened, lecture_id: str, monkeypatch: pytest.MonkeyPatch
):
    page = opened(f"v/{lecture_id}")
    playable(page)
    monkeypatch.setattr(av, "open", lambda *args, **more: pytest.fail("a picture was decoded anew"))
    asked: list[str] = []
    page.on("response", lambda r: asked.append(f"{r.status} {r.url}") if "/thumbnail?" in r.url else None)
    for name, where in (("Position", ".overbar"), ("Timeline", ".tlhint")):
        bar, preview = page.get_by_role("slider", name=name), page.locator(f".preview{where}")
        box = bar.bounding_box()
        y = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] * 0.25, y)
        pictured(page, where)
        early = preview.locator("img").get_attribute("src")
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.75, y, steps=5)
        pictured(page, where)
        late = preview.locator("img").get_attribute("src")
        assert early != late, "a drag shows where it is"
        assert preview.locator("b").inner_text() in ("1:28", "1:29", "1:30")
        over, above = page.locator(".player, .timeline").first.bounding_box(), preview.bounding_box()
        assert above["y"] + above["height"] <= box["y"] + 20
        assert over["x"] <= above["x"], "it stays inside"
        page.mouse.up()
        page.mouse.move(2, 2)
        preview.wait_for(state="hidden")
        bar.press("Home")
        bar.press("ArrowRight")
        pictured(page, where)
        assert preview.locator("b").inner_text() == "0:05"
        bar.press("Tab")
        preview.wait_for(state="hidden")
    page.mouse.move(*at_share(page, 0.275))  # 0:33, at which the slide of 0:24 still stands
    pictured(page, ".tlhint")
    video = f"/v1/videos/{lecture_id}/thumbnail?t="
    slide, later = (page.request.get(f"{page.url.partition('/v/')[0]}{video}{at}").body() for at in (33, 36))
    assert slide == page.request.get(f"{page.url.partition('/v/')[0]}{video}24.1").body() != later
    assert len(asked) >= 4
    assert all(one.startswith("200") for one in asked)


def at_share(page: Page, share: float) -> tuple[float, float]:
    """A place on the timeline."""
    box = page.get_by_role("slider", name="Timeline").bounding_box()
    return box["x"] + box["width"] * share, box["y"] + box["height"] / 2


def pictured(page: Page, preview: str) -> None:
    """Wait until a preview is shown with its picture."""
    page.locator(f".preview{preview}").wait_for()
    until(page, f"(i => i.complete && i.naturalWidth > 0)(document.querySelector('.preview{preview} img'))")


def test_a_file_that_is_cut_off_goes_on_and_its_reading_shows_in_every_tab(
    opened: Opened, site: Site, trailer: Path, tmp_path: Path
):
    cut: list[str] = []

    def cut_once(route: Any) -> None:
        if route.request.method == "PUT" and not cut:
            cut.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    page, other = opened(expect=("ERR_FAILED",)), opened(viewport={"width": 1920, "height": 1080})
    page.route("**/v1/uploads/**", cut_once)
    upload(page, padded(trailer, tmp_path / "Ein Film – été.mp4"))
    for seen in (page, other):
        card(seen, "Ein Film – été.mp4").locator("progress").wait_for()
    assert cut
    other.get_by_role("link", name="Ein Film – été.mp4").click()
    other.get_by_text("Reading", exact=False).first.wait_for()
    page.get_by_text("left", exact=False).first.wait_for()
    card(page, "Ein Film – été.mp4").get_by_text("shots").wait_for()
    until(other, "!document.querySelector('.titles .meta').textContent.includes('Reading')")
    [video] = [one for one in site.scout.videos() if one.name.startswith("Ein Film")]
    assert video.path.parent == site.inbox.uploads.resolve()
    assert not list(site.inbox.scout.settings.home.rglob("*.part"))
    card(page, video.name).get_by_role("button", name="Delete").click()
    card(page, video.name).wait_for(state="detached")
    page.get_by_role("button", name="Undo").click()
    card(page, video.name).wait_for()
    card(page, video.name).get_by_role("button", name="Delete").click()
    page.locator(".toast").get_by_role("button", name="Close").click()
    other.get_by_text("This video is not here").wait_for()
    assert video.id not in [one.id for one in site.scout.videos()]


def test_what_was_stopped_can_be_gone_on_with(
    opened: Opened, site: Site, lecture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    speech, goes_on = site.scout.role("speech"), threading.Event()
    perceive = speech.perceive
    monkeypatch.setattr(speech, "perceive", lambda batch: goes_on.wait(600) and perceive(batch))  # a long video
    sender, other = opened(), opened(expect=("409",))
    upload(sender, padded(lecture, tmp_path / "talk.mp4"))
    card(sender, "talk.mp4").locator("progress").wait_for()
    card(other, "talk.mp4").get_by_role("button", name="Stop").click()
    other.get_by_text("was sent by somebody else").wait_for()
    [reading] = site.inbox.readings.active()
    assert not reading.stop.is_set()
    card(sender, "talk.mp4").get_by_role("button", name="Stop").click()
    assert reading.stop.wait(60)
    goes_on.set()
    card(sender, "talk.mp4").get_by_text("Read only in part").wait_for()
    card(other, "talk.mp4").get_by_role("button", name="Resume").click()
    card(sender, "talk.mp4").get_by_text("utterances").wait_for()
    site.inbox.forget(reading.video)


def test_the_page_speaks_german_and_arabic_from_right_to_left(opened: Opened, lecture_id: str):
    german = opened(locale="de-DE")
    german.get_by_role("heading", name="Bibliothek").wait_for()
    card(german, "lecture.mp4").get_by_text("Äußerungen").wait_for()
    arabic = opened(f"v/{lecture_id}?lang=ar&tab=about")
    playable(arabic)
    assert arabic.evaluate("document.documentElement.dir") == "rtl"
    assert width(arabic) <= 1280
    stage, side = (arabic.locator(one).bounding_box() for one in (".stage", ".side"))
    assert side["x"] < stage["x"]
    assert "{{" not in german.content() + arabic.content()
    german.get_by_role("link", name="Einstellungen").click()
    forms = german.frame_locator("iframe")
    forms.get_by_role("tab", name="Prüfung des Rechners").click()
    forms.get_by_role("cell", name="in Ordnung").first.wait_for()
    german.get_by_label("Sprache").select_option("ar")
    forms.get_by_role("tab", name="فحص الجهاز").wait_for()


def test_settings_are_kept_in_this_browser_and_the_doctor_can_be_read(opened: Opened):
    page = opened("settings")
    page.get_by_text("Whoever can reach this address sees every video").wait_for()
    forms = page.frame_locator("iframe")
    forms.get_by_role("tab", name="Doctor").click()
    forms.get_by_role("cell", name="ok").first.wait_for()
    forms.get_by_role("tab", name="Answers").click()
    forms.get_by_role("button", name="For experts").click()
    forms.get_by_label("number input for Rounds").fill("3")
    forms.get_by_label("number input for Rounds").press("Tab")
    until(page, "localStorage.getItem('vidscout.settings')?.includes('\"max_rounds\":3')")
    page.get_by_label("Colours").select_option("dark")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_several_videos_are_opened_together(opened: Opened):
    page = opened()
    for name in ("lecture.mp4", "trailer.mp4"):
        card(page, name).hover()
        card(page, name).get_by_role("checkbox").check()
    page.get_by_role("button", name="Ask about them").click()
    playable(page)
    page.get_by_role("button", name="trailer.mp4").click()
    until(page, "Math.abs(document.getElementById('player').duration - 55) < 1")


def test_a_restart_of_the_server_is_survived(opened: Opened, site: Site, lecture_id: str):
    with served_at(application(site)) as address:
        page = opened(at=f"{address}/", expect=("Failed to load resource",))
        card(page, "lecture.mp4").wait_for()
    page.locator("#offline").wait_for()
    with served_at(application(site), int(address.rpartition(":")[2])):
        page.locator("#offline").wait_for(state="hidden")
        open_video(page, "lecture.mp4")
        assert lecture_id in page.url


def test_what_the_browser_cannot_play_is_played_from_a_copy(opened: Opened, site: Site, tmp_path: Path):
    source = tmp_path / "old.avi"
    with av.open(str(source), "w") as out:
        stream: Any = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(50):
            out.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        out.mux(stream.encode(None))
    key = site.scout.library.identify(source)
    site.scout.library.put(Video(key, "old.avi", source, duration=2.0, width=64, height=48, status="ready"))
    page = opened(f"v/{key}?t=1")
    playable(page)
    assert page.evaluate("document.getElementById('player').currentSrc").endswith("/playable.mp4")
    stands_at(page, 1, within=0.3)
    site.inbox.forget(key)


def test_with_a_password_the_page_works_and_without_it_nothing_does(
    opened: Opened, site: Site, serving: Callable[..., str], chromium: Any
):
    guarded = serving(site, Login("ada", "pass:word"))
    page = opened(at=guarded, http_credentials={"username": "ada", "password": "pass:word"})
    open_video(page, "trailer.mp4")
    stranger = chromium.new_context()
    for path in ("", "v1/videos", "forms/config", "app/shell.js"):
        assert stranger.request.get(guarded + path).status == 401
    stranger.close()


def test_playing_moves_the_playhead_and_the_time(opened: Opened):
    page = opened()
    open_video(page, "lecture.mp4")
    page.get_by_role("slider", name="Timeline").press(" ")
    until(page, "document.getElementById('player').currentTime > 0.5")
    pause(page)
    until(page, "new DOMMatrix(getComputedStyle(document.querySelector('.playhead')).transform).e > 1")
