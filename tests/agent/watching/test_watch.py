"""Live videos watched by real models: what is found and told, when it can be asked, and what a restart goes on with."""

import gc
import json
import shutil
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from live_servers import resent, rtsp_served
from served import files_served, serving
from vidscout import VideoScout
from vidscout.agent.api.app import application
from vidscout.agent.inbox.inbox import Inbox
from vidscout.agent.mcp.watching import WatchTools
from vidscout.agent.watching import incoming
from vidscout.agent.watching.options import Looked, Noted, Options
from vidscout.agent.watching.place import WatchFolder
from vidscout.graphs.watch.standing import Event
from vidscout.tools.errors import MediaError, SupersededError, UsageError
from vidscout.tools.index.home import THUMBNAILS, WATCHED
from vidscout.tools.media.video import Frame
from vidscout.tools.records import Modality

LIVE = {"live": {"base": "embedded", "stages": ["thumbnails", "screen_text"]}}
HEARING = {"live": {"base": "embedded", "stages": ["speech", "thumbnails", "screen_text", "objects"]}}


@pytest.fixture(scope="module")
def scout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VideoScout]:
    """A home in which text on screen is read; its models are shared."""
    folder = tmp_path_factory.mktemp("watching") / "home"
    with VideoScout(profile="live", home=folder, profiles=LIVE) as scout:
        yield scout


