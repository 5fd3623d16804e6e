"""Files that cannot be opened: why."""

from pathlib import Path

import pytest
from vidscout.tools.errors import MediaError
from vidscout.tools.media.packets import open_media


@pytest.mark.parametrize(
    ("streams", "why"), [(b"encv", "is encrypted"), (b"enca", "is encrypted"), (b"avc1", "not a video or audio file")]
)
def test_an_mp4_that_does_not_open_is_told_to_be_encrypted_where_its_head_says_so(
    tmp_path: Path, streams: bytes, why: str
):
    """As of services whose films are protected: FFmpeg may refuse their heads altogether."""
    path = tmp_path / "film.mp4"
    path.write_bytes(b"\x00\x00\x00\x10ftypiso5\x00\x00\x00\x00" + streams + bytes(40))
    with pytest.raises(MediaError, match=why):
        open_media(path)
