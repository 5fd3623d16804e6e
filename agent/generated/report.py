"""A verdict as one self-contained page: plots as SVG, frames inside, no script and nothing fetched."""

import base64
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ...tools.errors import UsageError
from ...tools.records import clock
from .verdict import SignalReading, Verdict

WIDTH, HEIGHT = 560, 90
POINTS = 600
"""Points of a curve that are drawn at most."""
FRAMES = 8

STYLE = """
:root{color-scheme:light dark;--line:#2563eb;--odd:#dc262633;--rule:#8884}
body{font:15px/1.5 system-ui,sans-serif;max-width:960px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}h3{font-size:1rem;margin:0}
.label{font-size:1.3rem;font-weight:650}article{border-top:1px solid var(--rule);padding:.8rem 0}
small,figcaption{opacity:.75}svg{width:100%;height:auto;display:block}figure{margin:0;display:inline-block}
.frames{display:flex;flex-wrap:wrap;gap:.6rem}table{border-collapse:collapse}
td,th{padding:.1rem .8rem .1rem 0;vertical-align:top;text-align:left}
polyline{fill:none;stroke:var(--line);stroke-width:1.4;vector-effect:non-scaling-stroke}rect.odd{fill:var(--odd)}rect.cut{fill:var(--rule)}
pre{white-space:pre-wrap;overflow-wrap:anywhere}
"""


