"""What changes a model while a prompt goes through it: stretched frequencies, tokens that are dropped on the way."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from ..attending.pruning import Prunes, pruner, visual_tokens

if TYPE_CHECKING:
    from ..attending.pruning import Pruner
    from ..prompt import Prompt
    from .extending import Frequencies


class Adapting:
    """Of one loaded model; at first nothing changes it."""

    def __init__(self) -> None:
        self.frequencies: Frequencies | None = None
        self._pruner: Pruner | None = None

    def prune_by(self, model: Any, compressor: Prunes | None) -> None:
        """Drop visual tokens inside a model as a compressor wants it."""
        self._pruner = pruner(model, self._pruner, compressor)

    def prunes(self, prompt: "Prompt") -> bool:
        """Whether tokens of a prompt are dropped inside the model. Then it is fed at once, and what was kept of another
        that begins alike is of no use, since the question has a say in what is dropped."""
        return self._pruner is not None and self._pruner.active and bool(prompt.frames)

    def plain(self, prompt: "Prompt") -> bool:
        """Whether a prompt goes through the model as it is."""
        return prompt.stretched == 1 and not self.prunes(prompt)

    def stretch(self, prompt: "Prompt") -> "Prompt":
        """The prompt with the factor of its frequencies, by which what is kept of it is known."""
        if self.frequencies is not None:
            visual = sum(unit.end - unit.start for unit in prompt.frames)
            prompt.stretched = self.frequencies.factor(len(prompt.ids), visual)
        if prompt.stretched > 1:
            prompt.marks = [(prompt.stretched, mark) for mark in prompt.marks]
        return prompt

    @contextmanager
    def reading(self, prompt: "Prompt", start: int = 0, end: int = 0, device: Any = "cpu") -> Iterator[None]:
        """The model as it reads tokens of a prompt, from `start` to before `end`; without them, what follows it."""
        with ExitStack() as open_ones:
            if self.frequencies is not None:
                open_ones.enter_context(self.frequencies.stretched(prompt.stretched))
            shown = start == 0 and any(unit.start < end for unit in prompt.frames)
            if self._pruner is not None and self._pruner.active and shown:
                open_ones.enter_context(self._pruner.reading(visual_tokens(prompt, start, end, device)))
            yield
