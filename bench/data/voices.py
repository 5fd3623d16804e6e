"""Several synthesised voices for made videos, by names such as `pico:en-GB`, `flite:slt`, `espeak:en-us+f3`.

Pico comes with the `py-nanotts` wheel, Flite with an `ffmpeg` command that was built with libflite (Debian's is),
eSpeak NG as `bench/data/voice.py` says. What was said once is kept in the cache folder of made videos.
"""

import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ...tools.errors import BackendUnavailableError, UsageError
from . import fetched, voice

SAMPLE_RATE = 16_000
"""Samples a second: what Pico and Flite have, and what speech recognisers take."""

LOUDNESS = 0.09
"""Root mean square to which every sentence is brought, of 1, so that no speaker drowns another."""

PEAK = 0.95
"""Of 1; a sentence is left quieter rather than clipped."""

TEMPO = 0.85
"""Of Pico's and Flite's own, which comes to about 150 words a minute, as people speak to an audience."""

PICO = ("de-DE", "en-GB", "en-US", "es-ES", "fr-FR", "it-IT")
FLITE = ("awb", "kal", "kal16", "rms", "slt")

VERSION = 3
"""Of what this module does with a voice's samples; another number synthesises anew."""


def say(lines: Sequence[tuple[str, str]]) -> list[np.ndarray]:
    """Say each line, a voice and a text: mono int16 at 16,000 Hz, without silence around it.

    A line has the same samples whatever is said before it.

    Raises:
        UsageError: there is no such voice.
        BackendUnavailableError: the voice's engine is not there.
    """
    missing = [line for line in dict.fromkeys(lines) if not _place(line).is_file()]
    for engine, speak in (("pico", _pico), ("flite", _flite), ("espeak", _espeak)):
        mine = [(name.partition(":")[2], text) for name, text in missing if name.partition(":")[0] == engine]
        for (name, text), samples in zip(mine, speak(mine) if mine else [], strict=True):
            _keep((f"{engine}:{name}", text), _levelled(voice.trimmed(samples)))
    if unknown := [name for name, _ in missing if name.partition(":")[0] not in {"pico", "flite", "espeak"}]:
        raise UsageError(f"no voice {unknown[0]!r}; they are pico:…, flite:… and espeak:…")
    return [np.load(_place(line)) for line in lines]


def _place(line: tuple[str, str]) -> Path:
    key = hashlib.blake2b(repr((VERSION, line)).encode(), digest_size=12).hexdigest()
    return fetched.folder() / "voices" / f"{key}.npy"


def _keep(line: tuple[str, str], samples: np.ndarray) -> None:
    if not samples.size:
        raise UsageError(f"the voice {line[0]!r} says nothing for {line[1]!r}")
    target = _place(line)
    target.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, suffix=".part", delete=False) as file:
        np.save(file, samples)
    os.replace(file.name, target)


def _levelled(samples: np.ndarray) -> np.ndarray:
    if not samples.size:
        return samples
    sound = samples.astype(np.float64) / 32768
    gain = min(LOUDNESS / float(np.sqrt(np.mean(sound**2))), PEAK / float(np.abs(sound).max()))
    return np.round(sound * gain * 32767).astype(np.int16)


def _known(name: str, names: Sequence[str], engine: str) -> None:
    if name not in names:
        raise UsageError(f"{engine} has no voice {name!r}; it has {', '.join(names)}")


def _pico(lines: Sequence[tuple[str, str]]) -> list[np.ndarray]:
    for name, _ in lines:
        _known(name, PICO, "pico")
    if find_spec("py_nanotts") is None:
        raise BackendUnavailableError("the pico voices need py-nanotts: pip install py-nanotts")
    child = subprocess.run(
        [sys.executable, "-m", __name__], input=json.dumps(list(lines)).encode(), capture_output=True, check=False
    )
    if child.returncode != 0:
        said = child.stderr.decode(errors="replace").strip().splitlines()
        raise BackendUnavailableError(f"pico could not speak: {said[-1] if said else f'exit {child.returncode}'}")
    spoken, at = [], 0
    for _ in lines:
        (size,) = struct.unpack_from("<I", child.stdout, at)
        spoken.append(np.frombuffer(child.stdout, "<i2", size // 2, at + 4).astype(np.int16))
        at += 4 + size
    return spoken


def _pico_each(lines: Sequence[tuple[str, str]]) -> None:
    """Write each line's samples to stdout, after their size in bytes.

    Pico's sound depends on what it said before, so each line is said in a fork of a process that has said nothing.
    """
    import py_nanotts

    for name, text in lines:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(py_nanotts.NanoTTS().speak(text, name, speed=TEMPO))
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read()
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
            raise RuntimeError(f"no sound for {text!r}")
        sys.stdout.buffer.write(struct.pack("<I", len(said)) + said)


def _flite(lines: Sequence[tuple[str, str]]) -> list[np.ndarray]:
    for name, _ in lines:
        _known(name, FLITE, "flite")
    if (command := shutil.which("ffmpeg")) is None:
        raise BackendUnavailableError("the flite voices need an ffmpeg command that was built with libflite")
    with tempfile.TemporaryDirectory() as folder:
        sources: list[str] = []
        targets: list[str] = []
        for number, (name, text) in enumerate(lines):
            Path(folder, f"{number}.txt").write_text(text, encoding="utf-8")
            sources += ["-f", "lavfi", "-i", f"flite=textfile={number}.txt:voice={name},atempo={TEMPO}"]
            targets += ["-map", str(number), "-ar", str(SAMPLE_RATE), "-f", "s16le", f"{number}.raw"]
        quiet = [command, "-nostdin", "-hide_banner", "-loglevel", "error"]
        done = subprocess.run([*quiet, *sources, *targets], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = done.stderr.strip().splitlines()
            raise BackendUnavailableError(f"this ffmpeg has no flite voice: {said[0] if said else done.returncode}")
        return [np.fromfile(Path(folder, f"{number}.raw"), "<i2") for number in range(len(lines))]


def _espeak(lines: Sequence[tuple[str, str]]) -> list[np.ndarray]:
    # One by one, because the synthesiser carries some state from one text to the next.
    return [_resampled(voice.speak([text], voice=name)[0], voice.SAMPLE_RATE) for name, text in lines]


def _resampled(samples: np.ndarray, rate: int) -> np.ndarray:
    from av.audio.frame import AudioFrame
    from av.audio.resampler import AudioResampler

    resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples[None]), format="s16", layout="mono")
    frame.sample_rate = rate
    pieces = [piece.to_ndarray()[0] for piece in (*resampler.resample(frame), *resampler.resample(None))]
    return np.concatenate([np.zeros(0, np.int16), *pieces])


if __name__ == "__main__":
    _pico_each([(name, text) for name, text in json.load(sys.stdin)])
