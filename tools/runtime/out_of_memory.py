"""What is done when memory runs out all the same: the idle models are unloaded, and the work is tried once more, at
half the batch."""

from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

from ..errors import OutOfMemoryError
from .memory_budget import Model, free_caches

OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "failed to allocate memory", "bad_alloc")
"""How torch, CTranslate2 and onnxruntime word it where they raise a plain `RuntimeError`."""

Item = TypeVar("Item")
Found = TypeVar("Found")
Ended = TypeVar("Ended")


def load(backend: Model) -> None:
    """Set a backend up; where memory runs out, once more after every idle model of its budget was unloaded.

    Raises:
        OutOfMemoryError: it does not fit even alone.
    """
    if _fits(backend.setup):
        return
    backend.close()
    gone = _make_space(backend)
    if not _fits(backend.setup):
        backend.close()
        free_caches()
        raise OutOfMemoryError(
            f"{backend.role} backend {backend.name!r} does not fit into memory{_although(gone)}: "
            "choose a smaller model or precision, or another device"
        )


def perceive(backend: Model, work: Callable[[Sequence[Item]], list[Found]], batch: Sequence[Item]) -> list[Found]:
    """Do a batch; where memory runs out, once more in halves after every idle model of the budget was unloaded.

    A backend that takes its inputs in parts of `batch_size` goes on with parts of half that: the whole batch is seldom
    what did not fit.

    Raises:
        OutOfMemoryError: half the batch does not fit either.
    """
    found: list[Found] = []
    if _fits(lambda: found.extend(work(batch))):
        return found
    gone = _make_space(backend)
    half = max((len(batch) + 1) // 2, 1)
    if (parts := getattr(backend, "batch_size", None)) is not None:
        backend.batch_size = max(parts // 2, 1)  # pyright: ignore[reportAttributeAccessIssue]
    found.clear()
    if _fits(lambda: [found.extend(work(batch[at : at + half])) for at in range(0, len(batch), half)]):
        return found
    free_caches()
    raise OutOfMemoryError(
        f"{backend.role} backend {backend.name!r} ran out of memory on a batch of {len(batch)}, and again on {half}"
        f"{_although(gone)}: choose a smaller model, or lower the setting longest_side"
    )


def streamed(backend: Model, work: Callable[[], Generator[Found, None, Ended]]) -> Generator[Found, None, Ended]:
    """Run a generator; where memory runs out before its first piece, once more after every idle model was unloaded.

    Raises:
        OutOfMemoryError: it does not fit even so, or memory runs out later, when what was said cannot be taken back.
    """
    gone: list[str] = []
    for attempt in (1, 2):
        pieces, begun = work(), False
        try:
            while True:
                try:
                    piece = next(pieces)
                except StopIteration as end:
                    return end.value
                begun = True
                yield piece
        except Exception as error:
            if not out_of_memory(error):
                raise
        finally:
            pieces.close()
        if begun or attempt == 2:
            break
        gone = _make_space(backend)
    free_caches()
    raise OutOfMemoryError(
        f"{backend.role} backend {backend.name!r} ran out of memory while it was answering{_although(gone)}: choose a "
        "smaller model, or lower the settings frames and token_budget"
    )


def out_of_memory(error: BaseException) -> bool:
    """Whether an error of Python, torch, onnxruntime or CTranslate2 means that memory ran out; imports none of them."""
    if isinstance(error, OutOfMemoryError):
        return False  # reported already
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if isinstance(error, RuntimeError | OSError) and any(sign in str(error).lower() for sign in OUT_OF_MEMORY):
        return True
    return error.__cause__ is not None and out_of_memory(error.__cause__)


def _fits(work: Callable[[], object]) -> bool:
    """Run it, and tell whether memory sufficed. A function of its own, so that the traceback of a failure, which keeps
    what was allocated alive, is gone before anything is tried again."""
    try:
        work()
    except Exception as error:
        if not out_of_memory(error):
            raise
        return False
    return True


def _make_space(backend: Model) -> list[str]:
    if (shed := getattr(backend, "shed", None)) is not None:
        shed()
    gone = backend.budget.unload_idle(keep=backend) if backend.budget is not None else []
    free_caches()
    return gone


def _although(gone: list[str]) -> str:
    return f", although {', '.join(gone)} had been unloaded" if gone else ""
