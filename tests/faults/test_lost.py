"""Nothing is lost and nothing is there twice: forgetting and reading at once, tools that fail, files that change."""

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from made_stages import Clicks, Hashed, Numbers, Total, read
from made_videos import clicking, steady, write
from small_scout import FIRST, QUESTION, filled, hanging, small_scout
from vidscout.agent.inbox import uploads
from vidscout.agent.inbox.inbox import Inbox
from vidscout.agent.inbox.uploads import Limits, TooLargeError
from vidscout.bench.reliability import toys
from vidscout.graphs.events import Progress
from vidscout.tools.errors import MediaError, SupersededError, WeightsError
from vidscout.tools.index.video_index import VideoIndex


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return write(tmp_path / "film.mkv", steady(6, 5), [clicking(6)])


def at(video: str, number: int, work: Callable[[], object]) -> Callable[[Progress], None]:
    """Do something when the reading reports for the n-th time."""
    told = 0

    def see(progress: Progress) -> None:
        nonlocal told
        told += 1
        if told == number:
            work()

    return see


def rows(index: VideoIndex, video: str) -> dict[str, int]:
    """How many rows of each table are of a video."""
    with index.library.database.reading() as db:
        tables = [
            name
            for (name,) in db.execute(
                "select m.name from sqlite_master m join pragma_table_info(m.name) c where c.name = 'video'"
            )
        ]
        counted = "select count(*) from {} where video = ?"
        found = {table: db.execute(counted.format(table), [video]).fetchone()[0] for table in tables}
        found["videos"] = db.execute("select count(*) from videos where id = ?", [video]).fetchone()[0]
    return {table: count for table, count in found.items() if count}


@pytest.mark.parametrize("moment", [1, 2, 4, 6, 8])
def test_a_video_that_is_forgotten_while_it_is_read_is_gone(home: Path, film: Path, moment: int):
    with VideoIndex(home) as mine, VideoIndex(home) as other:
        video = mine.library.identify(film)
        see = at(video, moment, lambda: other.forget(video))
        with pytest.raises(SupersededError, match="was forgotten while it was read"):
            read(mine, film, Numbers(wait=0.01), Clicks(wait=0.01), Total(), see=see)
        assert rows(other, video) == {}
        assert not (home / "thumbnails" / video).exists()
        other.remove_remnants()
        assert read(other, film, Numbers(), Clicks(), Total())["added"] == 34


@pytest.mark.parametrize("moment", [1, 3, 5])
def test_of_two_readings_of_one_video_the_later_one_goes_on(home: Path, film: Path, moment: int):
    with VideoIndex(home) as mine, VideoIndex(home) as other:
        video = mine.library.identify(film)
        later: list[int] = []

        def begin() -> None:
            later.append(read(other, film, Numbers(), Clicks(), Total())["added"])

        with pytest.raises(SupersededError, match="read by another"):
            read(mine, film, Numbers(wait=0.01), Clicks(wait=0.01), Total(), see=at(video, moment, begin))
        assert later
        assert other.stats(video) == {"screen_text": 30, "speech": 3, "caption": 1, "frames": 0}
        assert other.library.all()[0].status == "ready"


class Loading(Hashed):
    """An embedding whose weights are damaged."""

    name = "damaged-for-a-test"

    def setup(self) -> None:
        raise ValueError("invalid model file\nat byte 7")


class Hearing(Clicks):
    """Listens with a tool that cannot load."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: Hashed = Loading()

    def observe(self, video, window):
        self.broken.run(["x"])
        return super().observe(video, window)


def test_a_tool_that_cannot_load_ends_the_reading_and_what_mends_it_reads_on(home: Path, film: Path):
    with VideoIndex(home) as index:
        hearing = Hearing()
        with pytest.raises(WeightsError, match=r"loaded \(ValueError: invalid model file at byte 7\)") as error:
            read(index, film, Numbers(), hearing)
        assert error.value.exit_code == 4
        assert index.library.all()[0].status == "reading"
        hearing.broken = Hashed()
        assert read(index, film, Numbers(), hearing)["notes"] == []
        assert index.library.all()[0].status == "ready"


def test_what_failed_on_every_frame_is_told_and_tried_again_by_a_plain_reading(home: Path, film: Path):
    numbers = Numbers(fails=lambda number: True)
    with VideoIndex(home) as index:
        first = read(index, film, numbers, Clicks())
        assert any(note.startswith("numbers failed on 30 frames: ValueError") for note in first["notes"])
        assert index.library.all()[0].notes
        numbers.fails = lambda number: False
        again = read(index, film, numbers, Clicks())
        assert (again["due"], again["added"]) == (["numbers"], 30)
        assert index.library.all()[0].notes == []


def test_a_file_that_is_overwritten_while_it_is_read_is_not_kept_under_its_id(home: Path, film: Path, tmp_path: Path):
    other = write(tmp_path / "other.mkv", steady(3, 5))
    with VideoIndex(home) as index:
        video = index.library.identify(film)
        see = at(video, 3, lambda: shutil.copyfile(other, film))
        with pytest.raises(MediaError, match="changed while it was read"):
            read(index, film, Numbers(wait=0.01), see=see)
        assert rows(index, video) == {}
        assert read(index, film, Numbers())["added"] == 15


def test_half_a_picture_that_a_kill_has_left_goes_with_the_next_reading(home: Path, film: Path):
    with VideoIndex(home) as index:
        folder = home / "thumbnails" / index.library.identify(film)
        folder.mkdir(parents=True)
        (folder / "1000.jpg.77.part").write_bytes(b"half of a picture")
        toys.read(index, film)
        assert {file.suffix for file in folder.iterdir()} == {".jpg"}


def test_what_never_arrived_is_swept_by_age_and_a_full_disk_is_told_before(
    home: Path, film: Path, monkeypatch: pytest.MonkeyPatch
):
    with small_scout(home) as scout:
        inbox = Inbox(scout, Limits(total=2 * film.stat().st_size + 100))
        half = inbox.arrivals.claim() / "half"
        half.mkdir()
        (half / "sent").write_bytes(b"x")
        for old in (half / "sent", half):
            os.utime(old, (time.time() - 90_000, time.time() - 90_000))
        inbox.arrivals.place()
        assert not half.exists()

        monkeypatch.setattr(inbox.readings, "add", lambda upload, video: upload)

        def send(number: int) -> object:
            arrived = inbox.arrivals.place()
            arrived.write_bytes(film.read_bytes() + bytes(number))
            return inbox.take(arrived, "film.mkv")

        send(1)
        send(2)
        with pytest.raises(TooLargeError, match="are kept already"):
            send(3)
        monkeypatch.setattr(uploads, "KEPT_FREE", 2**62)
        with pytest.raises(TooLargeError, match="disk is nearly full"):
            send(5)
        inbox.close()


def test_a_step_that_hangs_is_given_up_at_its_deadline(home: Path):
    with small_scout(home, tool_timeout=0.5) as scout, hanging() as fault:
        filled(scout)
        scout.ask(FIRST, QUESTION)
        scout.role("label_embedding").fault = fault
        began = time.monotonic()
        answer = scout.ask(FIRST, "What is shown in the picture of the mirror?")
        assert time.monotonic() - began < 8
        assert any("given up after 0.5 s" in note for note in answer.notes)
        assert threading.active_count() < 60
