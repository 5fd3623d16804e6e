"""What the README and the pages in docs/ show runs as it is written."""

import re
from pathlib import Path

import pytest
from served import serving
from vidscout import VideoScout

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def written() -> str:
    """The README and the pages in docs/, one after another."""
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def example(begins: str) -> str:
    """The one Python example that begins so."""
    examples = re.findall(r"```python\n(.*?)```", written(), re.DOTALL)
    [code] = [one for one in examples if one.startswith(begins)]
    return code


@pytest.mark.models
def test_the_python_example_runs(
    tmp_path: Path, lecture: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    code = example("from vidscout")
    (tmp_path / "lecture.mp4").symlink_to(lecture)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VIDSCOUT_HOME", str(tmp_path / "home"))
    exec(compile(code, str(ROOT), "exec"), {"VideoScout": VideoScout})
    shown = capsys.readouterr().out
    assert "silicon" in shown.lower()
    assert "\nB\n" in shown


@pytest.mark.models
def test_the_example_for_programs_runs(scout: VideoScout, lecture: Path, capsys: pytest.CaptureFixture):
    from vidscout.agent.api.app import application
    from vidscout.agent.inbox.inbox import Inbox

    code = example("import openai")
    assert scout.find("lecture.mp4").path == lecture.resolve()
    with serving(application(Inbox(scout), ("secret",))) as address:
        exec(compile(code.replace("http://localhost:8765", address), str(ROOT), "exec"), {})
    shown = capsys.readouterr().out
    assert "silicon" in shown.lower()
    assert "speech" in shown


def test_every_command_of_the_table_exists():
    from typer.main import get_command
    from vidscout.agent.cli import app

    commands = get_command(app).commands  # type: ignore[attr-defined]
    for command in set(re.findall(r"`vidscout (\w+)", written())):
        assert command in commands


def test_every_file_that_a_page_links_to_is_there():
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
