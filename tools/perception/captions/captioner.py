"""Sentences about frames by a model that sees them: BLIP or Florence-2; any video-LLM by prompt is in `by_prompt.py`.

A differential captioner is told what the frame before showed and says what changed since, so that a sequence of
captions tells what happens (ShareGPT4Video, Chen et al., 2024). Where a profile has no captioner, `composed.py`
composes captions from what other tools found.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ...errors import UsageError
from ...languages import language_code, language_name
from ...payloads import Caption
from ...records import Record, Span
from ...runtime.backend import Tool
from ...runtime.hub_model import FromHub, quiet

MAX_TOKENS = 64
"""Tokens of one caption at most; a sentence takes 10 to 40."""
SAME_CAPTION = 90
"""rapidfuzz ratio from which two captions in a row are one."""


@dataclass(frozen=True, slots=True)
class FrameCaption:
    """One sentence about a frame."""

    text: str
    score: float
    """Mean token probability, 0..1; 1 where the model does not say."""


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """A frame, (H, W, 3) uint8, with what was said of it."""

    image: np.ndarray
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A frame to describe, (H, W, 3) uint8, and the one before it, which only a differential captioner looks at."""

    image: np.ndarray
    before: Described | None = None


class Captioner(Tool[Scene, FrameCaption]):
    """The role: a scene becomes one sentence; an empty one where the model had nothing to say."""

    role = "captions"
    differential: bool = False
    """Whether it says what changed since the frame before, so that frames must come one after the other."""

    def describe(self, images: Sequence[np.ndarray], before: Described | None = None) -> list[FrameCaption]:
        """Captions of frames in order of time: one by one where each needs the one before, else in one batch.

        Args:
            images: RGB frames, (H, W, 3) uint8.
            before: the frame before the first, where there was one.
        """
        if not self.differential:
            return self.run([Scene(image) for image in images])
        captions = []
        for image in images:
            captions += self.run([Scene(image, before)])
            before = Described(image, captions[-1].text)
        return captions


class HubCaptioner(FromHub, Captioner):
    """A model that generates a caption from the pixels, and perhaps a fixed prompt, with transformers."""

    batch: ClassVar[int] = 8
    gpu_batch: ClassVar[int] = 32

    def __init__(
        self, model: str | Path | None = None, *, max_tokens: int = MAX_TOKENS, beams: int = 1, **options: Any
    ) -> None:
        """Choose the weights and how long a caption may be.

        Args:
            model: as in `hub.Checkpoint`.
            max_tokens: tokens of one caption at most.
            beams: of the search; more are slower and a little more careful.
            options: further ones of `hub.FromHub`.
        """
        super().__init__(model, **options)
        self.max_tokens = max_tokens
        self.beams = beams

    def setup(self) -> None:
        self._processor = self.checkpoint.processor(needs=("image_processor", "tokenizer"))
        self._model = self.checkpoint.load("AutoModelForImageTextToText")

    def perceive(self, batch: Sequence[Scene]) -> list[FrameCaption]:
        return [
            caption for scenes in self.portions(batch) for caption in self._captions([scene.image for scene in scenes])
        ]

    def inputs(self, images: list[np.ndarray]) -> Any:
        """What the processor makes of frames."""
        return self._processor(images=images, return_tensors="pt")

    def _captions(self, images: list[np.ndarray]) -> list[FrameCaption]:
        import torch

        with torch.inference_mode(), quiet():
            written = self._model.generate(
                **self.on_device(self.inputs(images)),
                max_new_tokens=self.max_tokens,
                num_beams=self.beams,
                do_sample=False,
                output_scores=True,
                return_dict_in_generate=True,
            )
        # the first token only starts the decoder; BLIP's would be spelled out
        texts = self._processor.tokenizer.batch_decode(written.sequences[:, 1:], skip_special_tokens=True)
        return [
            FrameCaption(" ".join(text.split()), round(score, 4))
            for text, score in zip(texts, self._scores(written), strict=True)
        ]

    def _scores(self, written: Any) -> list[float]:
        """The mean probability of each caption's tokens, up to where it ends."""
        import torch

        if self.beams > 1:
            return [math.exp(min(value, 0.0)) for value in written.sequences_scores.float().tolist()]
        tokens = written.sequences[:, -len(written.scores) :]
        chosen = zip(written.scores, tokens.split(1, dim=1), strict=True)
        # step by step: all steps of a batch at once take as much memory as a small model
        likely = torch.cat([scores.float().log_softmax(dim=1).gather(1, token) for scores, token in chosen], dim=1)
        said = tokens != self._processor.tokenizer.pad_token_id
        return (likely.masked_fill(~said, 0).sum(1) / said.sum(1).clamp(min=1)).exp().tolist()