@pytest.fixture(scope="module")
def recorded(lecture: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first 40 seconds of the lecture as MPEG-TS: four slides, at 0, 12, 24 and 36 seconds."""
    path = tmp_path_factory.mktemp("recorded") / "lecture.ts"
    resent(lecture, str(path), "mpegts", seconds=40)
    return path


def shown(scout: VideoScout, video: str) -> list[tuple[float, float, str]]:
    records = scout.index.timeline(video, [Modality.SCREEN_TEXT])
    return [(record.span.start, record.span.end, record.text) for record in records]


def until(events: Iterator[Any], seconds: float) -> list[Any]:
    """What happens until the video has been watched so far."""
    seen = []
    for event in events:
        seen.append(event)
        if isinstance(event, Looked) and event.end >= seconds:
            return seen
    raise AssertionError(f"it ended before {seconds} s: {seen[-3:]}")


def test_a_growing_file_can_be_asked_about_while_it_grows_and_a_restart_goes_on(
    recorded: Path, tmp_path: Path, scout: VideoScout
):
    growing = tmp_path / "growing.ts"
    whole = recorded.read_bytes()
    growing.write_bytes(whole[: len(whole) * 2 // 3])
    options = Options(["when the text changes"], name="camera", quiet=1.0)
    events = scout.watch_events(str(growing), options)
    first = until(events, 19.0)
    told = [event for event in first if isinstance(event, Event)]
    assert [event.text.split(" / ")[0] for event in told] == ["Project Lantern", "Why faint galaxies?"]
    assert all(Path(event.thumbnail).is_file() for event in told)
    answer = scout.ask("camera", "What is written on the screen right now?")
    assert "faint galaxies" in answer.text
    assert "Lantern" not in answer.text
    assert "Lantern" in scout.ask("camera", "What was the title of the project?").text
    events.close()
    with growing.open("ab") as file:
        file.write(whole[len(whole) * 2 // 3 :])
    before = shown(scout, scout.find("camera").id)
    summary = scout.watch(str(growing), quiet=0.5, name="camera")
    after = shown(scout, summary.video)
    assert summary.seconds == pytest.approx(40, abs=1.5)
    assert [text.split(" / ")[0] for _, _, text in after] == [
        "Project Lantern", "Why faint galaxies?", "The telescope", "The astronaut",
    ]  # fmt: skip
    assert after[0][:2] == before[0][:2]
    assert scout.standing("camera") == ["when the text changes"]
    assert [event["text"].split(" / ")[0] for event in scout.told("camera")] == [
        "Project Lantern", "Why faint galaxies?", "The telescope", "The astronaut",
    ]  # fmt: skip


def test_what_is_watched_is_what_a_reading_finds(recorded: Path, scout: VideoScout, tmp_path: Path):
    """One window's records are those that `ingest` makes of the same file."""
    folder = tmp_path / "segments"
    folder.mkdir()
    for number, name in enumerate(("b", "a", "c")):  # by when they were written, not by name
        resent(recorded, str(folder / f"{name}.ts"), "mpegts", seconds=11.9, start=12.0 * number)
        time.sleep(0.02)
    (folder / "notes.txt").write_text("no video")
    notes: list[Any] = []
    summary = scout.watch(str(folder), notes.append, quiet=0.3)
    watched = [text for _, _, text in shown(scout, summary.video)]
    [read] = scout.ingest([recorded])
    assert watched == [text for _, _, text in shown(scout, read.video)][:3]
    assert any(isinstance(note, Noted) and "notes.txt" in note.text for note in notes)
    again = scout.watch(str(folder), quiet=0.3)  # nothing is new
    assert (again.added, again.seconds) == (0, summary.seconds)


def test_nothing_holds_pictures_that_were_looked_at(recorded: Path, scout: VideoScout, tmp_path: Path):
    """Whoever watches for days keeps none of them, also before Python's collector looks for circles."""
    held: list[int] = []

    def looked(event: Any) -> None:
        if isinstance(event, Looked):
            held.append(sum(type(one) is Frame for one in gc.get_objects()))

    resent(recorded, str(tmp_path / "short.ts"), "mpegts", seconds=11)
    gc.collect()
    gc.disable()
    try:
        scout.watch(str(tmp_path / "short.ts"), looked, quiet=0.3)
    finally:
        gc.enable()
    assert len(held) >= 5
    assert held[-1] <= 2


def test_hls_from_this_machine_is_watched_only_where_it_is_allowed_and_outlives_a_server(
    recorded: Path, tmp_path: Path, scout: VideoScout, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(incoming, "PATIENCE", (0.3, 1.0))
    folder = tmp_path / "hls"
    folder.mkdir()
    resent(recorded, str(folder / "live.m3u8"), "hls", seconds=40, hls_time="4", hls_list_size="0")
    playlist = folder / "live.m3u8"
    playlist.write_text(playlist.read_text().replace("#EXT-X-ENDLIST\n", ""))
    with files_served(folder) as files:
        with pytest.raises(UsageError, match="not on the open internet"):
            scout.watch(f"{files.address}/live.m3u8")
        files.redirects["/away.m3u8"] = "http://10.0.0.1/live.m3u8"
        with pytest.raises(UsageError, match="not on the open internet"):
            scout.watch(f"{files.address}/away.m3u8", allow=[files.host])
        stop = threading.Event()
        events = scout.watch_events(f"{files.address}/live.m3u8", Options(allow=[files.host]), stop)
        until(events, 5.0)
        kept = playlist.read_text()
        playlist.unlink()  # the server answers 404
        seen = _until_note(events)
        playlist.write_text(kept)
        resent(recorded, str(folder / "more.ts"), "mpegts", seconds=11, start=12)
        number = len([line for line in kept.splitlines() if line.endswith(".ts")])
        playlist.write_text(kept + "#EXT-X-DISCONTINUITY\n#EXTINF:11.0,\nmore.ts\n")
        assert number
        until(events, seen + 8.0)
        events.close()
    [video] = [video for video in scout.videos() if "live.m3u8" in video.name]
    assert any("Why faint galaxies" in text for _, _, text in shown(scout, video.id))


def _until_note(events: Iterator[Any]) -> float:
    """Read on until the connection broke off; how far the video went."""
    end = 0.0
    for event in events:
        if isinstance(event, Looked):
            end = event.end
        if isinstance(event, Noted) and "connecting again" in event.text:
            return end
    raise AssertionError("the connection held")


def test_rtsp_goes_on_after_its_connection_is_dropped_and_its_clock_is_set(
    recorded: Path, scout: VideoScout, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(incoming, "PATIENCE", (0.3, 1.0))
    stop = threading.Event()
    with rtsp_served() as server:
        with pytest.raises(UsageError, match="--allow"):
            scout.watch(f"rtsp://someone:secret@{server.host}/camera")
        assert server.described == 0
        sent = {"seconds": 38, "speed": 2.5, "stop": stop, "jump": (20.0, 5000.0)}
        threading.Thread(target=resent, args=(recorded, server.rtp, "rtp_mpegts"), kwargs=sent, daemon=True).start()
        options = Options(allow=[server.host], name="door")
        events = scout.watch_events(f"rtsp://someone:secret@{server.host}/camera", options)
        until(events, 4.0)
        server.drop()
        end = _until_note(events)
        until(events, end + 4.0)
        events.close()
        stop.set()
    assert server.described >= 2
    door = scout.find("door")
    assert shown(scout, door.id)
    assert "secret" not in json.dumps([str(door), *(str(path) for path in scout.settings.home.rglob("*.json"))])


def test_a_pipe_is_watched_as_it_comes(recorded: Path, scout: VideoScout, monkeypatch: pytest.MonkeyPatch):
    with recorded.open("rb") as file:
        monkeypatch.setattr("sys.stdin", type("Piped", (), {"buffer": file}))
        summary = scout.watch("-", name="piped")
    assert len(shown(scout, summary.video)) == 4


def test_cameras_are_seen_through_opencv(recorded: Path):
    from vidscout.agent.watching.camera import pictures

    began = time.monotonic()
    stop = threading.Event()
    stretches = pictures(str(recorded), 5.0, 320, lambda: (time.monotonic() - began) * 10, stop)
    first, second = next(stretches), next(stretches)  # the first picture is new, and does not wait
    stop.set()
    shown = [*first.frames, *second.frames]
    assert [frame.image.shape for frame in shown] == [(180, 320, 3)] * len(shown)
    assert len(first.frames) == 1
    assert len(second.frames) >= 2
    with pytest.raises(MediaError, match="no camera"):
        next(pictures("/dev/video99", 1.0, 320, time.monotonic, stop))


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("nowhere.ts", "no such file"),
        ("gopher://host/x", "not watched"),
        ("http://user:secret@example.org/a.m3u8", "password"),
        ("device:v4l2", "device:FORMAT:NAME"),
        ("http://169.254.169.254/live.m3u8", "not on the open internet"),
    ],
)
def test_what_cannot_be_watched_is_one_line(source: str, says: str, scout: VideoScout):
    with pytest.raises((UsageError, MediaError), match=says) as refused:
        scout.watch(source)
    assert "\n" not in str(refused.value)


def test_an_mp4_that_is_not_complete_is_refused(lecture: Path, tmp_path: Path, scout: VideoScout):
    moved = tmp_path / "late.mp4"
    moved.write_bytes(b"\0\0\0\x10ftypisom\0\0\0\0" + b"\0\1\0\0mdat" + b"\0" * 1000)
    with pytest.raises(MediaError, match=r"write \.ts, \.mkv or fMP4"):
        scout.watch(str(moved))


def test_events_go_to_a_webhook_and_over_mcp(recorded: Path, tmp_path: Path, scout: VideoScout):
    got: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    hook = HTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=hook.serve_forever, args=(0.05,), daemon=True).start()
    path = tmp_path / "hooked.ts"
    resent(recorded, str(path), "mpegts", seconds=30)
    host = f"127.0.0.1:{hook.server_address[1]}"
    notes: list[Any] = []
    refused = {"name": "hooked", "quiet": 0.3, "webhook": f"http://{host}/told"}
    scout.watch(str(path), notes.append, tell=["“Mirror diameter”"], **refused)
    assert got == []
    assert any(isinstance(note, Noted) and "not told" in note.text for note in notes)
    path = shutil.copy(path, tmp_path / "allowed.ts")
    scout.watch(str(path), tell=["“Mirror diameter”"], **{**refused, "name": "allowed"}, allow=[host])
    hook.shutdown()
    hook.server_close()
    [event] = got
    assert (event["question"], event["modality"]) == ("“Mirror diameter”", "screen_text")
    assert event["start"] == pytest.approx(24, abs=1.1)

    async def over_mcp() -> None:
        with_inbox = Inbox(scout)
        try:
            tools = WatchTools(with_inbox)
            told = await tools.live_events("allowed")
            assert [one.text for one in told.events] == [event["text"]]
            assert (await tools.tell_me("allowed", "every goal")).standing[-1] == "every goal"
            assert "every goal" not in (await tools.tell_me("allowed", "every goal", stop=True)).standing
        finally:
            with_inbox.close()

    anyio.run(over_mcp)
    _over_http(scout, event)


