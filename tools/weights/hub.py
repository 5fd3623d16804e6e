"""Models of a hub: fetched at one commit each into huggingface_hub's own cache, as data, and found there again.

A model that the catalogue pins stays at that commit. Any other is resolved when it is first pulled, and the commit is
written to `hub-revisions.json` beside the weights; from then on it is as pinned, until `--upgrade` asks again.

Only safetensors, JSON, text, tokenizer models and chat templates are fetched: no pickles, and no Python code unless
somebody says so. What lies in the hub's cache because another program fetched it counts too.
"""

import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from ..errors import WeightsError

PATTERNS = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja")
CODE = "*.py"
COMMIT = re.compile(r"[0-9a-f]{40}")
HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")

OnBytes = Callable[[int, int], None]
"""Told how many bytes have come, of how many; from the threads that download."""


def hub_cache() -> Path:
    """The folder in which huggingface_hub keeps models, by the environment variables that it reads itself."""
    if chosen := os.environ.get("HF_HUB_CACHE"):
        return Path(chosen).expanduser()
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface"
    return Path(home).expanduser() / "hub"


def offline() -> bool:
    """Whether the user forbade asking a hub."""
    forbidden = (os.environ.get(name, "").lower() for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    return any(said in {"1", "true", "yes", "on"} for said in forbidden)


def endpoint() -> str:
    """The address of the model hub: `HF_ENDPOINT`, or the public one."""
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


def reachable(timeout: float = 2.0) -> bool | None:
    """Whether the hub takes connections; None where the user forbade asking. Nothing is sent."""
    import socket
    from urllib.parse import urlsplit

    if offline():
        return None
    address = urlsplit(endpoint())
    answer: list[bool] = []

    def knock() -> None:
        try:
            port = address.port or (443 if address.scheme == "https" else 80)
            socket.create_connection((address.hostname or "", port), timeout).close()
            answer.append(True)
        except (OSError, ValueError):
            answer.append(False)

    # In a thread of its own, because no timeout applies to looking a name up.
    knocking = threading.Thread(target=knock, daemon=True)
    knocking.start()
    knocking.join(timeout)
    return bool(answer and answer[0])


def commit(repo: str, revision: str | None, record: Path) -> str | None:
    """The commit that a model is pinned to: by its own revision, else by the record of the first pull."""
    if revision is not None and COMMIT.fullmatch(revision):
        return revision
    return _recorded(record).get(_key(repo, revision), {}).get("commit")


def find(repo: str, revision: str | None, record: Path, also: Sequence[str] = ()) -> Path | None:
    """The folder of a model at its commit, when it is complete; a few `stat` calls, and no hub is asked.

    Args:
        repo: `owner/name`.
        revision: commit, branch or tag; without a commit, what the record holds, else what the cache holds.
        record: the file that remembers commits.
        also: names of weight files that are not safetensors.
    """
    folder = hub_cache() / f"models--{repo.replace('/', '--')}"
    known = commit(repo, revision, record)
    if known is None:
        try:
            known = (folder / "refs" / (revision or "main")).read_text().strip()
        except OSError:
            return None
    snapshot = folder / "snapshots" / known
    remembered = _recorded(record).get(_key(repo, revision), {})
    if remembered.get("commit") == known:
        complete = all(_has(snapshot / name, size) for name, size in remembered["files"].items())
    else:
        complete = _looks_complete(snapshot, also)
    return snapshot if complete else None


def fetch(
    repo: str,
    revision: str | None,
    record: Path,
    *,
    also: Sequence[str] = (),
    code: bool = False,
    force: bool = False,
    upgrade: bool = False,
    on_bytes: OnBytes = lambda done, total: None,
) -> list[str]:
    """Bring a model's files into the hub's cache, and remember its commit; returns notes for the user.

    Args:
        repo: `owner/name`.
        revision: a commit, or a branch or tag that is resolved once; by default the main branch.
        record: the file that remembers commits.
        also: further file names to fetch, as in `model.bin`.
        code: fetch Python files too, which `trust_remote_code` would run.
        force: fetch again what is there.
        upgrade: resolve the branch or tag anew.
        on_bytes: told how far it is.

    Raises:
        WeightsError: the hub cannot be reached, refuses, or does not have the model; one line.
    """
    if offline():
        raise WeightsError(f"{repo}: HF_HUB_OFFLINE is set, so the model hub was not asked for it")
    from huggingface_hub import HfApi, snapshot_download

    asked = revision if upgrade else commit(repo, revision, record) or revision
    wanted = [*PATTERNS, *also, *([CODE] if code else [])]
    with _Told(repo):
        about = HfApi(endpoint=endpoint()).model_info(repo, revision=asked, files_metadata=True, timeout=15)
    names = {file.rfilename: int(file.size or 0) for file in about.siblings or []}
    chosen = {name: size for name, size in names.items() if any(fnmatch(name, pattern) for pattern in wanted)}
    if about.sha is None or not any(name.endswith(".safetensors") or name in also for name in chosen):
        raise WeightsError(f"{repo} has no weights as safetensors; pickled weights are not fetched")
    _check_space(repo, sum(chosen.values()))
    on_bytes(0, sum(chosen.values()))
    with _Told(repo):
        snapshot_download(
            repo,
            revision=about.sha,
            cache_dir=hub_cache(),
            endpoint=endpoint(),
            allow_patterns=list(chosen),
            force_download=force,
            tqdm_class=_bars(on_bytes, sum(chosen.values())),
        )
    _remember(record, _key(repo, revision), {"commit": about.sha, "files": chosen})
    if find(repo, revision, record) is None:
        raise WeightsError(f"{repo}: not all of its files came; pull it again")
    if not code and any(name.endswith(".py") for name in names):
        return [f"{repo} comes with Python code, which was not fetched (--trust-remote-code)"]
    return []


class _Told:
    """Turns what huggingface_hub raises into one line that says what to do."""

    def __init__(self, repo: str) -> None:
        self.repo = repo

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, Exception) or isinstance(error, WeightsError):
            return
        from huggingface_hub import errors

        if isinstance(error, errors.GatedRepoError):
            why = "is gated: accept its licence on the hub, then log in with `hf auth login` or set HF_TOKEN"
        elif isinstance(error, errors.RevisionNotFoundError):
            why = "has no such revision on the hub"
        elif isinstance(error, errors.RepositoryNotFoundError):
            why = "is not on the hub, or it is private: log in with `hf auth login` or set HF_TOKEN"
        elif isinstance(error, errors.HfHubHTTPError):
            why = f"was refused by the hub at {endpoint()}: HTTP {getattr(error.response, 'status_code', '?')}"
        else:
            said = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
            why = f"did not come: the model hub at {endpoint()} cannot be reached ({said[:160]})"
        raise WeightsError(f"{self.repo} {why}") from error


