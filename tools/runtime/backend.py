"""The contract of everything that can be swapped: a backend plays a role, registers by name and loads on first use."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib import import_module
from importlib.util import find_spec
from typing import Any, ClassVar, Generic, Literal, TypeVar

from ..errors import BackendUnavailableError, UsageError, VidscoutError, WeightsError
from . import out_of_memory
from .counters import count
from .memory_budget import MemoryBudget, expected_bytes

ROLES = {
    "speech": (
        "..perception.speech.faster_whisper",
        "..perception.speech.transformers_whisper",
        "..perception.speech.openai_whisper",
    ),
    "sounds": ("..perception.sounds.tagger", "..perception.sounds.hub"),
    "screen_text": ("..perception.screen_text.readers", "..perception.screen_text.hub_ppocr", "..perception.florence"),
    "tags": ("..perception.frames.tags",),
    "objects": (
        "..perception.objects.nanodet",
        "..perception.objects.fixed_labels",
        "..perception.objects.grounding_dino",
        "..perception.florence",
    ),
    "named_objects": ("..perception.objects.grounding_dino",),
    "captions": ("..perception.captions.captioner", "..perception.captions.by_prompt"),
    "frame_embedding": ("..perception.frames.encoders",),
    "visual_similarity": ("..perception.frames.dinov2",),
    "text_embedding": ("..perception.embeddings.text_embedding", "..perception.embeddings.gemma"),
    "label_embedding": ("..perception.embeddings.text_embedding",),
    "faces": ("..perception.people.faces",),
    "hands": ("..perception.people.hands",),
    "face_embedding": ("..perception.people.likeness",),
    "poses": ("..perception.people.poses",),
    "masks": ("..perception.masks.selfie", "..perception.masks.sam"),
    "voices": ("..perception.voices.encoder",),
    "answerer": ("..videollm",),
    "judge": ("..videollm.servers.judge",),
}
"""Each role and the modules whose import registers its backends. Captioner, frame encoder, visual similarity, the
embedding of labels and the detector of things that questions name are played only where a profile names them; labels
are else embedded as other texts are, and things looked for by the detector of `objects` if it takes any name."""

_backends: dict[str, dict[str, type["Backend"]]] = {role: {} for role in ROLES}


class Backend(ABC):
    """One model, or one way of running it, behind a role's interface.

    A concrete subclass states `role` and `name`, which registers it. Heavy libraries are imported in `setup`, which
    runs once, on first use, whichever thread comes first.
    """

    role: ClassVar[str]
    name: ClassVar[str]
    version: ClassVar[str] = "1"
    """Changes when the same input would give other records."""
    requires: ClassVar[tuple[str, ...]] = ()
    """Modules that must be importable."""
    install: ClassVar[str] = "pip install vidscout"
    """The command that brings `requires`."""
    weights: ClassVar[tuple[str, ...]] = ()
    """Catalogue entries that must be pulled (`vidscout models list`)."""
    further: ClassVar[tuple[str, ...]] = ()
    """Catalogue entries that it uses where they are here, and that are pulled with the others."""
    elsewhere: ClassVar[str] = ""
    """Where weights come from that the catalogue does not have; `vidscout doctor` prints it."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "name" not in cls.__dict__:
            return  # a role's own base class, not yet a backend
        if getattr(cls, "role", None) not in ROLES:
            raise TypeError(f"{cls.__name__}.role must be one of {', '.join(ROLES)}")
        taken = _backends[cls.role].get(cls.name)
        if taken is not None and taken.__qualname__ != cls.__qualname__:
            raise TypeError(f"{cls.role} backend {cls.name!r} is registered twice: {taken.__name__}, {cls.__name__}")
        _backends[cls.role][cls.name] = cls

    budget: MemoryBudget | None = None
    """Shared with the other models, where there is one; decides what is unloaded to make room."""

    def __init__(self) -> None:
        self._ready = False
        self._lock = threading.RLock()

    @property
    def source(self) -> str:
        """What goes into a record's `source`."""
        return f"{self.name}/{self.version}"

    @classmethod
    def missing(cls) -> list[str]:
        """The modules this backend needs that are not installed."""
        return [module for module in cls.requires if find_spec(module) is None]

    @property
    def is_ready(self) -> bool:
        """Whether `setup` has run, so that the next use starts at once."""
        return self._ready

    @abstractmethod
    def setup(self) -> None:
        """Load libraries and weights. Called once, through `ready`."""

    def ready(self) -> None:
        """Make sure that `setup` has run; safe to call from several threads.

        Raises:
            BackendUnavailableError: an optional dependency is missing.
            WeightsError: the weights have not been pulled.
            OutOfMemoryError: it does not fit, even with every idle model unloaded.
        """
        if self._ready:
            return
        if missing := self.missing():
            raise BackendUnavailableError(
                f"{self.role} backend {self.name!r} needs {', '.join(missing)}: {self.install}"
            )
        # The wait for room comes before the lock: whoever holds a lock while it waits for others can be waited for.
        with self.budget.loading(self) if self.budget else nullcontext(), self._lock:
            if not self._ready:
                self._load()
                self._ready = True

    def _load(self) -> None:
        """Set up.

        Raises:
            WeightsError: that failed in a way that the backend does not tell, as with weights that are damaged.
        """
        try:
            out_of_memory.load(self)
        except VidscoutError:
            raise
        except Exception as error:
            self.close()
            said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            raise WeightsError(
                f"{self.role} backend {self.name!r} cannot be loaded ({said}): "
                "`vidscout models pull` looks whether its weights are whole"
            ) from error

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Loaded, and safe from being unloaded to make room for others, until this is closed."""
        with self.budget.using(self) if self.budget else nullcontext():
            self.ready()
            yield

    def parts(self) -> "list[Backend]":
        """The backends that it keeps and works with."""
        kept = [inner for part in vars(self).values() for inner in (part if isinstance(part, list) else [part])]
        return [inner for inner in kept if isinstance(inner, Backend)]

    @property
    def computes_on(self) -> Literal["cpu", "gpu", "elsewhere"]:
        """Where it works: on this machine's cores, on a GPU, or on another machine or in a server of its own.

        Raises:
            UsageError: the device that was asked for is not here.
        """
        return "gpu" if any(part.computes_on == "gpu" for part in self.parts()) else "cpu"

    def footprint(self) -> int:
        """Bytes of memory that it takes when loaded, as far as known before; 0 when unknown."""
        return expected_bytes(self)

    def close(self) -> None:
        """Let go of memory; the next use sets up again."""
        self._ready = False


Item = TypeVar("Item")
Found = TypeVar("Found")


class Tool(Backend, Generic[Item, Found]):
    """A backend that turns a batch of inputs into what it found in each, in the same order."""

    counter: ClassVar[str | None] = None
    """Which of `counters.NAMES` one input adds one to."""
    together: ClassVar[bool] = False
    """Whether it puts the inputs of several threads into common batches itself (`batches.Batches`)."""
    at_once: int | None = None
    """Inputs that it takes best at once, where that does not follow from where it computes."""

    @abstractmethod
    def perceive(self, batch: Sequence[Item]) -> list[Found]:
        """The work itself; `setup` has run. One result an input."""

    def forget(self) -> None:
        """Let go of what earlier inputs left behind for later ones; where many share a tool, they are of other videos.

        A tool that overrides this is asked for one caller's inputs at a time, unless it keeps those of several apart
        and puts them together itself (`together`).
        """

    def remembered(self) -> Any:
        """What earlier inputs left behind for later ones, as far as it can be sent elsewhere; None if nothing."""
        return None

    def remember(self, left: Any) -> None:
        """Add what another copy of this tool remembered of earlier inputs."""

    def run(self, batch: Sequence[Item]) -> list[Found]:
        """What the tool found in each input of the batch, in order; loads the model on first use.

        Raises:
            OutOfMemoryError: half the batch does not fit either, even with every idle model unloaded.
        """
        if not batch:
            return []
        with self.in_use():
            found = out_of_memory.perceive(self, self.perceive, batch)
        if self.counter:
            count(self.counter, len(batch))
        if len(found) != len(batch):
            raise RuntimeError(f"{self.source} answered {len(found)} of {len(batch)} inputs")
        return found


def backends(role: str) -> dict[str, type[Backend]]:
    """The registered backends of a role by name, whether or not they can run here."""
    if role not in ROLES:
        raise UsageError(f"no role {role!r}; there are {', '.join(ROLES)}")
    for module in ROLES[role]:
        import_module(module, __package__)
    return dict(_backends[role])


def backend(role: str, name: str) -> type[Backend]:
    """The backend of a role by its name.

    Raises:
        UsageError: there is none of that name; the message lists those there are.
    """
    known = backends(role)
    if name not in known:
        raise UsageError(f"no {role} backend {name!r}; there are {', '.join(sorted(known))}")
    return known[name]
