"""`report.md` and `report.png` of a run."""

from collections.abc import Sequence
from pathlib import Path

from .chart import bars
from .figures import Figures, Share, figures, split
from .runner import Line

NOTHING = "–"


def write(lines: Sequence[Line], out: Path, title: str) -> Path:
    """Write the report of these lines and its picture.

    Args:
        lines: of one run, all pipelines.
        out: the folder.
        title: what was asked, and on which machine.

    Returns:
        The Markdown file.
    """
    pipelines = split(lines, lambda line: line["pipeline"])
    types = sorted({line["type"] for line in lines})
    parts = [f"# {title}", "", overall(pipelines), "", "## Accuracy by type, first try (all four rotations)", ""]
    parts += [by_type(pipelines, types), ""]
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


def overall(pipelines: dict[str, list[Line]]) -> str:
    """One row a pipeline."""
    head = (
        "pipeline | questions | accuracy, first try | all four rotations | recall@8 frames | recall@8 records "
        "| either | auxiliary tokens | visual | prompt | cold, s | warm, ms | before the answerer, ms "
        "| `when` off by, s | unparsed | failed"
    )
    body = []
    for name, lines in pipelines.items():
        it = figures(lines)
        off = f"{it.off:.1f} ({it.pointed} pointed)" if it.off is not None else NOTHING
        tokens = [_number(it.tokens.get(kind)) for kind in ("auxiliary", "visual", "prompt")]
        cells = [name, str(it.once.count if it.once else 0), _share(it.once), _share(it.rotated)]
        cells += [_percent(it.recall_frames.get("8")), _percent(it.recall_records.get("8")), _percent(it.recall)]
        cells += [*tokens, _number(it.cold, 1), _number(it.warm, 0, 1000), _number(it.before, 0, 1000), off]
        body.append([*cells, f"{it.unparsed:.1%}", str(it.failed)])
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


def _percent(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.0%}"


def _number(value: float | None, digits: int = 0, factor: float = 1.0) -> str:
    return NOTHING if value is None else f"{value * factor:.{digits}f}"
