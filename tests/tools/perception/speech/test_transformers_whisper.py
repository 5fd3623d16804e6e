"""Whisper by transformers and by openai-whisper: tiny random models for the contract, embedded weights for speech."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from vidscout.bench.data.lecture import LECTURE
from vidscout.bench.measure.recordings.speech import word_errors
from vidscout.tools.errors import BackendUnavailableError, UsageError, WeightsError
from vidscout.tools.media.audio import SAMPLE_RATE, AudioChunk, audio
from vidscout.tools.perception.speech.recogniser import Sound, WhisperOnVoice, within
from vidscout.tools.perception.speech.transformers_whisper import TransformersWhisper
from vidscout.tools.perception.speech.whisper_tokens import repetitive, timed
from vidscout.tools.records import Span, Utterance
from vidscout.tools.runtime.backend import backend, backends
from vidscout.tools.weights import catalogue as weights
from whisper_weights import as_openai, as_transformers, tiny_openai

Make = Callable[[str], Path]
HEARD = 14
"""Seconds of the lecture that the real weights listen to; its first sentences."""


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return (np.random.default_rng(0).standard_normal(SAMPLE_RATE * 20) / 10).astype(np.float32)


class TestTransformers:
    CLIPS = (Span(0, 6), Span(6, 8), Span(8, 20))

    @pytest.fixture(scope="class")
    def tool(self, checkpoint: Make) -> TransformersWhisper:
        tool = TransformersWhisper(checkpoint("whisper"), device="cpu", max_tokens=16, batch_size=2)
        tool.ready()
        return tool

    def test_clips_in_one_batch_are_heard_as_each_alone(self, tool: TransformersWhisper, noise: np.ndarray):
        found = [s for part in tool.transcribe(Sound(noise), self.CLIPS, ["en"] * 3) for s in part]
        alone = [s for clip in self.CLIPS for s in tool.transcribe(Sound(noise), [clip], ["en"])[0]]
        assert [(s.start, s.end, s.text) for s in found] == [(s.start, s.end, s.text) for s in alone]
        for together, by_itself in zip(found, alone, strict=True):
            assert together.avg_logprob == pytest.approx(by_itself.avg_logprob, abs=1e-3)
            assert together.no_speech_prob == pytest.approx(by_itself.no_speech_prob, abs=1e-3)

    def test_segments_lie_in_order_inside_their_clips(self, tool: TransformersWhisper, noise: np.ndarray):
        found = tool.transcribe(Sound(noise), self.CLIPS, ["en", "de", "en"])
        assert [{s.language for s in part} for part in found] == [{"en"}, {"de"}, {"en"}]
        for clip, part in zip(self.CLIPS, found, strict=True):
            for segment in part:
                assert clip.start - 1e-6 <= segment.start <= segment.end <= clip.end + 1e-6
                assert segment.avg_logprob < 0
                assert 0 <= segment.no_speech_prob <= 1
            assert all(first.start <= second.start for first, second in pairwise(part))

    def test_languages_are_those_that_the_model_knows(self, tool: TransformersWhisper, noise: np.ndarray):
        stretches = [Span(0.2, 2), Span(3, 5), Span(6.5, 7.5), Span(8, 20)]
        sound = Sound(noise)
        guesses = tool.guess(sound, self.CLIPS, stretches)
        known = {token.strip("<|>") for token in tool._model.generation_config.lang_to_id}
        assert len(guesses) == len(stretches)
        for guess in guesses:
            assert set(guess) == known
            assert sum(guess.values()) == pytest.approx(1, abs=1e-3)
        again = tool.transcribe(sound, self.CLIPS, ["en"] * 3)  # with the encodings of the guesses
        assert [len(part) for part in again] == [
            len(part) for part in tool.transcribe(Sound(noise), self.CLIPS, ["en"] * 3)
        ]

    def test_half_precision_runs_as_on_a_gpu(self, checkpoint: Make, noise: np.ndarray):
        half = TransformersWhisper(checkpoint("whisper"), device="cpu", dtype="float16", max_tokens=8)
        half.ready()
        sound = Sound(noise)
        [guess] = half.guess(sound, self.CLIPS[:1], [Span(1, 2)])
        assert 0 < max(guess.values()) < 1
        assert half.transcribe(sound, self.CLIPS, ["en"] * 3)

    def test_names_that_are_expected_are_part_of_the_prompt(self, checkpoint: Make, noise: np.ndarray):
        tool = TransformersWhisper(
            checkpoint("whisper"), device="cpu", max_tokens=8, vocabulary="Petrov", language="de"
        )
        tool.ready()
        assert tool.source.endswith("+de" + tool.told.removeprefix("+de"))
        assert len(tool.transcribe(Sound(noise), self.CLIPS[:1], ["de"], "translate")) == 1

    def test_a_checkpoint_that_knows_no_timestamps_is_refused(self, checkpoint: Make, tmp_path: Path):
        import shutil

        folder = Path(shutil.copytree(checkpoint("whisper"), tmp_path / "whisper"))
        (folder / "generation_config.json").unlink()
        with pytest.raises(WeightsError, match=r"generation_config\.json"):
            TransformersWhisper(folder, device="cpu").ready()


def test_words_lie_between_the_timestamps_around_them():
    zero, end = 100, 50
    assert list(timed([zero + 50, 1, 2, zero + 100, zero + 120, 3, zero + 150], zero, end, 9.0)) == [
        (1.0, 2.0, [1, 2]),
        (2.4, 3.0, [3]),
    ]
    assert list(timed([1, 2, end], zero, end, 9.0)) == [(0.0, 9.0, [1, 2])]  # no timestamps at all
    assert list(timed([zero + 600, 1], zero, end, 9.0)) == [(9.0, 9.0, [1])]  # beyond the end of the clip
    assert list(timed([zero + 50, zero + 50, end], zero, end, 9.0)) == []


def test_repetition_compresses_well():
    assert repetitive("thank you " * 40) > 2.4 > repetitive("The mirror is made of silicon carbide.")
    assert repetitive("") == 0


def openai(model: Path | str, **options: object) -> WhisperOnVoice:
    made = backend("speech", "openai-whisper")(model, device="cpu", **options)  # pyright: ignore[reportCallIssue]
    assert isinstance(made, WhisperOnVoice)
    return made


class TestOpenAI:
    @pytest.fixture(scope="class")
    def file(self, tmp_path_factory: pytest.TempPathFactory) -> Path:
        pytest.importorskip("whisper")
        return tiny_openai(tmp_path_factory.mktemp("openai") / "tiny.pt")

    def test_its_own_kind_of_file_is_loaded_and_transcribes(self, file: Path, noise: np.ndarray):
        tool = openai(file, max_tokens=12)
        tool.ready()
        clips, sound = [Span(1, 3), Span(5, 9)], Sound(noise)
        guesses = tool.guess(sound, clips, [Span(1.2, 2), Span(5, 7), Span(8, 9)])
        assert [sum(guess.values()) for guess in guesses] == pytest.approx([1, 1, 1], abs=1e-3)
        found = tool.transcribe(sound, clips, ["en", "de"])
        for segment in within(zip(clips, found, strict=True)):
            assert 1 <= segment.start <= segment.end <= 9 + 1e-6
            assert segment.avg_logprob < 0
        assert tool.source == "openai-whisper/tiny.7"

    def test_files_that_are_not_there_or_not_whispers_are_told(self, tmp_path: Path, file: Path):
        with pytest.raises(WeightsError, match=r"whisper\.load_model\('base'\)"):
            openai("base", storage=tmp_path).ready()
        with pytest.raises(WeightsError, match=r"neither a \.pt file nor one of tiny"):
            openai("gigantic", storage=tmp_path).ready()
        broken = tmp_path / "broken.pt"
        broken.write_bytes(file.read_bytes()[:3000])
        with pytest.raises(WeightsError, match=r"broken\.pt is not a Whisper file"):
            openai(broken).ready()

    def test_a_gpu_that_is_not_there_is_a_usage_error(self, file: Path):
        import torch

        if torch.cuda.is_available():
            pytest.skip("there is a GPU")
        with pytest.raises(UsageError, match="'cuda' was asked for"):
            backend("speech", "openai-whisper")(file, device="cuda").ready()  # pyright: ignore[reportCallIssue]


def test_a_backend_whose_package_is_missing_names_the_install_line(monkeypatch: pytest.MonkeyPatch):
    one = backends("speech")["openai-whisper"]
    monkeypatch.setattr(one, "requires", ("no_such_package",))
    with pytest.raises(BackendUnavailableError, match="pip install --no-deps openai-whisper tiktoken"):
        one().ready()


def understands(heard: list[Utterance]) -> None:
    said = [one for one in LECTURE.sentences() if one.end < HEARD - 1]
    spoken = [utterance for utterance in heard if utterance.span.start < said[-1].end]
    assert word_errors([one.text for one in said], [utterance.text for utterance in spoken]) < 0.15
    starts = np.array([utterance.span.start for utterance in spoken])
    assert max(float(np.abs(starts - one.start).min()) for one in said) < 1.0
    assert all(0.3 < utterance.score <= 1 for utterance in spoken)


@pytest.mark.models
@pytest.mark.slow
@pytest.mark.parametrize("name", ["whisper", "openai-whisper"])
def test_the_embedded_weights_understand_speech_in_either_library(name: str, tmp_path: Path, lecture: Path):
    source = weights.folder("whisper-base-ct2")
    if name == "whisper":
        tool = TransformersWhisper(as_transformers(source, tmp_path / "base"), device="cpu")
    else:
        pytest.importorskip("whisper")
        tool = openai(as_openai(source, tmp_path / "base.pt"))
    sound = np.concatenate([chunk.samples for chunk in audio(lecture)])[: HEARD * SAMPLE_RATE]
    [heard] = tool.run([AudioChunk(0.0, sound)])
    understands(heard)
