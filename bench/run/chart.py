"""Grouped bars with intervals, drawn with Pillow, so that a report needs no plotting library."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .figures import Share

if TYPE_CHECKING:
    from PIL import Image

COLOURS = ("#8a8f98", "#d08c3c", "#7a5ca8", "#4f9d69", "#c2556b", "#2f6db3", "#3aa6a6", "#a0522d")
"""Of the pipelines in turn; all of them tell themselves from white and from each other in grey."""

BAR, BETWEEN_GROUPS, TALL = 13, 26, 300
LEFT, TOP, BELOW, RIGHT = 60, 64, 60, 20
"""Pixels, before the picture is drawn twice as large."""

SCALE = 2


def bars(groups: Sequence[str], series: Mapping[str, Sequence[Share | None]], title: str) -> "Image.Image":
    """A bar chart of shares from 0 to 100 %.

    Args:
        groups: names under the bars.
        series: for each name in the legend one share a group.
        title: what the bars tell.
    """
    from PIL import Image, ImageDraw, ImageFont

    wide = max(len(series) * BAR, 54) + BETWEEN_GROUPS
    width = max(LEFT + wide * len(groups) + RIGHT, 420)
    picture = Image.new("RGB", (width * SCALE, (TOP + TALL + BELOW) * SCALE), "white")
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(12 * SCALE)
    small = ImageFont.load_default(10 * SCALE)

    def at(x: float, y: float) -> tuple[float, float]:
        return x * SCALE, y * SCALE

    def height(value: float) -> float:
        return TOP + TALL * (1 - value)

    pen.text(at(LEFT, 8), title, font=font, fill="#222222")
    for percent in range(0, 101, 20):
        y = height(percent / 100)
        pen.line([at(LEFT, y), at(width - RIGHT, y)], fill="#dddddd", width=SCALE)
        pen.text(at(LEFT - 8, y), f"{percent} %", font=small, fill="#444444", anchor="rm")
    x = LEFT
    for number, name in enumerate(series):
        pen.rectangle([at(x, 34), at(x + 12, 46)], fill=COLOURS[number % len(COLOURS)])
        pen.text(at(x + 18, 40), name, font=small, fill="#222222", anchor="lm")
        x += 30 + pen.textlength(name, font=small) / SCALE
    for place, group in enumerate(groups):
        begin = LEFT + place * wide + BETWEEN_GROUPS / 2
        for number, shares in enumerate(series.values()):
            share = shares[place]
            if share is None:
                continue
            x = begin + number * BAR
            pen.rectangle([at(x, height(share.value)), at(x + BAR - 2, height(0))], fill=COLOURS[number % len(COLOURS)])
            middle = x + BAR / 2 - 1
            pen.line([at(middle, height(share.high)), at(middle, height(share.low))], fill="#222222", width=SCALE)
        centre = begin + len(series) * BAR / 2
        pen.text(at(centre, TOP + TALL + 10), group, font=small, fill="#222222", anchor="mt")
    return picture
