import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from vidscout.tools.errors import HomeError
from vidscout.tools.index.rows.stage_journal import PAGE, StageEntry, StageJournal
from vidscout.tools.index.videos import Library

TEXT, SPEECH = "screen_text", "speech"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = Library(tmp_path / "home")
    yield opened
    opened.close()


@pytest.fixture
def journal(library: Library) -> StageJournal:
    for video, stage in (("v", TEXT), ("v", SPEECH), ("w", TEXT)):
        library.journal.begin(video, stage, f"{stage}/1")
    return library.journal


def there(journal: StageJournal, stage: str, video: str = "v") -> StageEntry:
    entry = journal.entry(video, stage)
    assert entry is not None
    return entry


def in_a_new_process(code: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_observations_come_back_in_order_of_time_whatever_their_number(journal: StageJournal):
    rows = [(at / 4, {"at": at}) for at in range(2 * PAGE + 7)]
    journal.append("v", TEXT, reversed(rows), 99.0)
    journal.append("v", SPEECH, [(1.0, b"\x00sound")], 2.0)
    journal.append("w", TEXT, [(0.0, "another video")], 1.0)
    assert list(journal.observations("v", TEXT)) == rows
    assert list(journal.observations("v", TEXT, since=rows[-3][0])) == rows[-2:]
    assert list(journal.observations("v", SPEECH)) == [(1.0, b"\x00sound")]
    assert list(journal.observations("v", "taste")) == []


def test_an_observation_at_the_same_time_takes_the_place_of_the_one_before(journal: StageJournal):
    journal.append("v", TEXT, [(1.0, "first"), (2.0, "second")], 2.0)
    journal.append("v", TEXT, [(2.0, "better"), (3.0, "third")], 3.0)
    assert list(journal.observations("v", TEXT)) == [(1.0, "first"), (2.0, "better"), (3.0, "third")]


def test_reading_observations_and_appending_more_do_not_hinder_each_other(journal: StageJournal):
    journal.append("v", TEXT, [(float(at), at) for at in range(PAGE + 1)], 1.0)
    stream = journal.observations("v", TEXT)
    assert next(stream) == (0.0, 0)
    journal.append("v", TEXT, [(1e6, "late")], 2.0)
    assert list(stream)[-1] == (1e6, "late")


def test_an_append_that_fails_keeps_neither_rows_nor_position(journal: StageJournal):
    journal.append("v", TEXT, [(1.0, 1)], 1.0)
    with pytest.raises(HomeError):
        journal.append("v", TEXT, [(2.0, 2), (None, 3)], 3.0, [(2.0, 2.0)], "an error")  # type: ignore[list-item]
    assert list(journal.observations("v", TEXT)) == [(1.0, 1)]
    assert there(journal, TEXT).position == 1.0
    assert there(journal, TEXT).failures == ()


def test_a_stage_has_no_entry_until_it_begins_and_is_done_once_it_says_so(journal: StageJournal):
    assert journal.entry("v", "objects") is None
    assert there(journal, TEXT) == StageEntry(TEXT, f"{TEXT}/1")
    journal.append("v", TEXT, [], 12.5)
    journal.observed("v", TEXT, ["a note"])
    journal.done("v", TEXT, "minilm/1")
    assert there(journal, TEXT) == StageEntry(TEXT, f"{TEXT}/1", 12.5, True, True, "minilm/1", ("a note",))
    assert there(journal, SPEECH) == StageEntry(SPEECH, f"{SPEECH}/1")


def test_a_failure_is_kept_until_the_same_part_is_observed(journal: StageJournal):
    journal.append("v", TEXT, [], 3.0, [(2.0, 2.0), (3.0, 3.0)], "ValueError: no")
    journal.append("v", TEXT, [(4.0, 4)], 4.0, [(4.0, 4.0)])
    assert [(failure.start, failure.error) for failure in there(journal, TEXT).failures] == [
        (2.0, "ValueError: no"),
        (3.0, "ValueError: no"),
    ]
    journal.append("v", TEXT, [(2.0, 2)], 2.0, [(2.0, 2.0)])
    assert [failure.start for failure in there(journal, TEXT).failures] == [3.0]
    assert there(journal, TEXT).position == 4.0, "trying again what lies behind does not move back"


def test_a_failure_to_make_records_ends_when_they_have_been_made(journal: StageJournal):
    journal.fail("v", TEXT, "ValueError: no")
    assert len(there(journal, TEXT).failures) == 1
    journal.done("v", TEXT, "minilm/1")
    assert there(journal, TEXT).failures == ()


def test_a_stage_that_begins_anew_has_observed_nothing(journal: StageJournal):
    journal.append("v", TEXT, [(1.0, 1)], 1.0)
    journal.append("v", TEXT, [], 2.0, [(2.0, 2.0)], "ValueError: no")
    journal.append("v", SPEECH, [(1.0, 1)], 1.0)
    journal.begin("v", TEXT, "screen_text/2")
    assert there(journal, TEXT) == StageEntry(TEXT, "screen_text/2")
    assert list(journal.observations("v", TEXT)) == []
    assert list(journal.observations("v", SPEECH)) == [(1.0, 1)]


def test_what_is_made_from_a_stages_findings_is_to_be_made_again_after_it(journal: StageJournal):
    journal.begin("v", "captions", "composed/1", ["shots", TEXT])
    journal.begin("v", "summary", "summary/1", ["captions"])
    journal.begin("w", "captions", "composed/1", [TEXT])
    for video, stage in (("v", TEXT), ("v", SPEECH), ("v", "captions"), ("v", "summary"), ("w", "captions")):
        journal.done(video, stage, "minilm/1")
    journal.reopen("v", TEXT)
    assert {stage for stage, entry in journal.entries("v").items() if not entry.done} == {TEXT, "captions", "summary"}
    assert there(journal, "captions", "w").done


def test_a_killed_process_leaves_rows_and_position_that_agree(tmp_path: Path):
    writer = in_a_new_process(
        """
        import sys
        from pathlib import Path
        from vidscout.tools.index.videos import Library
        journal = Library(Path(sys.argv[1])).journal
        journal.begin("v", "screen_text", "1")
        for batch in range(100_000):
            times = [batch * 8.0 + at for at in range(8)]
            journal.append("v", "screen_text", [(time, b"x" * 4000) for time in times], times[-1])
            print(batch, flush=True)
        """,
        tmp_path,
    )
    assert writer.stdout is not None
    done = 0
    while done < 30:
        done = int(writer.stdout.readline())
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    library = Library(tmp_path)
    times = [time for time, _ in library.journal.observations("v", TEXT)]
    assert times == [float(at) for at in range(len(times))]
    assert len(times) % 8 == 0
    assert len(times) >= 8 * done
    assert there(library.journal, TEXT).position == times[-1]
    library.close()


def test_two_threads_and_another_process_write_at_once(library: Library, journal: StageJournal):
    journal.begin("v", "other", "1")
    other = in_a_new_process(
        """
        import sys
        from pathlib import Path
        from vidscout.tools.index.videos import Library
        journal = Library(Path(sys.argv[1])).journal
        for at in range(100):
            journal.append("v", "other", [(float(at), at)], float(at))
        """,
        library.home,
    )

    def write(stage: str) -> None:
        for at in range(100):
            journal.append("v", stage, [(float(at), at)], float(at))
            assert there(journal, stage).position == at

    threads = [threading.Thread(target=write, args=[stage]) for stage in (TEXT, SPEECH)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert other.wait(30) == 0
    for stage in (TEXT, SPEECH, "other"):
        assert [payload for _, payload in journal.observations("v", stage)] == list(range(100))


def test_a_forgotten_video_leaves_nothing_in_the_journal(library: Library, journal: StageJournal):
    journal.append("v", TEXT, [(0.0, 1)], 0.0, [(1.0, 1.0)], "an error")
    journal.append("w", TEXT, [(0.0, 1)], 0.0)
    library.remove("v")
    assert journal.entries("v") == {}
    assert list(journal.observations("v", TEXT)) == []
    assert list(journal.observations("w", TEXT)) == [(0.0, 1)]
