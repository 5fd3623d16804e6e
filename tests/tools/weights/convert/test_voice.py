"""The speaker encoder as ONNX computes what torch does."""

from pathlib import Path

import numpy as np
import pytest
from vidscout.tools.errors import WeightsError
from vidscout.tools.runtime.onnx import session
from vidscout.tools.weights.convert.torch_pickle import load_tensors
from vidscout.tools.weights.convert.voice import LAYERS, MELS, WIDTH, voice_encoder

torch = pytest.importorskip("torch")


@pytest.mark.parametrize("zipped", [True, False])
def test_the_graph_gives_the_vectors_of_the_network(tmp_path: Path, zipped: bool):
    torch.manual_seed(1)
    lstm, linear = torch.nn.LSTM(MELS, WIDTH, LAYERS, batch_first=True), torch.nn.Linear(WIDTH, WIDTH)
    state = {f"lstm.{name}": one for name, one in lstm.state_dict().items()}
    state |= {f"linear.{name}": one for name, one in linear.state_dict().items()}
    optimizer = {"state": {0: {"step": 3, "average": torch.ones(4)}}, "param_groups": [{"lr": 0.1, "params": [0]}]}
    saved = {"step": 7, "model_state": state, "optimizer_state": optimizer}
    torch.save(saved, tmp_path / "pretrained.pt", _use_new_zipfile_serialization=zipped)
    voice_encoder(tmp_path, tmp_path)
    mel = np.random.default_rng(0).random((3, 37, MELS), np.float32)
    [found] = session(tmp_path / "voice-encoder.onnx").run(["embedding"], {"mel": mel})
    with torch.no_grad():
        _, (hidden, _) = lstm(torch.from_numpy(mel))
        raw = torch.relu(linear(hidden[-1]))
    np.testing.assert_allclose(found, (raw / raw.norm(dim=1, keepdim=True)).numpy(), atol=1e-5)


def test_a_state_that_is_not_there_is_said(tmp_path: Path):
    torch.save({"step": 7}, tmp_path / "pretrained.pt")
    with pytest.raises(WeightsError, match="model_state"):
        load_tensors(tmp_path / "pretrained.pt", "model_state")
