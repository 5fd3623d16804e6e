"""How a video-LLM is loaded, beyond what every hub model needs: attention, quantisation, several devices; and how it
is told that a model failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from ...errors import AnswererError, BackendUnavailableError, UsageError
from ...runtime.hub_model import Checkpoint
from ...runtime.out_of_memory import out_of_memory
from ..families import of_checkpoint
from ..memory.vidkv import KINDS
from .adapters import Adapter
from .attention import FLASH, KERNELS, implementation

BITS = {"4bit": "load_in_4bit", "8bit": "load_in_8bit"}

CACHES = {"full": None, "fp8": None, "quanto": "optimum-quanto", "hqq": "hqq", **dict.fromkeys(KINDS)}
"""Kinds of key-value caches and the packages that they need."""


@dataclass(frozen=True, slots=True)
class Loading:
    """How it is loaded; see `Transformers`."""

    device_map: str | Mapping[str, Any] | None = None
    attention: str | None = None
    quantization: str | None = None
    kv_cache: str = "full"
    visual_stride: float = 1.0
    """Of the positions of visual tokens; see `positions`."""
    adapter: Adapter | None = None
    """What was trained for the checkpoint."""

    def __post_init__(self) -> None:
        for what, asked, known in (
            ("quantization", self.quantization, BITS),
            ("kv_cache", self.kv_cache, CACHES),
            ("attention", self.attention, ("sdpa", "eager", "flash", *FLASH, f"{KERNELS}NAME")),
        ):
            if asked is not None and asked not in known and not (what == "attention" and asked.startswith(KERNELS)):
                raise UsageError(f"no {what} {asked!r}; there are {', '.join(known)}")

    def load(self, checkpoint: Checkpoint) -> tuple[Any, Any]:
        """The model in evaluation mode, and its processor.

        Raises:
            WeightsError: a file is missing or damaged.
            UsageError: it is no model that reads images and text, or there is no such device.
            BackendUnavailableError: what attention, quantisation, adapter or cache needs is not installed.
        """
        self._check()
        checkpoint.place  # noqa: B018  (an impossible device is told before anything is read)
        _reads_images(checkpoint)
        processor = checkpoint.processor(needs=("tokenizer", "image_processor"))
        if not (processor.chat_template or getattr(processor.tokenizer, "chat_template", None)):
            raise UsageError(
                f"{checkpoint.folder} has no chat template: name a checkpoint that was tuned to follow instructions"
            )
        model = checkpoint.load("AutoModelForImageTextToText", **self._options(checkpoint))
        if self.adapter is not None:
            self.adapter.add_to(model)
        return model, processor

    def _check(self) -> None:
        import torch

        if "cuda" in str(self.device_map) and not torch.cuda.is_available():
            raise UsageError(f"device_map {self.device_map!r} asks for CUDA, and there is none here: choose 'cpu'")
        if self.device_map is not None and find_spec("accelerate") is None:
            raise BackendUnavailableError("device_map needs accelerate: pip install 'vidscout[gpu]'")
        if self.adapter is not None:
            self.adapter.check()
        if self.quantization is not None and find_spec("bitsandbytes") is None:
            raise BackendUnavailableError(
                f"quantization {self.quantization!r} needs bitsandbytes: pip install bitsandbytes"
            )
        package = CACHES[self.kv_cache]
        if package is not None and find_spec(package.split("-")[0]) is None:
            raise BackendUnavailableError(f"kv_cache {self.kv_cache!r} needs {package}: pip install {package}")

    def _options(self, checkpoint: Checkpoint) -> dict[str, Any]:
        on_gpu = checkpoint.place.type == "cuda"
        options: dict[str, Any] = {}
        if checkpoint.dtype == "auto" and checkpoint.place.type != "cpu":
            family = of_checkpoint(checkpoint.folder)
            # else the checkpoint's own: bfloat16 weights overflow in float16
            options["dtype"] = (family.gpu_dtype if family else None) or "auto"
        attention = implementation(self.attention, on_gpu)
        if attention is not None:
            options["attn_implementation"] = attention
        if self.quantization is not None:
            import torch
            import transformers

            bits: dict[str, Any] = {BITS[self.quantization]: True}
            if self.quantization == "4bit":
                bits["bnb_4bit_compute_dtype"] = torch.bfloat16
            options["quantization_config"] = transformers.BitsAndBytesConfig(**bits)
            options["device_map"] = {"": checkpoint.place}  # quantised weights cannot be moved afterwards
        if self.device_map is not None:
            options["device_map"] = self.device_map
        return options


def _reads_images(checkpoint: Checkpoint) -> None:
    import transformers

    if checkpoint.trust_remote_code:
        return  # its own code says what it is
    about, _ = transformers.PreTrainedConfig.get_config_dict(str(checkpoint.folder))
    kind = about.get("model_type")
    if kind in transformers.models.auto.modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES:
        return
    if "auto_map" in about:
        return  # loading it says that its code must be trusted first
    raise UsageError(
        f"{checkpoint.folder} holds a model without image support ({kind}): name a video-LLM, "
        "or use answerer 'llama.cpp'"
    )


class failures:  # noqa: N801  (used as a `with` statement's word)
    """What goes wrong inside a model, as an error that says which model."""

    def __init__(self, model: str) -> None:
        self.model = model

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, RuntimeError | ValueError | IndexError | TypeError) or out_of_memory(error):
            return  # memory is for whoever asked to free
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise AnswererError(f"{self.model} failed: {said[0]}") from error
