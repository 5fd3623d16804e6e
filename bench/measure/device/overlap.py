"""A video read by stages side by side, by the ingest graph: each stage's share of the device, and its idle share.

The models are the real classes with random weights, of the size asked for: SigLIP's vision tower and RT-DETRv2.
Pictures are kept beside them, as in any reading.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ....graphs.ingest.graph import build
from ....graphs.ingest.stage import Cost, FrameStage, Sampling, Watched
from ....graphs.ingest.stages.of_picture.thumbnails import Thumbnails
from ....graphs.ingest.state import Ingest, IngestState
from ....tools.index.video_index import VideoIndex
from ....tools.media.video import Frame
from ....tools.runtime.backend import Tool
from .busy import Busy

SIDES = {"8b": {"vectors": 256, "objects": 640}, "small": {"vectors": 64, "objects": 128}}
"""Pixels of a frame's side as each model takes it."""
BACKBONE = {"hidden_sizes": [8, 12, 16, 20], "embedding_size": 8, "depths": [1, 1, 1, 1], "layer_type": "basic"}
"""Of the small detector."""
DETECTOR: dict[str, dict[str, Any]] = {
    "8b": {},
    "small": {"d_model": 32, "encoder_hidden_dim": 32, "decoder_in_channels": [32] * 3, "decoder_layers": 2,
              "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "num_queries": 10, "encoder_in_channels": [12, 16, 20]},
}  # fmt: skip


class NoText(Tool[str, np.ndarray]):
    """Nothing is written in these videos, so nothing is embedded."""

    role = "text_embedding"

    @property
    def source(self) -> str:
        return "none/1"

    def setup(self) -> None: ...

    def perceive(self, batch: Sequence[str]) -> list[np.ndarray]:
        return [np.ones(8, np.float32) for _ in batch]


class OnDevice(Tool[np.ndarray, int]):
    """A model that looks at frames; what it finds means nothing with random weights."""

    role = "captions"

    def __init__(self, module: Any, device: str, side: int) -> None:
        super().__init__()
        self.module, self.device, self.side = module, device, side

    @property
    def computes_on(self) -> Literal["cpu", "gpu", "elsewhere"]:
        return "gpu" if self.device == "cuda" else "cpu"

    def setup(self) -> None: ...

    def perceive(self, batch: Sequence[np.ndarray]) -> list[int]:
        import torch

        precision = next(self.module.parameters()).dtype
        with torch.inference_mode():
            frames = torch.from_numpy(np.stack(batch)).to(self.device).permute(0, 3, 1, 2).to(precision) / 255
            self.module(torch.nn.functional.interpolate(frames, (self.side, self.side), mode="bilinear"))
        return [0] * len(batch)


class Looks(FrameStage):
    """A stage whose findings are not kept."""

    cost = Cost.MODEL

    def __init__(self, name: str, tool: OnDevice) -> None:
        self.name = name  # pyright: ignore[reportAttributeAccessIssue]
        self.tool = tool

    @property
    def fingerprint(self) -> str:
        return f"{self.name}/measured"

    def observe(self, video: Watched, frames: Sequence[Frame]) -> list[bytes]:
        assert self.tool is not None
        self.tool.run([frame.image for frame in frames])
        return [b""] * len(frames)


def models(size: str, device: str, vision: dict[str, Any]) -> dict[str, Any]:
    """The models by their stages' names, with random weights.

    Args:
        size: `8b` or `small`.
        device: `cuda` or `cpu`.
        vision: configuration of SigLIP's vision tower.
    """
    import torch
    import transformers as t

    side = SIDES[size]["vectors"]
    tower: Any = t.SiglipVisionModel(t.SiglipVisionConfig(**vision, image_size=side, patch_size=16))
    about = dict(DETECTOR[size])
    if size == "small":
        ends: Any = {"out_features": ["stage2", "stage3", "stage4"]}  # transformers takes it without declaring it
        about["backbone_config"] = t.RTDetrResNetConfig(**BACKBONE, **ends)
    detector: Any = t.RTDetrV2ForObjectDetection(t.RTDetrV2Config(num_denoising=0, **about))
    dtype = torch.float16 if device == "cuda" else torch.float32
    return {name: module.to(device, dtype).eval() for name, module in (("vectors", tower), ("objects", detector))}


def film(path: Path, frames: int) -> Path:
    """A film of one second a frame, no two of which are alike, 640×360."""
    import av

    noise = np.random.default_rng(0)
    with av.open(path, "w") as container:
        stream: Any = container.add_stream("mpeg4", rate=1)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for _ in range(frames):
            small = noise.integers(0, 255, (9, 16, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(small.repeat(40, 0).repeat(40, 1))))
        container.mux(stream.encode())
    return path


def overlap(size: str, device: str, vision: dict[str, Any], frames: int) -> Iterator[str]:
    """Rows of Markdown: each stage's share of the work, then the idle share and the speed in words."""
    import torch

    busy = Busy(torch.cuda.synchronize if device == "cuda" else lambda: None)
    stages: list[FrameStage] = [Thumbnails(Sampling())]
    for name, module in models(size, device, vision).items():
        tool = OnDevice(module, device, SIDES[size][name])
        tool.run([np.zeros((360, 640, 3), np.uint8)] * 2)  # kernels are chosen in a first call
        busy.watch(name, tool)
        stages.append(Looks(name, tool))
    with tempfile.TemporaryDirectory() as folder, VideoIndex(Path(folder) / "home") as index:
        path = film(Path(folder) / "film.mp4", frames)
        library = index.library
        ingest = Ingest(library, library.journal, index, tuple(stages), NoText(), Sampling())
        began = time.perf_counter()
        for _ in build(stages).compile().stream(IngestState(str(path), library.identify(path)), context=ingest):
            pass
        took = time.perf_counter() - began
    yield from (f"| {name} | {share:.0%} |" for name, share in busy.shares().items())
    idle = busy.idle_share(began)
    yield f"\nThe device stood idle for {idle:.0%} of the reading, at {frames / took:.0f} × real time."
