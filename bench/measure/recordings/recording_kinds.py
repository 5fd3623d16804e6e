"""Whether recordings of many kinds are read right: each is made by commands, read by the command line, and compared.

    python -m vidscout.bench.measure.recordings.recording_kinds FOLDER [--only NAME…] [--home FOLDER] [--json]
        [--kept FILE --seconds 500]

`recording_kinds.toml` says how each recording is made with the `ffmpeg` command and what is right for it. Most show two
titles, at 2 s and 12 s, and say two sentences, at 4.1 s and 15.1 s. FOLDER keeps what was made, and the file of results
what was found, so that a run may be broken off. A recording is right when all of what is expected was found, when
nothing else was heard, and when its notes say what they should.
"""

import argparse
import json
import subprocess
import sys
import tomllib
import wave
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from ....tools.payloads import Chapter, Sound, Spoken, TextLines
from ....tools.records import Record, of_kind
from ...data import voices
from ...reliability.kept import Kept

KINDS = Path(__file__).with_suffix(".toml")
STAGES = ("subtitles", "chapters", "speech", "screen_text")
LENGTH = 24.0
"""Seconds of the picture and the sound that the recordings are made of."""
TITLES = (("Golden Gate", 2.0, 8.0), ("Thank you all", 12.0, 20.0))
STARTS = (4.1, 15.1)
"""Seconds at which the two sentences begin."""
VOICE, SIGHT, GIVEN, WHOLE = 0.5, 1.1, 0.15, 0.35
"""Seconds by which a sentence, writing, a subtitle or chapter, and the length may be off."""
ENDS = 0.9
"""Seconds by which a sentence may end early or late."""
ALIKE = 70
"""Similarity of 100 of what is heard with what is said, so that recognisers may err by some words."""
TOGETHER = 12
"""Recordings that one command reads."""
MISSING = ("the video has no sound", "the file has no picture")
"""Notes that files of sound or picture alone have."""
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
FFMPEG = "ffmpeg -nostdin -hide_banner -loglevel error -y"

Expected = tuple[str, float, float]


@dataclass(frozen=True, slots=True)
class Kind:
    """A recording: how it is made, and what is right for it."""

    name: str
    file: str
    make: tuple[str, ...] = ()
    """Commands of a shell in a folder of its own, which has the sources in `..`; `$FF` is ffmpeg."""
    picture: float | bool = 0.0
    """Seconds from zero at which the titles' picture begins; false where there is none."""
    sound: float | bool = 0.0
    """The same of the sound; false where nothing is said."""
    says: str = "en"
    """The language of the sentences."""
    duration: float | None = LENGTH
    until: float = 1e9
    """Seconds after which nothing is expected."""
    said: tuple[Expected, ...] = ()
    """Sentences beside or instead of the usual two."""
    shown: tuple[Expected, ...] = ()
    given: tuple[Expected, ...] = ()
    """What subtitles say."""
    sounds: tuple[Expected, ...] = ()
    chapters: tuple[Expected, ...] = ()
    notes: tuple[str, ...] = ()
    """Parts of the notes that there must be; beside them only what is missing altogether may be told of."""
    error: str = ""
    """Part of the one line that refuses it."""
    options: tuple[str, ...] = ()
    """Of the command line."""
    languages: tuple[str, ...] = ()
    """Of what is heard, in order, where that is asked."""
    covered: bool = False
    """Whether the subtitles say what is said, so that it is not heard again."""


@dataclass(slots=True)
class Result:
    """What was wrong with the reading of a recording; nothing where it is right."""

    name: str
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def kinds(names: Sequence[str] = ()) -> list[Kind]:
    """The recordings by name, or all."""
    table = tomllib.loads(KINDS.read_text(encoding="utf-8"))["recording"]
    found = TypeAdapter(list[Kind]).validate_python(table)
    return [kind for kind in found if not names or any(kind.name.startswith(name) for name in names)]


def sentences() -> dict[str, list[tuple[str, str]]]:
    """Voice and text of the two sentences, by language."""
    return {
        language: [(row["voice"], text) for text in row["texts"]]
        for language, row in tomllib.loads(KINDS.read_text(encoding="utf-8"))["sentences"].items()
    }