def _over_http(scout: VideoScout, event: dict[str, Any]) -> None:
    inbox = Inbox(scout)
    with serving(application(inbox)) as address, httpx.Client(base_url=address, timeout=30) as http:
        [live] = [one for one in http.get("/v1/live").json()["data"] if one["name"] == "allowed"]
        assert live["standing"] == ["“Mirror diameter”"]
        [told] = http.get("/v1/live/allowed/events").json()["data"]
        assert (told["text"], told["start"]) == (event["text"], event["start"])
        assert str(scout.settings.home) not in json.dumps(told)
        assert http.get(told["picture"]).headers["content-type"] == "image/jpeg"
        assert http.get("/v1/live/allowed/events", params={"since": told["at"]}).json()["data"] == []
        changed = http.post("/v1/live/allowed/standing", json={"add": ["every goal"]}).json()
        assert changed["standing"] == ["“Mirror diameter”", "every goal"]
        changed = http.post("/v1/live/allowed/standing", json={"remove": ["every goal"]}).json()
        assert changed["standing"] == ["“Mirror diameter”"]
        refused = http.get("/v1/live/nothing/events")
        assert (refused.status_code, "nothing" in refused.json()["error"]["message"]) == (404, True)
        folder = WatchFolder(scout.settings.home, live["id"])
        with http.stream("GET", "/v1/live/allowed/events", params={"stream": True}) as stream:
            lines = (json.loads(line[6:]) for line in stream.iter_lines() if line.startswith("data: "))
            assert next(lines)["text"] == event["text"]
            folder.told([{**event, "text": "later", "at": time.time()}])
            assert next(lines)["text"] == "later"
    inbox.close()


