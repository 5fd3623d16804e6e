"""A video that is called like a web page, or is one as well, is served as a video and can run nothing.

OWASP Top 10: injection (stored cross-site scripting).
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from vidscout import VideoScout
from vidscout.agent.inbox.containers import container_of
from vidscout.agent.inbox.inbox import Inbox
from vidscout.agent.inbox.uploads import Limits, accept
from vidscout.tools.index.videos import Video
from vidscout.web.serve import application
from vidscout.web.site import Site

NAMES = ["x.html", "x.svg", "x.xhtml", "x.js", "x.mp4.html", "x.HTM", "x", "x.xml", "x.css", "x.pdf", "x.php", "x.mp4"]
SCRIPT = b"<html><script>document.title='let in'</script></html>"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with VideoScout("embedded", home=tmp_path / "home") as scout:
        inbox = Inbox(scout)
        yield Site(inbox)
        inbox.close()


@pytest.mark.parametrize("name", NAMES)
def test_the_type_of_a_file_is_what_is_in_it(site: Site, tmp_path: Path, bikes: Path, name: str):
    known = Path(shutil.copyfile(bikes, tmp_path / name))
    known.write_bytes(known.read_bytes() + SCRIPT)
    key = site.scout.library.identify(known)
    site.scout.library.put(Video(key, name, known, duration=10.0, status="ready"))
    with TestClient(application(site), "http://127.0.0.1") as client:
        for answer in (client.get(f"/media/{key}"), client.head(f"/media/{key}")):
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "video/mp4"
            assert answer.headers["x-content-type-options"] == "nosniff"
            policy = answer.headers["content-security-policy"].split("; ")
            assert "sandbox" in policy
            assert "script-src 'none'" in policy
    assert answer.content == b"", "HEAD has no body"


@pytest.mark.parametrize("name", NAMES)
def test_an_upload_is_kept_under_the_suffix_of_what_is_in_it(tmp_path: Path, bikes: Path, name: str):
    sent = Path(shutil.copyfile(bikes, tmp_path / name))
    upload = accept(sent, tmp_path / "kept", Limits(), name)
    assert upload.path.suffix == ".mp4"
    assert upload.name == name


def test_what_is_no_video_any_more_is_a_download(site: Site, tmp_path: Path):
    known = tmp_path / "x.html"
    known.write_bytes(SCRIPT)
    key = site.scout.library.identify(known)
    site.scout.library.put(Video(key, known.name, known, duration=1.0, status="ready"))
    with TestClient(application(site), "http://127.0.0.1") as client:
        assert client.get(f"/media/{key}").headers["content-type"] == "application/octet-stream"


def test_pictures_and_transcripts_are_fenced_in_too(site: Site, bikes: Path):
    key = site.scout.library.identify(bikes)
    site.scout.library.put(Video(key, "<x>.html", bikes, duration=1.0, status="ready"))
    with TestClient(application(site), "http://127.0.0.1") as client:
        for kind in ("srt", "vtt", "json", "md"):
            answer = client.get(f"/transcript/{key}.{kind}")
            assert answer.headers["content-disposition"].startswith("attachment")
            assert "sandbox" in answer.headers["content-security-policy"]
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_kinds_of_files_are_told_by_their_content(bikes: Path, bunny: Path, tmp_path: Path):
    import av

    for name, codec, suffix in (("a.mkv", "mpeg4", ".mkv"), ("b.avi", "mpeg4", ".avi"), ("c.ts", "mpeg2video", ".ts")):
        with av.open(str(tmp_path / name), "w") as out:
            stream: Any = out.add_stream(codec, rate=25)
            stream.width = stream.height = 64
            for _ in range(5):
                out.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
            out.mux(stream.encode(None))
        assert container_of(Path((tmp_path / name).rename(tmp_path / "film"))).suffix == suffix
    assert container_of(bikes).media_type == container_of(bunny).media_type == "video/mp4"
