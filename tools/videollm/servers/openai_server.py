"""A video-LLM behind an OpenAI-shaped server: vLLM, SGLang, llama.cpp, Ollama, or a hosted one."""

import json
import math
import os
import re
import time
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from functools import lru_cache
from typing import Any, Literal

from ...errors import AnswererError, UsageError
from ...records import clock
from ...runtime.notes import note
from ..compress import Grid, Layout, compressor
from ..compress.base import pruning_flags
from ..families import AROUND, of_name
from ..frame_data import as_images, as_mp4, base64_of, jpeg_list, size_of, true_times
from ..interface import Finish, FramePart, Message, VideoLLM, bare_letter, defused
from ..thoughts import AT_MOST
from .endpoint import Endpoint

Server = Literal["vllm", "sglang", "llama.cpp", "ollama", "hosted"]

OWNERS: dict[str, Server] = {"vllm": "vllm", "sglang": "sglang", "llamacpp": "llama.cpp", "library": "ollama"}
"""What servers say owns their models, by which they are told apart."""

LIKELY = {"llama.cpp": 100}
LIKELY_ELSEWHERE = 20
"""Next tokens that a server tells at most: more than 20 are refused by OpenAI, and by vLLM as it is set up."""

SURE = 0.9
"""Probability that is given to a letter which a server names without saying how likely it is."""

AT_ONCE = 8
"""Requests of one choice that are sent at once."""

TEMPLATE = 16
"""Tokens that a chat template may add to each message, where nobody counts them."""

FRAME_TOKENS = 1600
"""Tokens of a frame where the server cannot be asked: as many as the hungriest common model takes for 1280×720."""

STILL = 8
"""Frames of a video that stands still, by which it is found out whether a server prunes."""

BY_LETTER = "\nAnswer with the letter of the right option only."


def revision_of(about: Mapping[str, Any]) -> str | None:
    """The revision that a server tells of a model, as a commit of the hub: vLLM does where it serves a folder of the
    hub's cache, `…/snapshots/COMMIT`."""
    found = re.search(r"\b[0-9a-f]{40}\b", str(about.get("revision") or about.get("root") or ""))
    return found[0] if found else None


