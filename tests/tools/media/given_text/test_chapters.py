import pytest
from made_videos import steady, titled, write
from vidscout.tools.geometry import Span
from vidscout.tools.media.given_text.chapters import FileChapter, chapters


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_chapters_have_their_titles_and_times(tmp_path, suffix):
    path = titled(tmp_path / f"film{suffix}", [(0, 4, "Arrival in Lisbon"), (4, 10, "The empty house")])
    found = chapters(path)
    assert [one.title for one in found] == ["Arrival in Lisbon", "The empty house"]
    assert [(one.span.start, one.span.end) for one in found] == [
        pytest.approx((0, 4), abs=0.05),
        pytest.approx((4, 10), abs=0.05),
    ]


def test_a_chapter_without_an_end_goes_on_to_the_next_and_one_behind_the_end_is_none(tmp_path):
    path = titled(tmp_path / "film.mkv", [(0, 10, "One"), (6, 6, ""), (60, 70, "Behind")])
    assert chapters(path) == [FileChapter(Span(0, 6), "One"), FileChapter(Span(6, 10), "")]


def test_a_file_without_chapters_has_none(tmp_path):
    assert chapters(write(tmp_path / "plain.mp4", steady(1))) == []
