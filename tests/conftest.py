"""Videos that several test modules share, as paths. They are kept between runs, in the user's cache folder or in the
one that VIDSCOUT_TEST_VIDEOS names."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # test modules say `from made_videos import …`

from vidscout.bench import videos
from vidscout.tools.errors import VidscoutError


def _or_skip(get, *arguments) -> Path:
    try:
        return get(*arguments)
    except VidscoutError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def lecture_video() -> Path:
    """Two minutes of slides and speech; what is shown and said when is in `vidscout.bench.videos.LECTURE`."""
    return _or_skip(videos.lecture)


@pytest.fixture(scope="session")
def trailer_video() -> Path:
    """55 seconds of animation at 720p, 24 frames a second, with intertitles and music."""
    return _or_skip(videos.fetch, "trailer")


@pytest.fixture(scope="session")
def bikes_video() -> Path:
    """10 seconds of a street with bicycles at 640×272, without sound."""
    return _or_skip(videos.fetch, "bikes")


@pytest.fixture(scope="session")
def bunny_video() -> Path:
    """5 seconds of animation at 720p with sound."""
    return _or_skip(videos.fetch, "bigbuckbunny")


@pytest.fixture(scope="session")
def carphone_video() -> Path:
    """4 seconds of a man in a car at 193×144 (displayed), without sound."""
    return _or_skip(videos.fetch, "carphone")
