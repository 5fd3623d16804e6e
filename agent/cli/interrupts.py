"""How a command ends. When it is told to: one line, and the process is gone within two seconds, whatever still runs."""

import atexit
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

GONE_WITHIN = 1.0
"""Seconds after which the process ends although something does not let it. All that was read is on disk by then."""
STOPPED = "vidscout: stopped; run it again to go on from here"

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_told = threading.Lock()


@contextmanager
def whole_program() -> Iterator[None]:
    """Lets the process end with the block's exit code although a thread still loads a model.

    The interpreter would take itself apart under the native code of such a thread, which then aborts the process: the
    exit code is lost, and lines of a library follow the one that says what was wrong. So whatever was registered for
    the end is done as ever, and then the process ends without that.
    """
    ended = _Ended()
    atexit.register(ended.leave)  # the first to be registered is the last to be called
    try:
        yield
    except SystemExit as end:
        ended.code = end.code if isinstance(end.code, int) else int(end.code is not None)
        raise


class _Ended:
    """What a program returns, kept until everything else that was registered for the end is done."""

    def __init__(self) -> None:
        self.code = 0

    def leave(self) -> None:
        """End the process now where a thread still runs that nobody waits for."""
        if hasattr(sys, "last_value") or threading.active_count() == 1:
            return  # an error that was not caught has a code of its own
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):  # whoever read it has gone, or it was closed for that
                stream.flush()
        os._exit(self.code)


class Told(KeyboardInterrupt):
    """The process was told to end, by the keyboard, by its terminal going away, or by whoever started it."""

    def __init__(self, signal_number: int) -> None:
        super().__init__()
        self.code = 128 + signal_number
        """What the command returns."""


def tell_stopped() -> None:
    """Say that the work was stopped, once however often it is told."""
    if _told.acquire(blocking=False):
        print(STOPPED, file=sys.stderr, flush=True)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C and the other signals to end stop the work inside, also where it does not notice.

    Work that still runs half a second after it was stopped is left behind, with what it has open: an index outlives
    that, as it outlives a kill. On a thread other than the main one, which gets no signals, it does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    before = {number: handler for number, handler in before.items() if handler not in (signal.SIG_IGN, None)}
    for number in before:
        signal.signal(number, _raise)
    try:
        yield
    except Told as told:
        from ..bridge import still_working

        if still_working():
            _end(told.code)
        tell_stopped()
        raise SystemExit(told.code) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise(number: int, _: FrameType | None) -> None:
    told = Told(number)
    timer = threading.Timer(GONE_WITHIN, _end, (told.code,))
    timer.daemon = True
    timer.start()
    raise told


def _end(code: int) -> None:
    tell_stopped()
    sys.stdout.flush()
    os._exit(code)