def _bars(on_bytes: OnBytes, total: int) -> type[Any]:
    """A progress bar class for huggingface_hub that draws nothing, and tells how many bytes are on the disk."""
    from tqdm import tqdm

    class Told(tqdm):  # pyright: ignore[reportMissingTypeArgument]
        written = 0

        def __init__(self, *arguments: Any, **options: Any) -> None:
            self.of_bytes = options.get("unit") == "B" and "econstruct" in str(options.get("desc", ""))
            options.pop("name", None)
            super().__init__(*arguments, **{**options, "disable": True})

        def update(self, n: float | None = 1) -> None:
            if self.of_bytes:
                Told.written += int(n or 0)
                on_bytes(min(Told.written, total), total)

    return Told


def _check_space(repo: str, needed: int) -> None:
    folder = hub_cache()
    existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    free = shutil.disk_usage(existing).free
    if needed > free:
        raise WeightsError(
            f"{repo} has {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free in {folder}: choose another disk "
            "with HF_HOME"
        )


def _key(repo: str, revision: str | None) -> str:
    return repo if revision is None or COMMIT.fullmatch(revision) else f"{repo}@{revision}"


def _recorded(record: Path) -> dict[str, Any]:
    try:
        return json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _remember(record: Path, key: str, what: dict[str, Any]) -> None:
    from filelock import FileLock

    record.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(record.with_suffix(".lock")):
        arriving = record.with_suffix(".part")
        arriving.write_text(json.dumps({**_recorded(record), key: what}, indent=1, sort_keys=True), encoding="utf-8")
        os.replace(arriving, record)


def _has(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def _looks_complete(snapshot: Path, also: Iterable[str]) -> bool:
    """Whether a snapshot that another program fetched has its configuration and all of its weights.

    huggingface_hub links a file into a snapshot once it is whole, so what is there is complete.
    """
    if not (snapshot / "config.json").is_file():
        return False
    index = snapshot / "model.safetensors.index.json"
    if index.is_file():
        try:
            shards = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
        except (ValueError, KeyError):
            return False
        return all((snapshot / shard).is_file() for shard in shards)
    return any(snapshot.glob("*.safetensors")) or (bool(also) and all((snapshot / name).is_file() for name in also))
