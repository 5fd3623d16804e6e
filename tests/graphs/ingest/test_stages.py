"""How stages share a video, go on after a kill, fail, and are read again alone."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_stages import Clicks, Differences, Hashed, Numbers, Others, Total, read
from made_videos import clicking, steady, write
from vidscout.graphs.events import Progress
from vidscout.graphs.ingest.due import StageStatus, due, statuses
from vidscout.graphs.ingest.passes import AHEAD
from vidscout.graphs.ingest.stage import Found, Stage, standing
from vidscout.graphs.ingest.stages import build, checked
from vidscout.tools.errors import CancelledError, MediaError, UsageError, WeightsError
from vidscout.tools.index.video_index import VideoIndex
from vidscout.tools.payloads import TextLines
from vidscout.tools.records import Modality, Record, Span

TESTS = Path(__file__).parents[2]
FRAMES = 60


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds of numbered frames at five a second, with a click each second."""
    return write(tmp_path_factory.mktemp("film") / "film.mkv", steady(12, 5), [clicking(12)])


@pytest.fixture
def index(tmp_path: Path) -> Iterator[VideoIndex]:
    with VideoIndex(tmp_path / "home") as opened:
        yield opened


def texts(index: VideoIndex, modality: Modality | None = None) -> list[str]:
    [video] = index.library.all()
    return [record.text for record in index.timeline(video.id, None if modality is None else [modality])]


def ids(index: VideoIndex) -> list[str]:
    [video] = index.library.all()
    return [record.id for record in index.timeline(video.id)]


def stands(index: VideoIndex, *stages: Stage) -> dict[str, StageStatus]:
    [video] = index.library.all()
    return statuses(stages, index.library.journal.entries(video.id))


def states(index: VideoIndex, *stages: Stage) -> list[str]:
    return [one.state for one in stands(index, *stages).values()]


# Sharing the sources


def test_one_decode_serves_all_stages_and_each_finds_its_own(index: VideoIndex, film: Path):
    stages = Numbers(), Others("b"), Clicks(), Total()
    done = read(index, film, *stages)
    assert done["counters"]["frames_decoded"] == FRAMES
    assert texts(index, Modality.CAPTION) == [f"{FRAMES} numbers, the last is a 59"]
    assert sorted(texts(index, Modality.SCREEN_TEXT)) == sorted(f"{o} {n}" for o in "ab" for n in range(FRAMES))
    assert texts(index, Modality.SPEECH) == [f"1 clicks from {start}" for start in range(0, 12, 2)]
    assert states(index, *stages) == ["done"] * 4
    assert done["added"] == 2 * FRAMES + 6 + 1


