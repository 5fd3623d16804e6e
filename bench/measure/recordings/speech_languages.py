"""How well speech of three engines and five languages is heard, with and without music, pauses, changes of language.

    python -m vidscout.bench.measure.recordings.speech_languages FOLDER [--half report] [--minutes 9]

Makes programmes of about a minute and a half: ten sentences (`speech_languages.toml`) in an order of their own, with
pauses of 0.3 to 7 s between them. Each voice speaks one on faint noise and one over film music 12 dB below it; others
change the language every two sentences; the last have noise or music alone. FOLDER keeps what was heard of each, so
that a run may be broken off and taken up, also by `--minutes`.

Words are compared without case and signs. A sentence's beginning is as late as the nearest beginning of what was heard,
its end the same. *Made up* are words heard more than a second from every sentence. *Language* is the share of sentences
whose words were heard in their own.
"""

import argparse
import json
import random
import re
import statistics
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ....tools.media.audio import AudioChunk, audio
from ....tools.perception.speech.faster_whisper import FasterWhisper
from ....tools.perception.speech.voice_activity import windows
from ....tools.records import Span, Utterance
from ...data import videos, voices

TEXTS = Path(__file__).with_suffix(".toml")
RATE = voices.SAMPLE_RATE
PAUSES = (0.3, 7.0)
"""Seconds between two sentences, at least and at most; short ones are likelier."""
MUSIC = 10 ** (-12 / 20)
"""Loudness of music under speech, of that of the speech."""
NOISE = 10 ** (-60 / 20)
"""Loudness of the noise under everything, of full scale."""
ALONE = 120.0
"""Seconds of the programmes in which nobody speaks."""
BESIDE = 1.0
"""Seconds from a sentence within which words are not made up."""
SPEAK = ("pico", "espeak")
"""Engines that speak all the languages, for the programmes in which they change."""

Line = tuple[str, str, str]
"""Language, voice and text of a sentence."""


@dataclass(frozen=True, slots=True)
class Programme:
    """What a programme is made of."""

    name: str
    kind: str
    """The row of the table that it counts to."""
    music: bool
    lines: tuple[Line, ...]
    seed: int


def programmes(half: str) -> Iterator[Programme]:
    """All programmes of a half of the sentences."""
    told = tomllib.loads(TEXTS.read_text(encoding="utf-8"))
    texts, seed = told[half], {"development": 0, "report": 1000}[half]
    for language, names in told["voices"].items():
        for voice in names:
            for music in (False, True):
                seed += 1
                lines = tuple((language, voice, text) for text in shuffled(texts[language], seed))
                engine = voice.partition(":")[0]
                yield Programme(f"{voice} {'music' if music else 'plain'}", f"{language}, {engine}", music, lines, seed)
    for engine in SPEAK:
        said = {language: next(v for v in names if v.startswith(engine)) for language, names in told["voices"].items()}
        for number in range(4):
            seed += 1
            order = shuffled(list(said), seed)
            pairs = [(language, texts[language][2 * number + at]) for language in order for at in (0, 1)]
            lines = tuple((language, said[language], text) for language, text in pairs)
            yield Programme(f"{engine} changes {number}", f"changing, {engine}", number % 2 == 1, lines, seed)
    yield Programme("noise", "nobody speaks, noise", False, (), seed + 1)
    yield Programme("music", "nobody speaks, music", True, (), seed + 2)


def shuffled(items: Sequence[str], seed: int) -> list[str]:
    """The items in an order by chance."""
    return random.Random(seed).sample(list(items), len(items))


def made(programme: Programme) -> tuple[np.ndarray, list[tuple[Span, str, str]]]:
    """A programme's sound at 16 kHz, and where each sentence stands, in which language."""
    chance = random.Random(programme.seed)
    at, placed = 1.5, []
    for (language, _, text), samples in zip(
        programme.lines, voices.say([line[1:] for line in programme.lines]), strict=True
    ):
        placed.append((at, samples, language, text))
        low, high = PAUSES
        at += len(samples) / RATE + low + (high - low) * chance.random() ** 2
    length = int((at + 1.0 if placed else ALONE) * RATE)
    sound = np.random.default_rng(programme.seed).normal(0, NOISE, length)
    if programme.music:
        film = np.concatenate([chunk.samples for chunk in audio(videos.fetch("trailer"))])
        tune = np.resize(np.roll(film, -programme.seed * RATE), length)
        loud = voices.LOUDNESS * (MUSIC if placed else 1.0)
        sound += tune / float(np.sqrt(np.mean(tune**2))) * loud
    for start, samples, _, _ in placed:
        first = int(start * RATE)
        sound[first : first + len(samples)] += samples / 32768
    spans = [(Span(s, s + len(samples) / RATE), language, text) for s, samples, language, text in placed]
    return np.clip(sound, -1, 1).astype(np.float32), spans


