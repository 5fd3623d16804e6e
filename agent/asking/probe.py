"""One question asked twice, from an ordered list of what happens and from frames alone: which side fails it.

T3 (Li et al., 2024) found by such a comparison that the language model, rather than what is seen, limits temporal
questions. Nothing is trained here.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ...tools.errors import UsageError
from ...tools.videollm.interface import Message
from ...tools.words import one_line
from ..answer import Answer
from ..which_video import VideoName
from .asking import Asking

Fails = Literal["neither", "text", "frames", "both", "unknown"]

SAME = 0.5
"""Probability from which the answerer takes two answers for the same."""


@dataclass(frozen=True, slots=True)
class Probed:
    """Both answers, and which of them fails."""

    text: Answer
    """From words alone: what was found, as a list in order of time."""
    frames: Answer
    """From selected frames alone."""
    agree: bool
    fails: Fails
    """Held against the answer that was expected, where one was given; else, of two that differ, the one that is less
    supported by words and frames together, if one of them is told; `unknown` where neither is."""
    why: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values, as `--json` prints them."""
        return asdict(self)


class Probing(Asking):
    """The part of `VideoScout` that tells which side of the evidence fails a question."""

    def probe(
        self, video: VideoName, question: str, options: Sequence[str] | None = None, expected: str | None = None
    ) -> Probed:
        """Ask a question from words alone and from frames alone, and tell which side fails.

        Args:
            video: a file, or the id, name or link of a video that has been read.
            question: as for `ask`.
            options: choices, as for `ask`.
            expected: the right answer, where it is known: one of the options, or the answer in words.

        Raises:
            UsageError: the answerer sees no frames, or what is expected is none of the options.
        """
        if not self.role("answerer").accepts_frames:
            name = self.role("answerer").name
            raise UsageError(
                f"a probe needs an answerer that sees frames, and {name!r} does not; choose another profile"
            )
        if options and expected is not None and expected not in options:
            raise UsageError(f"what is expected, {expected[:40]!r}, is none of the options")
        alone = {"best_of": 1, "verify": "note"}
        text = self.with_settings(route="text", packer="timeline", **alone).ask(video, question, options)
        frames = self.with_settings(route="direct", **alone).ask(video, question, options)
        agree = self._same(question, text, frames)
        if expected is not None:
            return Probed(text, frames, agree, *self._against(question, expected, text, frames, options))
        if agree:
            return Probed(text, frames, agree, "neither", "both sides give one answer")
        return Probed(text, frames, agree, *self._less_supported(video, question, text, frames))

    def _same(self, question: str, one: Answer, other: Answer | str) -> bool:
        """Whether two answers say the same: by their letters, or by the answerer's word."""
        if isinstance(other, Answer):
            if one.choice is not None or other.choice is not None:
                return one.choice == other.choice
            if one.abstained or other.abstained:
                return one.abstained and other.abstained
            other = other.text
        elif one.abstained:
            return False
        told = f"Question: {question}\nFirst answer: {one_line(one.text)}\nSecond answer: {one_line(other)}\n"
        ask = [Message("user", (f"{told}Do both answers say the same?",))]
        return self.role("answerer").confirms(ask) >= SAME

    def _against(
        self, question: str, expected: str, text: Answer, frames: Answer, options: Sequence[str] | None
    ) -> tuple[Fails, str]:
        right = []
        for answer in (text, frames):
            if options:
                right.append(answer.choice is not None and options[ord(answer.choice) - ord("A")] == expected)
            else:
                right.append(self._same(question, answer, expected))
        fails: dict[tuple[bool, ...], Fails] = {
            (True, True): "neither", (False, True): "text", (True, False): "frames", (False, False): "both",
        }  # fmt: skip
        return fails[tuple(right)], f"held against the answer that is expected: {expected}"

    def _less_supported(self, video: VideoName, question: str, text: Answer, frames: Answer) -> tuple[Fails, str]:
        if text.abstained or frames.abstained:
            if text.abstained and frames.abstained:
                return "both", "neither side answers"
            return ("text", "the words give no answer") if text.abstained else ("frames", "the frames give no answer")
        if text.text == frames.text:
            return "unknown", "the answerer takes two equal answers for different ones"
        both = self.with_settings(route="rag").ask(video, question, [text.text, frames.text])
        if both.choice is None:
            return "unknown", "words and frames together choose neither answer"
        fails: Fails = "frames" if both.choice == "A" else "text"
        kept = "words" if both.choice == "A" else "frames"
        return fails, f"words and frames together choose the answer of the {kept} ({both.confidence:.2f})"
