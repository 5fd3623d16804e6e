"""Debian packages as data: their files are read by name, and apt-get brings them."""

import hashlib
import io
import stat
import tarfile
from pathlib import Path

import pytest
from vidscout.tools.errors import WeightsError
from vidscout.tools.weights.registry import Archive, fetch, member

NETWORK = b"a network" * 1000


def package(path: Path, compression: str = "xz") -> Path:
    """A package with one file in it: an `ar` archive of three parts (deb(5))."""
    files = io.BytesIO()
    with tarfile.open(fileobj=files, mode=f"w:{compression}") as tarball:  # pyright: ignore[reportCallIssue, reportArgumentType]
        about = tarfile.TarInfo("./usr/share/network")
        about.size = len(NETWORK)
        tarball.addfile(about, io.BytesIO(NETWORK))
    written = io.BytesIO(b"")
    written.write(b"!<arch>\n")
    parts = {"debian-binary": b"2.0\n", "control.tar.xz": b"odd", f"data.tar.{compression}": files.getvalue()}
    for name, data in parts.items():
        written.write(f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode())
        written.write(data + b"\n" * (len(data) % 2))
    path.write_bytes(written.getvalue())
    return path


@pytest.mark.parametrize("compression", ["xz", "gz"])
def test_a_file_is_read_by_its_name(tmp_path: Path, compression: str):
    with member(package(tmp_path / "some.deb", compression), "./usr/share/network") as file:
        assert file.read() == NETWORK


def test_a_file_that_is_not_there_is_said(tmp_path: Path):
    with (
        pytest.raises(WeightsError, match="the archive has no file"),
        member(package(tmp_path / "some.deb"), "./usr/share/other"),
    ):
        pass


def test_a_package_that_was_cut_off_is_said(tmp_path: Path):
    whole = package(tmp_path / "some.deb").read_bytes()
    (tmp_path / "cut.deb").write_bytes(whole[:150])
    with pytest.raises(WeightsError, match="cannot be read as an archive"), member(tmp_path / "cut.deb", "x"):
        pass


def pinned(path: Path) -> Archive:
    data = path.read_bytes()
    return Archive("debian", "network", "1:2-3", len(data), hashlib.sha256(data).hexdigest())


def apt(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put an `apt-get` on the path that does what a script says."""
    folder.mkdir()
    (folder / "apt-get").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "apt-get").chmod(0o755 | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_apt_get_downloads_the_version_that_is_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = package(tmp_path / "made.deb")
    asked = tmp_path / "asked"
    apt(tmp_path / "bin", f'echo "$@" > {asked}; cp {made} network_2-3_all.deb', monkeypatch)
    came = fetch(pinned(made), tmp_path / "weights", lambda _: None)
    assert asked.read_text().split() == ["download", "network=1:2-3"]
    assert came.read_bytes() == made.read_bytes()


def test_a_package_that_apt_does_not_know_is_one_line_with_what_helps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = package(tmp_path / "made.deb")
    apt(tmp_path / "bin", 'echo "E: Unable to locate package network" >&2; exit 100', monkeypatch)
    with pytest.raises(WeightsError, match="Unable to locate package network; `apt-get update`"):
        fetch(pinned(made), tmp_path / "weights", lambda _: None)


def test_without_apt_get_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = package(tmp_path / "made.deb")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WeightsError, match="apt-get is needed"):
        fetch(pinned(made), tmp_path / "weights", lambda _: None)
