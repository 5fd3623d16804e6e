"""How well writing in twelve scripts is read: still, fading in, and moving across the picture, in five sizes.

    python -m vidscout.bench.measure.recordings.screen_text_scripts FOLDER… [--scripts latin,arabic] [--sizes 16,28]
        [--kept FILE --seconds 500] [--json]

The folders hold typefaces: those of the Debian packages fonts-noto-core and fonts-noto-cjk, of which the Noto Sans are
used. Each sentence is drawn over film, with a dark outline, and read as a reading of a video would read it: what counts
is the records. *Exact* and *errors* are of the line that is most alike; *other* are records whose letters are mostly of
another script than the sentence's, which nobody wrote. Then records on film without text, a minute of it.
"""

import argparse
import json
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from ....tools.payloads import TextLines
from ....tools.perception.screen_text.lines_over_time import text_records
from ....tools.perception.screen_text.readers import PPOCRReader
from ....tools.perception.screen_text.scripts import RIGHT_TO_LEFT, Script, expected_scripts, script_of
from ....tools.records import Span, of_kind
from ...reliability.kept import Kept
from .screen_text import BARE, BARE_FILMS, film

SENTENCES = {
    Script.LATIN: ("The last ferry leaves at 18:45", "Über die Brücke führt kein Weg"),
    Script.CYRILLIC: ("Последний паром уходит в 18:45", "Мост закрыт до понедельника"),
    Script.GREEK: ("Το τελευταίο πλοίο φεύγει νωρίς", "Η γέφυρα είναι κλειστή σήμερα"),
    Script.ARABIC: ("آخر عبارة تغادر مساء اليوم", "الجسر مغلق حتى يوم الاثنين"),
    Script.HEBREW: ("המעבורת האחרונה יוצאת בערב", "הגשר סגור עד יום שני"),
    Script.DEVANAGARI: ("आखिरी नाव शाम को जाती है", "पुल सोमवार तक बंद रहेगा"),
    Script.BENGALI: ("শেষ ফেরি সন্ধ্যায় ছাড়বে", "সেতু সোমবার পর্যন্ত বন্ধ"),
    Script.TAMIL: ("கடைசி படகு மாலையில் புறப்படும்", "பாலம் திங்கள் வரை மூடப்பட்டது"),
    Script.THAI: ("เรือเที่ยวสุดท้ายออกตอนเย็น", "สะพานปิดถึงวันจันทร์"),
    Script.HANGUL: ("마지막 배는 저녁에 떠납니다", "다리는 월요일까지 닫힙니다"),
    Script.HAN: ("最終フェリーは夕方に出ます", "大桥关闭到星期一"),
    Script.GEORGIAN: ("ბოლო ბორანი საღამოს გადის", "ხიდი დაკეტილია ორშაბათამდე"),
}
"""What is written, by script; nothing was tuned on it."""
SIZES = (16, 20, 28, 40, 60)
"""Pixels of type, on frames of 1280×720."""
FADING = (0.3, 0.6, 1.0)
"""How much of the letters is there, second by second."""
MOVING = 10
"""Seconds that a line takes across the picture."""


@dataclass(frozen=True, slots=True)
class ReadLines:
    """How lines of one script were read."""

    script: str
    way: str
    lines: int
    exact: int
    errors: float
    """Characters to insert, delete or replace in the most similar line, as a share of all."""
    other: int
    """Records in another script."""
    seconds: float
    """Of processor time a frame."""

    def row(self) -> str:
        """The figures as a row of the table."""
        figures = f"{self.exact} | {self.errors:.3f} | {self.other} | {self.seconds * 1e3:.0f}"
        return f"| {self.script} | {self.way} | {self.lines} | {figures} |"


HEADER = (
    "| script | way | lines | exact | character errors | in another script | processor ms a frame |\n"
    "|---|---|---|---|---|---|---|"
)


def typeface_of(script: Script, folders: Sequence[Path]) -> Path:
    """The regular Noto Sans of a script."""
    name = {Script.LATIN: "", Script.CYRILLIC: "", Script.GREEK: ""}.get(script, script.name.capitalize())
    wanted = "NotoSansCJK" if script in (Script.HAN, Script.HANGUL) else f"NotoSans{name}"
    found = sorted(path for folder in folders for path in folder.rglob(f"{wanted}-Regular.tt?"))
    if not found:
        raise SystemExit(f"no typeface {wanted}-Regular in {', '.join(map(str, folders))}")
    return found[0]


