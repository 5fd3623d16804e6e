"""Being told to end: one line, and the process is gone within two seconds, whatever still runs."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

GONE_WITHIN = 1.0
"""Seconds after which the process ends although something does not let it. All that was read is on disk by then."""
STOPPED = "vidscout: stopped; run it again to go on from here"

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_told = threading.Lock()


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
