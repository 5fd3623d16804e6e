"""What the README shows runs as it is written."""

import re
from pathlib import Path

import pytest
from vidscout import VideoScout

README = Path(__file__).parents[1] / "README.md"


@pytest.mark.models
def test_the_python_example_runs(
    tmp_path: Path, lecture: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    [code] = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "lecture.mp4").symlink_to(lecture)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIDSCOUT_HOME", str(tmp_path / "home"))
    exec(compile(code, str(README), "exec"), {"VideoScout": VideoScout})
    shown = capsys.readouterr().out
    assert "silicon" in shown.lower()
    assert "\nB\n" in shown


def test_every_command_of_the_table_exists():
    from typer.main import get_command
    from vidscout.agent.cli import app

    commands = get_command(app).commands  # type: ignore[attr-defined]
    for command in set(re.findall(r"`vidscout (\w+)", README.read_text(encoding="utf-8"))):
        assert command in commands
