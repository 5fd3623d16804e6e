"""The picture of what compressors cost: visual tokens against fidelity."""

from collections.abc import Sequence
from typing import Protocol
from xml.sax.saxutils import escape


class Cost(Protocol):
    """One compressor at one amount (`compress.Cost`)."""

    @property
    def spec(self) -> str:
        """Name and amount."""
        ...

    @property
    def tokens(self) -> int:
        """Visual tokens that are left."""
        ...

    @property
    def cosine(self) -> float:
        """Of the logits to those with all tokens."""
        ...


def picture(costs: Sequence[Cost]) -> str:
    """An SVG: visual tokens from left to right, cosine of the logits from below, a line a compressor."""
    width, height, left, top, right, bottom = 760, 460, 60, 20, 170, 50
    most = max(cost.tokens for cost in costs)
    least = min(0.0, *(cost.cosine for cost in costs))
    inner = (width - left - right, height - top - bottom)

    def place(cost: Cost) -> tuple[float, float]:
        return left + inner[0] * cost.tokens / most, top + inner[1] * (1 - cost.cosine) / (1 - least)

    by: dict[str, list[Cost]] = {}
    for cost in costs:
        by.setdefault(cost.spec.partition(":")[0] + (" prune" if "prune" in cost.spec else ""), []).append(cost)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for step in range(5):
        x, y = left + inner[0] * step / 4, top + inner[1] * step / 4
        lines.append(f'<path d="M{x:.0f} {top}V{top + inner[1]}M{left} {y:.0f}H{left + inner[0]}" stroke="#ddd"/>')
        lines.append(f'<text x="{x:.0f}" y="{height - bottom + 18}" text-anchor="middle">{most * step // 4}</text>')
        lines.append(f'<text x="{left - 6}" y="{y + 4:.0f}" text-anchor="end">{1 - (1 - least) * step / 4:.2f}</text>')
    for number, (name, own) in enumerate(sorted(by.items())):
        colour = f"hsl({number * 360 // len(by)} 65% 42%)"
        points = [place(cost) for cost in sorted(own, key=lambda cost: cost.tokens)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        lines += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points]
        y = top + 14 + 20 * number
        lines.append(f'<text x="{width - right + 20}" y="{y}" fill="{colour}">{escape(name)}</text>')
    lines.append(f'<text x="{left + inner[0] / 2}" y="{height - 8}" text-anchor="middle">visual tokens</text>')
    lines.append(
        f'<text transform="translate(14 {top + inner[1] / 2}) rotate(-90)" text-anchor="middle">cosine of logits</text>'
    )
    return "\n".join([*lines, "</svg>", ""])