def sources(folder: Path) -> dict[str, list[Expected]]:
    """Make the picture `v.mp4`, the sound in each language (`en.wav`) and both (`av.mp4`); what is said in each."""
    said = {}
    for language, lines in sentences().items():
        spoken = voices.say(lines)
        said[language] = [
            (text, start, start + len(samples) / voices.SAMPLE_RATE)
            for (_, text), start, samples in zip(lines, STARTS, spoken, strict=True)
        ]
        sound = np.zeros(int(LENGTH * voices.SAMPLE_RATE), np.int16)
        for start, samples in zip(STARTS, spoken, strict=True):
            first = int(start * voices.SAMPLE_RATE)
            sound[first : first + len(samples)] = samples
        if not (target := folder / f"{language}.wav").exists():
            with wave.open(str(target), "wb") as file:
                file.setparams((1, 2, voices.SAMPLE_RATE, 0, "NONE", ""))
                file.writeframes(sound.tobytes())
    drawn = ",".join(
        f"drawtext=fontfile={FONT}:text='{text}':fontsize=44:fontcolor=white:x=(w-tw)/2:y=150"
        f":enable='between(t,{start},{end - 0.001})'"
        for text, start, end in TITLES
    )
    make = (
        f"$FF -f lavfi -i 'color=c=0x204060:s=640x360:r=25:d={LENGTH}' -vf \"{drawn}\" -c:v libx264 -g 50 v.mp4",
        "$FF -i v.mp4 -i en.wav -c:v copy -c:a aac -b:a 96k av.mp4",
        "$FF -f lavfi -i color=c=red:s=300x300:d=1 -frames:v 1 cover.png",
    )
    if not (folder / "cover.png").exists():
        _shell(make, folder)
    return said


