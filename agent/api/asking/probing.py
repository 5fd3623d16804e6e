"""A question asked from words alone and from frames alone: what programs and assistants send and get."""

from typing import Literal

from pydantic import BaseModel, Field

from ...answer import Answer
from ...asking.probe import Probed
from ..shapes import Asked, Citation


class ProbeRequest(Asked):
    """Which video, the question, and what is right where that is known."""

    video: str = Field(min_length=1, max_length=4096, description="Id, name or address of a video.")
    question: str = Field(min_length=1, max_length=4000)
    options: list[str] | None = Field(None, description="2 to 26 choices; the answers name one each.")
    answer: str | None = Field(None, max_length=4000, description="The right answer: an option, or in words.")


class ProbedSide(BaseModel):
    """The answer of one side of the evidence."""

    text: str
    choice: str | None = Field(description="The letter of the chosen option.")
    abstained: bool
    confidence: float = Field(description="0..1; how well the evidence supports the answer. Not a probability.")
    citations: list[Citation] = Field(description="Best first; times in seconds.")
    notes: list[str]


class ProbeResult(BaseModel):
    """Both answers, and which side of the evidence fails the question."""

    text: ProbedSide = Field(description="From words alone: what was found, as a list in order of time.")
    frames: ProbedSide = Field(description="From selected frames alone.")
    agree: bool
    fails: Literal["neither", "text", "frames", "both", "unknown"]
    why: str = Field(description="What the sides were held against.")


def result_of(probed: Probed) -> ProbeResult:
    """What a probe found, in the shape of the server."""
    return ProbeResult(
        text=_side(probed.text),
        frames=_side(probed.frames),
        agree=probed.agree,
        fails=probed.fails,
        why=probed.why,
    )


def _side(answer: Answer) -> ProbedSide:
    return ProbedSide(
        text=answer.text,
        choice=answer.choice,
        abstained=answer.abstained,
        confidence=answer.confidence,
        citations=[Citation.model_validate(one, from_attributes=True) for one in answer.evidence],
        notes=answer.notes,
    )
