"""What is sent and what comes back: OpenAI's shapes, with what they have no place for in a field `vidscout`.

OpenAI, "API Reference: Chat"; the part `video_url` is vLLM's.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..answer import Correction, Draft

MOST_TOKENS = 4096
"""Tokens of one answer."""


class Asked(BaseModel):
    """What a program sends, in which every text is whole."""

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, sent: Any) -> Any:
        if (half := _half(sent)) is not None:
            raise ValueError(f"half of a character (a lone surrogate) is in {half!r}")
        return sent


def _half(sent: Any) -> str | None:
    """The first text in a JSON value that holds a lone surrogate, as ASCII."""
    if isinstance(sent, str):
        return ascii(sent)[1:60] if any("\ud800" <= char <= "\udfff" for char in sent) else None
    parts = [*sent, *sent.values()] if isinstance(sent, dict) else sent if isinstance(sent, list) else []
    return next((half for part in parts if (half := _half(part)) is not None), None)


class VideoUrl(BaseModel):
    """Where a video is: `https://…`, or `vidscout://ID` for one that has been read."""

    url: str = Field(max_length=4096, description="`https://…` to fetch, or `vidscout://ID` of a video that is here.")


class Part(BaseModel):
    """A piece of a message: text, or a video by address or id."""

    type: Literal["text", "video_url", "video", "image_url"]
    text: str | None = None
    video_url: VideoUrl | None = None
    video: str | None = Field(None, description="Id or name of a video that is here.")


class ChatMessage(BaseModel):
    """One message of a conversation; text, or parts of text and video."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Part] | None = None


class StreamOptions(BaseModel):
    """What a streamed answer ends with."""

    include_usage: bool = False


class AskSettings(Asked):
    """Settings that hold for one question; what is left out is as the server has it."""

    profile: str | None = Field(None, max_length=100, description="Which models play the roles.")
    selector: str | None = Field(None, max_length=100, description="Which frames the question is given.")
    packer: str | None = Field(None, max_length=100, description="How evidence is put before the answerer.")
    token_budget: int | None = Field(None, ge=32, le=16_384, description="Most tokens of evidence.")
    max_rounds: int | None = Field(None, ge=1, le=10, description="How often to look again.")
    observations: int | None = Field(None, ge=0, le=3, description="How often to look closer at a part of the video.")
    best_of: int | None = Field(None, ge=1, le=4, description="How many answers to write; the best supported is given.")
    verify: Literal["note", "correct"] | None = Field(None, description="`correct`: write unsupported sentences anew.")


class ChatRequest(Asked):
    """A question about videos: the last message asks it, the messages name the videos."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "model": "vidscout",
                    "messages": [
                        {
                            "role": "user",
                            "content": [
                                {"type": "video_url", "video_url": {"url": "vidscout://ID"}},
                                {"type": "text", "text": "What is the mirror made of?"},
                            ],
                        }
                    ],
                }
            ]
        },
    )

    model: str = "vidscout"
    messages: list[ChatMessage] = Field(min_length=1, max_length=1000)
    stream: bool = False
    stream_options: StreamOptions | None = None
    max_tokens: int | None = Field(None, ge=1, description=f"At most {MOST_TOKENS} are written, whatever is asked.")
    max_completion_tokens: int | None = Field(None, ge=1, description="As max_tokens, which is its older name.")
    n: int | None = None
    video: str | list[str] | None = Field(None, description="Extension: ids or names of videos that are here.")
    options: list[str] | None = Field(None, description="Extension: choices, of which the answer names one.")
    time_range: tuple[float, float] | None = Field(None, description="Extension: seconds; only what overlaps counts.")
    region: tuple[float, tuple[float, float, float, float]] | None = Field(
        None,
        description="Extension: seconds, and left, top, right, bottom as shares of the picture; asks what is in it.",
    )
    conversation: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="Extension: any name; questions in one conversation may lean on those before.",
    )
    partial: bool = Field(
        False, description="Extension: ask about what has been read so far; do not wait for the rest."
    )
    settings: AskSettings | None = Field(None, description="Extension: settings of this question only.")


class Citation(BaseModel):
    """A finding that an answer or a search names: video, seconds, modality, text and score."""

    video: str
    start: float = Field(description="Seconds from the video's first frame.")
    end: float
    modality: str
    text: str
    score: float = Field(description="How well it fits the question, 0..1.")
    source: str = Field(description="Tool and version that found it.")
    box: tuple[float, float, float, float] | None = Field(
        None, description="Where on the picture: left, top, right and bottom as shares of it."
    )
    name: str = Field("", description="Name of the video.")
    picture: str | None = Field(None, description="Where the picture of the nearest kept frame is, on this server.")


class SelectedFrame(BaseModel):
    """A frame that was selected for the question, and the address of its picture."""

    video: str
    time: float = Field(description="Seconds.")
    score: float
    url: str | None = Field(None, description="Where its picture is, on this server.")


class AnswerSentenceObject(BaseModel):
    """A sentence of an answer, with the one finding that it is shown with."""

    text: str
    citation: int | None = Field(description="Which of `citations`, from 0; null where none holds its words.")
    time: float | None = Field(description="Seconds at which the video shows it.")


class DisagreementObject(BaseModel):
    """Two findings that give different numbers for one thing, as said and as written."""

    citations: tuple[int, int] = Field(description="Which of `citations`, from 0.")
    values: tuple[str, str] = Field(description="What each says.")


class Extension(BaseModel):
    """What an answer rests on, and what it cost."""

    choice: str | None = None
    abstained: bool
    confidence: float
    citations: list[Citation] = Field(description="Best first.")
    frames: list[SelectedFrame]
    videos: list[str]
    notes: list[str]
    route: list[str]
    timings: dict[str, float] = Field(description="Seconds by step.")
    counters: dict[str, float]
    question: str
    profile: str
    conversation: str | None = None
    sentences: list[AnswerSentenceObject] = Field([], description="The answer cut into sentences.")
    disagreements: list[DisagreementObject] = Field([], description="Where said and written numbers differ.")
    tokens: dict[str, int] = Field({}, description="Tokens by what they were spent on.")
    understood: str = Field("", description="The question as understood after those before it.")
    drafts: list[Draft] = Field([], description="With `best_of`: all answers that were written, best first.")
    corrections: list[Correction] = Field([], description="With `verify`: what became of unsupported sentences.")
    relevance: dict[str, list[tuple[float, float]]] = Field(
        {}, description="By video: seconds and relevance (0..1), each until the next."
    )


class Usage(BaseModel):
    """Tokens that the answer took."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: dict[str, int]


