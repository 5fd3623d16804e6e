"""Loaders of public sets, and the benchmark's bookkeeping."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner
from vidscout.bench.data import alterations
from vidscout.bench.data.fetched import fetch
from vidscout.bench.measure.answering.forensics import LAYOUTS, app, scored
from vidscout.tools.errors import UsageError
from vidscout.tools.forensics.calibration.fitting import Clip
from vidscout.tools.forensics.calibration.ranges import Conditions

TREES = {
    "genvideo": {"train/real/kinetics/a.mp4": False, "train/fake/Sora/b.mp4": True, "test/MSR-VTT/c.mp4": False},
    "genvidbench": {"Pair1/Vript/a.mp4": False, "Pair1/Pika/b.mp4": True, "Pair2/HD-VG-130M/c.mp4": False},
    "vidforensic": {"real/a.mp4": False, "fake/Kling/b.mp4": True, "generated/Veo/c.mov": True},
}


@pytest.mark.parametrize("name", TREES)
def test_a_sets_layout_tells_real_from_generated(name: str, tmp_path: Path) -> None:
    for file in TREES[name]:
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = {str(path.relative_to(tmp_path)): generated for path, generated, _ in LAYOUTS[name](tmp_path)}
    assert found == TREES[name]
    sources = [source for *_, source in LAYOUTS[name](tmp_path)]
    assert len(set(sources)) == len(sources)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no video files"):
        list(LAYOUTS["genvideo"](tmp_path))


@pytest.mark.models
def test_one_command_measures_a_set(tmp_path: Path) -> None:
    for name in ("carphone", "man", "woman"):
        pictures, rate = alterations.read(fetch(name), 2.2)
        for folder, shown in (("real", pictures), ("fake/Smooth", alterations.smoothed_over_time(pictures, 1.0))):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
            alterations.write(tmp_path / folder / f"{name}.mp4", shown, rate)
    done = CliRunner().invoke(app, ["set", "vidforensic", str(tmp_path)])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert (found["real"], found["generated"]) == (3, 3)
    assert 0 <= found["auc"] <= 1
    assert found["separation"]["acceleration"] > 0.8


def test_clips_that_are_steadier_than_real_ones_are_told_apart_and_others_are_not() -> None:
    generator = np.random.default_rng(0)

    def clip(source: int, shift: float) -> Clip:
        values = [{"acceleration": float(v), "spectrum": -20.0} for v in 10 ** generator.normal(shift, 0.05, 4)]
        return Clip(str(source), False, 8.0, values)

    clips = [(clip(n, 0.0), "real") for n in range(8)]
    clips += [(clip(n, -0.5), "steady") for n in range(8)] + [(clip(n, 0.0), "same") for n in range(8)]
    found = scored(clips, Conditions())
    assert found["steady"]["auc_real_only"] > 0.95
    assert found["steady"]["auc_fusion"] > 0.95
    assert 0.2 < found["same"]["auc_real_only"] < 0.8
