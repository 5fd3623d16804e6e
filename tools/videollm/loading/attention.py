"""Which implementation of attention a model is loaded with, by name."""

from importlib.util import find_spec

from ...errors import BackendUnavailableError, UsageError

FLASH = {
    "flash-3": ("flash_attention_3", "flash_attn_interface", "build it from flash-attention's folder hopper"),
    "flash-2": ("flash_attention_2", "flash_attn", "pip install flash-attn"),
}
"""Versions of FlashAttention, the fastest first: what transformers calls each, its module, and how to get it."""

KERNELS = "kernels-community/"
"""Whose kernels of the model hub may be named: transformers trusts no other's unasked."""


def implementation(asked: str | None, on_gpu: bool) -> str | None:
    """What transformers calls the attention that was asked for; None where it is to choose by itself.

    Args:
        asked: `sdpa`, `eager`, `flash` (the fastest version that is installed), `flash-2`, `flash-3`, a kernel of the
            model hub, or None: FlashAttention 2 on a GPU where it is installed.
        on_gpu: whether the model lies on an NVIDIA GPU.

    Raises:
        BackendUnavailableError: what it needs is not installed.
        UsageError: it runs on a GPU only.
    """
    if asked is None:
        return FLASH["flash-2"][0] if on_gpu and find_spec("flash_attn") is not None else None
    if asked in {"sdpa", "eager"}:
        return asked
    if asked.startswith(KERNELS):
        name, module, install = asked, "kernels", "pip install kernels"
    elif asked == "flash":
        name, module, install = next((one for one in FLASH.values() if find_spec(one[1])), FLASH["flash-2"])
    else:
        name, module, install = FLASH[asked]
    if find_spec(module) is None:
        raise BackendUnavailableError(f"attention {asked!r} needs {module}: {install}, or choose 'sdpa'")
    if not on_gpu:
        raise UsageError(f"attention {asked!r} runs on an NVIDIA GPU only: choose 'sdpa'")
    return name