class AnswerMessage(BaseModel):
    """The message that answers, with what it rests on in `vidscout`."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    vidscout: Extension


class ChatChoice(BaseModel):
    """The one answer, in the list in which OpenAI's clients look for it."""

    index: int = 0
    message: AnswerMessage
    finish_reason: Literal["stop", "length"]
    logprobs: None = None


class Completion(BaseModel):
    """A `chat.completion` object."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    system_fingerprint: str
    choices: list[ChatChoice]
    usage: Usage


class ModelCard(BaseModel):
    """A name under which questions are answered."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "vidscout"


class ModelList(BaseModel):
    """All of these names."""

    object: Literal["list"] = "list"
    data: list[ModelCard]


class VideoObject(BaseModel):
    """A video that is here, or on its way."""

    id: str
    object: Literal["video"] = "video"
    name: str
    status: Literal["waiting", "reading", "ready", "stopped", "failed"]
    progress: float = Field(description="Share of the reading that is done, 0..1.")
    stages: dict[str, float]
    duration: float = Field(description="Seconds.")
    width: int
    height: int
    size: int = Field(description="Bytes; 0 before reading it began.")
    added: str
    counts: dict[str, int] = Field(description="Records by modality.")
    notes: list[str]
    message: str = Field(description="Why it failed or stopped.")
    has_video: bool = Field(True, description="Whether it has a picture.")
    left: float | None = Field(None, description="Seconds until it has been read; null where that cannot be told.")


class StageObject(BaseModel):
    """How one way of finding something stands with a video."""

    name: str
    state: Literal["done", "missing", "partial", "failed", "stale"]
    position: float | None = Field(description="Seconds up to which it has read; null where it has not begun.")
    note: str | None = Field(description="On what it failed.")
    fingerprint: str = Field(description="Tool, version and options.")


class Stages(BaseModel):
    object: Literal["list"] = "list"
    data: list[StageObject]


class StagesRequest(Asked):
    stages: list[str] = Field(min_length=1, description="Read the video by these, as far as they are not done.")


class Videos(BaseModel):
    """Every video that is here or on its way."""

    object: Literal["list"] = "list"
    data: list[VideoObject]


class Deleted(BaseModel):
    """What `DELETE` answers."""

    id: str
    object: Literal["video"] = "video"
    deleted: bool = True


class SearchRequest(Asked):
    """What is looked for, and where."""

    query: str = ""
    image: str | None = Field(None, description="Instead of words: a picture, as base64 or `data:` address.")
    video: str | list[str] | None = Field(None, description="Ids or names; all videos by default.")
    modality: str | list[str] | None = None
    time_range: tuple[float, float] | None = None
    person: str | None = Field(None, max_length=200, description="Only where this person speaks or is seen.")
    fitting: bool = Field(False, description="Only what fits; nothing where nothing does.")
    k: int = Field(10, ge=1, le=1000)


class Hits(BaseModel):
    """What a search found, best first."""

    object: Literal["list"] = "list"
    query: str
    data: list[Citation]


class DetectRequest(Asked):
    """Which video is to be examined."""

    video: str = Field(description="Id or name of a video that is here, or `vidscout://ID`.")
    stream: bool = Field(False, description="Server-sent events: each step as it begins, then the result.")


class DetectResult(BaseModel):
    """What was measured of a video; `vidscout detect --json` prints the same."""

    model_config = ConfigDict(extra="allow")

    label: Literal["real", "generated", "uncertain"]
    score: float
    interval: tuple[float, float]
    notes: list[str]
    id: str = Field("", description="Of the video.")
    kind: str = Field("", description="What `sentence` says, as one word.")
    sentence: str = Field("", description="The verdict for people, without figures.")
    unusual: list[str] = Field([], description="Titles of the signals outside of real videos, farthest first.")


class WorstMoment(BaseModel):
    """When a measure of quality is worst."""

    start: float = Field(description="Seconds.")
    value: float


class QualityMeasureObject(BaseModel):
    """One measure of quality."""

    name: str
    value: float
    unit: str
    worst: list[WorstMoment]


class QualityResult(BaseModel):
    """How good picture and sound are; `vidscout quality --json` prints the same."""

    level: str
    score: float = Field(description="1 (bad) to 5 (excellent).")
    measures: list[QualityMeasureObject]


class Health(BaseModel):
    """Whether the server is up."""

    status: Literal["ok"] = "ok"
    version: str
    profile: str


class ErrorBody(BaseModel):
    """One error, in one line."""

    message: str
    type: str
    param: str | None
    code: str


class ErrorResponse(BaseModel):
    """What a request that failed gets."""

    error: ErrorBody


def listed(names: str | list[str] | None) -> list[str]:
    """One name, several or none, as a list."""
    return [names] if isinstance(names, str) else list(names or [])


def plain(value: BaseModel) -> dict[str, Any]:
    """A shape as JSON values, without fields that were not set."""
    return value.model_dump(mode="json")
