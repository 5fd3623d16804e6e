"""Videos that several test modules share, as paths. They are kept between runs, in the user's cache folder or in the
one that VIDSCOUT_TEST_VIDEOS names."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

os.environ["HF_HUB_OFFLINE"] = "1"  # no test may ask a model hub for anything
os.environ["VIDSCOUT_PROFILE"] = "embedded"  # whatever else the machine could run

sys.path.insert(0, str(Path(__file__).parent))  # test modules say `from made_videos import …`

from vidscout import VideoScout
from vidscout.bench.data import videos

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")  # a busy machine draws examples slowly, which tells nothing of the code


def _operators_of_torchvision() -> object:
    """Lets a CUDA build of torchvision be imported beside a CPU build of torch, as EasyOCR and transformers do.

    Declares the operators that torchvision looks for and does not define them; nothing that is tested calls them. What
    is returned must be kept: they go with it.
    """
    try:
        if "+cpu" in version("torchvision"):
            return None
    except PackageNotFoundError:
        return None
    import torch

    if torch.version.cuda is not None:
        return None
    declared = torch.library.Library("torchvision", "DEF")
    declared.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    declared.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return declared


_DECLARED = _operators_of_torchvision()


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny checkpoint of a real class by its name in `checkpoints`, built once."""
    from checkpoints import build

    return cache(lambda name: build(name, tmp_path_factory.mktemp("checkpoints") / name))


@pytest.fixture(scope="session")
def lecture() -> Path:
    """Two minutes of slides and speech; what is shown and said when is in `vidscout.bench.data.videos.LECTURE`."""
    return videos.lecture()


@pytest.fixture(scope="session")
def trailer() -> Path:
    """55 seconds of animation at 720p, 24 frames a second, with intertitles and music."""
    return videos.fetch("trailer")


@pytest.fixture(scope="session")
def bikes() -> Path:
    """10 seconds of a street with bicycles at 640×272, without sound."""
    return videos.fetch("bikes")


@pytest.fixture(scope="session")
def bunny() -> Path:
    """5 seconds of animation at 720p with sound."""
    return videos.fetch("bigbuckbunny")


@pytest.fixture(scope="session")
def carphone() -> Path:
    """4 seconds of a man in a car at 193×144 (displayed), without sound."""
    return videos.fetch("carphone")


@pytest.fixture(scope="session")
def loaded_scout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VideoScout]:
    """The embedded profile over an empty home; its models are loaded once, for every home that is opened `at` it."""
    with VideoScout(home=tmp_path_factory.mktemp("loaded") / "home") as scout:
        yield scout


@pytest.fixture
def elsewhere(loaded_scout: VideoScout, tmp_path: Path) -> Iterator[VideoScout]:
    """A `VideoScout` over an empty home of a test's own, `tmp_path / "home"`, with the models of `loaded_scout`."""
    own = loaded_scout.at(tmp_path / "home")
    yield own
    own.index.close()


@pytest.fixture(scope="session")
def home(loaded_scout: VideoScout, tmp_path_factory: pytest.TempPathFactory, trailer: Path, lecture: Path) -> Path:
    """An index into which the trailer and the lecture have been read, by the real embedded models."""
    folder = tmp_path_factory.mktemp("ingested") / "home"
    reading = loaded_scout.at(folder)
    reading.ingest([trailer, lecture])
    reading.index.close()
    return folder


@pytest.fixture(scope="session")
def copied_home(home: Path) -> Callable[[Path], Path]:
    """Copies `home` to a new folder and returns it.

    Another process does it: where this one closed a copied file, it would lose the locks that SQLite holds on it for an
    index that is open, and the next command line would delete the log that this index still writes.
    """

    def copy(folder: Path) -> Path:
        subprocess.run(["cp", "-R", str(home), str(folder)], check=True)
        return folder

    return copy


@pytest.fixture(scope="session")
def scout(loaded_scout: VideoScout, home: Path) -> Iterator[VideoScout]:
    """A `VideoScout` over `home`; its models stay loaded for the whole session."""
    over_home = loaded_scout.at(home)
    yield over_home
    over_home.index.close()
