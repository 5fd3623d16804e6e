"""A run from questions to its report, and what may follow: grades of a judge, answers for other people's scripts."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from ...agent.scout import VideoScout
from ...tools.errors import UsageError
from ...tools.videollm.interface import VideoLLM
from ...tools.videollm.servers.openai_server import OpenAiServer
from ..pipelines import registry
from ..public import vcgbench_diverse
from ..sets.question import Question
from . import report
from .figures import split
from .judge import judge
from .line import Line
from .runner import RESULTS, Watch, read, run

PREDICTIONS = "answer-vcgbench-diverse.json"


def whole_run(
    questions: Sequence[Question],
    names: Sequence[str],
    scout: VideoScout,
    out: Path,
    title: str,
    on_progress: Watch,
    *,
    subtitles: bool,
    at_once: int,
    references: bool,
) -> tuple[Path, str]:
    """Ask all questions through pipelines, by name, and write the report.

    Args:
        questions: of one set.
        names: of pipelines.
        scout: whose models and index they use.
        out: folder of the results.
        title: of the report.
        on_progress: told how far it is.
        subtitles: give pipelines the set's own subtitles.
        at_once: questions side by side.
        references: also run the pipelines beside which a report puts every other.

    Returns:
        The report, and its first table.

    Raises:
        UsageError: several questions at once, and the answerer is no server.
    """
    answerer = scout.role("answerer")
    if at_once > 1 and not isinstance(answerer, OpenAiServer):
        raise UsageError(f"--parallel is for an answerer that a server runs, and {answerer.name!r} runs here")
    more, not_run = registry.references(scout) if references else ([], {})
    pipelines = [registry.build(name, scout) for name in dict.fromkeys([*names, *more])]
    lines = run(questions, pipelines, out, on_progress, subtitles=subtitles, at_once=at_once)
    notes = [f"Answerer: {answerer.source}."]
    if at_once > 1:
        notes.append(f"{at_once} questions were in flight at once: times are those of a busy server.")
    if subtitles:
        having = sum(bool(question.subtitles) for question in questions)
        without = ", ".join(pipeline.name for pipeline in pipelines if not pipeline.takes_subtitles)
        notes.append(f"With the set's own subtitles, which {having} of {len(questions)} questions have.")
        notes += [f"No subtitles are taken by {without}."] if without else []
    path = report.write(lines, out, title, notes, not_run)
    return path, report.overall(split(lines, lambda line: line["pipeline"]), not_run)


def graded_run(out: Path, model: VideoLLM, on_progress: Callable[[int, int], None]) -> Path:
    """Grade the open answers of a run, and write its report anew under its title.

    Raises:
        UsageError: there is no run, or nothing open in it.
    """
    lines = _lines(out)
    judge(lines, model, out, on_progress)
    written = out / "report.md"
    title = written.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ") if written.is_file() else out.name
    return report.write(lines, out, title)


def write_predictions(out: Path) -> list[Path]:
    """The answers of a run to VCGBench-Diverse as its authors' scripts read them, in a folder for each pipeline.

    Raises:
        UsageError: there is no run, or none of that set.
    """
    lines = [line for line in _lines(out) if line.get("set") == vcgbench_diverse.SET.name]
    if not lines:
        raise UsageError(f"{out}: no answers to {vcgbench_diverse.SET.title} in it")
    written = []
    for name, some in split(lines, lambda line: line["pipeline"]).items():
        path = out / name / PREDICTIONS
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(vcgbench_diverse.predictions(some), ensure_ascii=False), encoding="utf-8")
        written.append(path)
    return written


def _lines(out: Path) -> list[Line]:
    lines = read(out / RESULTS)
    if not lines:
        raise UsageError(f"{out}: no run in it")
    return lines
