"""A synthesised voice for made videos: eSpeak NG, from the `espeakng-loader` wheel or the system's command."""

import ctypes
import io
import json
import shutil
import subprocess
import sys
import wave
from collections.abc import Sequence
from importlib.util import find_spec

import numpy as np

from ...tools.errors import BackendUnavailableError

SAMPLE_RATE = 22_050
"""Samples a second, as eSpeak NG's English voices have them."""

VOICE = "en-us"
"""By default; any of eSpeak NG's voices will do, with a variant after a plus (`en-us+f3`)."""


def speak(texts: Sequence[str], words_per_minute: int = 150, voice: str = VOICE) -> list[np.ndarray]:
    """Say each text: mono int16 samples at 22,050 Hz, without silence around them.

    The synthesiser carries some state from one text to the next, so the work is done in a fresh process: the same
    texts give the same samples.

    Raises:
        BackendUnavailableError: neither the wheel nor the system's `espeak-ng` is there.
    """
    trouble = "the wheel is not installed"
    if find_spec("espeakng_loader") is not None:
        request = json.dumps({"texts": list(texts), "words_per_minute": words_per_minute, "voice": voice}).encode()
        child = subprocess.run([sys.executable, "-m", __name__], input=request, capture_output=True, check=False)
        if child.returncode == 0:
            spoken = np.load(io.BytesIO(child.stdout))
            return [trimmed(spoken[f"arr_{number}"]) for number in range(len(texts))]
        trouble = (child.stderr.decode(errors="replace").strip().splitlines() or [f"exit {child.returncode}"])[-1]
    if command := shutil.which("espeak-ng"):
        return [trimmed(_from_command(command, text, words_per_minute, voice)) for text in texts]
    raise BackendUnavailableError(
        f"a made video needs a voice: pip install espeakng-loader ({trouble}), or install the espeak-ng command"
    )


def _from_command(command: str, text: str, words_per_minute: int, voice: str) -> np.ndarray:
    said = subprocess.run(
        [command, "-v", voice, "-s", str(words_per_minute), "--stdout", text], capture_output=True, check=True
    )
    with wave.open(io.BytesIO(said.stdout)) as file:
        # The command streams, so the header's length is not to be believed.
        return np.frombuffer(file.readframes(1 << 30), np.int16)


def trimmed(samples: np.ndarray) -> np.ndarray:
    """Int16 samples without the silence before and after them."""
    loud = np.flatnonzero(np.abs(samples) > 100)
    return samples[loud[0] : loud[-1] + 1] if loud.size else samples


def _synthesise(texts: Sequence[str], words_per_minute: int, voice: str) -> list[np.ndarray]:
    """Through the shared library: espeak-ng's `speak_lib.h`."""
    import espeakng_loader

    synchronous, utf8, rate_parameter = 2, 1, 1
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(synchronous, 0, espeakng_loader.get_data_path().encode(), 0)
    if rate != SAMPLE_RATE:
        raise RuntimeError(f"the synthesiser speaks at {rate} Hz, {SAMPLE_RATE} was expected")
    if hasattr(library, "espeak_ng_SetRandSeed"):  # variants of a voice breathe, by chance and from the clock
        library.espeak_ng_SetRandSeed(ctypes.c_long(1))
    pieces: list[np.ndarray] = []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
    def collect(samples, count, _events):
        if samples and count > 0:
            pieces.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    library.espeak_SetSynthCallback(collect)
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        raise RuntimeError(f"the synthesiser has no voice {voice}")
    library.espeak_SetParameter(rate_parameter, words_per_minute, 0)
    spoken = []
    for text in texts:
        pieces.clear()
        said = text.encode()
        if library.espeak_Synth(said, ctypes.c_size_t(len(said) + 1), 0, 1, 0, utf8, None, None) != 0:
            raise RuntimeError(f"the synthesiser refused {text!r}")
        library.espeak_Synchronize()
        spoken.append(np.concatenate([np.zeros(0, np.int16), *pieces]))
    return spoken


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    np.savez(sys.stdout.buffer, *_synthesise(asked["texts"], asked["words_per_minute"], asked["voice"]))
