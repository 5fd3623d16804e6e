"""Questions answered from a description alone, which tells what it is worth, as StoryTeller does (He et al., 2024)."""

import time
from collections.abc import Sequence
from pathlib import Path

from ...graphs.describe.results import Length, Style
from ...tools.payloads import Caption
from ...tools.records import Record, Span
from ..sets.question import Subtitle
from .baseline import Baseline
from .interface import Reply, pipeline


@pipeline
class FromDescription(Baseline):
    """The story that `describe` tells of the whole video, a page of it, and nothing else."""

    name = "description"
    takes_subtitles = False

    def prepare(self, video: Path, subtitles: Sequence[Subtitle] = ()) -> None:
        del subtitles
        self._scout.describe(video, Style.STORY, length=Length.PAGE)

    def ask(self, video: Path, question: str, options: Sequence[str]) -> Reply:
        began = time.perf_counter()
        told = self._scout.describe(video, Style.STORY, length=Length.PAGE)
        scenes = [
            Record.of(told.video, Span(one.start, one.end), Caption(one.text), 1.0, "description") for one in told.story
        ]
        return self.answer(question, options, scenes, began, scenes=len(scenes))
