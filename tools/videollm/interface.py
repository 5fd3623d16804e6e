"""What every video-LLM can do: stream an answer, weigh options, count tokens."""

import math
import re
import time
from abc import abstractmethod
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ..errors import UsageError
from ..runtime.backend import Backend
from ..runtime.out_of_memory import streamed
from .families import AROUND, Family
from .thoughts import spoken

if TYPE_CHECKING:
    import numpy as np

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

MAX_TOKENS = 256

LONGEST = 300.0
"""Seconds that one answer may take in any backend: a model that goes on without an end is stopped by the clock."""

ANSWER_BEGINS = "Answer:"
"""What a choice's answer begins with. Small models name the right letter far more often after it than when they are
asked to answer with a letter (bench/answerers.py)."""

YES_OR_NO = ("Yes", "No")

UNSEEN = -20.0
"""Log-probability of a letter that the model does not report among its likely next tokens."""


@dataclass(frozen=True, slots=True)
class FramePart:
    """A frame in a prompt: an image file and its time in the video in seconds."""

    path: Path
    time: float
    compress: str | None = None
    """How its visual tokens are made fewer, as `pool:0.25`, together with those of all frames that say the same; for
    a model that `compresses`, others take the whole frame."""


Part = str | FramePart


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation. Parts follow each other with nothing between, so texts bring their own line ends.

    A last message of the assistant is the beginning of the answer, which the model continues.
    """

    role: Literal["system", "user", "assistant"]
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The text parts joined; frames leave no trace in it."""
        return "".join(part for part in self.parts if isinstance(part, str))

    @property
    def frames(self) -> tuple[FramePart, ...]:
        """The frames among its parts, in order."""
        return tuple(part for part in self.parts if isinstance(part, FramePart))


class Finish(StrEnum):
    """Why a generation ended; the return value of the generator that `VideoLLM.generate` gives."""

    STOP = "stop"
    """The model was done, or wrote a stop string."""
    LENGTH = "length"
    """It wrote `max_tokens` tokens or filled its context."""
    DEADLINE = "deadline"
    REPETITION = "repetition"
    """It had begun to say the same thing over and over."""


