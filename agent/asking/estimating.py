"""The part of `VideoScout` that says beforehand what a question will take."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ...tools.errors import UsageError
from ...tools.videollm.interface import FramePart, Message
from ..core import Core
from ..profiles.budget import budget_for
from ..which_video import VideoName

if TYPE_CHECKING:
    from ...tools.videollm.estimate import Estimate

QUESTION = "What happens in this video, in what order, and who is there?"
"""Stands for a question of common length."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one question about a video takes at most, under these settings."""

    model: str
    frames: int
    """That are shown."""
    frames_wanted: int
    """By the settings; the token budget may allow fewer."""
    visual: int
    """Tokens of the frames."""
    prompt: int
    """Tokens of the whole prompt, with as many records as the budget leaves room for."""
    answer: int
    """Tokens that may be written."""
    context: int
    """Tokens that the model takes altogether."""
    weights_bytes: int
    cache_bytes: int
    """Of keys and values of the question."""
    earlier_bytes: int
    """Of those of the prompts before it, which are kept, at most."""
    encoded_bytes: int
    """Of encoded frames."""

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    def __str__(self) -> str:
        kinds = (self.weights_bytes, self.cache_bytes, self.earlier_bytes, self.encoded_bytes)
        weights, cache, earlier, encoded, all_of_it = (size(one) for one in (*kinds, sum(kinds)))
        return (
            f"{self.model}: {self.frames} of {self.frames_wanted} frames, {self.visual:,} tokens; prompt at most "
            f"{self.prompt:,}, answer {self.answer:,}, of {self.context:,}\n"
            f"memory: weights {weights}, keys and values {cache}, those of earlier prompts {earlier}, "
            f"frames {encoded}, together {all_of_it}"
        )


def size(count: int) -> str:
    """Bytes for people.

    >>> size(1_234_567_890), size(12_345_678), size(3_000)
    ('1.23 GB', '12.3 MB', '0.0 MB')
    """
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def fitting(asked: "Callable[[int], Estimate]", most: int) -> int:
    """With how many frames, of fewer than `most`, a prompt is within the model's limit; 0 where with none.

    Args:
        asked: what it takes with so many.
        most: with which it is not.
    """
    fits = 0
    while most - fits > 1:
        middle = (fits + most) // 2
        fits, most = (middle, most) if asked(middle).fits else (fits, middle)
    return fits


class Estimating(Core):
    """The part of `VideoScout` that says beforehand what a question will take."""

    def estimate(self, video: VideoName) -> Cost:
        """What one question about a video will take at most: tokens, and memory. No weights are loaded.

        Raises:
            UnknownVideoError: there is no such video.
            UsageError: the answerer counts no frames beforehand, or prompt and answer are past what it takes.
            WeightsError: its checkpoint is not here.
        """
        from ...graphs.answer.packers import opening
        from ...tools.videollm.estimate import COPIES, EARLIER, Estimator, checked
        from ...tools.videollm.hub_model import Transformers

        answerer, settings = self.role("answerer"), self.settings
        if not isinstance(answerer, Transformers):
            raise UsageError(
                f"what a question takes is told beforehand of the answerer 'transformers', not of {answerer.name!r}: "
                "choose a profile that has it, as --profile laptop"
            )
        known = self.find(video)
        wanted = settings.frames or self.profile.frames
        budget = settings.token_budget or budget_for(self.profile, answerer, settings.frames)
        times = self.index.frame_times(known.id)
        shown = [times[n * len(times) // min(wanted, len(times))] for n in range(min(wanted, len(times)))]
        parts = [FramePart(self.index.thumbnail(known.id, time), float(time)) for time in shown]

        estimator = Estimator(answerer)

        def asked(count: int) -> "Estimate":
            return estimator.of([opening(), Message("user", (*parts[:count], QUESTION))], settings.max_new_tokens)

        bare, count = asked(0), len(parts)
        found = asked(count)
        while count and found.visual > budget:
            count = min(count - 1, count * budget // found.visual)
            found = asked(count)
        each = bare.cache / (bare.prompt + bare.answer)
        if not found.fits:
            checked(found, answerer.model, fitting(asked, count))
        most = min(bare.prompt + budget, found.context - found.answer)
        return Cost(
            model=answerer.model,
            frames=count,
            frames_wanted=wanted,
            visual=found.visual,
            prompt=max(most, found.prompt),
            answer=found.answer,
            context=found.context,
            weights_bytes=found.weights,
            cache_bytes=round(found.cache + each * max(most - found.prompt, 0)),
            earlier_bytes=round(each / COPIES * EARLIER * max(most, found.prompt)),
            encoded_bytes=found.encoded,
        )
