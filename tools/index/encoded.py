"""Where a home keeps what video-LLMs made of its frames."""

from pathlib import Path

from .home import DATABASE, ENCODED, THUMBNAILS, write_private


class EncodedFrames:
    """The folders of encoded frames of whatever home a frame lies in."""

    def folder(self, frame: Path) -> Path | None:
        """The folder of what belongs to a kept frame's video, `HOME/encoded/VIDEO`; None for a frame of no home."""
        video, thumbnails, home = frame.parent.name, frame.parent.parent.name, frame.parent.parent.parent
        return home / ENCODED / video if thumbnails == THUMBNAILS and (home / DATABASE).is_file() else None

    def write(self, file: Path, content: bytes) -> None:
        """Write a file for its owner only, whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        write_private(file, content)