class BLIP(HubCaptioner):
    """BLIP (Li et al., 2022): one short sentence, trained on photographs with captions."""

    name = "blip"
    default = "blip-base"
    weights = ("blip-base",)


class Florence2(HubCaptioner):
    """Florence-2 (Xiao et al., 2023) in transformers' own class, as in `florence-community/Florence-2-base`."""

    name = "florence-2"
    default = "florence-2-base"
    weights = ("florence-2-base",)
    tasks: ClassVar[tuple[str, ...]] = ("<CAPTION>", "<DETAILED_CAPTION>", "<MORE_DETAILED_CAPTION>")

    def __init__(self, model: str | Path | None = None, *, task: str = "<DETAILED_CAPTION>", **options: Any) -> None:
        """Choose the weights and how much it says.

        Args:
            model: as in `hub.Checkpoint`.
            task: one of `tasks`.
            options: further ones of `HubCaptioner` and `hub.FromHub`.
        """
        if task not in self.tasks:
            raise UsageError(f"no task {task!r} of Florence-2 makes captions; there are {', '.join(self.tasks)}")
        super().__init__(model, **options)
        self.task = task

    @property
    def source(self) -> str:
        return f"{super().source}{self.task}"

    def inputs(self, images: list[np.ndarray]) -> Any:
        return self._processor(text=[self.task] * len(images), images=images, return_tensors="pt")


class MBLIP(HubCaptioner):
    """mBLIP (Geigle et al., 2023): BLIP-2's architecture, aligned anew so that it captions in 95 languages."""

    name = "mblip"
    default = "mblip-mt0-xl"
    weights = ("mblip-mt0-xl",)

    def __init__(self, model: str | Path | None = None, *, caption_lang: str = "en", **options: Any) -> None:
        """Choose the weights and the language.

        Args:
            model: as in `hub_model.Checkpoint`.
            caption_lang: language of the captions, as `de` or `german`.
            options: further ones of `HubCaptioner` and `hub_model.FromHub`.

        Raises:
            UsageError: there is no such language.
        """
        super().__init__(model, **options)
        code = language_code(caption_lang)
        if not code:
            raise UsageError(f"no language {caption_lang!r}; name it, or its code, as in caption_lang = 'de'")
        self.caption_lang = code

    @property
    def source(self) -> str:
        return super().source if self.caption_lang == "en" else f"{super().source}+{self.caption_lang}"

    @property
    def prompt(self) -> str:
        """What it is asked."""
        return f"Caption the image in {language_name(self.caption_lang)}."

    def inputs(self, images: list[np.ndarray]) -> Any:
        return self._processor(text=[self.prompt] * len(images), images=images, return_tensors="pt")


def caption_records(video: str, observations: Iterable[tuple[Span, FrameCaption]], source: str) -> list[Record]:
    """One record for as long as a caption holds: captions in a row that say the same, but for a letter, are one.

    Args:
        video: content id.
        observations: in order of time: how long a frame's picture stood, and its caption; empty ones say nothing.
        source: tool and version.
    """
    from rapidfuzz.fuzz import ratio

    records: list[Record] = []
    for span, caption in observations:
        if not caption.text:
            continue
        before = records[-1] if records else None
        if (
            before is not None
            and before.span.end >= span.start
            and ratio(before.text.casefold(), caption.text.casefold()) >= SAME_CAPTION
        ):
            best = max((before.score, before.text), (caption.score, caption.text), key=lambda said: said[0])
            span, caption = Span(before.span.start, span.end), FrameCaption(best[1], best[0])
            records.pop()
        records.append(Record.of(video, span, Caption(caption.text), caption.score, source))
    return records
