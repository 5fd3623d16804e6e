"""Adapters as PEFT trains them, LoRA and its like: few weights in a folder of their own, for a checkpoint."""

from functools import cached_property
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...errors import BackendUnavailableError, WeightsError
from ...runtime.hub_model import quiet
from ...runtime.out_of_memory import out_of_memory

WEIGHTS = "adapter_model.safetensors"


class Adapter:
    """A folder with `adapter_config.json` and `adapter_model.safetensors`."""

    def __init__(self, folder: str | Path) -> None:
        """Say where it is; nothing is read yet."""
        self.folder = Path(folder).expanduser()

    @classmethod
    def of(cls, folder: "str | Path | None") -> "Adapter | None":
        """The adapter of that folder; None where none is named."""
        return None if folder is None else cls(folder)

    def __repr__(self) -> str:
        return f"Adapter({self.identity})"

    @cached_property
    def identity(self) -> str:
        """Name and version, as in `birds@1f3a9c04`: the version is a hash of its configuration and its weights."""
        digest = blake2b(digest_size=4)
        for name in ("adapter_config.json", WEIGHTS):
            file = self.folder / name
            if file.is_file():
                with file.open("rb") as content:
                    while part := content.read(2**20):
                        digest.update(part)
        return f"{self.folder.resolve().name}@{digest.hexdigest()}"

    def check(self) -> None:
        """Look whether it is there, and what reads it.

        Raises:
            BackendUnavailableError: PEFT is not installed.
            WeightsError: the folder holds no adapter.
        """
        if find_spec("peft") is None:
            raise BackendUnavailableError(f"adapter {self.folder} needs peft: pip install peft")
        if not (self.folder / "adapter_config.json").is_file():
            raise WeightsError(f"{self.folder} is no adapter as PEFT writes one: it has no adapter_config.json")
        if not (self.folder / WEIGHTS).is_file():
            raise WeightsError(f"{self.folder} has no {WEIGHTS}: adapters in pickle files are not read")

    def add_to(self, model: Any) -> None:
        """Add its layers to a model, for all that it reads and writes from then on.

        Raises:
            WeightsError: it was not trained for this model, or is damaged.
        """
        from safetensors import SafetensorError

        try:
            with quiet():
                told = model.load_adapter(str(self.folder))
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            if out_of_memory(error):
                raise
            said = " ".join(str(error).split())[:200]
            raise WeightsError(f"adapter {self.folder} does not fit {type(model).__name__}: {said}") from error
        unfit = sorted(str(key) for kind in ("missing_keys", "unexpected_keys") for key in getattr(told, kind, ()))
        if unfit:
            raise WeightsError(f"adapter {self.folder} does not fit {type(model).__name__}, as in {unfit[0]}")
        model.eval()
