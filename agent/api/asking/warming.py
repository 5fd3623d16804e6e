"""What a first question needs, loaded before it is asked."""

import logging
import threading
from typing import Literal

from fastapi import FastAPI
from pydantic import BaseModel

from ....graphs.events import StepStarted
from ....tools.errors import VidscoutError
from ....tools.perception.embeddings.purposes import Query
from ...inbox.inbox import Inbox
from ...scout import VideoScout

log = logging.getLogger(__name__)

State = Literal["loading", "ready", "failed"]
LOADING = StepStarted("load")
"""What is told before models are loaded for a first question: reading a tokenizer holds every thread for a second."""


class WarmObject(BaseModel):
    """Whether the first question will find its models loaded."""

    object: Literal["warm"] = "warm"
    state: State


class Warming:
    """Loads, once and in a thread of its own, what the first question would wait for."""

    def __init__(self, scout: VideoScout) -> None:
        self._scout = scout
        self._lock = threading.Lock()
        self.state: State | None = None

    def begin(self) -> State:
        """Begin, unless it has begun; how far it is. One that failed is tried again."""
        with self._lock:
            if self.state in (None, "failed"):
                self.state = "loading"
                threading.Thread(target=self._load, name="warming", daemon=True).start()
            return self.state or "loading"

    def _load(self) -> None:
        try:
            load(self._scout)
        except VidscoutError as error:  # whoever asks meets it again, with the question at hand
            log.info("models were not loaded ahead of a question: %s", error)
            self.state = "failed"
        except Exception:
            log.exception("loading models ahead of a question failed")
            self.state = "failed"
        else:
            self.state = "ready"


def load(scout: VideoScout) -> None:
    """Load the models that answer, and import and open what they are used with; returns when it is done.

    Raises:
        VidscoutError: weights are missing, or the index cannot be opened.
    """
    quotes = scout.profile.quotes and not scout.role("answerer").accepts_frames
    scout.models.warm_up(writes=not quotes, judges=quotes and not scout.settings.fast)
    from ....graphs.answer.graph import compiled

    compiled()
    scout.answering()
    [vector] = scout.role("text_embedding").run([Query("What is said?")])
    scout.index.search("said", vector, k=1)
    if (encoder := scout.models.optional("frame_embedding")) is not None:
        encoder.ready()


def is_warm(scout: VideoScout) -> bool:
    """Whether a question finds the first model that it needs loaded."""
    return scout.role("text_embedding").is_ready


def add_warming(site: FastAPI, inbox: Inbox) -> None:
    """Add the address to a server."""
    warming = Warming(inbox.scout)

    @site.post("/v1/warm", status_code=202, tags=["chat"])
    def warm() -> WarmObject:
        """Load what the first question would wait for, in the background; tells at once how far that is."""
        return WarmObject(state=warming.begin())
