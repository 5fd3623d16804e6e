"""`report.md` and `report.png` of a run."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..pipelines.registry import REFERENCES
from ..public import named
from ..public.scores import Score
from .chart import bars
from .figures import Figures, Share, figures, split
from .judge import graded, pointed
from .line import Line
from .sides import chosen_among, probed

NOTHING = "–"


STRICT = (
    "An answer that names no option, or several, is wrong (*unparsed*), and so is every question about a file that "
    "cannot be decoded. No answer is guessed."
)


def write(
    lines: Sequence[Line],
    out: Path,
    title: str,
    notes: Sequence[str] = (),
    not_run: Mapping[str, str] | None = None,
) -> Path:
    """Write the report of these lines and its picture.

    Args:
        lines: of one run, all pipelines.
        out: the folder; points of a judge are taken from it.
        title: what was asked, and on which machine.
        notes: what else a reader has to know of how it was measured.
        not_run: the pipelines of `REFERENCES` that could not run, and why.

    Returns:
        The Markdown file.
    """
    grades = graded(out)
    pipelines = split(pointed(lines, grades), lambda line: line["pipeline"])
    types = sorted({line["type"] for line in lines})
    parts = [f"# {title}", "", overall(pipelines, not_run), "", STRICT, ""]
    parts += [f"{note}\n" for note in notes]
    parts += ["## What the answerer was given, mean of a question", "", given(pipelines), ""]
    parts += published(pipelines)
    if grades:
        silent = sum(grade["points"] is None for grade in grades)
        judges = ", ".join(sorted({grade["judge"] for grade in grades}))
        parts += [f"Judged by {judges}: {len(grades)} grades, of which {silent} replies gave no points.", ""]
    parts += ["## Accuracy by type, first try (all four rotations)", "", by_type(pipelines, types), ""]
    if rows := probed(pipelines):
        parts += ["## The probe: right from words alone (`timeline`) and from frames alone (`frames`), first try", ""]
        parts += [_table(["type", "questions", "both", "only words", "only frames", "neither"], rows), ""]
    if rows := chosen_among(pipelines):
        parts += ["## Several answers to a question, and how far words and frames support them", ""]
        parts += [_table(["pipeline", "questions", "answers", "best", "worst"], rows), ""]
    if any(line["recall"] is not None for line in lines):
        media = sorted({line["medium"] for line in lines} - {""})
        if media:
            parts += ["## Needles that reached the prompt among the best 8 (frames / records)", ""]
            parts += [recalled(pipelines, media), ""]
    parts += ["![accuracy by type](report.png)", ""]
    if errors := {f"{line['pipeline']}: {line['error']}" for line in lines if line["error"]}:
        parts += ["## Failures", "", *(f"- {error}" for error in sorted(errors)), ""]
    path = out / "report.md"
    path.write_text("\n".join(parts), encoding="utf-8")
    shares = {
        name: [figures([line for line in mine if line["type"] == type]).once for type in types]
        for name, mine in pipelines.items()
    }
    bars(types, shares, "accuracy, first try").save(out / "report.png")
    return path


def published(pipelines: dict[str, list[Line]]) -> list[str]:
    """The scores by which a public set is published, for each set in the run; nothing for other sets."""
    first = {name: [line for line in lines if line["try"] == 0] for name, lines in pipelines.items()}
    parts: list[str] = []
    for one in dict.fromkeys(line.get("set", "") for lines in first.values() for line in lines):
        if (public := named(one)) is None:
            continue
        scores = {
            name: {score.name: score for score in public.score([line for line in lines if line.get("set") == one])}
            for name, lines in first.items()
        }
        names = dict.fromkeys(name for some in scores.values() for name in some)
        rows = [[name, *(_score(some.get(name)) for some in scores.values())] for name in names]
        parts += [f"## {public.title}: as its authors score it (of how many)", ""]
        parts += [_table(["score", *scores], rows), ""]
    return parts


def given(pipelines: dict[str, list[Line]]) -> str:
    """One row a pipeline: frames, pictures and tokens."""
    head = "pipeline | frames | of these seen as pictures | megapixels | auxiliary tokens | visual | prompt"
    body = []
    for name, lines in pipelines.items():
        it = figures(lines)
        tokens = [_number(it.tokens.get(kind)) for kind in ("auxiliary", "visual", "prompt")]
        body.append([name, _number(it.frames, 1), _number(it.pictures, 1), _number(it.pixels, 2, 1e-6), *tokens])
    return _table(head.split(" | "), body)


def overall(pipelines: dict[str, list[Line]], not_run: Mapping[str, str] | None = None) -> str:
    """One row a pipeline, and one for each of `REFERENCES` that was not run."""
    head = (
        "pipeline | questions | accuracy, first try, strict | all four rotations | recall@8 frames | recall@8 records "
        "| either | cold, s | warm, ms | before the answerer, ms "
        "| `when` off by, s | unparsed | failed | undecodable files"
    )
    body = []
    for name, lines in pipelines.items():
        it = figures(lines)
        off = f"{it.off:.1f} ({it.pointed} pointed)" if it.off is not None else NOTHING
        asked = len({line["id"] for line in lines if line["try"] == 0})
        cells = [name, str(asked), _share(it.once), _share(it.rotated)]
        cells += [_percent(it.recall_frames.get("8")), _percent(it.recall_records.get("8")), _percent(it.recall)]
        cells += [_number(it.cold, 1), _number(it.warm, 0, 1000), _number(it.before, 0, 1000), off]
        unparsed = NOTHING if it.unparsed is None else f"{it.unparsed:.1%}"
        body.append([*cells, unparsed, str(it.failed), str(it.undecodable)])
    for name in REFERENCES:
        if name not in pipelines:
            why = (not_run or {}).get(name)
            body.append([name, f"not run{f': {why}' if why else ''}", *[NOTHING] * (head.count(" | ") - 1)])
    return _table(head.split(" | "), body)


def by_type(pipelines: dict[str, list[Line]], types: Sequence[str]) -> str:
    """One row a type, one column a pipeline."""
    rows = []
    for type in types:
        of_type = [figures([line for line in lines if line["type"] == type]) for lines in pipelines.values()]
        rows.append([type, *(_both(it) for it in of_type)])
    return _table(["type", *pipelines], rows)


def recalled(pipelines: dict[str, list[Line]], media: Sequence[str]) -> str:
    """One row a medium, one column a pipeline."""
    rows = []
    for medium in media:
        of_medium = [figures([line for line in lines if line["medium"] == medium]) for lines in pipelines.values()]
        cells = [f"{_percent(it.recall_frames.get('8'))} / {_percent(it.recall_records.get('8'))}" for it in of_medium]
        rows.append([medium, *cells])
    return _table(["needles", *pipelines], rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [list(head), ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _both(it: Figures) -> str:
    rotated = f" ({it.rotated.value:.0%})" if it.rotated is not None else ""
    return f"{it.once.value:.0%}{rotated}" if it.once is not None else NOTHING


def _share(share: Share | None) -> str:
    return NOTHING if share is None else str(share)


def _score(score: Score | None) -> str:
    return NOTHING if score is None or score.value is None else f"{score.value:.1f} ({score.count})"


def _percent(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.0%}"


def _number(value: float | None, digits: int = 0, factor: float = 1.0) -> str:
    return NOTHING if value is None else f"{value * factor:.{digits}f}"
