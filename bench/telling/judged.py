"""What a judge says of texts: the events in them, whether they say an event, and how right an answer is."""

import json
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ...tools.videollm.interface import Message, VideoLLM, defused

MOST_EVENTS = 10
RELATIONS = ("entailment", "neutral", "contradiction")
LEAST, MOST = 1, 5
"""Points of an answer."""
EVENTS = {
    "type": "object",
    "properties": {"events": {"type": "array", "items": {"type": "string"}, "maxItems": MOST_EVENTS}},
    "required": ["events"],
}
RELATION = {
    "type": "object",
    "properties": {"relation": {"type": "string", "enum": list(RELATIONS)}},
    "required": ["relation"],
}
POINTS = {
    "type": "object",
    "properties": {"points": {"type": "integer", "minimum": LEAST, "maximum": MOST}},
    "required": ["points"],
}


class Judge:
    """A language model that compares texts; a reply that is not the JSON that was asked for is counted."""

    def __init__(self, model: VideoLLM) -> None:
        self.model = model
        self.unread = 0
        """Replies that could not be read."""

    def events(self, text: str) -> list[str]:
        """The events that a text tells, ten at most; none where the reply cannot be read."""
        found = self._asked("events", EVENTS, 256, text=text).get("events")
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            self.unread += 1
            return []
        return [one.strip() for one in found if one.strip()][:MOST_EVENTS]

    def says(self, text: str, event: str) -> bool:
        """Whether a text says that an event happens; not where the reply cannot be read."""
        found = self._asked("said", RELATION, 24, text=text, event=event).get("relation")
        self.unread += found not in RELATIONS
        return found == "entailment"

    def points(self, question: str, right: str, answer: str) -> int:
        """How right an answer is, 1 to 5; 1 where the reply cannot be read."""
        found = self._asked("alike", POINTS, 24, question=question, right=right, answer=answer).get("points")
        if not isinstance(found, int) or isinstance(found, bool) or not LEAST <= found <= MOST:
            self.unread += 1
            return LEAST
        return found

    def _asked(self, what: str, schema: Mapping[str, Any], most: int, **told: str) -> dict[str, Any]:
        prompt = _prompts()[what].strip().format(**{name: defused(text) for name, text in told.items()})
        reply = "".join(self.model.generate([Message("user", (prompt,))], max_tokens=most, schema=schema))
        try:
            found = json.loads(reply[reply.index("{") : reply.rindex("}") + 1])
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@cache
def _prompts() -> dict[str, str]:
    return tomllib.loads(Path(__file__).with_name("telling.toml").read_text(encoding="utf-8"))
