"""One error type a cause. Each message says what was wrong with which file, and what to do about it."""

from typing import ClassVar


class VidscoutError(Exception):
    """Anything that went wrong in a way the user can act on; the message is one line."""

    exit_code: ClassVar[int] = 1
    """What the command line returns when this error ends a command."""


class UsageError(VidscoutError):
    """The request itself cannot be served: an empty question, an unknown profile, a range that runs backwards."""

    exit_code = 2


class HomeError(UsageError):
    """The folder that keeps the index cannot be read or written."""


class DamagedVectorsError(HomeError):
    """Vectors that Chroma should have are damaged or gone; they can be made again."""


class UnknownVideoError(UsageError):
    """A video was named that is neither a file nor in the index."""


class BackendUnavailableError(UsageError):
    """A backend was asked for whose optional dependency is not installed; the message names the install line."""


class AudioTrackError(UsageError):
    """A file has no such audio track."""


class MediaError(VidscoutError):
    """A file cannot be read as video or audio."""

    exit_code = 3


class WeightsError(VidscoutError):
    """Model weights are missing, or what was downloaded is not what the catalogue names."""

    exit_code = 4


class OutOfMemoryError(VidscoutError):
    """A model or its batch does not fit into memory, even with every idle model unloaded."""


class AnswererError(VidscoutError):
    """The video-LLM failed while it was loading or answering."""


class ServingError(VidscoutError):
    """The cluster that should run the tools cannot be reached, or failed at it."""


class ServingBusyError(ServingError):
    """The cluster takes no more requests now; the same one may be taken a little later."""


class StepError(VidscoutError):
    """A step of a graph failed in a way that was not foreseen, and nothing could stand in for it."""


class SupersededError(VidscoutError):
    """What a reading found is not kept: its video was forgotten meanwhile, or another reading has taken over."""


class DeadlineError(VidscoutError):
    """A step did not end in the time that it was given; what it works on is dropped."""


class CancelledError(VidscoutError):
    """The user stopped the work; what was done so far is kept."""

    exit_code = 130
