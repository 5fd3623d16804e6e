"""What every model with a hub's layout shares: where its files are, on which device and in which precision it runs.

A checkpoint is a folder as `save_pretrained` writes it, an entry of the catalogue, or `owner/name` on the model hub.
The hub is never asked here: `vidscout models pull` does that, once, and pins what it got.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ..errors import BackendUnavailableError, UsageError, WeightsError
from ..weights import catalogue as weights
from ..weights.hub import HUB_ID
from . import quantised
from .backend import Backend
from .out_of_memory import out_of_memory

if TYPE_CHECKING:
    import torch

DTYPES = ("auto", "float32", "float16", "bfloat16")
WEIGHT_FILES = ("*.safetensors", "*.bin", "*.pt")
SAMPLED = 2**16
"""Bytes at the start and the end of each weight file that tell one checkpoint from another of the same name."""


@dataclass(frozen=True)
class Checkpoint:
    """Which weights, and how they run."""

    model: str | Path
    """A folder, an entry of the catalogue, or `owner/name` on the model hub."""
    revision: str | None = None
    """Commit on the hub; by default what the catalogue pins, else the one that was pulled."""
    device: str = "auto"
    """`cpu`, `cuda`, `cuda:1`, `mps`; `auto` takes a GPU where there is one."""
    dtype: str = "auto"
    """One of `DTYPES`; `auto` is float16 on a GPU and float32 on a CPU."""
    trust_remote_code: bool = False
    """Whether Python code that comes with the weights may run: only ever because somebody said so."""
    incomplete: bool = False
    """Whether weights that the checkpoint lacks may be left at random; by default it is refused."""

    @cached_property
    def folder(self) -> Path:
        """Where the files are; nothing is fetched.

        Raises:
            WeightsError: there is no such folder, or the model has not been pulled.
        """
        name, revision = str(self.model), self.revision
        folder = Path(name).expanduser()
        if folder.is_dir():
            if not (folder / "config.json").is_file():
                raise WeightsError(f"{folder} is no checkpoint: it has no config.json")
            return folder
        if (entry := weights.entries().get(name)) is not None:
            if not entry.hub:
                return weights.folder(name)
            name, revision = entry.hub, revision or entry.revision
        if not HUB_ID.fullmatch(name):
            raise WeightsError(
                f"no checkpoint {name!r}: it is no folder, no entry of `vidscout models list`, no hub id"
            )
        place = weights.snapshot(name, revision)
        if place is None:
            at = f" at revision {revision}" if revision else ""
            raise WeightsError(f"weights {name}{at} are not here: run `vidscout models pull {self.model}`")
        return place

    @cached_property
    def identity(self) -> str:
        """Name and version of the weights, as in `google/siglip2-base-patch16-224@75de2d55`; for `source`.

        The version is the commit on the hub; of any other folder a hash of its configuration and of samples of its
        weights.
        """
        owner_and_name, kept, commit = ("", "", *self.folder.absolute().parts)[-3:]
        if kept == "snapshots" and owner_and_name.startswith("models--"):
            return f"{'/'.join(owner_and_name.split('--')[1:])}@{commit[:8]}"
        digest = blake2b((self.folder / "config.json").read_bytes(), digest_size=4)
        for path in sorted(path for pattern in WEIGHT_FILES for path in self.folder.glob(pattern)):
            size = path.stat().st_size
            digest.update(f"{path.name} {size}".encode())
            with path.open("rb") as file:
                digest.update(file.read(SAMPLED))
                file.seek(max(size - SAMPLED, 0))
                digest.update(file.read(SAMPLED))
        return f"{self.folder.resolve().name}@{digest.hexdigest()}"

    @property
    def place(self) -> "torch.device":
        """The device.

        Raises:
            UsageError: there is no such device here.
        """
        return device(self.device)

    @property
    def precision(self) -> "torch.dtype":
        """The number format of the weights.

        Raises:
            UsageError: it is none of `DTYPES`.
        """
        import torch

        if self.dtype not in DTYPES:
            raise UsageError(f"no dtype {self.dtype!r}; there are {', '.join(DTYPES)}")
        if self.dtype == "auto":
            return torch.float32 if self.place.type == "cpu" else torch.float16
        return getattr(torch, self.dtype)

    def load(self, auto_class: str, **options: Any) -> Any:
        """The model in evaluation mode on its device.

        Args:
            auto_class: a class of transformers that has `from_pretrained`, as in `AutoModelForImageTextToText`.
            options: further arguments of `from_pretrained`; with `device_map` or a quantisation the model stays where
                that puts it.

        Raises:
            WeightsError: a file is missing or damaged, or the checkpoint is of another kind of model.
            BackendUnavailableError: the model needs a library that is not installed.
            UsageError: there is no such device or number format here.
        """
        import transformers

        place, precision = self.place, self.precision
        if quantised.check(self.folder, place) is not None:
            # placed while it is loaded: quantised weights cannot be moved, nor cast to another precision
            options = {"device_map": {"": place}, "dtype": "auto", **options}
        with self._one_line(), quiet():
            model, about = getattr(transformers, auto_class).from_pretrained(
                str(self.folder),
                **{"dtype": precision, **options},
                trust_remote_code=self.trust_remote_code,
                output_loading_info=True,
            )
        lacking = sorted([*about["missing_keys"], *(str(key) for key in about["mismatched_keys"])])
        if lacking and not self.incomplete:
            raise WeightsError(
                f"{self.folder} lacks {len(lacking)} of the weights of {type(model).__name__}, {lacking[0]} for one: "
                "it is damaged, or of another kind of model"
            )
        model.eval()
        return model if {"device_map", "quantization_config"} & options.keys() else model.to(place)

    def processor(self, auto_class: str = "AutoProcessor", needs: Sequence[str] = ()) -> Any:
        """What prepares the model's inputs: its processor, tokenizer, image processor or feature extractor.

        Args:
            auto_class: the class of transformers that loads it.
            needs: parts that it must have, as in `("image_processor", "tokenizer")`.

        Raises:
            WeightsError: a file is missing or damaged.
            BackendUnavailableError: it needs a library that is not installed.
        """
        import transformers

        with self._one_line(), quiet():
            processor = getattr(transformers, auto_class).from_pretrained(
                str(self.folder), trust_remote_code=self.trust_remote_code
            )
        lacking = [part for part in needs if getattr(processor, part, None) is None]
        if "tokenizer" in needs and not lacking and len(words := processor.tokenizer) <= len(words.all_special_ids):
            lacking = ["tokenizer"]  # without its files transformers makes one that knows no words
        if lacking:
            raise WeightsError(f"{self.folder} has no {' and no '.join(lacking)}: files of its processor are missing")
        return processor

    @contextlib.contextmanager
    def _one_line(self) -> Iterator[None]:
        """Turns what loading raises into one line that names the checkpoint."""
        from safetensors import SafetensorError

        location = self.folder
        try:
            yield
        except ImportError as error:
            raise BackendUnavailableError(
                f"{location} needs a library that is missing or does not fit: {_line(_root(error))} "
                "(pip install 'vidscout[gpu]')"
            ) from error
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, AttributeError, SafetensorError) as error:
            if out_of_memory(error):
                raise
            if "trust_remote_code" in str(error):
                raise WeightsError(
                    f"{location} comes with Python code of its own, which runs only with trust_remote_code = true: "
                    "read it first"
                ) from error
            raise WeightsError(f"{location} cannot be loaded: {_line(error)}") from error


def device(asked: str) -> "torch.device":
    """The device of that name; `auto` is an NVIDIA GPU where there is one, else Apple's (`mps`), else the CPU.

    Raises:
        UsageError: torch knows no such device, or sees none here.
    """
    import torch

    if asked == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        found = torch.device(asked)
    except RuntimeError:
        raise UsageError(f"no device {asked!r}; say auto, cpu, cuda, cuda:1 or mps") from None
    if found.type == "cuda" and (found.index or 0) >= torch.cuda.device_count():
        raise UsageError(
            f"device {asked!r} was asked for, and torch {torch.__version__} sees {torch.cuda.device_count() or 'no'} "
            "CUDA device here: choose device 'cpu' or 'auto', or install a CUDA build of torch"
        )
    if found.type == "mps" and not torch.backends.mps.is_available():
        raise UsageError("device 'mps' was asked for, and there is none here: choose device 'cpu' or 'auto'")
    return found


class FromHub(Backend):
    """A backend whose weights have a hub's layout. A role's backend derives from this first, then from its role."""

    requires = ("torch", "transformers")
    install = "pip install 'vidscout[hub]'"
    default: ClassVar[str]
    """The catalogue's entry or hub id that is taken where no model is named."""
    default_dtype: ClassVar[str] = "auto"
    batch: ClassVar[int] = 16
    """Inputs in one forward pass, by default."""
    gpu_batch: ClassVar[int] = 64
    """The same on a GPU, which is idle with less."""

    def __init__(
        self,
        model: str | Path | None = None,
        *,
        revision: str | None = None,
        device: str = "auto",
        dtype: str | None = None,
        trust_remote_code: bool = False,
        incomplete: bool = False,
        batch_size: int | None = None,
    ) -> None:
        """Choose the weights and how they run; all but `batch_size` as in `Checkpoint`.

        Args:
            batch_size: most inputs in one forward pass.
        """
        super().__init__()
        self.checkpoint = Checkpoint(
            model or self.default, revision, device, dtype or self.default_dtype, trust_remote_code, incomplete
        )
        self._batch_size = batch_size
        self._model: Any = None
        self._processor: Any = None

    @property
    def source(self) -> str:
        return f"{self.name}/{self.checkpoint.identity}.{self.version}"

    @property
    def computes_on(self) -> Literal["cpu", "gpu", "elsewhere"]:
        return "cpu" if self.checkpoint.place.type == "cpu" else "gpu"

    @property
    def batch_size(self) -> int:
        """Most inputs in one forward pass."""
        if self._batch_size is not None:
            return self._batch_size
        return self.batch if self.computes_on == "cpu" else self.gpu_batch

    @batch_size.setter
    def batch_size(self, most: int) -> None:
        self._batch_size = most

    def portions(self, batch: Sequence[Any]) -> Iterator[Sequence[Any]]:
        """The batch in parts of at most `batch_size`."""
        for first in range(0, len(batch), self.batch_size):
            yield batch[first : first + self.batch_size]

    def on_device(self, inputs: Any) -> Any:
        """A processor's output where the model is, numbers with a fraction in its precision."""
        place, precision = self._model.device, self._model.dtype
        return {
            name: value.to(place, precision) if value.is_floating_point() else value.to(place)
            for name, value in inputs.items()
        }

    def close(self) -> None:
        super().close()
        if self._model is None:
            return
        place = self._model.device.type
        self._model = self._processor = None
        if place != "cpu":
            import torch

            getattr(torch, place).empty_cache()


def _line(error: BaseException) -> str:
    """The first line of a message, without the advice that follows it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:300]


def _root(error: BaseException) -> BaseException:
    """What an error came from first."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without transformers' progress bars and warnings; what matters is raised. For loading, and for `generate`."""
    from transformers.utils import logging

    bars, verbosity = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
