from dataclasses import replace
from pathlib import Path

import pytest
from vidscout.agent.which_video import find, meant
from vidscout.tools.errors import MediaError, UnknownVideoError, UsageError
from vidscout.tools.index.videos import Library, Video


@pytest.fixture
def film(tmp_path: Path) -> Path:
    file = tmp_path / "films" / "talk.mp4"
    file.parent.mkdir()
    file.write_bytes(b"a talk")
    return file


@pytest.fixture
def library(tmp_path: Path, film: Path) -> Library:
    library = Library(tmp_path / "home")
    library.put(Video(library.identify(film), "talk.mp4", film, duration=9.0, status="ready"))
    return library


def names(film: Path, video: str) -> list[str | Path]:
    return [film, str(film), "talk.mp4", video, video[:8], f"vidscout://{video}", "vidscout://talk.mp4/"]


def test_a_video_is_meant_by_file_path_name_id_beginning_of_the_id_or_link(library: Library, film: Path):
    [video] = library.all()
    assert [find(library, name).id for name in names(film, video.id)] == [video.id] * 7


def test_a_copy_of_a_file_means_the_video_that_was_read(library: Library, film: Path, tmp_path: Path):
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(film.read_bytes())
    assert find(library, copy).path == film


def test_a_file_that_has_not_been_read_is_meant_but_not_found(library: Library, tmp_path: Path):
    other = tmp_path / "other.mp4"
    other.write_bytes(b"another talk")
    assert meant(library, str(other)) == other
    with pytest.raises(UnknownVideoError, match="has not been read"):
        find(library, other)


def test_a_folder_of_a_videos_name_does_not_hide_it(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "talk.mp4").mkdir()
    monkeypatch.chdir(tmp_path)
    assert find(library, "talk.mp4").id == library.all()[0].id
    (tmp_path / "folder").mkdir()
    assert meant(library, "folder") == Path("folder")
    with pytest.raises(MediaError):
        library.identify(tmp_path / "folder")  # what reading it says


@pytest.mark.parametrize("name", ["other.mp4", "vidscout://other", "", "abc", "/nowhere/talk.mp4", "\ud800"])
def test_what_is_neither_is_one_line(library: Library, name: str):
    with pytest.raises(UnknownVideoError, match=r"no video .*has not been read, or has been forgotten"):
        find(library, name)


def test_whoever_may_not_name_files_learns_nothing_of_paths(library: Library, film: Path):
    [video] = library.all()
    for name in ("talk.mp4", video.id, video.id[:8], f"vidscout://{video.id}"):
        assert find(library, name, files=False).id == video.id
    for name in (str(film), "../talk.mp4", "/etc/passwd", "..\\talk.mp4"):
        with pytest.raises(UnknownVideoError):
            find(library, name, files=False)
    library.put(replace(video, id="f" * 16, path=film.with_name("b.mp4")))
    with pytest.raises(UsageError, match="several videos") as refused:
        find(library, "talk.mp4", files=False)
    assert str(film.parent) not in str(refused.value)
