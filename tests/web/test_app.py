"""The page's parts without a browser: what is accepted, what is served, and how things are written."""

import asyncio
import base64
import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from vidscout import Record, Span, VideoScout
from vidscout.agent.answer import Answer, AnswerFrame, Evidence
from vidscout.agent.bridge import streamed
from vidscout.agent.exports.entries import of_records
from vidscout.agent.exports.subtitles import srt, vtt
from vidscout.agent.exports.texts import as_json
from vidscout.agent.inbox.inbox import Inbox
from vidscout.agent.inbox.questions_at_once import AT_ONCE
from vidscout.agent.inbox.queue import StageProgress
from vidscout.agent.inbox.uploads import Limits, Upload, accept, bytes_of
from vidscout.agent.profiles.profile import PROFILES
from vidscout.agent.settings import load
from vidscout.bench.demo import questions
from vidscout.graphs.events import Progress, StepStarted, ToolFinished
from vidscout.tools.errors import MediaError, UsageError
from vidscout.tools.index.videos import Video
from vidscout.tools.payloads import ObjectCounts, Payload, Shot, Spoken, TextLines
from vidscout.tools.records import Modality
from vidscout.web.answer_stream import PageQuestion, answered
from vidscout.web.answers import AnswerSteps, as_markdown, cost_html, evidence_html, frames_html
from vidscout.web.chips import with_chips
from vidscout.web.findings import covered, labels, suggestions
from vidscout.web.progress import progress_html
from vidscout.web.serve import Login, application
from vidscout.web.site import Site
from vidscout.web.tabs.settings import profiles_html
from vidscout.web.timeline import bars, ticks, timeline
from vidscout.web.transcript import rows_html, searched

HERE = "http://127.0.0.1:7860"
"""What the page is called in a test without a socket."""

VIDEO = Video("a1b2c3", "talk & <more>.mp4", Path("/nowhere/talk.mp4"), duration=100.0)


def record(start: float, end: float, text: str, modality: Modality = Modality.SPEECH) -> Record:
    kinds = {Modality.SCREEN_TEXT: TextLines((text,)), Modality.SHOT: Shot(1)}
    return found(start, end, kinds.get(modality, Spoken(text)))


def found(start: float, end: float, payload: Payload) -> Record:
    return Record.of(VIDEO.id, Span(start, end), payload, 0.95, "test/1")


def answer(text: str, *evidence: tuple[float, float, str], abstained: bool = False) -> Answer:
    pieces = [Evidence(VIDEO.id, start, end, "speech", said, 0.8, "test/1") for start, end, said in evidence]
    return Answer(
        text, None, abstained, 0.8, pieces, [], [], [], {"total": 1.0}, {}, {}, "embedded", "What?", [VIDEO.id]
    )


# -- uploads ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def sent(tmp_path: Path, bunny: Path) -> Path:
    return Path(shutil.copyfile(bunny, tmp_path / "my film.mp4"))


def test_an_accepted_file_lies_in_the_apps_folder_under_another_name(tmp_path: Path, sent: Path):
    upload = accept(sent, tmp_path / "kept", Limits())
    assert upload.path.parent == tmp_path / "kept"
    assert "film" not in upload.path.name
    assert upload.name == "my film.mp4"
    assert upload.duration == pytest.approx(5.3, abs=0.5)
    assert not sent.exists()


def test_a_text_file_called_mp4_is_refused_in_one_line_and_deleted(tmp_path: Path):
    sent = tmp_path / "film.mp4"
    sent.write_text("this is no film\n" * 50)
    with pytest.raises(MediaError, match=r"^film\.mp4: nothing in it can be read as video or audio$"):
        accept(sent, tmp_path / "kept", Limits())
    assert not sent.exists()
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize(
    ("limits", "told"),
    [(Limits(size=1000), "at most 1.0 KB are taken"), (Limits(duration=2), "lasts 0:05; at most 0:02 are taken")],
)
def test_what_is_too_large_or_too_long_is_refused_with_the_limit(tmp_path: Path, sent: Path, limits: Limits, told: str):
    with pytest.raises(UsageError, match=told):
        accept(sent, tmp_path / "kept", limits)
    assert not sent.exists()


@pytest.mark.parametrize("text", ["", "much", "-5mb", "0"])
def test_a_size_that_is_none_is_refused(text: str):
    with pytest.raises(UsageError, match="is not a size"):
        bytes_of(text)