def heard(tool: FasterWhisper, sound: np.ndarray) -> list[Utterance]:
    """What a recogniser hears in a programme, as a reading of a file would have it."""
    chunks = (AudioChunk(at / RATE, sound[at : at + 30 * RATE]) for at in range(0, len(sound), 30 * RATE))
    found = [said for window in windows(chunks) for said in tool.run([window])[0]]
    tool.forget()
    return found


def words(text: str) -> list[str]:
    """A text's words, without case and signs."""
    return re.findall(r"\w+", text.casefold())


def compared(programme: Programme, spans: list[tuple[Span, str, str]], found: list[Utterance]) -> dict[str, Any]:
    """The figures of a programme, to be added up with those of others."""
    from rapidfuzz.distance import Levenshtein

    spoken = [word for _, _, text in spans for word in words(text)]
    near = [one for one in found if any(_beside(one.span, span) for span, _, _ in spans)]
    right = []
    for span, language, _ in spans:
        over = [(min(one.span.end, span.end) - max(one.span.start, span.start), one.language) for one in found]
        best = max(over, default=(0.0, ""))
        right.append(best[0] > 0 and best[1] == language)
    return {
        "name": programme.name,
        "kind": programme.kind,
        "music": programme.music,
        "words": len(spoken),
        "errors": Levenshtein.distance(spoken, [word for one in near for word in words(one.text)]),
        "starts": [min((abs(one.span.start - span.start) for one in found), default=99.0) for span, _, _ in spans],
        "ends": [min((abs(one.span.end - span.end) for one in found), default=99.0) for span, _, _ in spans],
        "languages": right,
        "made_up": sum(len(words(one.text)) for one in found if one not in near),
        "heard": [[round(one.span.start, 2), round(one.span.end, 2), one.language, one.text] for one in found],
        "said": [[round(span.start, 2), round(span.end, 2), language, text] for span, language, text in spans],
    }


def _beside(one: Span, span: Span) -> bool:
    return one.start < span.end + BESIDE and one.end > span.start - BESIDE


def table(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The figures by kind, and of all."""
    yield "| spoken | minutes | word errors | start off by, median and 95 % s | end off by | language | made up |"
    yield "|---|---|---|---|---|---|---|"
    kinds = {f"{row['kind']}{', over music' if row['music'] and row['words'] else ''}": [] for row in rows}
    for row in rows:
        kinds[f"{row['kind']}{', over music' if row['music'] and row['words'] else ''}"].append(row)
    for kind, some in [*kinds.items(), ("all", list(rows))]:
        yield f"| {kind} | " + " | ".join(_figures(some)) + " |"


def _figures(rows: Sequence[dict[str, Any]]) -> list[str]:
    said = sum(row["words"] for row in rows)
    minutes = sum(row["seconds"] for row in rows) / 60
    quiet = minutes - sum(one[1] - one[0] for row in rows for one in row["said"]) / 60
    starts, ends = ([off for row in rows for off in row[edge]] for edge in ("starts", "ends"))
    right = [one for row in rows for one in row["languages"]]
    made_up = sum(row["made_up"] for row in rows)
    return [
        f"{minutes:.1f}",
        f"{sum(row['errors'] for row in rows) / said:.3f}" if said else "",
        _spread(starts),
        _spread(ends),
        f"{sum(right)} / {len(right)}" if right else "",
        f"{made_up} ({made_up / quiet:.2f} a minute)",
    ]


def _spread(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds):.2f}, {float(np.percentile(seconds, 95)):.2f}" if seconds else ""


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m vidscout.bench.measure.recordings.speech_languages",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="where what was heard is kept")
    parser.add_argument("--half", choices=("development", "report"), default="report")
    parser.add_argument("--minutes", type=float, default=1e9, help="minutes after which nothing new is begun")
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    kept = asked.folder / f"{asked.half}.jsonl"
    rows = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()] if kept.exists() else []
    done, began = {row["name"] for row in rows}, time.monotonic()
    tool = FasterWhisper(threads=asked.threads)
    tool.ready()
    wanted = random.Random(0).sample(known := list(programmes(asked.half)), len(known))  # a part of a run has of each
    for programme in wanted:
        if programme.name in done or time.monotonic() - began > asked.minutes * 60:
            continue
        sound, spans = made(programme)
        row = compared(programme, spans, heard(tool, sound)) | {"seconds": len(sound) / RATE}
        rows.append(row)
        with kept.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(*table(rows), sep="\n")
    if len(rows) < len(wanted):
        print(f"{len(rows)} of {len(wanted)} programmes: go on with the same command")


if __name__ == "__main__":
    main()