def test_windows_bound_what_is_held_and_findings_stay(
    recorded: Path, tmp_path: Path, scout: VideoScout, monkeypatch: pytest.MonkeyPatch
):
    """Ten times over, with windows of 20 s: the journal holds the last window, and each slide is found ten times."""
    monkeypatch.setattr("vidscout.agent.watching.session.WINDOW", 20.0)
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(10):
        resent(recorded, str(folder / f"{number:03d}.ts"), "mpegts", seconds=26)
        time.sleep(0.02)
    rows: list[int] = []

    def count(event: Any) -> None:
        if isinstance(event, Looked):
            with scout.library.database.reading() as db:
                rows.append(
                    db.execute("select count(*) from observations where video = ?", [event.video]).fetchone()[0]
                )

    summary = scout.watch(str(folder), count, quiet=0.3, keep_hours=0.01, tell=["when the text changes"])
    assert summary.seconds == pytest.approx(260, abs=12)
    assert max(rows) <= 2 * 24  # two stages, at most a row a second
    assert max(rows[len(rows) // 2 :]) <= max(rows[: len(rows) // 2])
    titles = [text.split(" / ")[0] for _, _, text in shown(scout, summary.video)]
    assert titles.count("The telescope") == 10
    assert summary.events == pytest.approx(30, abs=2)  # each change once, whatever window it falls into
    kept = scout.settings.home / WATCHED / summary.video / "segments"
    assert sum(1 for _ in kept.iterdir()) <= 6
    scout.forget(summary.video)
    assert not (scout.settings.home / WATCHED / summary.video).exists()
    assert not (scout.settings.home / THUMBNAILS / summary.video).exists()


def test_who_watches_last_goes_on_alone(recorded: Path, tmp_path: Path, scout: VideoScout):
    path = shutil.copy(recorded, tmp_path / "twice.ts")
    first = scout.watch_events(str(path), Options(quiet=0.3))
    until(first, 2.0)
    second = scout.watch_events(str(path), Options(quiet=0.3))
    until(second, 6.0)
    with pytest.raises(SupersededError, match="another vidscout"):
        until(first, 40.0)
    until(second, 39.0)
    second.close()


def test_what_is_said_is_found_and_a_window_cut_does_not_say_it_twice(recorded: Path, tmp_path: Path):
    with VideoScout(profile="live", home=tmp_path / "home", profiles=HEARING) as hearing:
        tell = ["tell me when the mirror is mentioned", "when somebody appears"]
        summary = hearing.watch(str(recorded), quiet=0.3, name="talk", tell=tell)
        said = [record.text for record in hearing.index.timeline(summary.video, [Modality.SPEECH])]
        assert sum("silicon carbide" in text for text in said) == 1
        assert sum("Maria Keller" in text for text in said) == 1
        told = {event["question"]: event for event in hearing.told("talk")}
        assert told[tell[0]]["start"] == pytest.approx(24, abs=1)
        assert told[tell[1]]["start"] == pytest.approx(36, abs=1.1)
        assert len(hearing.told("talk")) == 2
        answer = hearing.ask("talk", "What is the mirror made of?")
        assert "silicon carbide" in answer.text
        assert not [note for note in answer.notes if "--stage" in note]
