"""A terminal that cannot show every letter is told the others."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from small_scout import FIRST, small_scout
from vidscout.tools.index.videos import Video


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_names_that_the_terminals_encoding_lacks_are_written_in_escapes(encoding: str, home: Path):
    with small_scout(home) as scout:
        scout.library.put(Video(FIRST, "naïve 🎬.mp4", Path("/nowhere/naïve 🎬.mp4"), 60.0, status="ready"))
    done = subprocess.run(
        [sys.executable, "-m", "vidscout.agent.cli", "--home", str(home), "videos"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == b""
    assert b"\\U0001f3ac.mp4" in done.stdout
