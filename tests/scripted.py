"""A video-LLM that says what it is told: for what surrounds a model, not for what a model says."""

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from vidscout.tools.videollm import Finish, Message, VideoLLM


class Scripted(VideoLLM):
    """Gives its replies in turn, then nothing; remembers the last text of each prompt."""

    def __init__(self, *replies: str, sees: bool = False) -> None:
        super().__init__()
        self.accepts_frames = sees
        self.replies = list(replies)
        self.asked: list[str] = []

    @property
    def source(self) -> str:
        return "scripted/1"

    def setup(self) -> None: ...

    def stream(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        temperature: float,
        deadline: float | None,
        schema: Mapping[str, Any] | None = None,
    ) -> Generator[str, None, Finish]:
        self.asked.append(messages[-1].text)
        yield self.replies.pop(0) if self.replies else ""
        return Finish.STOP

    def next_tokens(self, messages: Sequence[Message]) -> Mapping[str, float]:
        return {}

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return 0
