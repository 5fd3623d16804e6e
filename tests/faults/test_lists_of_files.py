"""Files that name other files or addresses: what they name is not opened, not even to see what it is.

OWASP Top 10: server-side request forgery, and the reading of local files.
"""

import os
import threading
from pathlib import Path

import pytest
from vidscout.agent.inbox.uploads import Limits, accept
from vidscout.tools.errors import MediaError
from vidscout.tools.media.packets import open_media

LISTS = {
    "m3u8": "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{name}\n#EXT-X-ENDLIST\n",
    "absolute.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{path}\n#EXT-X-ENDLIST\n",
    "master.m3u8": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\n{name}\n",
    "key.m3u8": '#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXT-X-KEY:METHOD=AES-128,URI="{path}"\n#EXTINF:10,\n{name}\n',
    "ffconcat": "ffconcat version 1.0\nfile {name}\n",
    "absolute.ffconcat": "ffconcat version 1.0\nfile 'file:{path}'\n",
    "mpd": (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"'
        ' mediaPresentationDuration="PT5S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>'
        '<AdaptationSet mimeType="video/mp4" contentType="video"><Representation id="1" bandwidth="1000">'
        "<BaseURL>{path}</BaseURL></Representation></AdaptationSet></Period></MPD>"
    ),
    "sdp": (
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
    ),
    "xml": (
        '<?xml version="1.0"?><CompositionPlaylist xmlns="http://www.smpte-ra.org/schemas/2067-3/2016">'
        "<Id>urn:uuid:0</Id><SegmentList/></CompositionPlaylist>"
    ),
    "asx": '<asx version="3.0"><entry><ref href="{path}"/></entry></asx>',
    "pls": "[playlist]\nFile1={path}\nNumberOfEntries=1\n",
    "idx": "# VobSub index file, v7 (do not modify this line!)\nsize: 720x576\nid: en, index: 0\n",
}  # fmt: skip


@pytest.mark.parametrize("suffix", ["", ".mp4", ".own"])
@pytest.mark.parametrize("kind", LISTS)
def test_what_a_list_names_is_never_opened(tmp_path: Path, kind: str, suffix: str):
    named = tmp_path / ("list.sub" if kind == "idx" else "named.ts")
    os.mkfifo(named)  # whoever opens it waits, and lets whoever writes to it in
    opened = threading.Event()

    def wait() -> None:
        with named.open("wb"):
            opened.set()

    threading.Thread(target=wait, daemon=True).start()
    end = f".{kind.rpartition('.')[2]}" if suffix == ".own" else suffix
    file = tmp_path / f"list{end}"
    file.write_text(LISTS[kind].format(path=named, name=named.name))
    with pytest.raises(MediaError):
        open_media(file)
    with pytest.raises(MediaError):
        accept(file, tmp_path / "kept", Limits(), "film.mp4")
    assert not opened.wait(0.2)
    assert not (tmp_path / "kept").exists()
    os.close(os.open(named, os.O_RDONLY | os.O_NONBLOCK))  # lets the thread go


def test_a_name_that_looks_like_a_pattern_is_only_a_name(tmp_path: Path):
    from PIL import Image

    for number in (1, 2):
        Image.new("RGB", (32, 32), "red").save(tmp_path / f"{number}.jpg")
    with pytest.raises(MediaError, match="no such file"):
        open_media(tmp_path / "%d.jpg")
