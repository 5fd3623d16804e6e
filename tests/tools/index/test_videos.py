import os
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from vidscout.tools.errors import HomeError, MediaError, UsageError
from vidscout.tools.index.rows.sqlite import DATABASE
from vidscout.tools.index.videos import Library, Video


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = Library(tmp_path / "home")
    yield opened
    opened.close()


def video(key: str = "a1b2c3d4e5f60718", path: str = "/films/talk.mp4", **more: object) -> Video:
    return Video(key, Path(path).name, Path(path), **more)  # type: ignore[arg-type]


def in_a_new_process(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_video_comes_back_as_it_was_put(library: Library):
    put = video(duration=61.5, width=640, height=360, fps=29.97, has_audio=True, counts={"speech": 3}, notes=["none"])
    library.put(put)
    assert library.get(put.id) == put
    library.put(replace(put, status="ready"))
    assert [known.status for known in library.all()] == ["ready"]


@pytest.mark.parametrize("wanted", ["a1b2c3d4e5f60718", "a1b2c3", "A1B2C3D4", "/films/talk.mp4", "talk.mp4"])
def test_a_video_is_found_by_its_id_the_beginning_of_it_its_path_or_its_name(library: Library, wanted: str):
    library.put(video())
    library.put(video("ffff00001111", "/films/other.mp4"))
    found = library.find(wanted)
    assert found is not None
    assert found.id == "a1b2c3d4e5f60718"


@pytest.mark.parametrize("wanted", ["", "  ", "a1b2c", "talk", "/elsewhere/talk.mp4", "%", "a1b2__"])
def test_what_names_no_video_finds_none(library: Library, wanted: str):
    library.put(video())
    assert library.find(wanted) is None


def test_a_name_or_beginning_that_two_videos_share_is_refused_with_both_ids(library: Library):
    library.put(video("abcdef01", "/one/talk.mp4"))
    library.put(video("abcdef02", "/two/talk.mp4"))
    for wanted in ("talk.mp4", "abcdef"):
        with pytest.raises(UsageError, match=r"abcdef01.*abcdef02"):
            library.find(wanted)
    assert library.find("/two/talk.mp4") == library.get("abcdef02")


def test_the_path_of_a_file_that_changed_stands_for_the_video_added_last(library: Library):
    library.put(video("old00000", added="2026-01-01T00:00:00+00:00"))
    library.put(video("new00000", added="2026-02-01T00:00:00+00:00"))
    found = library.find("/films/talk.mp4")
    assert found is not None
    assert found.id == "new00000"


def test_a_file_name_that_is_not_text_is_kept(library: Library):
    path = os.fsdecode(b"/films/caf\xe9.mp4")
    library.put(video(path=path))
    found = library.find(path)
    assert found is not None
    assert os.fsencode(found.path) == b"/films/caf\xe9.mp4"
    assert found.name == "caf\\udce9.mp4"


def test_the_same_bytes_are_one_video_and_the_same_name_with_others_is_another(library: Library, tmp_path: Path):
    for folder, content in (("one", b"film"), ("two", b"film"), ("three", b"else")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.mp4").write_bytes(content)
    one, two, three = (library.identify(tmp_path / folder / "a.mp4") for folder in ("one", "two", "three"))
    assert one == two != three


def test_a_file_is_hashed_again_only_when_its_size_time_or_inode_changed(library: Library, tmp_path: Path):
    film = tmp_path / "film.mp4"
    film.write_bytes(b"first")
    first, state = library.identify(film), film.stat()

    film.write_bytes(b"other")  # in place, and with the old time: nothing shows that it changed
    os.utime(film, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert library.identify(film) == first
    again = Library(library.home)
    assert again.identify(film) == first
    again.close()

    os.utime(film, ns=(state.st_atime_ns, state.st_mtime_ns + 1))
    other = library.identify(film)
    assert other != first

    replacement = tmp_path / "new"
    replacement.write_bytes(b"third")
    os.utime(replacement, ns=(state.st_atime_ns, state.st_mtime_ns + 1))
    replacement.replace(film)
    assert library.identify(film) not in {first, other}


def test_what_is_no_file_has_no_identity(library: Library, tmp_path: Path):
    for path in (tmp_path / "missing.mp4", tmp_path):
        with pytest.raises(MediaError):
            library.identify(path)


def test_several_processes_may_create_the_same_home_at_once(tmp_path: Path):
    code = """
        import sys, time
        from pathlib import Path
        from vidscout.tools.index.videos import Library
        for begins in sys.argv[3:]:
            time.sleep(max(float(begins) - time.time(), 0))
            Library(Path(sys.argv[1], begins)).journal.begin("v", sys.argv[2], "1")
        """
    begins = [time.time() + 1 + number / 10 for number in range(20)]
    processes = [in_a_new_process(code, tmp_path, at, *begins) for at in range(6)]
    assert [(process.communicate()[1], process.returncode) for process in processes] == [("", 0)] * 6


def test_cached_answers_stay_until_their_video_is_removed(library: Library):
    library.put(video("a1b2c3d4", duration=1.0))
    library.cache("boxes of a frame", b"\x01\x02", video="a1b2c3d4")
    library.cache("of nobody", b"\x03")
    assert library.cached("boxes of a frame") == b"\x01\x02"
    assert library.remove("a1b2c3d4")
    assert library.cached("boxes of a frame") is None
    assert library.cached("of nobody") == b"\x03"
    assert library.get("a1b2c3d4") is None
    assert not library.remove("a1b2c3d4")


def test_a_home_that_is_only_read_is_not_changed(library: Library, tmp_path: Path):
    library.put(video())
    reader = Library(library.home, read_only=True)
    assert reader.all() == library.all()
    with pytest.raises(HomeError, match="reading only"):
        reader.put(video("ffffffff"))
    reader.cache("key", b"value")
    assert reader.cached("key") is None
    film = tmp_path / "film.mp4"
    film.write_bytes(b"film")
    assert reader.identify(film) == library.identify(film)
    library.put(video("ffffffff"))
    assert len(reader.all()) == 2, "a reader sees what is written after it was opened"
    reader.close()


def test_an_empty_folder_cannot_be_read(tmp_path: Path):
    with pytest.raises(HomeError, match=rf"no index in {tmp_path}.*--home"):
        Library(tmp_path, read_only=True)


def test_a_home_that_is_a_file_is_refused_in_one_line(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeError, match=rf"{tmp_path}/file.*--home or VIDSCOUT_HOME"):
        Library(tmp_path / "file")
    with pytest.raises(HomeError, match="--home"):
        Library(tmp_path / "file" / "below")


def test_a_file_that_is_no_database_is_named(tmp_path: Path):
    (tmp_path / DATABASE).write_text("this is not a database, although it is long enough to be one" * 20)
    for read_only in (False, True):
        with pytest.raises(HomeError, match=f"{tmp_path / DATABASE} is damaged"):
            Library(tmp_path, read_only)


def test_a_home_of_a_newer_version_is_left_alone(tmp_path: Path):
    Library(tmp_path).close()
    db = sqlite3.connect(tmp_path / DATABASE)
    db.execute("pragma user_version = 999")
    db.close()
    with pytest.raises(HomeError, match="upgrade vidscout"):
        Library(tmp_path)


def test_a_closed_library_says_so(tmp_path: Path):
    library = Library(tmp_path)
    library.close()
    library.close()
    with pytest.raises(HomeError, match="was closed"):
        library.all()
    with pytest.raises(HomeError, match="was closed"):
        library.put(video())


@pytest.mark.skipif(sys.platform == "win32", reason="file modes and users are those of POSIX")
@pytest.mark.parametrize("killed", [False, True], ids=["closed", "killed with a full log"])
def test_a_home_of_somebody_else_can_be_asked_but_not_written(killed: bool):
    with tempfile.TemporaryDirectory() as folder:  # pytest's own temporary folders are closed to others
        home = Path(folder) / "home"
        writer = in_a_new_process(
            """
            import os, sys
            from pathlib import Path
            from vidscout.tools.index.videos import Library, Video
            library = Library(Path(sys.argv[1]))
            library.put(Video("a1b2c3d4", "talk.mp4", Path("/films/talk.mp4")))
            os._exit(0) if sys.argv[2] == "True" else library.close()
            """,
            home,
            killed,
        )
        assert writer.wait(30) == 0
        if killed:
            assert (home / f"{DATABASE}-wal").stat().st_size
            (home / f"{DATABASE}-shm").unlink()  # as after a copy to a read-only disk
        Path(folder).chmod(0o755)
        home.chmod(0o555)
        for part in home.iterdir():
            part.chmod(0o444)
        reader = in_a_new_process(
            """
            import os, sys, tempfile
            from pathlib import Path
            from vidscout.tools.errors import HomeError
            from vidscout.tools.index.videos import Library
            if os.geteuid() == 0:
                os.setresuid(65534, 65534, 65534)
            library = Library(Path(sys.argv[1]), read_only=True)
            print([video.name for video in library.all()])
            library.close()
            try:
                Library(Path(sys.argv[1]))
            except HomeError as error:
                print(error)
            """,
            home,
        )
        out, err = reader.communicate(timeout=30)
        home.chmod(0o755)
    assert err == ""
    names, refusal = out.splitlines()
    assert names == "['talk.mp4']"
    assert refusal == f"the folder {home} cannot be written: choose another folder with --home or VIDSCOUT_HOME"
