"""What reading, asking and searching share: one person's settings, with the models and the index that go with them."""

import copy
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..tools.errors import HomeError, UnknownVideoError, UsageError, VidscoutError
from ..tools.index.home import CONVERSATIONS
from ..tools.index.video_index import VideoIndex
from ..tools.index.videos import Library, Video
from .conversations.forgetting import finish_forgetting
from .models import Models
from .profiles.adapted import heard_in, with_faces, written_in
from .profiles.compressed import compressed
from .profiles.profile import profile as chosen
from .settings import Settings, load
from .which_video import VideoName, find

EXPECTED = ("language", "vocabulary", "translate")
"""Settings that tell the speech recognition what to expect."""

FIXED = (
    "profile", "profiles", "faces", *EXPECTED, "scripts", "compress", "memory_limit", "home", "chroma_server",
    "serving",
)  # fmt: skip
"""Settings by which models and index are made."""


class Core:
    """Settings, models and index of a `VideoScout`, opened and closed together.

    Args:
        profile: which models play the roles; see `vidscout.agent.profiles.profile`.
        home: folder of the index; by default the platform's user data folder.
        settings: everything else, by the fields of `Settings`.

    Raises:
        UsageError: a setting does not fit.
        HomeError: the home folder cannot be used.
    """

    def __init__(self, profile: str | None = None, home: VideoName | None = None, **settings: Any) -> None:
        self.settings: Settings = load(profile=profile, home=home, **settings)
        expected = {name: getattr(self.settings, name) for name in EXPECTED}
        own = with_faces(chosen(self.settings.profile, self.settings.profiles), self.settings.faces)
        own = written_in(heard_in(own, **expected), self.settings.scripts)
        self.profile = compressed(own, self.settings.compress)
        self.unwritable: HomeError | None = None
        """Why the home can only be asked, where it cannot be written."""
        self.index = self._opened()
        self.models = Models(self.profile, self.settings.memory_limit, self.settings.serving)
        self.one_embeds_anew = threading.Lock()
        """Held while records are embedded anew, so that two questions do not do it twice."""
        with suppress(VidscoutError):  # whoever holds it up now, or a later start, ends it
            if self.unwritable is None:
                finish_forgetting(self.index, self.conversations, wait=0)

    def _opened(self) -> VideoIndex:
        """The index of the home; to be asked only where it cannot be written, or another process holds it up."""
        try:
            return VideoIndex(self.settings.home, self.settings.chroma_server)
        except HomeError as error:
            try:
                index = VideoIndex(self.settings.home, self.settings.chroma_server, read_only=True)
            except HomeError:
                raise error from None
            self.unwritable = error
            return index

    def with_settings(self, **changes: Any) -> Self:
        """The same models and the same index under other settings, for instance for one person's questions.

        `None` takes a setting back to its default. Closing either closes both.

        Raises:
            UsageError: there is no such setting, its value does not fit, or models or index depend on it.
        """
        for name in changes:
            if name not in Settings.model_fields:
                raise UsageError(f"no setting {name!r}; there are {', '.join(Settings.model_fields)}")
            if name in FIXED:
                raise UsageError(f"setting {name} holds for the whole of a VideoScout: make another one")
        twin = copy.copy(self)
        twin.settings = load(**{**dict(self.settings), **changes})
        return twin

    def at(self, home: Path) -> Self:
        """The same models and settings over the index of another home.

        Raises:
            HomeError: the folder cannot be used.
        """
        twin = copy.copy(self)
        twin.settings = self.settings.model_copy(update={"home": home, "checkpoints": None})
        twin.index = VideoIndex(home, self.settings.chroma_server)
        twin.one_embeds_anew = threading.Lock()
        twin.unwritable = None
        with suppress(VidscoutError):
            finish_forgetting(twin.index, twin.conversations, wait=0)
        return twin

    @property
    def library(self) -> Library:
        """The videos that are known, and how far each has been read."""
        return self.index.library

    def role(self, role: str) -> Any:
        """The backend that plays a role in this profile, constructed once; it loads on its first use."""
        return self.models.role(role)

    def videos(self) -> list[Video]:
        """The videos that have been read, oldest first."""
        return self.library.all()

    def find(self, name: VideoName) -> Video:
        """A video that has been read, by file, id, a beginning of the id, name, or `vidscout://ID`.

        Raises:
            UnknownVideoError: there is none.
            UsageError: several videos are called so.
        """
        return find(self.library, name)

    def forget(self, video: VideoName, *, missing_ok: bool = False) -> None:
        """Remove a video with everything that was found in it and said about it; of the file, only uploaded copies go.

        Conversations in which it was asked about or cited are removed as a whole. What a kill or a locked file keeps
        from being removed goes when a `VideoScout` of this home is made next.

        Raises:
            HomeError: another process is writing, or a file cannot be removed.
            UnknownVideoError: there is no such video, unless `missing_ok`.
        """
        if self.unwritable is not None:
            raise self.unwritable
        try:
            known = self.find(video)
        except UnknownVideoError:
            if missing_ok:
                return
            raise
        try:
            self.index.forget(known.id)
        finally:  # also where Chroma is out of reach
            finish_forgetting(self.index, self.conversations)

    @property
    def conversations(self) -> str | Path:
        """Where the states of conversations are kept: a SQLite file, or the address of a PostgreSQL server."""
        return self.settings.checkpoints or self.settings.home / CONVERSATIONS

    def close(self) -> None:
        """Let go of models and files."""
        self.models.close()
        self.index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
