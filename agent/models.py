"""The backends that play a profile's roles: constructed once, loaded on first use, within one memory budget."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ..tools.errors import VidscoutError
from ..tools.index.encoded import EncodedFrames
from ..tools.runtime.backend import Backend, Tool
from ..tools.serving.ray_serve import Served
from ..tools.videollm.interface import Message, VideoLLM
from .profiles.budget import memory_budget
from .profiles.profile import Profile, build
from .usual import Usual


class Models:
    """Whoever plays the roles of one profile; safe to use from several threads."""

    def __init__(self, profile: Profile, memory_limit: Any = None, serving: str | None = None) -> None:
        """Load nothing yet.

        Args:
            profile: which backend plays each role.
            memory_limit: of all models together; by default what the machine has.
            serving: address of the Ray cluster on which the tools run; by default they run in this process.
        """
        self.profile = profile
        self.memory = memory_budget(profile, memory_limit)
        self.usual = Usual()
        self._serving = serving
        self._backends: dict[str, Backend] = {}
        self._lock = threading.RLock()
        self._closed = False

    def role(self, role: str) -> Any:
        """The backend that plays a role, constructed once; it loads on its first use."""
        with self._lock:
            if role not in self._backends:
                self._backends[role] = self._shared(role) or _played(self.profile, role, self._serving)
                if isinstance(model := self._backends[role], VideoLLM):
                    model.homes = EncodedFrames()
                self.memory.admit(self._backends[role])
            return self._backends[role]

    @property
    def loaded(self) -> list[str]:
        """The roles whose models are loaded in this process, by name."""
        with self._lock:
            tools = {role: one for role, one in self._backends.items() if isinstance(one, Tool)}
        return sorted(role for role, one in tools.items() if one.is_ready)

    def _shared(self, role: str) -> Any:
        """The text embedding, where it embeds labels too, so that it is loaded once."""
        roles = self.profile.roles
        same = role == "label_embedding" and roles.get(role) == roles.get("text_embedding")
        return self.role("text_embedding") if same else None

    def optional(self, role: str) -> Any:
        """The backend of a role that a profile need not have, or `None`."""
        return self.role(role) if role in self.profile.roles else None

    def played(self, role: str) -> Any:
        """As `optional`; a captioner that asks by prompt, and was told nobody else to ask, asks the answerer."""
        model = self.optional(role)
        if role == "captions" and model is not None and getattr(model, "answerer", model) is None:
            model.answerer = self.role("answerer")
        return model

    def label_embedding(self) -> Any:
        """What embeds the names of labels, in whose space frames lie where no encoder places them."""
        return self.optional("label_embedding") or self.role("text_embedding")

    def open_detector(self) -> Any:
        """The detector, where it finds things under any name."""
        detector = self.optional("named_objects") or self.role("objects")
        return detector if getattr(detector, "open_vocabulary", False) else None

    def frame_query(self, text: str) -> Any:
        """What to search the index's frames with for a text: its vectors by the encoders that the profile names."""
        from ..tools.perception.frames.encoders import frame_query

        return frame_query(text, self.optional("frame_embedding"), self.label_embedding())

    def warm_up(self, *, writes: bool, judges: bool) -> None:
        """Begin to load what a question needs while Chroma and LangGraph are being imported: cold, they take as long.

        Args:
            writes: the answerer writes, or chooses among options.
            judges: what is found is judged, where the profile has a judge.
        """

        def packed() -> list[Message]:
            from ..graphs.answer.packers import opening

            return [opening()]

        judge = self.optional("judge") if judges else None

        def judged() -> list[Message]:
            from ..graphs.answer.records.judging import begins

            assert judge is not None
            return begins(judge)

        self._begin(self.role("text_embedding"))
        if writes:
            self._begin(self.role("answerer"), packed)
        if judge is not None:
            self._begin(judge, judged)

    def _begin(self, model: Backend, opening: "Callable[[], list[Message]] | None" = None) -> None:
        """Load a model in a thread of its own, and have one that keeps prompts read what every prompt begins with."""

        def load() -> None:
            with suppress(VidscoutError):  # whoever needs the model meets the error again, with the question at hand
                if self._closed:
                    return
                if opening is not None and isinstance(model, VideoLLM) and (begin := opening()):
                    model.warm(begin)
                else:
                    model.ready()
            if self._closed:
                model.close()  # closed while it was loading, which a process of its own would outlive

        if model.is_ready:
            return
        if isinstance(model, VideoLLM):
            with suppress(VidscoutError):
                model.preload()
        threading.Thread(target=load, name=f"warm-up {model.role}", daemon=True).start()

    def close(self) -> None:
        """Let go of every model."""
        self._closed = True
        with self._lock:
            for loaded in self._backends.values():
                loaded.close()
            self._backends.clear()


def _played(profile: Profile, role: str, serving: str | None) -> Backend:
    """The backend of a role: in this process, or its stand-in where tools are served. Nothing is loaded yet."""
    made = build(profile, role)
    return Served(made, serving) if serving and isinstance(made, Tool) else made