def write_page(html: str, path: Path) -> None:
    """Write a page.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        path.write_text(html, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror or error})") from error


def reliability_page(report: Mapping[str, Any]) -> str:
    """How well a calibration's probabilities hold: what was said against what was seen, and each signal's part.

    Args:
        report: of a `Calibration` that was made from real and generated videos.
    """
    low, high = report["auc_interval"]
    side, edge = 300, 30
    points = "".join(
        f'<circle cx="{edge + row["said"] * side:.1f}" cy="{edge + (1 - row["seen"]) * side:.1f}"'
        f' r="{3 + 2 * row["clips"] ** 0.5:.1f}"><title>{row["clips"]} clips</title></circle>'
        for row in report["reliability"]
    )
    whole = side + 2 * edge
    drawn = (
        f'<svg viewBox="0 0 {whole} {whole}" style="max-width:{whole}px" role="img" aria-label="Reliability">'
        f'<rect x="{edge}" y="{edge}" width="{side}" height="{side}" fill="none" stroke="currentColor"/>'
        f'<line x1="{edge}" y1="{edge + side}" x2="{edge + side}" y2="{edge}" stroke="currentColor"'
        f' stroke-dasharray="4"/><g fill="var(--line)" fill-opacity=".7">{points}</g></svg>'
    )
    signals = "".join(
        f"<tr><td>{escape(name)}</td><td>{value:.3f}</td><td>{report['gain'][name]:+.3f}</td></tr>"
        if name in report["gain"]
        else f"<tr><td>{escape(name)}</td><td>{value:.3f}</td><td>not chosen</td></tr>"
        for name, value in sorted(report["separation"].items(), key=lambda item: -item[1])
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Reliability</title>'
        f"<style>{STYLE}</style></head><body><h1>Reliability</h1>"
        f"<p>{report['clips']} clips, cross-validated over sources in {report['folds']} folds: AUC {report['auc']:.3f}"
        f" (95 % interval {low:.3f} to {high:.3f}), F1 {report['f1']:.3f}.</p>{drawn}"
        "<p>Across: probability of <em>generated</em> that was said. Up: share of clips that were. The larger a point,"
        " the more clips; on the dashed line, what was said is what was seen.</p>"
        "<h2>Signals</h2><table><tr><th>signal</th><th>AUC alone</th><th>AUC that its part adds</th></tr>"
        f"{signals}</table></body></html>\n"
    )


def page(verdict: Verdict) -> str:
    """The verdict as one HTML page that asks for nothing outside of itself."""
    low, high = verdict.interval
    known = verdict.calibration
    parts = [
        f"<h1>{escape(verdict.video)}</h1>",
        f'<p class="label">{verdict.label}</p>',
        f"<p>Score {verdict.score:.2f} (90 % interval {low:.2f} to {high:.2f}), decided by"
        f" {escape(verdict.decided_by)}: {escape(verdict.evidence.reason)}</p>",
        _list(verdict.notes),
        "<h2>Over time</h2>",
        _timeline(verdict),
        _frames(verdict),
        _shots(verdict),
        "<h2>Signals</h2>",
        *(_signal(reading) for reading in sorted(verdict.signals, key=lambda one: -(one.distance or 0))),
        "<h2>What the file says of itself</h2>",
        _table(verdict.provenance),
        "<h2>What it was compared with</h2>",
        f"<p>{escape(str(known.get('limits', '')))}</p>",
        _table({key: value for key, value in known.items() if key != "limits"}),
    ]
    if verdict.prompts:
        parts += ["<h2>Prompts</h2>", *(f"<pre>{escape(prompt)}</pre>" for prompt in verdict.prompts)]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(verdict.video)}: {verdict.label}</title>"
        f"<style>{STYLE}</style><body>{''.join(parts)}</body></html>\n"
    )


def _timeline(verdict: Verdict) -> str:
    windows = verdict.evidence.timeline
    if not windows:
        return "<p>Nothing was long enough to be measured.</p>"
    whole = max(verdict.duration, windows[-1].end)
    bars = "".join(
        f'<rect class="odd" x="{span.start / whole * WIDTH:.1f}" y="0" height="{HEIGHT}"'
        f' width="{(span.end - span.start) / whole * WIDTH:.1f}"/>'
        for span in verdict.evidence.spans
    )
    times = [(window.start + window.end) / 2 for window in windows]
    told = f"Suspicion from 0 to 1, {clock(0)} to {clock(whole)}; stretches that stand out are shaded, cuts are lines."
    line = _line(times, [window.score for window in windows], (0, whole), (0, 1))
    cuts = "".join(
        f'<rect class="cut" x="{cut / whole * WIDTH:.1f}" y="0" width="1" height="{HEIGHT}"/>'
        for cut in verdict.evidence.cuts
    )
    return _svg(bars + cuts + line, told)


def _frames(verdict: Verdict) -> str:
    shown = [window for window in verdict.evidence.timeline if window.picture]
    shown = sorted(sorted(shown, key=lambda w: -max(w.score, w.local / 8))[:FRAMES], key=lambda w: w.start)
    figures = [
        '<figure><img width="160" alt="" src="data:image/jpeg;base64,'
        f'{base64.b64encode(window.picture or b"").decode()}">'
        f"<figcaption>{clock(window.start)} · {window.score:.2f}<br>{escape(', '.join(window.signals[:2]))}"
        "</figcaption></figure>"
        for window in shown
    ]
    return f'<div class="frames">{"".join(figures)}</div>'


def _shots(verdict: Verdict) -> str:
    """A line a shot, the most suspicious first; nothing where there is one shot only."""
    shots = sorted(verdict.evidence.shots, key=lambda shot: -shot.score)
    if len(shots) < 2:
        return ""
    lines = "".join(
        f"<tr><td>{clock(shot.start)}–{clock(shot.end)}</td><td>{shot.score:.2f}</td><td>{shot.label}</td></tr>"
        for shot in shots
    )
    return f"<h2>Shot by shot</h2><table><tr><th>time</th><th>score</th><th>by itself</th></tr>{lines}</table>"


def _signal(reading: SignalReading) -> str:
    if reading.value is None:
        told = escape(reading.note or "not measured")
    else:
        told = f"{reading.value:.4g} {escape(reading.unit)}"
        if reading.percentile is not None:
            told += f", above {reading.percentile:.0%} of real windows, {reading.distance or 0:.1f} spreads out"
        elif reading.note:
            told += f" ({escape(reading.note)})"
    drawn = ""
    if reading.curve:
        drawn = _svg(_line(reading.times, reading.curve), f"{reading.title} over time, {reading.unit}")
    if reading.plot:
        labels = f"{reading.plot['y_label']} by {reading.plot['x_label']}, most unusual window"
        drawn += _svg(_line(reading.plot["x"], reading.plot["y"]), labels)
    fooled = f"<small>Fooled by {escape(reading.fooled_by)}</small>" if reading.fooled_by else ""
    return f"<article><h3>{escape(reading.title)}</h3><p>{told}</p>{drawn}{fooled}</article>"


def _line(
    x: Sequence[float],
    y: Sequence[float],
    across: tuple[float, float] | None = None,
    up: tuple[float, float] | None = None,
) -> str:
    step = max(len(x) // POINTS, 1)
    x, y = list(x)[::step], list(y)[::step]
    left, right = across or (min(x), max(x))
    low, high = up or (min(y), max(y))
    wide, tall = max(right - left, 1e-9), max(high - low, 1e-9)
    points = " ".join(
        f"{(a - left) / wide * WIDTH:.1f},{HEIGHT - 3 - (b - low) / tall * (HEIGHT - 6):.1f}"
        for a, b in zip(x, y, strict=True)
    )
    return f'<polyline points="{points}"/>'


def _svg(inside: str, told: str) -> str:
    return (
        f'<figure style="width:100%"><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(told)}"'
        f' preserveAspectRatio="none">{inside}</svg><figcaption>{escape(told)}</figcaption></figure>'
    )


def _list(lines: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>" if lines else ""


def _table(values: dict[str, object]) -> str:
    def cell(value: object) -> str:
        if isinstance(value, dict):
            return _table({str(key): inner for key, inner in value.items()})
        return escape(str(value))

    return (
        "<table>" + "".join(f"<tr><td>{escape(k)}</td><td>{cell(v)}</td></tr>" for k, v in values.items()) + "</table>"
    )
