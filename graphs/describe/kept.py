"""What descriptions of a video were kept in the index, as long as what they were made of stays the same."""

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from ...tools.payloads import Spoken
from ...tools.records import Modality

if TYPE_CHECKING:
    from ...tools.index.video_index import VideoIndex

VERSION = 3
"""Of what is kept; another number makes everything anew."""
TOLD = (Modality.SPEECH, Modality.SCREEN_TEXT, Modality.CHAPTER, Modality.CAPTION, Modality.SHOT, Modality.OBJECT)
"""What descriptions are made of."""


class Kept:
    """Descriptions, chapters and parts of summaries of one video, by name; they go with the video.

    A reading that changes what they are made of makes them unfindable, and the next ones take their place.
    """

    def __init__(self, index: "VideoIndex", video: str, language: str, *sources: str) -> None:
        """Find out what descriptions would be made of now.

        Args:
            index: where they are kept.
            video: its id.
            language: in which they are written; empty for what is spoken.
            sources: of the models that make them.
        """
        self._library, self._video, self._language = index.library, video, language
        known = blake2b(repr((VERSION, sources)).encode(), digest_size=16)
        for record in index.timeline(video, TOLD):
            speaker = record.payload.speaker if isinstance(record.payload, Spoken) else ""
            known.update(f"{record.id} {speaker}\n".encode())
        self._made_of = known.digest()

    def stored(self, key: str, kind: Any) -> Any:
        """A value of a type; `None` where there is none, or the video has been read anew since."""
        from pydantic import TypeAdapter, ValidationError

        value = self._library.cached(self._key(key))
        if value is None or not value.startswith(self._made_of):
            return None
        try:
            return TypeAdapter(kind).validate_json(value[len(self._made_of) :])
        except ValidationError:
            return None  # another version kept it

    def store(self, key: str, kind: Any, value: Any) -> None:
        """Keep a value of a type, in place of an earlier one."""
        from pydantic import TypeAdapter

        self._library.cache(self._key(key), self._made_of + TypeAdapter(kind).dump_json(value), self._video)

    def _key(self, key: str) -> str:
        return f"describe {self._video} {self._language} {key}"