def frames_of(
    text: str, script: Script, size: int, way: str, typeface: Path, ground: np.ndarray
) -> Iterator[np.ndarray]:
    """The frames of a sentence, one a second."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(typeface, size)
    width = int(font.getlength(text))
    base = Image.fromarray(ground)
    places = [(base.width - width) // 2]
    if way == "moving":
        path = np.linspace(base.width, -width, MOVING + 2)[1:-1].round().astype(int).tolist()
        places = path[::-1] if script in RIGHT_TO_LEFT else path
    for there in FADING if way == "fading" else (1.0,):
        for left in places:
            drawn = base.copy()
            pen = ImageDraw.Draw(drawn)
            pen.text((left, 560), text, "white", font, stroke_width=2, stroke_fill="black")
            yield np.asarray(Image.blend(base, drawn, there))


def read_lines(
    reader: PPOCRReader, script: Script, way: str, sizes: Sequence[int], folders: Sequence[Path]
) -> ReadLines:
    """How a script's sentences are read that come in one way, in all sizes together."""
    from rapidfuzz.distance import Levenshtein

    typeface, bare = typeface_of(script, folders), film("trailer")
    lines = exact = errors = letters = other = frames = 0
    began = time.process_time()
    for number, text in enumerate(SENTENCES[script]):
        for size in sizes:
            ground = bare[BARE[(number + size) % len(BARE)]]
            seen = list(frames_of(text, script, size, way, typeface, ground))
            observed = [(Span(at, at + 1), reader.run([image])[0]) for at, image in enumerate(seen)]
            found = [
                line for _, said in of_kind(text_records("v", observed, "bench"), TextLines) for line in said.lines
            ]
            read = [_folded(line) for line in found]
            wanted = _folded(text)
            lines, frames, letters = lines + 1, frames + len(seen), letters + len(wanted)
            exact += wanted in read
            errors += min(Levenshtein.distance(wanted, line) for line in [*read, ""])
            other += sum(script_of(line) not in (script, None) for line in found)
    return ReadLines(script.title, way, lines, exact, errors / letters, other, (time.process_time() - began) / frames)


def _folded(text: str) -> str:
    """In one normal form, without spaces at the ends and double ones."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def on_bare_film(reader: PPOCRReader) -> tuple[Counter[str], float]:
    """Records and lines that could not be read, by script, on film without text, and the minutes of it."""
    found: Counter[str] = Counter()
    seconds = 0
    for name in BARE_FILMS:
        shown = film(name)
        seconds += len(shown)
        observed = [(Span(at, at + 1), reader.run([image])[0]) for at, image in sorted(shown.items())]
        records = of_kind(text_records("v", observed, "bench"), TextLines)
        found.update(f"read as {_named(line)}" for _, said in records for line in said.lines)
        found.update("unread" for _, lines in observed for line in lines if not line.text)
    return found, seconds / 60


def _named(line: str) -> str:
    script = script_of(line)
    return script.title if script else "digits"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m vidscout.bench.measure.recordings.screen_text_scripts", description=__doc__
    )
    parser.add_argument("folders", type=Path, nargs="+", help="where the typefaces are")
    parser.add_argument("--scripts", default="auto", help="only these, as latin,arabic")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="pixels of type")
    parser.add_argument("--ways", default="still,fading,moving")
    parser.add_argument("--kept", type=Path, help="file of results, to be gone on with")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="after which no further ones are begun")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of a table")
    asked = parser.parse_args()
    wanted, sizes = expected_scripts(asked.scripts), [int(size) for size in asked.sizes.split(",")]
    reader = PPOCRReader(threads=2)
    reader.run([np.zeros((64, 64, 3), np.uint8)])
    kept = Kept(asked.kept, asked.seconds)
    if not asked.json:
        print(HEADER)
    for script in SENTENCES:
        for way in asked.ways.split(",") if not wanted or script in wanted else ():
            name = f"{script.title}, {way}, {asked.sizes}"
            row = kept.of(name, lambda s=script, w=way: asdict(read_lines(reader, s, w, sizes, asked.folders)))
            if row is not None:
                print(json.dumps(row) if asked.json else ReadLines(**row).row(), flush=True)
    bare = kept.of("film without text", lambda: on_bare_film(reader))
    if bare is not None:
        print(f"film without text: {bare[0]} in {bare[1]:.1f} min")


if __name__ == "__main__":
    main()
