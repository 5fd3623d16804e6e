"""Speech of several videos: one video after the other against all at once, in common batches.

    python -m vidscout.bench.measure.device.speech [--videos 4] [--seconds 90] [--rounds 3] [--model FOLDER]
        [--batch 16] [--device cpu]

Without `--model`, a checkpoint of the real class with random weights of tiny size is made; what it writes is nonsense,
so that many clips are doubted and heard in pieces, in batches of few. Rounds of both ways take turns in one run, since
other work on the machine slows both. A GPU is what full batches are for: on a CPU look at clips a batch.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from ....tools.media.audio import SAMPLE_RATE, AudioChunk, audio
from ....tools.perception.speech.transformers_whisper import TransformersWhisper
from ....tools.records import Utterance
from ...data import videos


@dataclass(frozen=True, slots=True)
class Round:
    """One way through all videos."""

    seconds: float
    batches: tuple[int, ...]
    """Clips in each batch that was written down."""

    @property
    def fill(self) -> float:
        """Clips a batch."""
        return sum(self.batches) / max(len(self.batches), 1)


class Counted(TransformersWhisper):
    """The recogniser, which remembers the sizes of its batches."""

    def setup(self) -> None:
        super().setup()
        self.sizes: list[int] = []

    def _write(self, clips: Sequence[Any]) -> Any:
        self.sizes.append(len(clips))
        return super()._write(clips)


def heard(tool: Counted, sounds: Sequence[np.ndarray], at_once: int) -> tuple[Round, list[list[Utterance]]]:
    """Hear videos, so many at the same time, each as one stretch of sound."""

    def hear(number: int) -> list[Utterance]:
        [said] = tool.run([AudioChunk(0.0, sounds[number], video=str(number))])
        return said

    tool.sizes.clear()
    began = time.perf_counter()
    with ThreadPoolExecutor(at_once) as pool:
        said = list(pool.map(hear, range(len(sounds))))
    return Round(time.perf_counter() - began, tuple(tool.sizes)), said


def parts(sound: np.ndarray, number: int, seconds: float) -> list[np.ndarray]:
    """So many stretches of a sound, each beginning a little later, as videos of their own."""
    length = round(seconds * SAMPLE_RATE)
    step = max((len(sound) - length) // max(number, 1), 1)
    return [sound[at * step : at * step + length] for at in range(number)]


def checkpoint(folder: Path, spread: float = 1.0, **sizes: int) -> Path:
    """Write a Whisper of random weights, with a tokenizer of bytes.

    Args:
        folder: is made.
        spread: by how much the weights are larger than transformers makes them, so that sounds differ more.
        sizes: instead of the tiny ones of `WhisperConfig`.
    """
    t: Any = import_module("transformers")
    from tokenizers import pre_tokenizers
    from transformers.models.whisper.tokenization_whisper import LANGUAGES

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    spoken = [f"<|{language}|>" for language in LANGUAGES]
    tasks = ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    specials = ["<|endoftext|>", "<|startoftranscript|>", *spoken, *tasks]
    vocabulary = {token: n for n, token in enumerate([*alphabet, *specials])}  # its prefix is looked up in __init__
    tokenizer = t.WhisperTokenizer(vocab=vocabulary, merges=[], language="en", task="transcribe")
    tokenizer.add_special_tokens({"extra_special_tokens": specials})
    tokenizer.add_tokens([f"<|{n * 0.02:.2f}|>" for n in range(1501)])
    number = tokenizer.convert_tokens_to_ids
    end, start = number("<|endoftext|>"), number("<|startoftranscript|>")
    ends = {"pad_token_id": end, "bos_token_id": end, "eos_token_id": end, "decoder_start_token_id": start}
    tiny = {"d_model": 32, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 4,
            "decoder_attention_heads": 4, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64}  # fmt: skip
    config = t.WhisperConfig(
        vocab_size=len(tokenizer), num_mel_bins=80, begin_suppress_tokens=None, **{**tiny, **sizes}, **ends
    )
    torch: Any = import_module("torch")
    torch.manual_seed(0)
    model = t.WhisperForConditionalGeneration(config)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.mul_(spread)
    settings = {
        **ends,
        "is_multilingual": True,
        "lang_to_id": {token: number(token) for token in spoken},
        "task_to_id": {task: number(f"<|{task}|>") for task in ("transcribe", "translate")},
        "no_timestamps_token_id": number("<|notimestamps|>"),
        "prev_sot_token_id": number("<|startofprev|>"),
        "max_initial_timestamp_index": 50,
        "max_length": 448,
        "alignment_heads": [[0, 0], [1, 1]],
    }
    model.generation_config._from_model_config = False
    for name, value in settings.items():  # GenerationConfig.update drops the keys that it does not know
        setattr(model.generation_config, name, value)
    model.save_pretrained(folder)
    t.WhisperProcessor(t.WhisperFeatureExtractor(feature_size=80), tokenizer).save_pretrained(folder)
    return folder


def main() -> None:
    """Print both ways and their ratio."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--videos", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=90.0, help="of each")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--tokens", type=int, default=32, help="of a clip at most")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--model", type=Path, help="a folder with a checkpoint of Whisper")
    asked = parser.parse_args()
    sound = np.concatenate([chunk.samples for chunk in audio(videos.lecture())])
    sounds = parts(sound, asked.videos, asked.seconds)
    with tempfile.TemporaryDirectory() as folder:
        model = asked.model or checkpoint(Path(folder) / "whisper")
        tool = Counted(
            model, device=asked.device, batch_size=asked.batch, max_tokens=asked.tokens, language="en", dtype="float32"
        )
        tool.ready()
        heard(tool, sounds[:1], 1)  # what only the first call costs
        one, all_of_them = [], []
        for _ in range(asked.rounds):
            for rounds, at_once in ((one, 1), (all_of_them, asked.videos)):
                rounds.append(heard(tool, sounds, at_once)[0])
        tool.close()
    print(f"{asked.videos} videos of {asked.seconds:g} s, batches of at most {asked.batch}, {asked.rounds} rounds")
    for name, rounds in (("one after the other", one), ("all at once", all_of_them)):
        seconds = statistics.median(each.seconds for each in rounds)
        fill = statistics.median(each.fill for each in rounds)
        batches = statistics.median(len(each.batches) for each in rounds)
        print(f"{name}: {seconds:.1f} s, {batches:g} batches of {fill:.1f} clips")
    ratio = statistics.median(a.seconds / b.seconds for a, b in zip(one, all_of_them, strict=True))
    print(f"one after the other takes {ratio:.2f} times as long")


if __name__ == "__main__":
    main()