# -- what is served --------------------------------------------------------------------------------------------------


@pytest.fixture
def site(scout: VideoScout) -> Iterator[TestClient]:
    with TestClient(application(Site(Inbox(scout))), HERE) as client:
        yield client


@pytest.mark.models
def test_a_known_video_is_served_in_parts_by_its_id(site: TestClient, scout: VideoScout, trailer: Path):
    response = site.get(f"/media/{scout.find(trailer).id}", headers={"Range": "bytes=100-199"})
    assert response.status_code == 206
    assert response.content == trailer.read_bytes()[100:200]
    assert "default-src 'self'" in response.headers["content-security-policy"]


@pytest.mark.models
def test_nothing_else_on_the_disk_is_served(site: TestClient, scout: VideoScout, lecture: Path, tmp_path: Path):
    secret = tmp_path / "secret.txt"
    secret.write_text("not for you")
    video = scout.find(lecture).id
    for address in (
        f"/media/{secret}", "/media/..%2F..%2Fetc%2Fpasswd", f"/media/{video}%2F..%2Fx", f"/thumbnail/{video}/..%2F0",
        "/thumbnail/..%2F..%2Fx/0", f"/thumbnail/{video}/-1", f"/transcript/{video}.exe",
        f"/gradio_api/file={secret}", "/gradio_api/file=/etc/passwd", f"/gradio_api/file={lecture}",
        f"/gradio_api/file={scout.index.home / 'vidscout.sqlite'}",
    ):  # fmt: skip
        response = site.get(address)
        assert response.status_code in (403, 404, 422), address
        assert b"not for you" not in response.content


@pytest.mark.models
def test_transcripts_are_downloads(site: TestClient, scout: VideoScout, lecture: Path):
    response = site.get(f"/transcript/{scout.find(lecture).id}.srt")
    assert 'filename="' in response.headers["content-disposition"]
    assert "silicon carbide" in response.text


@pytest.mark.models
def test_without_the_password_nothing_is_served(scout: VideoScout, trailer: Path):
    with TestClient(application(Site(Inbox(scout)), Login("ada", "pass:word")), HERE) as client:
        for address in ("/", "/config", "/gradio_api/info", f"/media/{scout.find(trailer).id}"):
            assert client.get(address).status_code == 401, address
            assert client.get(address, auth=("ada", "wrong")).status_code == 401, address
        assert client.get("/", auth=("ada", "pass:word")).status_code == 200


@pytest.mark.models
def test_opening_the_page_loads_no_model(home: Path):
    with VideoScout(home=home) as fresh, TestClient(application(Site(Inbox(fresh))), HERE) as client:
        page = client.get("/")
        assert page.status_code == 200
        assert not any(backend.is_ready for backend in fresh.models._backends.values())
        for stranger in ("googleapis", "gstatic", "cdnjs"):
            assert stranger not in page.text


@pytest.mark.models
def test_a_page_cannot_have_files_of_the_server_read(scout: VideoScout, trailer: Path, tmp_path: Path):
    own = Path(shutil.copyfile(trailer, tmp_path / "own.mp4"))
    own.write_bytes(own.read_bytes() + b"\x00\x00\x00\x08free")  # an empty box: another video, not read yet
    site = Site(Inbox(scout))

    async def ask() -> list[dict]:
        question = PageQuestion("Who presents the film?", [str(own)])
        return [update async for update in answered(site, question, [], {"profile": "auto"})]

    assert "choose a video first" in asyncio.run(ask())[-1]["conversation"][-1]["content"]
    assert site.named([scout.library.identify(own)]) == []


@pytest.mark.models
@pytest.mark.parametrize("event", ["upload", "ask"])
def test_a_file_that_was_not_sent_cannot_be_passed_off_as_one_that_was(
    site: TestClient, scout: VideoScout, tmp_path: Path, event: str
):
    (secret := tmp_path / "secret.txt").write_text("not for you")
    file = {"path": str(secret), "meta": {"_type": "gradio.FileData"}}
    said = {"role": "user", "content": [{"type": "file", "file": file}]}
    settings = ["auto", "topk", "interleaved", 128, 2]
    sent = {"upload": [[file], "", None], "ask": ["What?", [], "", "", "", [said], None, *settings]}[event]
    events = site.get("/config").json()["dependencies"]
    number = next(each["id"] for each in events if event in (each["targets"][0][1], each["api_name"]))
    asked = {"data": sent, "fn_index": number, "session_hash": "stranger"}
    assert site.post("/gradio_api/queue/join", json=asked).status_code == 200
    told = site.get("/gradio_api/queue/data", params={"session_hash": "stranger"}).text
    assert '"success":false' in told
    assert "not uploaded by a user" not in told, "what is on the server is not the visitor's to know"
    assert "Traceback" not in told
    arriving = scout.settings.home / "arriving"
    assert not [path for path in arriving.rglob("*") if path.is_file() and path.read_bytes() == b"not for you"]


