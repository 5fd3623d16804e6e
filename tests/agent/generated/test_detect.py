"""`VideoScout.detect`, `vidscout detect` and `vidscout detect calibrate` on real recordings."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from vidscout import VideoScout
from vidscout.agent.generated import detect as detecting
from vidscout.agent.generated.report import page, reliability_page
from vidscout.bench.data import alterations
from vidscout.bench.data.fetched import fetch
from vidscout.tools.errors import UnknownVideoError, UsageError
from vidscout.tools.forensics.calibration.fitting import Clip, fit
from vidscout.tools.forensics.calibration.ranges import Conditions, load, save

RECORDINGS = ("carphone", "man", "woman")


def vidscout(*arguments: object, home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vidscout.agent.cli", "--home", str(home), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env={**os.environ}, check=False)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Real recordings, and the same smoothed over time, two seconds each."""
    real, made = (tmp_path_factory.mktemp(name) for name in ("real", "made"))
    for name in RECORDINGS:
        pictures, rate = alterations.read(fetch(name), 2.2)
        alterations.write(real / f"{name}.mp4", pictures, rate)
        alterations.write(made / f"{name}.mp4", alterations.smoothed_over_time(pictures, 1.0), rate)
    return real, made


@pytest.mark.models
def test_a_recording_is_examined_through_the_api(elsewhere: VideoScout, carphone: Path) -> None:
    steps: list[object] = []
    verdict = elsewhere.detect(carphone, on_event=steps.append)
    assert verdict.label in {"real", "uncertain"}
    assert verdict.interval[0] <= verdict.score <= verdict.interval[1]
    assert verdict.decided_by == "signals"
    assert steps
    known = {reading.name: reading for reading in verdict.signals}
    assert known["acceleration"].percentile is not None
    assert known["spatial_likelihood"].distance is not None  # the encoder is the calibration's
    assert known["face_jitter"].value is not None
    assert known["looped_sound"].value is None
    assert all(reading.fooled_by for reading in verdict.signals)
    html = page(verdict)
    assert "Face that trembles" in html
    assert 'src="http' not in html


@pytest.mark.models
def test_the_command_prints_one_object_traces_costs_and_writes_a_page(tmp_path: Path, carphone: Path) -> None:
    report = tmp_path / "report.html"
    done = vidscout("detect", carphone, "--json", "--trace", "--report", report, home=tmp_path / "home")
    assert done.returncode == 0, done.stderr
    verdict = json.loads(done.stdout)
    assert {"label", "score", "interval", "signals", "evidence", "provenance", "calibration", "notes"} <= set(verdict)
    assert "all without a model" in done.stderr
    assert "× the video" in done.stderr
    assert report.read_text().startswith("<!doctype html>")


@pytest.mark.models
def test_the_command_calibrates_and_uses_what_it_made(
    elsewhere: VideoScout, tmp_path: Path, folders: tuple[Path, Path]
) -> None:
    real, made = folders
    out, plot = tmp_path / "mine.json", tmp_path / "plot.html"
    done = vidscout(
        "detect", "calibrate", "--real", real, "--generated", made, "--out", out, "--plot", plot, home=tmp_path / "home"
    )
    assert done.returncode == 0, done.stderr
    assert "3 real and 3 generated sources" in done.stdout
    assert "AUC" in done.stdout
    assert "<circle" in plot.read_text()
    known = load(out)
    assert known.fusion is not None
    smoothed = elsewhere.detect(made / "woman.mp4", calibration=out)
    as_it_is = elsewhere.detect(real / "woman.mp4", calibration=out)
    assert smoothed.score > as_it_is.score
    assert smoothed.calibration["generated_sources"] == 3


def test_a_plot_without_generated_videos_is_refused(tmp_path: Path) -> None:
    done = vidscout("detect", "calibrate", "--real", tmp_path, "--out", tmp_path / "x", "--plot", "p", home=tmp_path)
    assert done.returncode == 2
    assert "--generated" in done.stderr


def test_the_reliability_plot_has_a_point_a_bin() -> None:
    clips = [
        Clip(f"{n}", n % 2 == 1, 4.0, [{"acceleration": 1.0 - 0.5 * (n % 2) + 0.02 * n, "spectrum": -20.0 + n}] * 2)
        for n in range(12)
    ]
    report = fit(clips, Conditions()).report
    assert reliability_page(report).count("<circle") == len(report["reliability"])


def test_a_folder_without_videos_and_a_missing_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no video files"):
        detecting.video_files(tmp_path)
    with VideoScout(home=tmp_path / "home") as scout, pytest.raises(UnknownVideoError, match=r"nowhere\.mp4"):
        scout.detect("nowhere.mp4")


@pytest.mark.models
def test_a_calibration_of_another_encoder_is_refused(tmp_path: Path, carphone: Path) -> None:
    clips = [Clip(f"{n}", False, 4.0, [{"spectrum": -20.0 - n}]) for n in range(3)]
    save(fit(clips, Conditions(encoder="dino/1")), tmp_path / "other.json")
    with VideoScout(home=tmp_path / "home") as scout, pytest.raises(UsageError, match="encoder"):
        scout.detect(carphone, calibration=tmp_path / "other.json")
