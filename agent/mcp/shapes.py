"""What the tools take and give, as assistants see it."""

from typing import Annotated

from pydantic import BaseModel, Field

from ..answer import Answer, Correction, Draft
from ..api.shapes import Citation, StageObject, VideoObject

Source = Annotated[str, Field(min_length=1, max_length=4096, description="A video: its id or name, or an address.")]
Seconds = Annotated[float, Field(ge=0)]


class VideoList(BaseModel):
    """The videos that have been read or are being read."""

    videos: list[VideoObject]


class VideoStages(BaseModel):
    stages: list[StageObject]


class AskVideoResult(BaseModel):
    """The answer, when in the video it comes from, and what it cost."""

    text: str
    choice: str | None = Field(description="The letter of the chosen option.")
    abstained: bool = Field(description="True when nothing found supports an answer.")
    confidence: float = Field(description="0..1; how well the evidence supports the answer. Not a probability.")
    citations: list[Citation] = Field(description="Best first; times in seconds.")
    notes: list[str]
    drafts: list[Draft] = Field([], description="With `best_of`: all answers that were written, best first.")
    corrections: list[Correction] = Field([], description="With `verify`: what became of unsupported sentences.")
    tokens: dict[str, int]
    seconds: float


class SearchVideoResult(BaseModel):
    """The moments that were found."""

    query: str
    moments: list[Citation] = Field(description="Best first; times in seconds.")


def asked_of(answer: Answer) -> AskVideoResult:
    """An answer in the shape of the tool."""
    return AskVideoResult(
        text=answer.text,
        choice=answer.choice,
        abstained=answer.abstained,
        confidence=answer.confidence,
        citations=[Citation.model_validate(item, from_attributes=True) for item in answer.evidence],
        notes=answer.notes,
        drafts=answer.drafts,
        corrections=answer.corrections,
        tokens=answer.tokens,
        seconds=answer.timings["total"],
    )
