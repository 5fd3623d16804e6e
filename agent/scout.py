"""`VideoScout`: the one object through which Python, the command line and the web page use everything below."""

from collections.abc import Callable
from os import PathLike
from typing import TYPE_CHECKING

from .asking.estimating import Estimating
from .asking.probe import Probing
from .asking.remembering import Remembering
from .asking.suggesting import Suggesting
from .library.by_picture import SearchingByPicture
from .library.compacting import Compacting
from .library.correcting import Correcting
from .library.quality import Measuring
from .moments.handing_over import HandingOver
from .people.people import WithPeople
from .watching.watching import WatchingLive
from .which_video import VideoName

if TYPE_CHECKING:
    from ..graphs.events import Event
    from .generated.verdict import Verdict

__all__ = ["VideoName", "VideoScout"]


class VideoScout(
    HandingOver,
    SearchingByPicture,
    Suggesting,
    Probing,
    Correcting,
    WithPeople,
    Measuring,
    Compacting,
    Estimating,
    Remembering,
    WatchingLive,
):
    """Reads videos once, and answers questions about them with the times of the evidence.

    >>> scout = VideoScout()                                                     # doctest: +SKIP
    >>> answer = scout.ask("lecture.mp4", "When is the capacity factor explained?")  # doctest: +SKIP
    >>> answer.text, answer.evidence[0].start                                    # doctest: +SKIP

    Models load on first use and stay loaded. One object serves several threads at once. What it can do stands in
    eighteen modules: `core` (settings, models, the library), `ingesting`, `asking`, `grounding`, `clipping`,
    `describing`, `estimating`, `exporting`, `handing_over`, `searching`, `suggesting`, `probe`, `correcting`,
    `compacting`, `people`, `quality`, `remembering` and `watching`.

    Args:
        profile: which models play the roles; see `vidscout.agent.profiles.profile`.
        home: folder of the index; by default the platform's user data folder.
        settings: everything else, by the fields of `Settings`.

    Raises:
        UsageError: a setting does not fit.
        HomeError: the home folder cannot be used.
    """

    def detect(
        self,
        video: VideoName,
        *,
        calibration: str | PathLike[str] | None = None,
        on_event: "Callable[[Event], None] | None" = None,
    ) -> "Verdict":
        """Examine a video for traces of generation: `real`, `generated` or `uncertain`, with everything measured.

        Args:
            video: a file, or the id or name of a video that has been read; it need not have been.
            calibration: a file made by `vidscout detect calibrate`; by default the one that ships.

        Raises:
            MediaError: the file cannot be read.
            UsageError: the calibration is none, or was made under other conditions.
        """
        from .generated.detect import detect

        return detect(self, video, calibration=calibration, on_event=on_event)
