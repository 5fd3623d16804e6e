"""The class that lmms-eval makes for `--model vidscout`. It is imported by lmms-eval only, which is not required."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lmms_eval.api.model import lmms  # pyright: ignore[reportMissingImports]

from ...agent.scout import VideoScout
from ...tools.errors import UsageError
from ..pipelines.interface import Pipeline
from ..pipelines.registry import build
from .lettered import lettered


class VidscoutModel(lmms):  # pyright: ignore[reportUntypedBaseClass]
    """A pipeline of vidscout as lmms-eval asks it: each request is a prompt and the paths of its videos.

    A prompt whose options stand in lettered lines is answered by a letter, any other in words.
    """

    is_simple = True

    def __init__(
        self,
        profile: str | None = None,
        home: str | None = None,
        pipeline: str = "vidscout",
        batch_size: int | str = 1,
        device: str | None = None,
        max_batch_size: int | None = None,
        **other: Any,
    ) -> None:
        """Take what `--model_args` says; the last three are lmms-eval's own and change nothing.

        Raises:
            UsageError: an argument that there is not, or a pipeline that there is not.
        """
        super().__init__()
        del batch_size, device, max_batch_size
        if other:
            raise UsageError(f"--model_args has profile, home and pipeline, and no {', '.join(sorted(other))}")
        self._scout = VideoScout(profile, home)
        self._pipeline: Pipeline = build(pipeline, self._scout)
        self._prepared: set[Path] = set()

    def generate_until(self, requests: Sequence[Any]) -> list[str]:
        """The answer to each request, in order.

        Raises:
            UsageError: a request shows something else than one video file.
        """
        return [self._answer(request) for request in requests]

    def loglikelihood(self, requests: Sequence[Any]) -> list[tuple[float, bool]]:
        """Not offered: an answer comes from several steps, which have no likelihood together."""
        raise UsageError("vidscout gives answers and no likelihoods; choose a task of output type generate_until")

    def generate_until_multi_round(self, requests: Sequence[Any]) -> list[str]:
        """Not offered: these tasks show new pictures from turn to turn."""
        raise UsageError("vidscout answers single questions; choose a task of output type generate_until")

    def _answer(self, request: Any) -> str:
        context, settings, visual_of, number, task, split = request.args
        visuals = visual_of(self.task_dict[task][split][number]) or []
        if len(visuals) != 1 or not isinstance(visuals[0], str | Path):
            raise UsageError(f"{task} {number}: shows no single video file, which is what vidscout reads")
        video = Path(visuals[0])
        if video not in self._prepared:
            self._pipeline.prepare(video)
            self._prepared.add(video)
        question, options = lettered(context)
        reply = self._pipeline.ask(video, question, options)
        answer = reply.choice or reply.answer_text
        self.cache_hook.add_partial("generate_until", (context, settings), answer)
        return answer
