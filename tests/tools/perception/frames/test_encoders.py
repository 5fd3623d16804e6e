"""Frames and texts in one space, with tiny checkpoints of the real classes; and DINOv2, which knows no texts."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from vidscout.tools.errors import UsageError, WeightsError
from vidscout.tools.perception.frames.dinov2 import DINOv2, likeness
from vidscout.tools.perception.frames.encoders import SHARED, FrameEncoder, SeveralEncoders, frame_query
from vidscout.tools.runtime.backend import backend

Make = Callable[[str], Path]
TEXTS = ["a dog", "a red car on a long road"]


def pictures(count: int, seed: int = 0) -> list[np.ndarray]:
    return list(np.random.default_rng(seed).integers(0, 255, (count, 48, 64, 3), dtype=np.uint8))


def encoder(name: str, make: Make, **options: object) -> FrameEncoder:
    made = backend("frame_embedding", name)(make(name), device="cpu", **options)  # pyright: ignore[reportCallIssue]
    assert isinstance(made, FrameEncoder)
    return made


@pytest.mark.parametrize(("name", "dimensions"), [("siglip2", 32), ("clip", 16)])
class TestEncoders:
    def test_frames_and_texts_become_unit_vectors_of_one_length(self, name: str, dimensions: int, checkpoint: Make):
        tool = encoder(name, checkpoint)
        for vectors in [*tool.run(pictures(2)), *tool.texts(TEXTS)]:
            [(source, vector)] = vectors.items()
            assert source == tool.source
            assert vector.shape == (dimensions,)
            assert vector.dtype == np.float32
            assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)

    def test_what_else_is_in_a_batch_changes_nothing(self, name: str, dimensions: int, checkpoint: Make):
        tool = encoder(name, checkpoint, batch_size=2)
        frames = pictures(5)
        together = [vectors[tool.source] for vectors in tool.run(frames)]
        alone = [tool.run([frame])[0][tool.source] for frame in frames]
        assert np.allclose(together, alone, atol=1e-5)
        assert not np.allclose(together[0], together[1], atol=1e-3)
        said = [vectors[tool.source] for vectors in tool.texts(TEXTS)]
        assert np.allclose(said, [tool.texts([text])[0][tool.source] for text in TEXTS], atol=1e-5)
        assert not np.allclose(said[0], said[1], atol=1e-3)

    def test_vectors_are_those_of_the_model_itself(self, name: str, dimensions: int, checkpoint: Make):
        from transformers import AutoModel, AutoProcessor

        tool = encoder(name, checkpoint)
        model = AutoModel.from_pretrained(checkpoint(name)).eval()
        processor = AutoProcessor.from_pretrained(checkpoint(name))
        [frame] = pictures(1)
        padding = {"padding": "max_length", "max_length": 64} if name == "siglip2" else {"padding": True}
        with torch.inference_mode():
            image = model.get_image_features(**processor(images=[frame], return_tensors="pt")).pooler_output[0]
            ids = processor.tokenizer(["a dog"], return_tensors="pt", **padding)["input_ids"]
            text = model.get_text_features(input_ids=ids).pooler_output[0]
        expected = float(torch.nn.functional.cosine_similarity(image, text, dim=0))
        [seen], [said] = tool.run([frame]), tool.texts(["A dog"])
        assert float(seen[tool.source] @ said[tool.source]) == pytest.approx(expected, abs=1e-5)

    def test_half_precision_changes_little(self, name: str, dimensions: int, checkpoint: Make):
        whole, half = encoder(name, checkpoint), encoder(name, checkpoint, dtype="float16")
        for of_whole, of_half in zip(
            [*whole.run(pictures(2)), *whole.texts(TEXTS)], [*half.run(pictures(2)), *half.texts(TEXTS)], strict=True
        ):
            assert of_half[half.source].dtype == np.float32
            assert float(of_whole[whole.source] @ of_half[half.source]) > 0.99

    def test_a_long_text_is_cut_where_the_model_stops_reading(self, name: str, dimensions: int, checkpoint: Make):
        tool = encoder(name, checkpoint)
        [long], [longer] = tool.texts(["word " * 200]), tool.texts(["word " * 400])
        assert np.allclose(long[tool.source], longer[tool.source], atol=1e-5)


def test_several_encoders_give_each_frame_a_vector_of_each(checkpoint: Make):
    first, second = encoder("siglip2", checkpoint), encoder("clip", checkpoint)
    named = {"backend": "clip", "model": checkpoint("clip"), "device": "cpu"}
    both = SeveralEncoders([first, named])
    [vectors] = both.run(pictures(1))
    assert list(vectors) == [first.source, second.source]
    assert np.allclose(vectors[second.source], second.run(pictures(1))[0][second.source])
    assert [*both.texts(["a dog"])[0]] == [first.source, second.source]
    assert first.source in both.source
    assert second.source in both.source


def test_a_model_without_words_tells_only_which_frames_look_alike(checkpoint: Make):
    alike = {"role": "visual_similarity", "backend": "dinov2", "model": checkpoint("dinov2"), "device": "cpu"}
    first = encoder("clip", checkpoint)
    both = SeveralEncoders([first, alike])
    [vectors] = both.run(pictures(1))
    wordless = DINOv2(checkpoint("dinov2"), device="cpu")
    assert list(vectors) == [first.source, wordless.source]
    assert np.allclose(vectors[wordless.source], wordless.run(pictures(1))[0], atol=1e-5)
    assert [*both.texts(["a dog"])[0]] == [first.source]


def test_one_encoder_is_not_several_and_one_must_read_text():
    with pytest.raises(UsageError, match="two at least"):
        SeveralEncoders([{"backend": "clip"}])
    alike = {"role": "visual_similarity", "backend": "dinov2"}
    with pytest.raises(UsageError, match="reads text"):
        SeveralEncoders([alike, alike])
    with pytest.raises(UsageError, match="makes no vectors"):
        SeveralEncoders([{"role": "captions", "backend": "blip"}, {"backend": "clip"}])


def test_a_model_without_a_text_tower_is_refused(checkpoint: Make, tmp_path: Path):
    import shutil

    mixed = Path(shutil.copytree(checkpoint("dinov2"), tmp_path / "mixed"))
    for path in checkpoint("clip").glob("*token*"):
        shutil.copy(path, mixed)
    with pytest.raises((UsageError, WeightsError)):
        backend("frame_embedding", "clip")(mixed, device="cpu").ready()  # pyright: ignore[reportCallIssue]


def test_a_question_is_asked_in_the_space_the_frames_are_in(checkpoint: Make):
    class Letters:
        """Stands for the text embedding, which an encoder makes unnecessary."""

        def run(self, batch: list[str]) -> list[np.ndarray]:
            return [np.array([len(text), 1], np.float32) for text in batch]

    tool = encoder("clip", checkpoint)
    assert [*frame_query("a dog", tool, Letters())] == [tool.source]  # pyright: ignore[reportArgumentType]
    assert frame_query("dog", None, Letters())[SHARED].tolist() == [3, 1]  # pyright: ignore[reportArgumentType]


def test_likeness_is_one_for_the_same_frame_and_the_same_in_any_batch(checkpoint: Make):
    tool = DINOv2(checkpoint("dinov2"), device="cpu", batch_size=2)
    frames = pictures(3)
    alike = likeness(frames, [frames[1]], tool)
    assert alike.shape == (3, 1)
    assert alike[1, 0] == pytest.approx(1, abs=1e-5)
    assert max(alike[0, 0], alike[2, 0]) < 0.999
    alone = [tool.run([frame])[0] for frame in frames]
    assert np.allclose(alone, tool.run(frames), atol=1e-5)
