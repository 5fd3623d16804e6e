"""Recordings whose chapters, facts and notes a person listed: `development` to work with, `report` to report on."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....tools.errors import UsageError
from ...questions.make import Staged, make, stage
from ...questions.recording import MADE, Half, Recording, load

LISTED = Path(__file__).parents[2] / "sets" / "described"


@dataclass(frozen=True)
class Fact:
    """Something that a person wants a summary to hold."""

    text: str
    holds: tuple[tuple[str, ...], ...]
    """It is held where all strings of any inner tuple are in the text, whatever case."""


@dataclass(frozen=True)
class ListedNote:
    """A decision, action or question, and the sentence that holds it."""

    id: str
    kind: str
    owner: str = ""
    date: str = ""


@dataclass(frozen=True)
class Described:
    """A recording, and what a person says is in it."""

    recording: Recording
    chapters: tuple[tuple[str, str], ...]
    """The scene with which each begins, and its title."""
    facts: tuple[Fact, ...]
    notes: tuple[ListedNote, ...]

    @classmethod
    def of(cls, recording: Recording, listed: dict[str, Any]) -> "Described":
        """A recording with what was listed of it.

        Raises:
            UsageError: a chapter or note names what is not there.
        """
        scenes = {scene.id for scene in recording.scenes}
        spoken = {utterance.id for utterance in recording.utterances()}
        chapters = tuple((one["scene"], one["title"]) for one in listed["chapters"])
        notes = tuple(ListedNote(**one) for one in listed.get("notes", ()))
        facts = tuple(Fact(one["text"], tuple(tuple(each) for each in one["holds"])) for one in listed["facts"])
        if lost := ({scene for scene, _ in chapters} - scenes) | ({note.id for note in notes} - spoken):
            raise UsageError(f"{recording.name}: there is no scene or sentence {min(lost)!r}")
        return cls(recording, chapters, facts, notes)

    def staged(self) -> list[Staged]:
        """The recording with its times; its voices must be there."""
        return stage(self.recording)


def times(staged: list[Staged]) -> dict[str, tuple[float, float]]:
    """Start and end in seconds of every scene and sentence, by id."""
    found = {one.scene.id: one.stretch for one in staged}
    return found | {said.utterance.id: (said.start, said.end) for one in staged for said in one.spoken}


def development() -> list[Described]:
    """The recordings to work with."""
    listed = tomllib.loads((LISTED / "development.toml").read_text(encoding="utf-8"))
    return [Described.of(load(MADE / Half.development / f"{name}.toml"), one) for name, one in listed.items()]


def report() -> list[Described]:
    """The recordings to report on."""
    return [loaded(path) for path in sorted((LISTED / "report").glob("*.toml"))]


def loaded(path: Path) -> Described:
    """A recording whose file has a table `described` beside it.

    Raises:
        UsageError: the file does not fit.
    """
    listed = tomllib.loads(path.read_text(encoding="utf-8"))
    described = listed.pop("described")
    return Described.of(Recording.model_validate(listed), described)


def rendered(described: list[Described], half: Half, out: Path) -> dict[str, Path]:
    """The recordings as videos, by name; what is there already is left as it is."""
    make([one.recording for one in described], half, out)
    return {one.recording.name: out / f"{one.recording.name}.mp4" for one in described}


__all__ = ["Described", "Fact", "ListedNote", "development", "loaded", "rendered", "report", "times"]