@pytest.mark.models
@pytest.mark.parametrize("name", ["../../evil.mp4", "/tmp/evil.mp4", "..\\evil.mp4"])
def test_the_name_of_an_upload_leads_nowhere(site: TestClient, scout: VideoScout, bunny: Path, name: str):
    response = site.post("/gradio_api/upload", files={"files": (name, bunny.read_bytes(), "video/mp4")})
    [path] = response.json()
    arriving = (scout.settings.home / "arriving").resolve()
    assert Path(path).resolve().is_relative_to(arriving)
    upload = accept(Path(path), scout.settings.home / "uploads", Limits())
    assert upload.path.parent == scout.settings.home / "uploads"
    assert "evil" not in upload.path.name
    upload.path.unlink()


@pytest.mark.models
def test_what_is_larger_than_the_limit_is_refused_by_the_server_too(scout: VideoScout):
    with TestClient(application(Site(Inbox(scout, Limits(size=10_000)))), HERE) as client:
        response = client.post("/gradio_api/upload", files={"files": ("a.mp4", b"x" * 20_000, "video/mp4")})
        assert response.status_code == 413
        assert "maximum allowed size" in response.text


def test_the_command_listens_on_this_machine_only_and_asks_for_the_password(tmp_path: Path):
    command = [sys.executable, "-c", "from vidscout.agent.cli import main; main()", "--home", str(tmp_path), "web"]
    with subprocess.Popen(
        [*command, "--port", "0", "--auth", "ada:secret"], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            told = re.search(r"http://127\.0\.0\.1:(\d+)", server.stdout.readline())
            assert told is not None
            wait_until(lambda: _status(told[0]) == 401)
            assert _status(told[0], ("ada", "secret")) == 200
            with pytest.raises(OSError, match="refused"):
                socket.create_connection(("127.0.0.2", int(told[1])), timeout=5).close()
        finally:
            server.terminate()


def _status(address: str, auth: tuple[str, str] | None = None) -> int:
    """0 while nobody answers."""
    try:
        return httpx.get(address, auth=auth, timeout=60).status_code
    except httpx.TransportError:
        return 0


@pytest.mark.parametrize("text", ["ada", "ada:", ":secret", ""])
def test_a_login_needs_user_and_password(text: str):
    with pytest.raises(UsageError, match="user:password"):
        Login.parsed(text)


# -- many at once ----------------------------------------------------------------------------------------------------


def test_who_stops_listening_does_not_wait_for_the_thread():
    let_go, ended = threading.Event(), threading.Event()

    def slow() -> Iterator[int]:
        try:
            yield 1
            let_go.wait(20)
            yield 2
        finally:
            ended.set()

    async def listen_once() -> int:
        stream = streamed(slow)
        first = await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]  # it is an async generator
        return first

    assert asyncio.run(asyncio.wait_for(listen_once(), 5)) == 1
    let_go.set()
    assert ended.wait(5)


def test_an_error_of_the_thread_reaches_the_listener():
    def broken() -> Iterator[int]:
        yield 1
        raise UsageError("the question is empty")

    async def listen() -> list[int]:
        return [item async for item in streamed(broken)]

    with pytest.raises(UsageError, match="the question is empty"):
        asyncio.run(listen())


