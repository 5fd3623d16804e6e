"""A model in llama.cpp, which runs on any CPU: a small one of text by default, and with a projector one that sees."""

import json
import os
import secrets
import subprocess
import sys
import threading
import weakref
from collections import OrderedDict
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ...errors import AnswererError, UsageError
from ...runtime.cores import cores
from ...weights import catalogue as weights
from ..families import of_name
from ..frame_data import as_images
from ..interface import Finish, Message, VideoLLM
from .chat_api import BrokenOffError, ChatApi

if TYPE_CHECKING:
    import numpy as np

LIKELY = 100
"""How many next tokens are looked at for the options' letters."""
COUNTS = 4096
"""Prompts whose number of tokens is remembered."""


class LlamaCpp(VideoLLM):
    """A GGUF model in a llama.cpp server of our own, in a child process that ends with this one.

    In a child because xllamacpp holds Python's lock for the second that it takes to load, in which everything else
    would stand still; and because a crash in it is then an error, not the end. The server listens on a local port
    with a key that only this process knows.

    The prompt that one request shares with the one before is not read again.
    """

    name = "llama.cpp"
    binds_schema = True
    tells_state: ClassVar[bool] = False
    """Whether `state` is told; llama.cpp is then set up for it."""
    requires = ("xllamacpp",)
    weights: ClassVar[tuple[str, ...]] = ("qwen2.5-coder-0.5b-instruct-q4",)

    def __init__(
        self,
        model: str | Path = weights[0],
        *,
        context: int = 4096,
        threads: int | None = None,
        template: str | None = None,
        projector: str | Path | None = None,
    ) -> None:
        """Choose the model.

        Args:
            model: an entry of the weights' catalogue, or a GGUF file.
            context: tokens that prompt and answer may have together; costs about 12 KB of memory each.
            threads: CPU threads; by default as many as this process may use.
            template: a chat template in Jinja, for a model file that brings none or the wrong one.
            projector: the GGUF file (`mmproj`) of a video-LLM's vision tower; with it the model reads frames.
        """
        super().__init__()
        self.model = model
        self.projector = None if projector is None else Path(projector).expanduser()
        self.accepts_frames = self.accepts_frames or projector is not None
        self.family = of_name(str(model)) if projector is not None else None
        self.context = context
        self.threads = threads or cores()
        self.template = template
        self._key = secrets.token_hex(16)
        self._process: subprocess.Popen[str] | None = None
        self._end: weakref.finalize | None = None
        self._api: ChatApi | None = None
        self._starting = threading.Lock()
        self._counts: OrderedDict[bytes, int] = OrderedDict()

    @property
    def source(self) -> str:
        name = self.model.stem if isinstance(self.model, Path) else self.model
        sees = f"+{self.projector.stem}" if self.projector is not None else ""
        return f"{self.name}/{name}{sees}.{self.version}"

    def preload(self) -> None:
        with self._starting:
            if self._process is None and not self.missing():
                self._process = self._launch()
                self._end = weakref.finalize(self, _end, self._process)

    def setup(self) -> None:
        self.preload()
        process = self._process
        assert process is not None
        assert process.stdout is not None
        address = process.stdout.readline().strip().removeprefix("http://")
        if not address:
            problem = _last_words(process)
            self.close()
            raise AnswererError(f"llama.cpp cannot load {self._file()}: {problem}")
        self._api = ChatApi(address, self._key)

    def close(self) -> None:
        with self._starting:
            super().close()
            if self._end is not None:
                self._end()
            self._process = self._end = self._api = None

    def stream(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        temperature: float,
        deadline: float | None,
        schema: Mapping[str, Any] | None = None,
    ) -> Generator[str, None, Finish]:
        body: dict[str, Any] = {"messages": _chat(messages), "max_tokens": max_tokens, "temperature": temperature}
        if schema is not None:
            body["response_format"] = {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(schema)}}
        finish = Finish.STOP
        with self._server() as server, closing(server.events("/v1/chat/completions", body, deadline)) as events:
            for event in events:
                for choice in event.get("choices", ()):
                    if piece := choice["delta"].get("content"):
                        yield piece
                    if choice.get("finish_reason") == "length":
                        finish = Finish.LENGTH
        return finish

    def next_tokens(self, messages: Sequence[Message]) -> Mapping[str, float]:
        body = {
            "messages": _chat(messages),
            "max_tokens": 1,
            "temperature": 0,
            "logprobs": True,
            "top_logprobs": LIKELY,
        }
        with self._server() as server:
            answer = server.post("/v1/chat/completions", body)
        likely: dict[str, float] = {}
        for token in answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]:
            likely.setdefault(token["token"], token["logprob"])
        return likely

    def state(self, messages: Sequence[Message]) -> "np.ndarray | None":
        if not self.tells_state:
            return None
        import numpy as np

        with self._server() as server:
            prompt = server.post("/apply-template", {"messages": _chat(messages)})["prompt"]
            told = server.post("/v1/embeddings", {"input": prompt})
        return np.asarray(told["data"][0]["embedding"], np.float32)

    def count_tokens(self, messages: Sequence[Message]) -> int:
        self.ready()
        prompt = json.dumps(_chat(messages)).encode()
        key = blake2b(prompt, digest_size=16).digest()  # the frames in it may be megabytes
        count = self._counts.pop(key, None)
        if count is None:
            with self._server() as server:
                count = server.post("/v1/chat/completions/input_tokens", {"messages": json.loads(prompt)})[
                    "input_tokens"
                ]
        self._counts[key] = count
        while len(self._counts) > COUNTS:
            self._counts.popitem(last=False)
        return count

    def warm(self, messages: Sequence[Message]) -> None:
        with self._server() as server:
            server.post("/v1/chat/completions", {"messages": _chat(messages), "max_tokens": 1, "temperature": 0})

    def memory(self) -> int:
        """Bytes of the model's process that lie in memory, the mapped model file included; 0 where unknown."""
        try:
            pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1] if self._process else 0
        except OSError:
            return 0
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @contextmanager
    def _server(self) -> Iterator[ChatApi]:
        """The server, started when it is not running. One that breaks off is put away: the next question starts it."""
        if self._process is not None and self._process.poll() is not None:
            self.close()
        with self.in_use():
            process, api = self._process, self._api
            if api is None:
                raise AnswererError("the answerer was closed before it could answer")
            try:
                yield api
            except BrokenOffError:
                if process is self._process:
                    self.close()
                raise

    def _prompts(self) -> str:
        """Folder in which prompts that were read are kept, with a slash at its end; empty where none is."""
        return ""

    def _file(self) -> Path:
        if isinstance(self.model, Path) or self.model.endswith(".gguf"):
            path = Path(self.model)
            if not path.is_file():
                raise UsageError(f"there is no model file {path}")
            return path
        return weights.folder(self.model) / "model.gguf"

    def _projector_file(self) -> str:
        """The projector's file; empty where there is none."""
        if self.projector is None:
            return ""
        if not self.projector.is_file():
            raise UsageError(f"there is no projector file {self.projector}")
        return str(self.projector)

    def _launch(self) -> subprocess.Popen[str]:
        # Threads that wait for each other must sleep: where they spin while other work wants the cores, two of them
        # write a tenth of the tokens that one would.
        settings = {
            "model": str(self._file()),
            "context": self.context,
            "threads": self.threads,
            "key": self._key,
            "template": self.template or "",
            "prompts": self._prompts(),
            "projector": self._projector_file(),
            "tells_state": self.tells_state,
        }
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("llama_server.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"OMP_WAIT_POLICY": "passive", **os.environ},
        )
        assert process.stdin is not None
        process.stdin.write(json.dumps(settings) + "\n")
        process.stdin.flush()
        return process


def _chat(messages: Sequence[Message]) -> list[dict[str, Any]]:
    return [{"role": message.role, "content": as_images(message)} for message in messages]


def _last_words(process: subprocess.Popen[str]) -> str:
    try:
        said = process.stderr.read().strip().splitlines() if process.stderr else []
    except ValueError:  # closed by another thread
        said = []
    return said[-1] if said else "it ended"


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()  # it has nothing to save; and whoever reads its pipes must come free before they are closed
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
