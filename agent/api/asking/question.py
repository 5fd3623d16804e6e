"""From the messages of a request to a question about videos."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from ...bridge import in_thread
from ...inbox.inbox import Inbox
from ...questions import check_range, checked_options, checked_question
from ...scout import VideoScout
from ...which_video import LINK
from ..errors import INVALID, RequestError
from ..shapes import ChatMessage, ChatRequest, listed

NAME = "vidscout"
MOST_VIDEOS = 64
NOT_USED = {
    "temperature", "top_p", "seed", "stop", "presence_penalty", "frequency_penalty", "logit_bias", "reasoning_effort",
}  # fmt: skip
"""Parameters that change nothing here; an answer that got one says so."""
REFUSED = {
    "tools", "functions", "tool_choice", "function_call", "logprobs", "top_logprobs", "response_format", "modalities",
    "audio",
}  # fmt: skip
"""Parameters whose effect a program would rely on."""


@dataclass(frozen=True)
class ChatQuestion:
    """What a request asks."""

    text: str
    videos: list[str]
    """Ids, addresses and names, in the order in which they were named."""
    notes: list[str]


def models(scout: VideoScout) -> list[str]:
    """Names under which this server answers; the first is the usual one."""
    return [NAME, f"{NAME}-{scout.profile.name}"]


def question_of(request: ChatRequest, known: list[str]) -> ChatQuestion:
    """What the messages ask, about which videos.

    Raises:
        RequestError: they ask nothing, name no video, or want what cannot be done.
    """
    if request.model not in known:
        told = f"there is no model {request.model[:100]!r}; there are {', '.join(known)}"
        raise RequestError(404, "not_found_error", "model_not_found", told, "model")
    more = request.model_extra or {}
    unwanted = sorted(name for name in REFUSED if more.get(name) not in (None, False, [], "none", {"type": "text"}))
    if unwanted:
        raise RequestError(400, INVALID, "unsupported_parameter", f"{unwanted[0]} is not supported", unwanted[0])
    if request.n not in (None, 1):
        raise RequestError(400, INVALID, "unsupported_parameter", "n: there is one answer to a question", "n")
    notes = [f"{name} changes nothing here" for name in sorted(NOT_USED & set(more)) if more[name] is not None]
    last = request.messages[-1]
    if last.role != "user":
        raise RequestError(400, INVALID, "invalid_messages", "the last message must be the user's question", "messages")
    if any(message.role in ("system", "developer") and _text(message) for message in request.messages):
        notes.append("instructions in system messages are not followed")
    named = [name for message in request.messages for name in _videos(message)] + listed(request.video)
    videos = list(dict.fromkeys(named))
    if not videos:
        told = "no video was named: add a part video_url with an address or vidscout://ID, or the field video"
        raise RequestError(400, INVALID, "no_video", told, "messages")
    if len(videos) > MOST_VIDEOS:
        told = f"at most {MOST_VIDEOS} videos are asked at once"
        raise RequestError(400, INVALID, "too_many_videos", told, "messages")
    return ChatQuestion(_text(last), videos, notes)


def _text(message: ChatMessage) -> str:
    if isinstance(message.content, str):
        return message.content.strip()
    return "\n".join(part.text.strip() for part in message.content or [] if part.text).strip()


def _videos(message: ChatMessage) -> Iterator[str]:
    for part in message.content if isinstance(message.content, list) else ():
        if part.type == "video_url":
            if part.video_url is None:
                raise RequestError(400, INVALID, "invalid_messages", "a part video_url needs its url", "messages")
            yield part.video_url.url.strip()
        elif part.type == "video":
            if not part.video:
                raise RequestError(400, INVALID, "invalid_messages", "a part video needs the id of one", "messages")
            yield part.video.strip()
        elif part.type == "image_url":
            told = "pictures are not looked at: name a video by a part video_url, and ask about what it shows"
            raise RequestError(400, INVALID, "unsupported_part", told, "messages")


async def located(names: list[str], inbox: Inbox) -> list[str]:
    """The ids of videos by id, name or address; what is not here is fetched, and what is being read is not waited for.

    Where this is cancelled, so is what is being fetched.

    Raises:
        RequestError: an address that is none.
        VidscoutError: there is no such video, or it cannot be fetched.
    """
    ids: list[str] = []
    for name in names:
        scheme = name.partition(":")[0].lower() if ":" in name else ""
        if scheme in ("http", "https"):
            ids.append(await fetched(name, inbox))
        elif "://" in name and not name.startswith(LINK):
            told = f"{scheme} addresses are not taken: give http, https or vidscout://ID"
            raise RequestError(400, INVALID, "address_refused", told, "messages")
        elif scheme == "data":
            told = "send a video to /v1/videos, and give its id"
            raise RequestError(400, INVALID, "address_refused", told, "messages")
        else:
            ids.append(await in_thread(inbox.find, name))
    return list(dict.fromkeys(ids))


async def fetched(address: str, inbox: Inbox) -> str:
    """The id of the video at an address, fetched for as long as somebody waits for it."""
    gone = threading.Event()
    try:
        return await in_thread(inbox.fetch, address, gone.is_set)
    finally:
        gone.set()


def check(question: ChatQuestion, request: ChatRequest) -> None:
    """Refuse what no model is needed to refuse.

    Raises:
        UsageError: an empty or overlong question, too few options, a range without length.
    """
    checked_question(question.text)
    checked_options(request.options)
    check_range(request.time_range)