@pytest.mark.models
def test_eight_people_at_once_get_their_own_answers(
    scout: VideoScout, trailer: Path, lecture: Path, serving: Callable[[Site], str]
):
    from gradio_client import Client

    address = serving(Site(Inbox(scout)))
    asked = questions("demo")[:AT_ONCE]
    ids = {"trailer": scout.find(trailer).id, "lecture": scout.find(lecture).id}
    people = [Client(address, verbose=False) for _ in asked]
    settings = ["auto", "topk", "interleaved", 128, 2]
    jobs = [
        person.submit(one["question"], [ids[one["video"]]], "", "", "", [], *settings, api_name="/ask")
        for person, one in zip(people, asked, strict=True)
    ]
    for job, one in zip(jobs, asked, strict=True):
        job.result(timeout=120)
        conversation = [update[0] for update in job.outputs() if isinstance(update[0], list)][-1]
        answer = str(conversation[-1]["content"]).casefold()
        assert str(conversation[0]["content"]).count(one["question"]) == 1
        for says in one["says"]:
            alternatives = [says] if isinstance(says, str) else says
            assert any(each.casefold() in answer for each in alternatives), (one["question"], answer)


@pytest.mark.models
def test_reading_stops_at_the_next_batch_for_its_owner_only(tmp_path: Path, lecture: Path):
    with VideoScout(home=tmp_path / "home") as scout:
        site = Site(Inbox(scout))
        sent = Path(shutil.copyfile(lecture, tmp_path / "talk.mp4"))
        reading = site.inbox.readings.add(accept(sent, site.inbox.uploads, Limits(), owner="ada"))
        waiting = site.inbox.readings.add(Upload(tmp_path / "gone.mp4", "gone.mp4", 1.0, "bob"))
        wait_until(lambda: bool(reading.stages))
        assert site.inbox.readings.cancel("bob") == 1
        assert reading.state == "reading"
        assert site.inbox.readings.cancel("ada") == 1
        wait_until(lambda: reading.ended is not None and waiting.ended is not None)
        assert reading.state == "stopped"
        assert waiting.state == "stopped"
        assert [(video.name, video.status) for video in scout.videos()] == [("talk.mp4", "reading")]
        assert site.choices() == []
        assert [key for _, key in site.forgettable()] == [reading.video]
        assert "stopped" in progress_html(site.inbox.readings.shown())
        site.inbox.forget(reading.video)
        assert not list(site.inbox.uploads.iterdir())


@pytest.mark.models
def test_a_video_that_was_read_before_is_not_kept_twice(
    copied_home: Callable[[Path], Path], tmp_path: Path, trailer: Path
):
    folder = copied_home(tmp_path / "home")
    with VideoScout(home=folder) as scout:
        site = Site(Inbox(scout))
        sent = Path(shutil.copyfile(trailer, tmp_path / "copy.mp4"))
        reading = site.inbox.readings.add(accept(sent, site.inbox.uploads, Limits()))
        wait_until(lambda: reading.ended is not None)
        assert reading.state == "ready"
        assert "had been read before as trailer.mp4" in reading.message
        assert not list(site.inbox.uploads.iterdir())