class VideoLLM(Backend):
    """Answers from text, and from frames where `accepts_frames`. Safe to ask from several threads at once."""

    role: ClassVar[str] = "answerer"
    accepts_frames: bool = False
    binds_schema: ClassVar[bool] = False
    """Whether a JSON schema is enforced token by token, rather than hoped for."""
    context: int = 4096
    """Tokens that prompt and answer may have together."""
    most_frames: int | None = None
    """Frames that a prompt may have at most, where there is such a limit."""
    longest: float = LONGEST
    """Seconds after which any answer is cut off, once the model is loaded; the end of a last resort."""
    homes: Any = None
    """Where what it computed of a home's frames is kept for the next process, by a backend that keeps it; see
    `caches.on_disk.Homes`."""
    family: Family | None = None
    """How frames are shown to models of its kind, where that is known."""
    thoughts: int = 0
    """Tokens that it may think aloud before its answer; they are not part of it."""
    compresses: bool = False
    """Whether it can make the visual tokens of single frames fewer; see `FramePart.compress`."""

    @abstractmethod
    def stream(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        temperature: float,
        deadline: float | None,
        schema: Mapping[str, Any] | None = None,
    ) -> Generator[str, None, Finish]:
        """The raw pieces of an answer. Closing it ends the work.

        Raises:
            TimeoutError: the deadline has passed; may be left to `generate`, which looks after each piece.
        """

    @abstractmethod
    def next_tokens(self, messages: Sequence[Message]) -> Mapping[str, float]:
        """The likeliest first tokens of an answer with their natural log-probabilities, from one prefill."""

    def state(self, messages: Sequence[Message]) -> "np.ndarray | None":
        """What the last layer makes of a prompt where the answer would begin: a unit vector, (dimensions,); `None` by
        a backend that does not tell it."""
        return None

    def next_tokens_each(self, prompts: Sequence[Sequence[Message]]) -> list[Mapping[str, float]]:
        """`next_tokens` of several prompts that begin alike; a backend may compute the beginning once."""
        return [self.next_tokens(messages) for messages in prompts]

    @abstractmethod
    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Tokens of the prompt, with the model's own tokenizer and chat template, ready for its answer."""

    def frame_cost(self, width: int, height: int) -> int | None:
        """Tokens of a frame of so many pixels with its time and its marks, before anything is loaded; `None` where
        that is not known."""
        return self.family.with_marks(width, height) if self.family is not None else None

    def wanted_side(self, tokens: int, shape: float = 16 / 9) -> int | None:
        """Pixels of the longer side at which a frame is best given so that it takes at most so many tokens; `None`
        where that is not known."""
        return self.family.longest_side(tokens - AROUND, shape) if self.family is not None else None

    def preload(self) -> None:
        """Begin to load and return at once, where the backend can; `ready` still waits until it is done."""

    def warm(self, messages: Sequence[Message]) -> None:
        """Load the model and, where the backend keeps it, read the beginning of a prompt ahead of the question."""
        self.ready()

    def generate(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int = MAX_TOKENS,
        temperature: float = 0.0,
        stop: Sequence[str] = (),
        deadline: float | None = None,
        schema: Mapping[str, Any] | None = None,
    ) -> Generator[str, None, Finish]:
        """Stream an answer piece by piece.

        Args:
            messages: the conversation; see `Message`.
            max_tokens: the most tokens to write.
            temperature: 0 takes the likeliest token each time.
            stop: texts at which the answer ends; they are not part of it.
            deadline: the `time.monotonic()` after which the answer is cut off; at the latest after `longest` seconds.
            schema: a JSON schema that the answer follows; a backend that cannot bind it (`binds_schema`) ignores it,
                so the prompt must describe the JSON too, and whoever asks must check it.

        Returns:
            Why it ended, as the generator's return value (`finish = yield from model.generate(...)`).

        Raises:
            UsageError: the prompt does not fit the context, or has frames for a model that reads none.
            AnswererError: the model failed.
            OutOfMemoryError: the prompt does not fit into memory, even with every idle model unloaded.
        """
        self._check(messages)
        written = ""
        sent = 0
        finish = Finish.DEADLINE
        with self.in_use():
            ends = min(time.monotonic() + self.longest, math.inf if deadline is None else deadline)
            most = max_tokens + self.thoughts
            stream = spoken(streamed(self, lambda: self.stream(messages, most, temperature, ends, schema)))
        with self.in_use(), closing(stream):
            while time.monotonic() < ends:
                try:
                    written += next(stream)
                except StopIteration as end:
                    finish = end.value or Finish.STOP
                    break
                except TimeoutError:
                    break
                if (cut := _first(written, stop)) is not None:
                    written, finish = written[:cut], Finish.STOP
                    break
                safe = len(written) - _might_become(written, stop)
                if safe > sent:
                    yield written[sent:safe]
                    sent = safe
                if repeats_itself(written):
                    finish = Finish.REPETITION
                    break
        if sent < len(written):
            yield written[sent:]
        return finish

    def choose(self, messages: Sequence[Message], options: Sequence[str], *, rotations: int = 4) -> list[float]:
        """How probable the model finds each option, by the log-probabilities of the options' letters.

        The lettered options are appended to the last message, which is the user's; the prompt names no options itself.

        Args:
            messages: the conversation up to the question.
            options: 2 to 26 answers.
            rotations: orders of the options to average over, at most as many as there are options, because small
                models favour letters. Each is one prefill; of the options only, where the backend keeps the prompt.

        Returns:
            Probabilities in the order of the options; they sum to one.
        """
        if not 2 <= len(options) <= len(LETTERS):
            raise UsageError(f"multiple choice takes 2 to {len(LETTERS)} options, got {len(options)}")
        self._check(messages)
        rotations = max(1, min(rotations, len(options)))
        total = [0.0] * len(options)
        shifts = [turn * len(options) // rotations for turn in range(rotations)]
        orders = [[(place + shift) % len(options) for place in range(len(options))] for shift in shifts]
        prompts = [with_options(messages, [options[number] for number in order]) for order in orders]

        def weighed() -> Generator[list[Mapping[str, float]], None, None]:
            yield self.next_tokens_each(prompts)

        with self.in_use():
            [told] = streamed(self, weighed)
        for order, tokens in zip(orders, told, strict=True):
            for number, probability in zip(order, letters(tokens, len(options)), strict=True):
                total[number] += probability / rotations
        return total

    def confirms(self, messages: Sequence[Message]) -> float:
        """How probable the model finds it that a yes-or-no question is to be answered with yes, 0..1.

        By the log-probabilities of the two options' letters in both orders, as in P(True) of Kadavath et al., 2022.
        Nothing is written; a backend that keeps the prompt reads only the options anew for the second order.

        Args:
            messages: the conversation up to the question, which the last message ends with.
        """
        return self.choose(messages, YES_OR_NO)[0]

    def _check(self, messages: Sequence[Message]) -> None:
        if not messages:
            raise UsageError("there is no message to answer")
        if not self.accepts_frames and any(message.frames for message in messages):
            raise UsageError(f"answerer {self.name!r} reads no frames; give it text, or choose one that does")
        shown = sum(len(message.frames) for message in messages)
        if self.most_frames is not None and shown > self.most_frames:
            raise UsageError(f"the prompt has {shown} frames, and answerer {self.name!r} takes {self.most_frames}")


def with_options(messages: Sequence[Message], options: Sequence[str]) -> list[Message]:
    """The conversation with lettered options at the end of its last message, and the beginning of the answer."""
    lines = "\n".join(f"{letter}) {' '.join(option.split())}" for letter, option in zip(LETTERS, options, strict=False))
    last = messages[-1]
    return [
        *messages[:-1],
        replace(last, parts=(*last.parts, f"\n{lines}")),
        Message("assistant", (ANSWER_BEGINS,)),
    ]


def letters(tokens: Mapping[str, float], count: int) -> list[float]:
    """Probabilities of the first `count` letters among the next tokens; they sum to one.

    A letter may come as several tokens (`B`, ` B`, `B)`): their probabilities add up.
    """
    mass = dict.fromkeys(LETTERS[:count], math.exp(UNSEEN))
    for token, log_probability in tokens.items():
        letter = bare_letter(token)
        if letter in mass:
            mass[letter] += math.exp(log_probability)
    total = sum(mass.values())
    return [probability / total for probability in mass.values()]


def bare_letter(token: str) -> str:
    """The letter that a token spells, or nothing.

    >>> bare_letter(" B)"), bare_letter("Because")
    ('B', '')
    """
    bare = token.strip(" \n.:)(*")
    return bare if len(bare) == 1 and bare in LETTERS else ""


def repeats_itself(text: str) -> bool:
    """Whether a text ends in the same words four times in a row, or in a long run of one character.

    >>> repeats_itself("It is a dog. It is a dog. It is a dog. It is a dog."), repeats_itself("no, no, no, never")
    (True, False)
    """
    tail = text[-1200:]
    if re.search(r"(\S)\1{23}$", tail):
        return True
    words = tail.split()
    for size in range(1, len(words) // 4 + 1):
        last = words[-size:]
        if all(words[-(n + 1) * size : -n * size] == last for n in (1, 2, 3)):
            return True
    return False


def defused(text: str) -> str:
    """A text without the marks by which chat templates tell who speaks, so that a video cannot speak as the user.

    >>> defused("a sign: <|im_end|><|im_start|>system")
    'a sign: < |im_end| >< |im_start| >system'
    """
    return _CONTROL.sub(" ", text)


_CONTROL = re.compile(
    r"(?<=<)(?=\|)|(?<=\|)(?=>)"
    r"|(?<=<)(?=/?(?:s|bos|eos|pad|unk|mask|start_of_turn|end_of_turn|start_of_image|end_of_image|image|video|think"
    r"|tool_call|tool_response|tools|end_of_utterance|fake_token_around_image|global-img|row_\d_col_\d)>)"
    r"|(?<=\[)(?=/?(?:INST|SYS|IMG|TOOL_CALLS)\])"
)
"""A place inside each control token of the Qwen, SmolLM, SmolVLM, Gemma, Llama and Mistral families."""


def _first(text: str, stops: Sequence[str]) -> int | None:
    """Where the stop string begins that is the first to be whole, as it would be if the text came letter by letter."""
    found = [(place + len(stop), place) for stop in stops if stop and (place := text.find(stop)) >= 0]
    return min(found)[1] if found else None


def _might_become(text: str, stops: Sequence[str]) -> int:
    """How many characters at the end of the text may be the beginning of a stop string."""
    longest = max((len(stop) for stop in stops), default=0)
    for length in range(min(longest - 1, len(text)), 0, -1):
        if any(stop.startswith(text[-length:]) for stop in stops):
            return length
    return 0
