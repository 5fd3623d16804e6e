"""Settings that come with one question: the scout that answers under them."""

import threading

from ...scout import VideoScout
from ..shapes import AskSettings


class Scouts:
    """The scouts of one server: one a profile, over the same index; models of one profile are shared."""

    def __init__(self, scout: VideoScout) -> None:
        self._scout = scout
        self._of = {scout.profile.name: scout}
        self._lock = threading.Lock()

    def of(self, settings: AskSettings | None) -> VideoScout:
        """The scout that answers a question with these settings.

        Raises:
            UsageError: there is no such profile, selector or packer.
        """
        if settings is None:
            return self._scout
        changes = settings.model_dump(exclude_none=True)
        scout = self._with_profile(changes.pop("profile", None))
        return scout.with_settings(**changes) if changes else scout

    def _with_profile(self, wanted: str | None) -> VideoScout:
        from ...profiles.profile import profile

        if wanted is None:
            return self._scout
        name = profile(wanted, self._scout.settings.profiles).name
        with self._lock:
            if name not in self._of:
                others = {key: value for key, value in self._scout.settings if key != "profile"}
                self._of[name] = VideoScout(name, **others)
            return self._of[name]
