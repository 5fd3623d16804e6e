"""A share of `bench/measure/machine/reliability.py`, which does the same many more times."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from vidscout.bench.measure.machine import library
from vidscout.bench.reliability import cycles, faults, mutations
from vidscout.bench.reliability.kept import Kept

KILLS = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from vidscout.bench.reliability import kills
print(json.dumps([asdict(outcome) for outcome in kills.run(Path(sys.argv[1]), 4)]))
"""
DAMAGED = """
import json, sys
from pathlib import Path
from vidscout.bench.reliability import mutations
print(json.dumps(mutations.run(Path(sys.argv[1]), len(mutations.KINDS))))
"""


def told(code: str, folder: Path) -> Any:
    """What code prints as JSON in a process of its own: it forks, and a fork of a process with threads may hang."""
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_kills_at_points_of_everything_that_is_written(tmp_path: Path):
    outcomes = told(KILLS, tmp_path)
    assert outcomes
    for outcome in outcomes:
        assert outcome["kills"]
        assert outcome["failed"] == []
        assert (outcome["lost"], outcome["twice"], outcome["half"]) == (0, 0, 0)


def test_damaged_files_of_all_containers_end_as_they_must(tmp_path: Path):
    ended = told(DAMAGED, tmp_path)
    assert set(ended) <= {"read", "refused"}
    assert sum(ended.values()) == len(mutations.KINDS)


def test_long_work_is_gone_on_with_where_its_time_was_over(tmp_path: Path):
    first = Kept(tmp_path / "kept.jsonl")
    assert first.of("one", lambda: ("read", 3)) == ["read", 3]
    over = Kept(tmp_path / "kept.jsonl", seconds=-1)
    assert over.of("one", lambda: "made again") == ["read", 3]
    assert over.of("two", lambda: "made") is None
    assert Kept(tmp_path / "kept.jsonl").of("two", lambda: "made") == "made"


def test_a_seed_damages_a_file_the_same_each_time():
    whole = random.Random(1).randbytes(5000)
    assert mutations.mutated(whole, 7) == mutations.mutated(whole, 7) != whole


def test_what_fails_ends_with_a_note_or_a_line_and_leaves_nothing_behind(tmp_path: Path):
    assert len(faults.faults()) >= 40
    assert faults.run(tmp_path, each=5) == []


def test_thirty_cycles_of_reading_and_forgetting_hold_no_more_at_their_end(tmp_path: Path):
    settled, ended = cycles.run(tmp_path, 30, told=False)
    assert ended.descriptors <= settled.descriptors + 2
    assert ended.memory <= settled.memory + 40
    assert ended.disk <= settled.disk + 1


def test_a_library_is_searched_as_a_whole(tmp_path: Path):
    warm, _ = library.run(tmp_path, 15)
    assert warm < 2