def test_frames_come_in_batches_of_the_stages_size(index: VideoIndex, film: Path):
    sizes: list[int] = []

    class Counted(Numbers):
        def observe(self, video, frames):
            sizes.append(len(frames))
            return super().observe(video, frames)

    read(index, film, Counted())
    assert sizes == [4] * (FRAMES // 4)


def test_a_slow_stage_bounds_how_far_the_others_are_ahead_and_sound_does_not_wait(index: VideoIndex, film: Path):
    fast, slow, clicks = Numbers(), Others(wait=0.01), Clicks()
    ahead: list[int] = []
    heard_when: list[int] = []

    def see(progress: Progress) -> None:
        ahead.append(len(fast.seen) - len(slow.seen))
        if progress.stage == "clicks" and progress.done == progress.total and len(slow.seen) < FRAMES:
            heard_when.append(len(slow.seen))

    read(index, film, fast, slow, clicks, see=see)
    assert max(ahead) <= slow.batch + AHEAD + slow.batch + 1  # being observed, waiting, and being put
    assert len(slow.seen) == FRAMES
    assert heard_when, "all was heard before the slow stage had seen all frames"


def test_how_far_each_stage_is_is_told_from_the_beginning_to_the_end(index: VideoIndex, film: Path):
    told: dict[str, list[float]] = {}
    read(index, film, Numbers(), Clicks(), Total(), see=lambda p: told.setdefault(p.stage, []).append(p.done / p.total))
    assert set(told) == {"numbers", "clicks", "total"}
    for shares in told.values():
        assert shares[0] == 0
        assert shares == sorted(shares)
        assert shares[-1] == 1


# Going on


@pytest.mark.parametrize("stage", ["numbers", "differences", "clicks"])
def test_a_reading_killed_again_and_again_ends_with_the_same_records(stage: str, film: Path, tmp_path: Path):
    code = """
    import sys
    from pathlib import Path
    from made_stages import Clicks, Differences, Numbers, Total, read
    from vidscout.tools.index.video_index import VideoIndex
    with VideoIndex(Path(sys.argv[1])) as index:
        stages = Numbers(wait=0.02), Differences("d", wait=0.02), Clicks(wait=0.15), Total()
        read(index, Path(sys.argv[2]), *stages, see=lambda p: print(p.stage, p.done, flush=True))
    """
    with VideoIndex(tmp_path / "whole") as whole:
        read(whole, film, Numbers(), Differences("d"), Clicks(), Total())
        expected = ids(whole)
    home = tmp_path / "killed"
    program = "\n".join(line[4:] for line in code.splitlines())
    for kill_at in (2.0, 5.0, 9.0):
        child = subprocess.Popen(
            [sys.executable, "-c", program, str(home), str(film)], cwd=TESTS, stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        for line in child.stdout:
            told, done = line.split()
            if told == stage and float(done) >= kill_at:
                child.kill()
                break
        child.communicate()
        with VideoIndex(home) as index:
            assert [video.status for video in index.library.all()] == ["reading"]
    with VideoIndex(home) as index:
        numbers = Numbers()
        read(index, film, numbers, Differences("d"), Clicks(), Total())
        assert ids(index) == expected
        if stage == "numbers":
            assert min(numbers.seen) > 40, "it went on, and did not begin again"
        assert read(index, film, Numbers(), Differences("d"), Clicks(), Total())["added"] == 0


def test_stopping_leaves_a_stage_partial_and_the_next_reading_goes_on(index: VideoIndex, film: Path):
    stop, numbers = threading.Event(), Numbers(wait=0.01)

    def see(progress: Progress) -> None:
        if progress.stage == "numbers" and progress.done > 5:
            stop.set()

    with pytest.raises(CancelledError, match="to go on from here"):
        read(index, film, numbers, Total(), stop=stop, see=see)
    status = stands(index, numbers, Total())
    assert status["numbers"].state == "partial"
    assert 5 < (status["numbers"].position or 0) < 11
    rest = Numbers()
    read(index, film, rest, Total())
    assert len(rest.seen) + len(numbers.seen) == FRAMES


# Failing


def test_a_failure_costs_its_batch_only_is_told_and_is_tried_again_by_a_plain_ingest(index: VideoIndex, film: Path):
    broken, others = Numbers(fails=lambda number: number in {9, 50}), Others("b")
    done = read(index, film, broken, others, Clicks(), Total())
    note = "numbers failed on 8 frames: ValueError: this number cannot be read"
    assert note in done["notes"]
    assert [video.notes for video in index.library.all()] == [[note]]
    assert states(index, broken, others, Clicks(), Total()) == ["failed", "done", "done", "done"]
    assert texts(index, Modality.CAPTION) == ["52 numbers, the last is a 59"]
    mended, others = Numbers(), Others("b")
    done = read(index, film, mended, others, Clicks(), Total())
    assert done["due"] == ["numbers", "total"]
    assert sorted(mended.seen) == [8, 9, 10, 11, 48, 49, 50, 51]
    assert others.seen == []
    assert [video.notes for video in index.library.all()] == [[]]
    assert texts(index, Modality.CAPTION) == ["60 numbers, the last is a 59"]
    assert [stage.state for stage in stands(index, mended, others, Clicks(), Total()).values()] == ["done"] * 4


def test_records_after_a_mended_failure_are_those_of_a_reading_that_never_failed(film: Path, tmp_path: Path):
    with VideoIndex(tmp_path / "a") as index:
        read(index, film, Numbers(), Clicks(), Total())
        expected = ids(index)
    with VideoIndex(tmp_path / "b") as index:
        read(index, film, Numbers(fails=lambda number: number % 7 == 0), Clicks(lambda start: start == 4), Total())
        assert ids(index) != expected
        again = Clicks()
        read(index, film, Numbers(), again, Total())
        assert again.heard == [4.0]
        assert ids(index) == expected


def test_a_stage_that_cannot_make_its_records_is_told_and_costs_nothing_else(index: VideoIndex, film: Path):
    done = read(index, film, Numbers(), Total(fails=True))
    assert done["notes"] == ["total failed: ValueError: no total"]
    assert states(index, Numbers(), Total()) == ["done", "failed"]
    numbers = Numbers()
    assert read(index, film, numbers, Total())["due"] == ["total"]
    assert numbers.seen == []
    assert states(index, numbers, Total()) == ["done", "done"]


def test_missing_weights_end_the_reading_whatever_the_other_stages_do(index: VideoIndex, film: Path):
    def missing(number: int) -> bool:
        raise WeightsError("the weights are gone")

    slow = Others(wait=0.05)
    began = time.monotonic()
    with pytest.raises(WeightsError, match="the weights are gone"):
        read(index, film, Numbers(fails=missing), slow, Clicks())
    assert len(slow.seen) < FRAMES
    assert time.monotonic() - began < 3
    assert [video.status for video in index.library.all()] == ["reading"]


@pytest.mark.parametrize("change", ["grows", "is replaced"])
def test_a_file_that_changes_while_it_is_read_is_not_kept_under_its_old_id(
    change: str, index: VideoIndex, film: Path, tmp_path: Path
):
    growing = tmp_path / "growing.mkv"
    growing.write_bytes(film.read_bytes())

    def see(progress: Progress) -> None:
        if progress.stage == "numbers" and progress.done == progress.total:
            if change == "grows":
                with growing.open("ab") as file:
                    file.write(b"\0" * 1000)
            else:
                other = tmp_path / "other"
                other.write_bytes(film.read_bytes())
                other.replace(growing)

    with pytest.raises(MediaError, match=r"growing\.mkv changed while it was read"):
        read(index, growing, Numbers(), see=see)
    assert index.library.all() == []
    assert not any(index.stats().values())


def test_a_file_that_is_moved_away_while_it_is_read_is_kept(index: VideoIndex, film: Path, tmp_path: Path):
    moved = tmp_path / "moved.mkv"
    moved.write_bytes(film.read_bytes())

    def see(progress: Progress) -> None:
        if progress.stage == "numbers" and progress.done == progress.total:
            moved.unlink(missing_ok=True)

    read(index, moved, Numbers(), see=see)
    assert [video.status for video in index.library.all()] == ["ready"]


# One stage alone


def test_a_stage_that_came_later_is_run_alone(index: VideoIndex, film: Path):
    read(index, film, Numbers(), Clicks())
    numbers, clicks, others = Numbers(), Clicks(), Others("b")
    assert states(index, numbers, clicks, others) == ["done", "done", "missing"]
    done = read(index, film, numbers, clicks, others)
    assert done["due"] == ["others"]
    assert numbers.seen == clicks.heard == []
    assert len(others.seen) == FRAMES
    assert done["added"] == FRAMES


def test_a_changed_option_makes_its_stage_stale_and_only_that_is_read_again_when_asked(index: VideoIndex, film: Path):
    read(index, film, Numbers("a"), Clicks(), Total())
    changed, clicks = Numbers("z"), Clicks()
    assert states(index, changed, clicks, Total()) == ["stale", "done", "done"]
    done = read(index, film, changed, clicks, Total())
    assert done["due"] == []
    assert done["notes"] == [
        "film.mkv was read with other settings: numbers (numbers/a); read it again with --stage numbers"
    ]
    done = read(index, film, changed, clicks, Total(), asked=["numbers"])
    assert done["due"] == ["numbers", "total"]
    assert clicks.heard == []
    assert texts(index, Modality.CAPTION) == ["60 numbers, the last is z 59"]
    assert {text[0] for text in texts(index, Modality.SCREEN_TEXT)} == {"z"}


def test_what_a_stage_found_before_can_be_found_no_more_once_it_is_replaced(index: VideoIndex, film: Path):
    embedding = Hashed()
    [old, new] = embedding.run(["a 17", "z 17"])
    read(index, film, Numbers("a"), Clicks())
    assert index.search("a 17", old, k=1)[0].record.text == "a 17"
    read(index, film, Numbers("z"), Clicks(), asked=["numbers"])
    assert index.search("a 17", old, k=1)[0].record.text != "a 17"
    assert index.search(vector=new, k=1)[0].record.text == "z 17"
    every = index.search(vector=old, k=500)
    assert len(every) == FRAMES + 6, "no vector of the old records is left"
    assert len(index.search("clicks", k=500)) == 6


def test_reading_anew_keeps_the_old_records_until_the_new_ones_are_whole(index: VideoIndex, film: Path):
    read(index, film, Numbers("a"), Total())
    before, stop = ids(index), threading.Event()

    def see(progress: Progress) -> None:
        if progress.done > 5:
            stop.set()

    with pytest.raises(CancelledError):
        read(index, film, Numbers("z", wait=0.01), Total(), again=True, stop=stop, see=see)
    assert [video.status for video in index.library.all()] == ["ready"]
    assert ids(index) == before
    read(index, film, Numbers("z"), Total())
    assert {text[0] for text in texts(index, Modality.SCREEN_TEXT)} == {"z"}


def test_a_stage_that_is_asked_for_brings_what_it_needs_and_nothing_else(index: VideoIndex, film: Path):
    stages = Numbers(), Others("b"), Clicks(), Total()
    done = read(index, film, *stages, asked=["total"])
    assert done["due"] == ["numbers", "total"]
    assert states(index, *stages) == ["done", "missing", "missing", "done"]
    assert read(index, film, *stages, asked=["total"])["due"] == []
    assert read(index, film, *stages)["due"] == ["others", "clicks"]


@pytest.mark.parametrize("asked", [[], ["clicks"]])
def test_records_of_another_embedding_are_embedded_anew_before_anything_is_read(
    index: VideoIndex, film: Path, asked: list[str]
):
    read(index, film, Numbers())
    other, seen = Hashed(16), list[Progress]()
    done = read(index, film, Numbers(), Clicks(), asked=asked, embedding=other, see=seen.append)
    assert done["due"] == ["clicks"]
    told = [one for one in seen if one.unit == "records"]
    assert {one.stage for one in told} == {f"embedding {FRAMES} records anew"}
    assert (told[0].done, told[-1].done) == (0, FRAMES)
    assert len(index.search(vector=other.run(["a 17"])[0], k=500)) == FRAMES + 6


def test_a_video_that_was_read_in_full_is_embedded_anew_and_not_read(index: VideoIndex, film: Path):
    read(index, film, Numbers())
    numbers, other = Numbers(), Hashed(16)
    done = read(index, film, numbers, embedding=other)
    assert (done["already_read"], done["notes"], numbers.seen) == (True, [], [])
    assert index.search(vector=other.run(["a 17"])[0], k=1)[0].record.text == "a 17"


def test_a_reading_of_everything_again_needs_no_old_records_embedded(index: VideoIndex, film: Path):
    read(index, film, Numbers())
    other, seen = Hashed(16), list[Progress]()
    read(index, film, Numbers(), again=True, embedding=other, see=seen.append)
    assert not [one for one in seen if one.unit == "records"]
    assert len(index.search(vector=other.run(["a 17"])[0], k=500)) == FRAMES


def test_a_text_that_repeats_is_embedded_once_a_reading(index: VideoIndex, film: Path):
    class Same(Numbers):
        name = "same"

        def records(self, found: Found) -> list[Record]:
            spans = [span for span, _ in found.standing(self.name)]
            return [Record.of(found.video, span, TextLines(("EXIT",)), 1.0, "same/1") for span in spans]

    embedding = Hashed()
    assert read(index, film, Same(), embedding=embedding)["added"] == FRAMES
    assert embedding.given == ["EXIT"]
    assert len(index.search(vector=Hashed().run(["EXIT"])[0], k=500)) == FRAMES


# Which stages there are


def test_a_name_that_is_no_stage_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match=r"no stage 'smell'; there are appearance, captions, .*captions, subtitles"):
        checked(["smell"])
    with pytest.raises(UsageError, match=r"no stage 'captions'; there are speech"):
        checked(["captions"], ["speech"])
    assert checked(["tags", "speech", "tags"], ["speech", "screen_text", "tags"]) == ("speech", "tags")


def test_a_profile_whose_stages_lack_what_one_needs_is_refused():
    from vidscout.graphs.ingest.stage import Parts, Sampling

    with pytest.raises(UsageError, match="'shots' needs tags: add it to the profile's stages"):
        build(Parts(lambda role: None, lambda role: None, Sampling(), ("shots",)))


def test_stages_that_follow_are_due_with_those_they_follow():
    def now(**given: str) -> dict[str, StageStatus]:
        return {name: StageStatus(name, state) for name, state in given.items()}  # pyright: ignore[reportArgumentType]

    stages = Numbers(), Clicks(), Total()
    assert due(stages, now(numbers="done", clicks="failed", total="done"), (), False) == ["clicks"]
    assert due(stages, now(numbers="failed", clicks="done", total="done"), (), False) == ["numbers", "total"]
    assert due(stages, now(numbers="stale", clicks="done", total="done"), (), False) == []
    assert due(stages, now(numbers="done", clicks="done", total="done"), ("clicks",), True) == ["clicks"]
    assert due(stages, now(numbers="missing", clicks="done", total="missing"), ("numbers",), False) == ["numbers"]


def test_a_kept_frame_stands_until_the_next_one_and_the_last_until_the_end():
    rows = [(0.0, b"a"), (2.5, b"b")]
    assert list(standing(rows, 4.0)) == [(Span(0.0, 2.5), b"a"), (Span(2.5, 4.0), b"b")]
    assert list(standing(rows, 1.0))[-1] == (Span(2.5, 2.5), b"b")
    assert list(standing([], 4.0)) == []