def _shell(make: Sequence[str], folder: Path) -> None:
    done = subprocess.run(
        ["bash", "-e", "-c", "\n".join([f"FF='{FFMPEG}'", f"FONT={FONT}", *make])],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{folder}: {done.stderr.strip()[-600:]}")


def made(kind: Kind, folder: Path) -> Path:
    """Make a recording where it is not there yet."""
    own = folder / kind.name
    if not (own / ".made").exists():
        own.mkdir(exist_ok=True)
        _shell(kind.make, own)
        (own / ".made").touch()
    return own / kind.file


def read(paths: Sequence[Path], home: Path, options: Sequence[str]) -> dict[str, Any]:
    """What `vidscout ingest --json` prints of some files."""
    stages = [word for stage in STAGES for word in ("--stage", stage)]
    command = [sys.executable, "-m", "vidscout.agent.cli", "--home", str(home), "ingest", *stages, *options, "--json"]
    done = subprocess.run([*command, "--", *map(str, paths)], capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
        return {"videos": [], "failed": [{"path": str(path), "error": last} for path in paths]}


def compared(kind: Kind, said: Sequence[Expected], read: dict[str, Any], records: Sequence[Record]) -> Result:
    """What is wrong with a recording's reading."""
    notes = read["notes"]
    result = Result(kind.name, notes=notes)
    if kind.error:
        result.wrong.append(f"it was read, and should be refused with {kind.error!r}")
        return result
    wrong = result.wrong
    if kind.duration is not None and abs(read["duration"] - kind.duration) > WHOLE:
        wrong.append(f"length {read['duration']:.2f}, not {kind.duration:.2f}")
    heard = [(spoken.text, record) for record, spoken in of_kind(records, Spoken) if not spoken.given]
    speech = [*kind.said, *([] if kind.sound is False else _moved(said, float(kind.sound)))]
    speech = [] if kind.covered else [one for one in speech if one[1] < kind.until]
    wrong += _missing("said", speech, heard, VOICE, ENDS, fuzzy=True)
    if len(heard) > len(speech) and not (speech and _only_parts(speech, heard)):
        wrong.append(f"heard beside it: {[text for text, _ in heard]}")
    lines = [(" ".join(said.lines), record) for record, said in of_kind(records, TextLines)]
    shown = [*kind.shown, *([] if kind.picture is False else _moved(TITLES, float(kind.picture)))]
    wrong += _missing("shown", [one for one in shown if one[1] < kind.until], lines, SIGHT, SIGHT, fuzzy=True)
    given = [(spoken.text, record) for record, spoken in of_kind(records, Spoken) if spoken.given]
    wrong += _missing("given", kind.given, given, GIVEN, GIVEN)
    if len(given) > len(kind.given):
        wrong.append(f"given beside it: {[text for text, _ in given]}")
    told = [(sound.text, record) for record, sound in of_kind(records, Sound)]
    wrong += _missing("sound", kind.sounds, told, GIVEN, GIVEN)
    chapters = [(chapter.title, record) for record, chapter in of_kind(records, Chapter)]
    wrong += _missing("chapter", kind.chapters, chapters, GIVEN, GIVEN)
    wrong += [f"no note with {part!r}" for part in kind.notes if not any(part in note for note in notes)]
    wrong += [f"note: {note}" for note in notes if not any(part in note for part in (*kind.notes, *MISSING))]
    if kind.languages:
        found = [spoken.language for _, spoken in of_kind(records, Spoken) if not spoken.given]
        if tuple(found) != kind.languages:
            wrong.append(f"languages {found}")
    return result


def _moved(lines: Sequence[Expected], seconds: float) -> list[Expected]:
    return [(text, max(start + seconds, 0.0), end + seconds) for text, start, end in lines if end + seconds > 0.5]


def _only_parts(speech: Sequence[Expected], heard: Sequence[tuple[str, Record]]) -> bool:
    """Whether all that was heard lies where something is said: a sentence may come in two records."""
    return all(
        any(record.span.start < end + ENDS and record.span.end > start - VOICE for _, start, end in speech)
        for _, record in heard
    )


def _missing(
    what: str,
    expected: Sequence[Expected],
    found: Sequence[tuple[str, Record]],
    starts: float,
    ends: float,
    fuzzy: bool = False,
) -> Iterator[str]:
    from rapidfuzz import fuzz

    for text, start, end in expected:
        near = [
            record.span
            for other, record in found
            if (fuzz.partial_ratio(text.lower(), other.lower()) >= ALIKE if fuzzy else text == other)
        ]
        if not near:
            there = [(other[:60], round(r.span.start, 2), round(r.span.end, 2)) for other, r in found]
            yield f"{what}: {text!r} at {start:.1f} is not found; there is {there[:6]}"
        elif not any(abs(span.start - start) <= starts for span in near):
            yield f"{what}: {text!r} begins at {[round(span.start, 2) for span in near]}, not {start:.2f}"
        elif not any(abs(span.end - end) <= ends for span in near):
            yield f"{what}: {text!r} ends at {[round(span.end, 2) for span in near]}, not {end:.2f}"


def measured(chosen: Sequence[Kind], folder: Path, home: Path, kept: Kept) -> Iterator[Result]:
    """The result of each recording that there is time for, some of one set of options read together."""
    said = sources(folder)
    for options in dict.fromkeys(kind.options for kind in chosen):
        group = [kind for kind in chosen if kind.options == options]
        todo = [kind for kind in group if kind.name not in kept]
        for first in range(0, len(todo), TOGETHER):
            if kept.is_over:
                break
            batch = [(kind, made(kind, folder)) for kind in todo[first : first + TOGETHER]]
            for result in _read_and_compared(batch, said, home, options):
                kept.put(result.name, asdict(result))
        yield from (Result(**kept.of(kind.name, dict)) for kind in group if kind.name in kept)


def _read_and_compared(
    batch: Sequence[tuple[Kind, Path]], said: dict[str, list[Expected]], home: Path, options: Sequence[str]
) -> Iterator[Result]:
    from ....agent.scout import VideoScout

    told = read([path for _, path in batch], home, options)
    by_path = {one["path"]: one for one in told["videos"]}
    failed = {one["path"]: one["error"] for one in told["failed"]}
    with VideoScout(home=home) as scout:
        for kind, path in batch:
            if (one := by_path.get(str(path))) is not None:
                yield compared(kind, said[kind.says], one, scout.index.timeline(one["video"]))
                continue
            error = failed.get(str(path), "no word about it")
            right = bool(kind.error) and kind.error in error
            yield Result(kind.name, [] if right else [f"refused: {error}"])


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m vidscout.bench.measure.recordings.recording_kinds",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="where the recordings are made and kept")
    parser.add_argument("--only", nargs="*", default=(), metavar="NAME", help="those whose names begin so")
    parser.add_argument("--home", type=Path, help="folder of the index; by default in FOLDER")
    parser.add_argument("--kept", type=Path, help="file of results, to be gone on with")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="after which no further ones are begun")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    asked = parser.parse_args()
    folder = asked.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    results = []
    kept = Kept(asked.kept, asked.seconds)
    for result in measured(kinds(asked.only), folder, asked.home or folder / "home", kept):
        results.append(result)
        if asked.json:
            print(json.dumps({"name": result.name, "wrong": result.wrong, "notes": result.notes}), flush=True)
        elif result.wrong:
            print(f"{result.name}: " + "; ".join(result.wrong), *result.notes, sep="\n    note: ", flush=True)
    right = sum(not one.wrong for one in results)
    print(f"right: {right} of {len(results)}, {len(kinds(asked.only)) - len(results)} not read yet")


if __name__ == "__main__":
    main()
