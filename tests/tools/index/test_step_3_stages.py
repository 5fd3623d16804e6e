"""What version 2 read as `see` and `hear` is, from version 3 on, what its stages have read."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from vidscout.graphs.ingest.stage import unpacked
from vidscout.graphs.ingest.stages.of_picture.tags import TaggedFrame
from vidscout.tools.index.home import DATABASE
from vidscout.tools.index.migrations import STEPS
from vidscout.tools.index.rows.stage_journal import StageEntry
from vidscout.tools.index.videos import Library
from vidscout.tools.records import TextLine, Utterance

SETTINGS = "1fps 1280px track 0; rapidocr/4; efficientnet/1; nanodet/1; faster-whisper/base.2; minilm/1"
BOX = {"left": 0.1, "top": 0.1, "right": 0.3, "bottom": 0.2}


def frame(at: float, kept: bool, caption: Any = None) -> tuple[str, float, bytes]:
    seen = {
        "time": at,
        "kept": kept,
        "tags": [{"label": "slide", "score": 0.5}] if kept else [],
        "lines": [{"text": f"at {at:g} s", "score": 0.9, "box": BOX}] if kept else [],
        "objects": [],
        "features": "AAA=" if kept else "",
        "caption": caption,
    }
    return "see", at, json.dumps(seen).encode()


def version_2(
    home: Path, settings: str, status: str, rows: list[tuple[str, float, bytes]], see: Any, hear: Any
) -> None:
    """A home of version 2 with one video, `see` and `hear` each a position and whether it was finished."""
    home.mkdir()
    db = sqlite3.connect(home / DATABASE)
    for step in STEPS[:2]:
        step(db)
    about = {"duration": 9.0, "status": status, "settings": settings, "notes": [], "counts": {}}
    db.execute("insert into videos values ('v1v1v1', ?, 'talk.mp4', '2026', ?)", (b"/talk.mp4", json.dumps(about)))
    db.executemany("insert into branches values ('v1v1v1', ?, ?, ?)", [("see", *see), ("hear", *hear)])
    db.executemany("insert into observations values ('v1v1v1', ?, ?, ?)", rows)
    db.execute("pragma user_version = 2")
    db.commit()
    db.close()


def test_a_video_that_was_read_in_part_goes_on_from_there(tmp_path: Path):
    said = {"span": {"start": 1.0, "end": 2.0}, "text": "Hello.", "score": 0.9}
    rows = [frame(0.0, True), frame(1.0, False), frame(2.0, True), ("hear", 1.0, json.dumps(said).encode())]
    version_2(tmp_path / "home", SETTINGS, "reading", rows, (2.0, 0), (9.0, 1))
    library = Library(tmp_path / "home")
    [video] = library.all()
    assert (video.status, video.duration) == ("reading", 9.0)
    entries = library.journal.entries("v1v1v1")
    assert entries["speech"] == StageEntry("speech", "faster-whisper/base.2; track 0", 9.0, observed=True)
    assert entries["screen_text"] == StageEntry("screen_text", "rapidocr/4; 1 fps, 1280 px", 2.0)
    assert entries["thumbnails"] == StageEntry("thumbnails", "thumbnails/1; 1 fps, 1280 px", 2.0)
    assert entries["captions"] == StageEntry("captions", "composed/1", None, observed=True)
    assert not any(entry.done for entry in entries.values())
    lines = {at: unpacked(list[TextLine], row) for at, row in library.journal.observations("v1v1v1", "screen_text")}
    assert {at: [line.text for line in found] for at, found in lines.items()} == {0.0: ["at 0 s"], 2.0: ["at 2 s"]}
    [(_, heard)] = library.journal.observations("v1v1v1", "speech")
    assert unpacked(Utterance, heard).text == "Hello."
    looks = [unpacked(TaggedFrame, row) for _, row in library.journal.observations("v1v1v1", "tags")]
    assert [seen.labels[0].label for seen in looks] == ["slide", "slide"]
    assert looks[0].features == b"\0\0"
    assert list(library.journal.observations("v1v1v1", "captions")) == []
    library.close()


@pytest.mark.parametrize(
    ("settings", "captions", "vectors"),
    [
        (SETTINGS, "composed/1", "conse/1 by minilm/1"),
        (f"{SETTINGS}; blip/base.1", "blip/base.1; 1 fps, 1280 px", "conse/1 by minilm/1"),
        (f"{SETTINGS}; siglip2/x.1", "composed/1", "siglip2/x.1; 1 fps, 1280 px"),
        (f"{SETTINGS}; blip/base.1; siglip2/x.1", "blip/base.1; 1 fps, 1280 px", "siglip2/x.1; 1 fps, 1280 px"),
    ],
)
def test_a_video_that_was_read_stays_read_by_the_tools_that_read_it(
    tmp_path: Path, settings: str, captions: str, vectors: str
):
    said = {"text": "a slide", "score": 0.5} if "blip" in settings else None
    version_2(tmp_path / "home", settings, "ready", [frame(0.0, True, said)], (0.0, 1), (9.0, 1))
    db = sqlite3.connect(tmp_path / "home" / DATABASE)
    if "siglip2" in settings:
        db.execute("insert into encoders values ('key', 'siglip2/x.1')")
    db.commit()
    db.close()
    library = Library(tmp_path / "home")
    entries = library.journal.entries("v1v1v1")
    assert all(entry.done and entry.embedding == "minilm/1" for entry in entries.values())
    assert entries["captions"].fingerprint == captions
    assert entries["frame_vectors"].fingerprint == vectors
    assert len(list(library.journal.observations("v1v1v1", "captions"))) == bool(said)
    library.close()


def test_a_video_of_unknown_settings_is_to_be_read_again(tmp_path: Path):
    version_2(tmp_path / "home", "", "ready", [], (None, 0), (None, 0))
    library = Library(tmp_path / "home")
    assert [video.name for video in library.all()] == ["talk.mp4"]
    assert library.journal.entries("v1v1v1") == {}
    library.close()
