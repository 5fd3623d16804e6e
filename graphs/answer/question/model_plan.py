"""The retrieval request from the answerer itself, under a JSON schema, checked and repaired once.

After Video-RAG's decoupled query (Luo et al., 2024), which asks for speech, entities and what matters about them; here
it also says what is to be read on screen, what the picture looks like, and what kind of answer is wanted.
"""

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ....tools.records import Modality
from ....tools.runtime.counters import count
from ....tools.videollm.interface import Message, VideoLLM
from ..packers.base import prompt
from .object_names import named_labels

LONGEST = 160
"""Tokens of a plan."""
MOST_OBJECTS = 5
"""As in Video-RAG."""


class PlanError(Exception):
    """The model gave no plan that can be used, even when it was told what was wrong."""


class Wanted(BaseModel):
    """What the model wants looked up."""

    model_config = ConfigDict(extra="forbid")

    want: Literal["fact", "when", "count", "order", "quote", "overview"]
    speech: str | None = Field(None, max_length=120)
    screen: str | None = Field(None, max_length=120)
    objects: list[str] = Field(default_factory=list, max_length=MOST_OBJECTS)
    about: list[Literal["location", "number", "relation"]] = Field(default_factory=list, max_length=3)
    frames: str | None = Field(None, max_length=120)
    first_or_last: Literal["first", "last"] | None = None

    def queries(self) -> dict[Modality, str]:
        """What to look for, by modality; only those that the model named."""
        named = {
            Modality.SPEECH: self.speech,
            Modality.SCREEN_TEXT: self.screen,
            Modality.OBJECT: ", ".join(self.objects),
            Modality.FRAME: self.frames,
            Modality.CAPTION: self.frames,
        }
        return {modality: query.strip() for modality, query in named.items() if query and query.strip()}

    def labels(self, read: tuple[str, ...], known: Iterable[str]) -> tuple[str, ...]:
        """Those of the known labels that the model names, after those that the question itself does."""
        return tuple(dict.fromkeys([*read, *(label for item in self.objects for label in named_labels(item, known))]))


SCHEMA = Wanted.model_json_schema()


def ask_model(question: str, answerer: VideoLLM) -> Wanted:
    """The model's plan.

    Raises:
        PlanError: neither its reply nor its second one is a plan, or it names nothing to look for.
        VidscoutError: the model failed.
    """
    asked = [Message("system", (prompt("plan"),)), Message("user", (f"Question: {question}",))]
    trouble = ""
    for _ in range(2):
        count("llm_calls")
        reply = "".join(answerer.generate(asked, max_tokens=LONGEST, schema=SCHEMA))
        try:
            wanted = Wanted.model_validate_json(reply[reply.find("{") : reply.rfind("}") + 1])
        except ValidationError as error:
            problem = error.errors()[0]
            trouble = f"{'.'.join(str(part) for part in problem['loc']) or 'JSON'}: {problem['msg']}"
        else:
            if wanted.queries() or wanted.want == "overview":
                return wanted
            trouble = "it names nothing to look for"
        again = f"That cannot be used: {trouble}. Reply with the corrected JSON only."
        asked = [*asked, Message("assistant", (reply,)), Message("user", (again,))]
    raise PlanError(trouble)