class OpenAiServer(VideoLLM):
    """A model that a server runs; what kind of server it is, and its model, are found out when it is first used.

    Tokens are counted by the server where it offers that (vLLM, SGLang, llama.cpp), those of a frame by asking once for
    each size of frame what a prompt with one costs. Elsewhere text counts one token a byte, which no tokenizer that
    falls back to bytes exceeds, and a frame `frame_tokens`.
    """

    name = "openai"
    binds_schema = True
    requires = ("openai",)
    install = "pip install 'vidscout[serve]'"

    def __init__(
        self,
        base_url: str = "http://127.0.0.1:8000/v1",
        *,
        model: str | None = None,
        revision: str | None = None,
        key: str | None = None,
        server: Server | None = None,
        frames: bool = True,
        as_video: Literal["jpeg", "mp4"] | None = None,
        most_frames: int | None = None,
        context: int | None = None,
        frame_tokens: int | None = None,
        compress: str | None = None,
        patience: float = 120.0,
        retries: int = 4,
        seconds: float | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        """Choose the server; nothing is asked yet.

        Args:
            base_url: where its OpenAI-shaped paths begin.
            model: the name that the server knows the model by; by default the first that it lists.
            revision: which revision of the model it runs, as a commit of the hub: a part of `source`. A server that
                tells another one is refused.
            key: API key; by default that of the environment variable OPENAI_API_KEY.
            server: what kind of server it is; by default what it says itself.
            frames: whether the model takes images.
            as_video: give the frames of a message as one `video_url`: `jpeg` as vLLM takes frames, or a small `mp4`.
            most_frames: refuse prompts with more frames; packers take the best.
            context: tokens of prompt and answer together; by default what the server tells, or 32,768.
            frame_tokens: tokens of one frame; by default asked of the server.
            compress: how a vLLM server was started to prune videos, as `evs:0.25` (`pruning_flags`); for `as_video`.
            patience: seconds without a byte after which an answer counts as not coming.
            retries: how often a request is repeated that found the server busy, broken or away.
            seconds: the longest that an answer may take, retries included.
            extra: further fields of each request's body, as in `{"top_p": 0.9}`.
        """
        super().__init__()
        self.address = base_url.rstrip("/")
        self.model = model
        self.revision = revision
        self.server: Server | None = server
        self.accepts_frames = frames
        self.as_video, self.most_frames, self.frame_tokens = as_video, most_frames, frame_tokens
        self.compressor = compressor(compress) if compress else None
        self.flags = pruning_flags(compress) if compress else ""
        if compress and as_video is None:
            raise UsageError(f"compress = {compress}: a server prunes videos, not pictures: set as_video = 'jpeg'")
        self.seconds = seconds
        self.extra = dict(extra or {})
        self._key = key or os.environ.get("OPENAI_API_KEY") or "none"
        self._context, self._patience, self._retries = context, patience, retries
        self._endpoint: Any = None
        self._known_as(model)
        self._tells_probabilities = True
        self._sizes: dict[Any, int] = {}
        self._prunes: bool | None = None if self.flags and "rate 0 " not in self.flags else True
        self._count = lru_cache(maxsize=4096)(self._count_text)

    @property
    def computes_on(self) -> Literal["cpu", "gpu", "elsewhere"]:
        return "elsewhere"

    @property
    def source(self) -> str:
        revision = f"@{self.revision}" if self.revision else ""
        return f"{self.name}/{self.model or 'default'}{revision}.{self.version}"

    def footprint(self) -> int:
        return 0  # the memory is the server's

    def setup(self) -> None:
        endpoint = Endpoint(self.address, self._key, self._patience, self._retries)
        served = endpoint.models(needed=self.model is None)
        about: dict[str, Any] | None = next((one for one in served if self.model in (None, one["id"])), None)
        if about is None and not served and self.model is not None:
            about = {"id": self.model}  # a server that lists nothing knows best what it has
        if about is None:
            names = ", ".join(str(model["id"]) for model in served[:8]) or "none"
            raise UsageError(f"the answerer at {self.address} has no model {self.model!r}; it has {names}")
        told = revision_of(about)
        if self.revision and told and not told.startswith(self.revision):
            raise UsageError(
                f"the answerer at {self.address} runs revision {told} of {about['id']}, and this profile names "
                f"{self.revision}"
            )
        self.model = str(about["id"])
        self.server = self.server or OWNERS.get(str(about.get("owned_by")), "hosted")
        if self.flags and self.server != "vllm":
            raise UsageError(f"compress: {self.server} at {self.address} prunes no videos, only vLLM does")
        meta = about.get("meta") or {}
        self.context = self._context or about.get("max_model_len") or meta.get("n_ctx") or 32768
        self._endpoint = endpoint
        self._known_as(self.model)

    def _known_as(self, name: str | None) -> None:
        """Take the family from the model's name."""
        self.family = of_name(name) if name else None
        self._times_each = 2 if self.family is not None and self.family.fuses else 1
        aloud = self.family is not None and self.family.thinks_aloud(str(name))
        self.thoughts = min(AT_MOST, self.context // 4) if aloud else 0

    def frame_cost(self, width: int, height: int) -> int | None:
        if self.frame_tokens is not None or self.family is None:
            return self.frame_tokens
        return self.family.with_marks(width, height)

    def close(self) -> None:
        super().close()
        if self._endpoint is not None:
            self._endpoint.close()
        self._endpoint = None
        self._count.cache_clear()

    def stream(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        temperature: float,
        deadline: float | None,
        schema: Mapping[str, Any] | None = None,
    ) -> Generator[str, None, Finish]:
        if self.seconds is not None:
            deadline = min(deadline or math.inf, time.monotonic() + self.seconds)
        body = self._body(messages, max_tokens, temperature)
        if schema is not None:
            body["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema)}}
        finish = Finish.STOP
        with closing(self._asked().pieces(body, deadline)) as pieces:
            for choice in pieces:
                if piece := choice["delta"].get("content"):
                    yield str(piece)
                if choice.get("finish_reason") == "length":
                    finish = Finish.LENGTH
        return finish

    def next_tokens(self, messages: Sequence[Message]) -> Mapping[str, float]:
        """Where the server tells no probabilities, the letter that it answers with counts as likely, with a note."""
        self.ready()
        if self._tells_probabilities:
            likely = LIKELY.get(str(self.server), LIKELY_ELSEWHERE)
            body = {**self._body(messages, 1, 0.0, by_letter=True), "logprobs": True, "top_logprobs": likely}
            try:
                told = _likely(self._asked().chat(body, self._deadline()))
            except AnswererError as error:
                if "logprob" not in str(error):
                    raise
                told = {}
            if told:
                return told
            self._tells_probabilities = False
        note(
            f"{self.model} at {self.address} tells no probabilities: the letter that it answers with is taken as likely"
        )
        return self._by_word(messages)

    def next_tokens_each(self, prompts: Sequence[Sequence[Message]]) -> list[Mapping[str, float]]:
        """All at once: a server reads what they have in common once."""
        self.ready()
        with ThreadPoolExecutor(min(len(prompts), AT_ONCE), thread_name_prefix="order") as pool:
            asked = [pool.submit(copy_context().run, self.next_tokens, messages) for messages in prompts]
            return [future.result() for future in asked]

    def count_tokens(self, messages: Sequence[Message]) -> int:
        self.ready()
        texts = [Message(message.role, (self._text_only(message),)) for message in messages]
        shown = sum(self._frames_cost(message.frames) for message in messages if message.frames)
        return self._count(json.dumps(self._chat(texts))) + shown

    def warm(self, messages: Sequence[Message]) -> None:
        """Only find out whether the server is there: its prefix cache is other people's too."""
        self.ready()

    # -- the shape -----------------------------------------------------------------------------------------------

    def _body(
        self, messages: Sequence[Message], max_tokens: int, temperature: float, by_letter: bool = False
    ) -> dict[str, Any]:
        limit = "max_completion_tokens" if "//api.openai.com" in self.address else "max_tokens"
        body: dict[str, Any] = {"model": self.model, "temperature": temperature, limit: max_tokens}
        extra = dict(self.extra)
        if messages[-1].role == "assistant":
            if self.server in ("vllm", "sglang"):
                extra |= {"add_generation_prompt": False, "continue_final_message": True}
            elif self.server == "hosted":  # it would begin a turn of its own
                messages = messages[:-1]
                if by_letter:
                    last = messages[-1]
                    messages = [*messages[:-1], Message(last.role, (*last.parts, BY_LETTER))]
        if self.family is not None and self.family.thinking and self.server != "hosted":
            extra["chat_template_kwargs"] = {self.family.thinking: False, **extra.get("chat_template_kwargs", {})}
        shown = [message.frames for message in messages if message.frames]
        if self.as_video == "jpeg" and len(shown) == 1:  # what is told goes for every video of a request
            extra["media_io_kwargs"] = {"video": true_times(shown[0], self._times_each)}
        body["messages"] = self._chat(messages)
        return {**body, "extra_body": extra} if extra else body

    def _chat(self, messages: Sequence[Message]) -> list[dict[str, Any]]:
        return [{"role": message.role, "content": self._content(message)} for message in messages]

    def _content(self, message: Message) -> str | list[dict[str, Any]]:
        if not self.as_video or not message.frames:
            return as_images(message)
        content: list[dict[str, Any]] = []
        text = f"[{', '.join(clock(frame.time) for frame in message.frames)}]\n"
        for part in message.parts:
            if isinstance(part, str):
                text += defused(part)
            elif not any(piece["type"] == "video_url" for piece in content):
                content.append({"type": "text", "text": text})
                content.append({"type": "video_url", "video_url": {"url": self._video(message.frames)}})
                text = "\n"
        return [*content, {"type": "text", "text": text}]

    def _text_only(self, message: Message) -> str:
        """What stands between the frames, for counting."""
        content = self._content(message)
        return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)

    def _video(self, frames: Sequence[FramePart]) -> str:
        if self.as_video == "jpeg":
            return jpeg_list(frames, self._times_each)
        return "data:video/mp4;base64," + base64_of(as_mp4(frames))

    # -- tokens --------------------------------------------------------------------------------------------------

    def _count_text(self, chat: str) -> int:
        messages = json.loads(chat)
        endpoint = self._asked()
        root = self.address.removesuffix("/v1")
        try:
            if self.server in ("vllm", "sglang"):
                begun = messages[-1]["role"] == "assistant"
                body = {"model": self.model, "messages": messages, "add_generation_prompt": not begun}
                if begun:
                    body["continue_final_message"] = True
                if self.family is not None and self.family.thinking:
                    body["chat_template_kwargs"] = {self.family.thinking: False}
                return int(endpoint.post(f"{root}/tokenize", body)["count"])
            if self.server == "llama.cpp":
                return int(endpoint.post("/chat/completions/input_tokens", {"messages": messages})["input_tokens"])
        except (UsageError, KeyError, TypeError, ValueError):
            pass  # an older server, without the path or with another answer
        return at_most(messages)

    def _frames_cost(self, frames: Sequence[FramePart]) -> int:
        """Tokens of a message's frames, of which a server that prunes leaves a share; marks and times stay."""
        costs = [self._frame_cost(frame) for frame in frames]
        if self.compressor is None:
            return sum(costs)
        self._checked_pruning(frames[0])
        marks = [min(AROUND, cost - 1) for cost in costs]
        grids = tuple(Grid(1, cost - around) for cost, around in zip(costs, marks, strict=True))
        return sum(marks) + self.compressor.kept(Layout(grids))

    def _checked_pruning(self, frame: FramePart) -> None:
        """Ask once whether a video of the same frame again and again costs less than its frames."""
        if self._prunes is None:
            each = self._measured(frame)
            many = self._measured(*[frame] * STILL)
            self._prunes = each is None or many is None or many < 0.9 * STILL * each
        if not self._prunes:
            raise UsageError(f"{self.model} at {self.address} prunes no videos: start it with {self.flags}")

    def _frame_cost(self, frame: FramePart) -> int:
        """Tokens of a frame of that size: what one adds to a prompt by the server's own account."""
        if self.frame_tokens is not None:
            return self.frame_tokens
        size = size_of(frame)
        if size not in self._sizes:
            self._sizes[size] = self._measured(frame) or FRAME_TOKENS
        return self._sizes[size]

    def _measured(self, *frames: FramePart) -> int | None:
        asked = []
        for parts in (("?",), (*frames, "?")):
            usage = self._asked().chat(self._body([Message("user", parts)], 1, 0.0), self._deadline()).get("usage")
            if not isinstance(usage, dict) or not isinstance(usage.get("prompt_tokens"), int):
                return None
            asked.append(usage["prompt_tokens"])
        return max(asked[1] - asked[0], 1) if asked[1] > asked[0] else None

    # -- probabilities -------------------------------------------------------------------------------------------

    def _by_word(self, messages: Sequence[Message]) -> Mapping[str, float]:
        begun = messages[:-1] if messages[-1].role == "assistant" else messages
        last = begun[-1]
        plain = [*begun[:-1], Message(last.role, (*last.parts, BY_LETTER))]
        choice = self._asked().chat(self._body(plain, 8, 0.0), self._deadline())
        words = str(choice["message"].get("content") or "").replace("Answer:", " ").split()
        named = next((letter for word in words if (letter := bare_letter(word))), None)
        return {named: math.log(SURE)} if named else {}

    def _asked(self) -> Endpoint:
        if self._endpoint is None:
            raise AnswererError("the answerer was closed before it could answer")
        return self._endpoint

    def _deadline(self) -> float | None:
        return None if self.seconds is None else time.monotonic() + self.seconds


def at_most(messages: Sequence[Mapping[str, Any]]) -> int:
    """Tokens of text messages that no tokenizer which falls back to bytes exceeds, with a common chat template."""
    return TEMPLATE + sum(TEMPLATE + len(str(message["content"]).encode()) for message in messages)


def _likely(choice: Mapping[str, Any]) -> dict[str, float]:
    """The first tokens that a server found likely, or none where it tells no probabilities."""
    content = (choice.get("logprobs") or {}).get("content") or [{}]
    likely: dict[str, float] = {}
    for token in content[0].get("top_logprobs") or ():
        likely.setdefault(str(token["token"]), float(token["logprob"]))
    return likely