def wait_until(holds: Callable[[], bool], seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_pages_settings_leave_the_others_alone(tmp_path: Path):
    with VideoScout(home=tmp_path) as scout:
        own = Site(Inbox(scout)).scout_for("auto", selector="uniform", token_budget=64)
        assert (own.settings.selector, own.settings.token_budget) == ("uniform", 64)
        assert own.index is scout.index
        assert scout.settings.token_budget is None


# -- timeline --------------------------------------------------------------------------------------------------------


def test_the_timeline_has_a_lane_a_kind_and_the_curve_only_when_asked():
    records = [
        record(0, 10, "shot 1", Modality.SHOT),
        record(2, 4, "<b>hello</b>"),
        record(50, 60, "A title", Modality.SCREEN_TEXT),
    ]
    plot = timeline(VIDEO, records)
    for lane in ("Shots", "Speech", "Sounds", "Screen text", "Objects"):
        assert f"aria-label='{lane}'" in plot
    assert "Relevance" not in plot
    assert "<b>hello" not in plot
    assert "x='500.0'" in plot
    asked = timeline(VIDEO, records, [(0.0, 0.2), (50.0, 0.9)], [50.0], top=0.9)
    assert "500.0,2.0" in asked, "the best moment reaches the top"
    assert "500.0,2.0" not in timeline(VIDEO, records, [(0.0, 0.2), (50.0, 0.5)], top=0.9), "another video has it"
    assert "Relevance" in asked
    assert "evidence at 0:50" in asked


def test_an_hour_of_small_stretches_is_drawn_in_few_shapes():
    records = [record(at, at + 0.5, "word") for at in range(36_000)]
    drawn = bars(records, 36_000.0)
    assert len(drawn) <= 1000
    assert drawn[-1].end == pytest.approx(35_999.5)


@pytest.mark.parametrize("duration", [0.5, 5, 55, 120, 3600, 10 * 3600])
def test_an_axis_has_few_round_times(duration: float):
    assert 1 <= len(ticks(duration)) <= 7


# -- transcript ------------------------------------------------------------------------------------------------------

LINES = [
    record(1.5, 3.25, "The café opens --> at <nine>"),
    record(3.25, 5.0, "Speech two"),
    found(0, 60, TextLines(("Opening hours", "9 to 5"))),
]


def test_srt_numbers_its_cues_and_holds_speech_only():
    text = srt(of_records(VIDEO, LINES))
    assert text.startswith("1\n00:00:01,500 --> 00:00:03,250\nThe café opens")
    assert "\n2\n00:00:03,250 --> 00:00:05,000\nSpeech two\n" in text
    assert "Opening hours" not in text


def test_vtt_cannot_be_broken_by_what_is_said():
    text = vtt(of_records(VIDEO, LINES))
    assert text.startswith("WEBVTT\n\n")
    assert "00:00:01.500 --> 00:00:03.250\nThe café opens --&gt; at &lt;nine&gt;" in text
    assert text.count("-->") == 2


def test_a_silent_video_has_its_screen_text_as_subtitles():
    assert "00:00:00,000 --> 00:01:00,000\nOpening hours\n9 to 5\n" in srt(of_records(VIDEO, LINES[2:]))


def test_json_holds_every_line_with_its_times():
    written = json.loads(as_json(of_records(VIDEO, LINES)))
    assert [(line["start"], line["modality"]) for line in written["lines"]] == [
        (1.5, "speech"), (3.25, "speech"), (0, "screen_text"),
    ]  # fmt: skip
    assert written["lines"][2]["payload"] == {"kind": "text_lines", "lines": ["Opening hours", "9 to 5"]}


@pytest.mark.parametrize(("query", "found"), [("CAFE", 1), ("open", 2), ("speech two", 1), ("nothing", 0), ("", 3)])
def test_search_finds_beginnings_of_words_without_case_and_accents(query: str, found: int):
    assert len(searched(LINES, query)) == found


def test_rows_show_text_as_text_and_link_to_their_time():
    rows = rows_html(LINES, "cafe")
    assert "&lt;nine&gt;" in rows
    assert "#t=1.500&amp;v=a1b2c3" in rows


# -- answers ---------------------------------------------------------------------------------------------------------


def test_each_sentence_gets_the_chip_of_what_supports_it():
    text = with_chips(
        answer(
            "The mirror is silicon carbide. It was polished for weeks.",
            (24.7, 29.0, "The mirror is made of silicon carbide"),
            (30.4, 32.0, "It was polished for 11 weeks"),
        )
    )
    assert text.index("#t=24.700") < text.index("polished") < text.index("#t=30.400")


def test_a_named_time_becomes_the_chip_with_its_fraction():
    assert with_chips(answer("It appears at 0:11.", (11.4, 14.0, "An unlucky bird"))) == (
        "It appears at [0:11](#t=11.400&v=a1b2c3)."
    )


def test_an_options_letter_is_no_sentence():
    text = with_chips(answer("B. silicon carbide", (24.7, 29.0, "The mirror is made of silicon carbide")))
    assert text == "B. silicon carbide [0:24](#t=24.700&v=a1b2c3)"


def test_a_time_of_day_is_no_chip():
    text = with_chips(answer("From 22:00 on.", (72.0, 84.0, "Night shifts / From 22:00 to 06:00")))
    assert "[22:00]" not in text


def test_an_abstention_has_no_chip_and_markup_stays_text():
    assert "#t=" not in with_chips(answer("Nothing supports it.", abstained=True))
    assert with_chips(answer("<img src=x> *so*", abstained=True)) == r"\<img src=x\> \*so\*"


def test_the_answers_markdown_has_its_evidence_in_a_table():
    written = as_markdown(answer("Yes.", (24.7, 29.0, "a | b")))
    assert "| 0:24–0:29 | speech | a \\| b | 0.80 | test/1 |" in written


def test_what_was_skipped_is_noted_with_the_cost():
    told = cost_html(replace(answer("Yes."), notes=["objects: <gave up> after 30 s"], tokens={"prompt": 12}))
    assert "<li>objects: &lt;gave up&gt; after 30 s</li>" in told
    assert "12 prompt" in told


def test_cards_name_their_video_where_several_were_asked():
    both = replace(answer("Yes.", (24.7, 29.0, "It is"), (5, 6, "<b>")), videos=[VIDEO.id, "other"])
    shown = evidence_html(both, lambda video, time: None, {VIDEO.id: VIDEO.name})
    assert "talk &amp; &lt;more&gt;.mp4" in shown
    assert "&lt;b&gt;" in shown
    assert "talk" not in evidence_html(replace(both, videos=[VIDEO.id]), lambda video, time: None, {VIDEO.id: "talk"})


def test_the_gallery_says_whether_frames_were_sent_and_shows_composites_as_they_were(tmp_path: Path):
    frame = AnswerFrame(VIDEO.id, 5.0, 0.5, "/nowhere/5000.jpg")
    (grid := tmp_path / "grid.jpg").write_bytes(b"four frames")
    asked = replace(answer("Yes."), frames=[frame])

    def gallery(**changes: Any) -> str:
        return frames_html(replace(asked, **changes), lambda video, time: "thumbnail/a1b2c3/5000")

    assert "no model was asked" in gallery()
    assert "reads text only" in gallery(counters={"llm_calls": 1})
    assert "sent to the answerer" in gallery(images=["/nowhere/5000.jpg"])
    assert "As they were sent" not in gallery(images=["/nowhere/5000.jpg"])
    assert f"base64,{base64.b64encode(b'four frames').decode()}" in gallery(images=[str(grid)])


def test_a_profile_that_cannot_run_here_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert "<strong>embedded</strong>: CPU only, no model hub" in profiles_html(load())
    assert all(f"<strong>{name}</strong>" in profiles_html(load()) for name in PROFILES)
    monkeypatch.setenv("VIDSCOUT_WEIGHTS", str(tmp_path))
    lacking = profiles_html(load()).split("<li")[1]
    assert "cannot run here before its weights are: vidscout models pull --profile embedded" in lacking


def test_steps_tell_their_time_when_the_next_one_begins():
    steps = AnswerSteps(0.0)
    steps.see(StepStarted("plan"), 1.0)
    assert "in" not in steps.markdown.split("plan")[0].split()
    steps.see(ToolFinished("speech", 3, 0.02), 1.5)
    assert "Planned what to look for in 480 ms" in steps.markdown
    assert "Searched speech: 3 found in 20 ms" in steps.markdown


# -- what was found --------------------------------------------------------------------------------------------------


def test_overlapping_speech_counts_once():
    assert covered([record(0, 10, "a"), record(5, 12, "b"), record(20, 21, "c")]) == pytest.approx(13)


def test_objects_are_counted_by_kind_whatever_their_number():
    seen = [found(0, 4, ObjectCounts((("fire truck", 2), ("dog", 1))))]
    assert labels(seen) == {"fire truck": 4, "dog": 4}


def test_suggestions_ask_about_what_is_there():
    title = record(10, 14, "An unlucky bird", Modality.SCREEN_TEXT)
    records = [*LINES, title, found(20, 30, ObjectCounts((("elephant", 1),)))]
    asked = suggestions(records)
    assert any("elephant" in question for question in asked)
    assert any("“" in question for question in asked)
    assert suggestions([]) == []


def test_a_stage_knows_its_rate_and_what_is_left():
    stage = StageProgress(Progress("v", "watching", 10, 110), 100.0, Progress("v", "watching", 60, 110), 110.0)
    assert stage.rate == pytest.approx(5.0)
    assert stage.left == pytest.approx(10.0)


def test_a_verdict_is_shown_with_its_stretches_as_chips_and_its_report_fenced_in():
    from vidscout.agent.generated import verdict as v
    from vidscout.web.tabs.check import verdict_html

    evidence = v.VerdictEvidence(spans=[v.SuspiciousSpan(4.0, 8.0, ["flicker"])], reason="one stretch <differs>")
    shown = verdict_html(v.Verdict("uncertain", 0.6, (0.3, 0.8), [], evidence, {}, {}, ["short"], video="a.mp4"), "abc")
    assert "#t=4.000&amp;v=abc" in shown
    assert "one stretch &lt;differs&gt;" in shown
    assert "0.60 (0.30–0.80)" in shown
    assert "sandbox srcdoc='&lt;!doctype html&gt;" in shown
