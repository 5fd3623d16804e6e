"""Whether colours of things on photographs are named rightly, in three lights, by the eleven basic colour terms.

python -m vidscout.bench.measure.perceiving.colours FOLDER [--half development]

FOLDER holds the photographs, named as in `colours.toml`. A light is put on a photograph by factors on its red, green
and blue light (von Kries): as it was taken, a lamp's, and shade's.
"""

import argparse
import tomllib
from collections import Counter
from pathlib import Path

import numpy as np

from ....tools.geometry import Box
from ....tools.perception.colours.naming import encoded, linear
from ....tools.perception.colours.parts import inside, label_map, most

PARTS = Path(__file__).with_name("colours.toml")
LIGHTS = {"as taken": (1.0, 1.0, 1.0), "lamp": (1.25, 1.0, 0.65), "shade": (0.85, 1.0, 1.2)}
"""Factors of red, green and blue light."""
CHART = ((330, 215), (737, 230), (325, 459), (730, 470))
"""Pixels of the middles of the corner patches of the chart."""
PATCHES = (
    "brown,,blue,green,,,orange,blue,red,purple,,,blue,green,red,yellow,pink,blue,white,grey,grey,grey,grey,black"
).split(",")
"""What the patches are called, row by row; empty for those between two colours."""
HALF = 0.011
"""Of a patch's side that is measured, as a share of the picture's width."""


def parts(half: str) -> dict[str, list[tuple[str, Box]]]:
    """The parts of each photograph, with their colours."""
    found: dict[str, list[tuple[str, Box]]] = {}
    for name, listed in tomllib.loads(PARTS.read_text(encoding="utf-8"))[half].items():
        found[name] = patches() if listed is True else [(colour, Box(*edges)) for colour, *edges in listed]
    return found


def patches() -> list[tuple[str, Box]]:
    """The patches of the chart, on a picture of 1055 by 709 pixels."""
    corners = np.array(CHART, float)
    found = []
    for at, name in enumerate(PATCHES):
        across, down = at % 6 / 5, at // 6 / 3
        x, y = (1 - down) * ((1 - across) * corners[0] + across * corners[1]) + down * (
            (1 - across) * corners[2] + across * corners[3]
        )
        if name:
            x, y = x / 1055, y / 709
            found.append((name, Box(x - HALF, y - 1.5 * HALF, x + HALF, y + 1.5 * HALF)))
    return found


def lit(picture: np.ndarray, factors: tuple[float, ...]) -> np.ndarray:
    """A picture in another light."""
    light = np.clip(linear(picture / 255) * np.array(factors), 0, 1)
    return np.round(encoded(light) * 255).astype(np.uint8)


def main() -> None:
    """Print the share of parts that are named rightly, by light and by colour."""
    from PIL import Image

    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--half", choices=("development", "report"), default="report")
    asked.add_argument("--wrong", action="store_true", help="list what is named wrongly")
    options = asked.parse_args()
    right: Counter[str] = Counter()
    number: Counter[str] = Counter()
    for name, listed in parts(options.half).items():
        path = next(iter(sorted(options.folder.glob(f"{name}.*"))))
        picture = np.asarray(Image.open(path).convert("RGB"))
        for light, factors in LIGHTS.items():
            labels = label_map(lit(picture, factors))
            for colour, box in listed:
                told = most(inside(labels, box))
                for key in ("all", light, colour):
                    number[key] += 1
                    right[key] += told == colour
                if options.wrong and told != colour:
                    print(f"{name}, {light}: {colour} is called {told}")
    for key, of in number.items():
        print(f"{key}: {right[key]} of {of}, {right[key] / of:.1%}")


if __name__ == "__main__":
    main()
