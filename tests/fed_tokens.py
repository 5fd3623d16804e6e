"""What goes through a video-LLM while a test runs."""

from types import TracebackType
from typing import Any, Self

from vidscout.tools.videollm.hub_model import Transformers


class Watch:
    """Tokens fed to a model, and the pixels that its vision tower saw."""

    def __init__(self, model: Transformers) -> None:
        self.fed: list[int] = []
        """Tokens of each call of the model."""
        self.pixels: list[Any] = []
        """Of each call of the vision tower, in the layout of its own processor."""
        base = model._encoder.base
        tower = next(
            getattr(base, n) for n in ("visual", "vision_tower", "vision_model", "video_tower") if hasattr(base, n)
        )
        self._hooks = [
            tower.register_forward_pre_hook(self._look, with_kwargs=True),
            model._model.register_forward_pre_hook(self._feed, with_kwargs=True),
        ]

    @property
    def looks(self) -> int:
        return len(self.pixels)

    @property
    def tokens(self) -> int:
        return sum(self.fed)

    def _look(self, module: Any, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        self.pixels.append(args[0] if args else options["pixel_values"])

    def _feed(self, module: Any, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        self.fed.append(options["input_ids"].shape[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for hook in self._hooks:
            hook.remove()
