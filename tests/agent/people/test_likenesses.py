"""Showing somebody, and finding him in a real clip; and the setting that leaves faces out."""

from pathlib import Path

import pytest
from vidscout import VideoScout
from vidscout.bench.data.fetched import fetch
from vidscout.tools.errors import MediaError, UsageError

OWN = {"seeing": {"base": "embedded", "stages": ["faces"]}}


@pytest.mark.models
def test_who_was_shown_is_found_in_a_clip_until_he_is_forgotten(tmp_path: Path):
    clip, another = fetch("carphone"), fetch("woman")
    with VideoScout("seeing", tmp_path / "home", profiles=OWN) as scout:
        scout.ingest(clip)

        def seen() -> list[str]:
            return [one.name for one in scout.people.list(clip).people]

        assert seen() == ["unknown person 1"]
        scout.people.add("Somebody else", another)
        assert seen() == ["unknown person 1"]
        scout.people.add("The man in the car", clip)
        assert seen() == ["The man in the car"]
        scout.people.name("The man in the car", "Tom", clip)
        scout.people.forget("The man in the car")
        assert seen() == ["Tom"]
        scout.people.forget("Tom", clip)
        assert seen() == ["unknown person 1"]
        with pytest.raises(UsageError, match="nobody called 'Tom' was shown; there are Somebody else"):
            scout.people.forget("Tom")


@pytest.mark.models
def test_what_shows_nobody_or_several_is_refused_in_one_line(tmp_path: Path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    with VideoScout("seeing", tmp_path / "home", profiles=OWN) as scout:
        with pytest.raises(UsageError, match=r"coffee.png: no face was found in it"):
            scout.people.add("Nobody", fetch("coffee"))
        with pytest.raises(UsageError, match=r"group.jpg: \d people are in it; show one only"):
            scout.people.add("Several", fetch("group"))
        with pytest.raises(MediaError, match=r"broken.png cannot be read as a picture"):
            scout.people.add("Broken", broken)
        assert scout.index.faces.likenesses() == []


def test_one_setting_leaves_faces_out(tmp_path: Path):
    with VideoScout("embedded", tmp_path / "home", faces=False) as scout:
        assert "faces" not in scout.profile.stages
        with pytest.raises(UsageError, match="faces are left out here"):
            scout.people.add("Somebody", fetch("astronaut"))
    with VideoScout("served", tmp_path / "home") as scout:
        assert "faces" not in scout.profile.stages
    with VideoScout("served", tmp_path / "home", faces=True) as scout:
        assert "faces" in scout.profile.stages
