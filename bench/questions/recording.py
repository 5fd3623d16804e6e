"""What a made recording is: who says what over which picture, and the questions about it, one TOML file each."""

import tomllib
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ...tools.errors import UsageError

MADE = Path(__file__).parents[1] / "sets" / "made"
"""A folder of recordings a half."""


class Half(StrEnum):
    """The two disjoint halves: one to work with, one that nobody looks into."""

    development = "development"
    report = "report"


Kind = Literal[
    "fact",
    "paraphrase",
    "screen",
    "number",
    "date",
    "place",
    "person",
    "who-said",
    "why",
    "how",
    "yes-no",
    "before-after",
    "first-last",
    "correction",
    "conflict",
    "count",
    "list",
    "quote",
    "when",
    "window",
    "follow-up",
    "overview",
    "look",
    "cross-language",
    "typo",
]
KINDS: tuple[str, ...] = get_args(Kind)

Language = Annotated[str, Field(pattern="^[a-z]{2}$")]

_TEXT = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Speaker(_Strict):
    """A voice and the name by which questions call it."""

    name: _TEXT
    voice: Annotated[str, Field(pattern=r"^(pico|flite|espeak):[\w+-]+$")]
    """Engine and voice, as `bench/data/voices.py` takes them."""


class Utterance(_Strict):
    """What one speaker says in one go."""

    id: _TEXT
    who: str
    text: _TEXT


class Scene(_Strict):
    """A picture that stands or moves while something is said."""

    id: _TEXT
    picture: Annotated[str, Field(pattern=r"^(slide|photo:\w+|clip:\w+|plain:#[0-9a-fA-F]{6})$")] = "slide"
    title: str = ""
    lines: tuple[str, ...] = ()
    lower_third: str = ""
    ticker: str = ""
    hold: Annotated[float, Field(ge=0, le=600)] = 0.0
    """Seconds that it lasts at least."""
    pause: Annotated[float, Field(ge=0, le=60)] = 0.8
    """Seconds of silence after the last sentence."""
    say: tuple[Utterance, ...] = ()


class Question(_Strict):
    """One question and what a right answer holds."""

    id: _TEXT
    kind: Kind
    text: _TEXT
    language: Language | None = None
    """None: that of the speech."""
    answers: tuple[tuple[_TEXT, ...], ...] = ()
    """Right if, for any inner list, every string of it is in the answer."""
    wrong: tuple[_TEXT, ...] = ()
    """Any of these makes an answer wrong."""
    where: tuple[str, ...] = ()
    """Ids of the utterances and scenes that hold the answer."""
    unanswerable: bool = False
    close: str = ""
    """Why an unanswerable question is tempting."""
    after: str | None = None
    """The question of the same conversation that comes right before."""

    @field_validator("kind", mode="before")
    @classmethod
    def _dashed(cls, kind: object) -> object:
        return kind.replace("/", "-") if isinstance(kind, str) else kind

    @model_validator(mode="after")
    def _can_be_graded(self) -> "Question":
        if self.unanswerable and self.answers:
            raise ValueError("it is unanswerable and has answers")
        if not self.unanswerable and not self.answers and self.kind != "when":
            raise ValueError("it has no answers")
        if self.kind == "when" and not self.unanswerable and not self.where:
            raise ValueError("it asks when, and `where` is missing")
        if any(not inner for inner in self.answers):
            raise ValueError("an empty list of answers would let every answer be right")
        if (self.kind == "follow-up") != (self.after is not None):
            raise ValueError("a follow-up, and no other kind, names in `after` what it follows")
        return self


class Recording(_Strict):
    """A meeting, tutorial, news show or lecture."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    kind: Literal["meeting", "tutorial", "news", "lecture"]
    language: Language
    speakers: dict[str, Speaker]
    scenes: Annotated[tuple[Scene, ...], Field(min_length=1)]
    questions: tuple[Question, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> "Recording":
        utterances = list(self.utterances())
        places = [scene.id for scene in self.scenes] + [one.id for one in utterances]
        for what, ids in (("scene or sentence", places), ("question", [one.id for one in self.questions])):
            if twice := [id for id, count in Counter(ids).items() if count > 1]:
                raise ValueError(f"{what} {twice[0]!r} is there twice")
        if unknown := {one.who for one in utterances} - set(self.speakers):
            raise ValueError(f"nobody is called {min(unknown)!r}")
        asked: set[str] = set()
        for question in self.questions:
            if missing := set(question.where) - set(places):
                raise ValueError(f"question {question.id!r}: there is no scene or sentence {min(missing)!r}")
            if question.after is not None and question.after not in asked:
                raise ValueError(f"question {question.id!r} comes after {question.after!r}, which is not before it")
            if question.kind == "cross-language" and question.language in (None, self.language):
                raise ValueError(f"question {question.id!r} is asked in the language that is spoken")
            asked.add(question.id)
        return self

    def utterances(self) -> Iterator[Utterance]:
        """All that is said, in order."""
        for scene in self.scenes:
            yield from scene.say


def load(path: Path) -> Recording:
    """A recording from its file.

    Raises:
        UsageError: the file is not TOML or does not fit; one line says what, without the file's content.
    """
    try:
        recording = Recording.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
    except ValidationError as error:
        first, *others = error.errors(include_input=False, include_url=False)
        place = ".".join(str(step) for step in first["loc"])
        more = f" (and {len(others)} more)" if others else ""
        raise UsageError(f"{path}: {place + ': ' if place else ''}{first['msg']}{more}") from error
    if recording.name != path.stem:
        raise UsageError(f"{path}: the name in it is {recording.name!r}")
    return recording


def load_half(half: Half) -> list[Recording]:
    """All recordings of a half, by name.

    Raises:
        UsageError: a file does not fit, or there is none.
    """
    files = sorted((MADE / half).glob("*.toml"))
    if not files:
        raise UsageError(f"{MADE / half}: no recordings; they are in the repository, not in an installed package")
    return [load(file) for file in files]
