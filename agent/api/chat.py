"""A chat completion: from messages to a question about videos, and from its answer to OpenAI's shape."""

import json
import threading
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from ... import __version__
from ...graphs.events import Event, Progress, StepStarted, Token, ToolFinished
from ..answer import Answer, Evidence
from ..asking.disagreeing import beside, disagreements
from ..asking.sentences import sentences
from ..bridge import in_thread, streamed
from ..inbox.inbox import Inbox
from ..scout import VideoScout
from ..which_video import LINK
from .conversations import Conversations
from .errors import INVALID, RequestError, problem_of
from .shapes import (
    AnswerMessage,
    AnswerSentenceObject,
    ChatChoice,
    ChatMessage,
    ChatRequest,
    Citation,
    Completion,
    DisagreementObject,
    Extension,
    SelectedFrame,
    Usage,
    listed,
    plain,
)

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


class Replies:
    """One question's answer, whole or as it comes."""

    def __init__(
        self,
        request: ChatRequest,
        question: ChatQuestion,
        conversations: Conversations,
        key: str,
        picture: Callable[[str, float], str | None],
    ) -> None:
        """Begin the answer to a question of the conversations of `key`.

        Args:
            picture: `VIDEO/MILLISECONDS` of the kept frame of a video at a time in seconds, if there is one.
        """
        self.request = request
        self.question = question
        self.conversation = conversations.named(request, key)
        self.earlier, self._notes = conversations.before(request, key)
        self._remember = lambda answer: conversations.remember(request, key, answer)
        self._keep = lambda turn: conversations.keep(request, key, question.text, turn)
        self._id = f"chatcmpl-{uuid.uuid4().hex}"
        self._created = int(time.time())
        self._name = request.model
        self._kept = picture

    def completion(self, answer: Answer) -> dict[str, Any]:
        """The whole answer as one `chat.completion` object."""
        self._remember(answer)
        message = AnswerMessage(content=answer.text, vidscout=self.extension(answer))
        choice = ChatChoice(message=message, finish_reason=self._finish(answer))
        return plain(
            Completion(
                id=self._id,
                created=self._created,
                model=self._name,
                system_fingerprint=f"{NAME}-{__version__}",
                choices=[choice],
                usage=usage(answer),
            )
        )

    def extension(self, answer: Answer) -> Extension:
        """What the answer rests on, for the field `vidscout`."""
        return Extension(
            choice=answer.choice,
            abstained=answer.abstained,
            confidence=answer.confidence,
            citations=[cited(item, self._kept) for item in answer.evidence],
            frames=[
                SelectedFrame(
                    video=frame.video,
                    time=frame.time,
                    score=frame.score,
                    url=picture_at(frame.video, frame.time, self._kept),
                )
                for frame in answer.frames
            ],
            videos=answer.videos,
            notes=self.question.notes + self._notes + answer.notes,
            route=answer.route,
            timings=answer.timings,
            counters=answer.counters,
            question=answer.question,
            profile=answer.profile,
            conversation=self.request.conversation,
            sentences=[AnswerSentenceObject.model_validate(one, from_attributes=True) for one in sentences(answer)],
            disagreements=[
                DisagreementObject.model_validate(one, from_attributes=True) for one in disagreements(answer.evidence)
            ],
            tokens=answer.tokens,
            understood=answer.understood,
            relevance=answer.relevance,
            drafts=answer.drafts,
            corrections=answer.corrections,
        )

    def keep(self, answer: Answer) -> None:
        """Keep question and answer, to be shown again; runs in a thread, since it writes to the disk."""
        if self.request.conversation is not None:
            asked = {"options": self.request.options, "time_range": self.request.time_range}
            self._keep({"question": answer.question, **asked, "text": answer.text, **plain(self.extension(answer))})

    def first_chunk(self) -> str:
        """The chunk that opens a stream: who speaks, and no text yet."""
        return self._chunk({"role": "assistant", "content": ""})

    def event_chunk(self, event: Event) -> str | None:
        """What happens on the way, in the extension field; what is written is a draft until it has been checked."""
        told: dict[str, Any]
        if isinstance(event, Progress):
            share = round(min(event.done / max(event.total, 1e-9), 1.0), 4)
            told = {"event": "reading", "video": event.video, "stage": event.stage, "progress": share}
        elif isinstance(event, Token):
            told = {"event": "draft", "text": event.text}
        elif isinstance(event, StepStarted):
            told = {"event": "step", "step": event.step}
        elif isinstance(event, ToolFinished):
            told = {"event": "found", "tool": event.tool, "found": event.found, "note": event.note}
        else:
            return None
        return self._chunk({}, vidscout=told)

    def last_chunks(self, answer: Answer) -> Iterator[str]:
        """The text, which is settled only now, then why it ended with all that it rests on."""
        self._remember(answer)
        yield self._chunk({"content": answer.text})
        told = {"event": "answer", **plain(self.extension(answer))}
        yield self._chunk({}, self._finish(answer), vidscout=told)
        if self.request.stream_options and self.request.stream_options.include_usage:
            yield self._line({**self._head(), "choices": [], "usage": plain(usage(answer))})

    def _finish(self, answer: Answer) -> Any:
        most = self.request.max_completion_tokens or self.request.max_tokens
        return "length" if most and answer.tokens["generated"] >= most else "stop"

    def _head(self) -> dict[str, Any]:
        head = {"id": self._id, "object": "chat.completion.chunk", "created": self._created, "model": self._name}
        return {**head, "system_fingerprint": f"{NAME}-{__version__}"}

    def _chunk(self, delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return self._line({**self._head(), "choices": [choice], **more})

    @staticmethod
    def _line(value: dict[str, Any]) -> str:
        return f"data: {json.dumps(value, ensure_ascii=False, separators=(',', ':'))}\n\n"


def picture_at(video: str, time: float, kept: Callable[[str, float], str | None]) -> str | None:
    """The address of the picture nearest to a time; `kept` tells `VIDEO/MILLISECONDS`, if there is one."""
    address = kept(video, time)
    if address is None:
        return None
    video, _, milliseconds = address.partition("/")
    return f"/v1/videos/{video}/frames/{milliseconds}.jpg"


def cited(item: Evidence, kept: Callable[[str, float], str | None]) -> Citation:
    """A finding with its picture, in the shape of the server."""
    made = Citation.model_validate(item, from_attributes=True)
    return made.model_copy(update={"picture": picture_at(item.video, (item.start + item.end) / 2, kept)})


def usage(answer: Answer) -> Usage:
    """Tokens of the prompt and of what was written; of the last round, where the graph looked again."""
    prompt, generated = answer.tokens["prompt"], answer.tokens["generated"]
    details = {"evidence_tokens": answer.tokens["auxiliary"], "video_tokens": answer.tokens["visual"]}
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=generated,
        total_tokens=prompt + generated,
        prompt_tokens_details=details,
    )


def ask(scout: VideoScout, inbox: Inbox, videos: list[str], replies: Replies) -> "Iterator[Event | Answer]":
    """Ask, in a place among those who are answered; runs in a thread."""
    request = replies.request
    with inbox.asking(replies.conversation):
        for event in scout.stream(
            videos,
            replies.question.text,
            request.options,
            request.time_range,
            conversation=replies.conversation,
            earlier=replies.earlier,
            region=request.region,
            partial=request.partial,
        ):
            if isinstance(event, Answer):
                event = with_the_other_source(event, scout)
                replies.keep(event)
            yield event


def with_the_other_source(answer: Answer, scout: VideoScout) -> Answer:
    """An answer, with what the other of speech and screen text says otherwise beside its best evidence."""

    def search(query: str, modality: str, videos: Sequence[str]) -> Sequence[Evidence]:
        return scout.search(query, list(videos), modality=modality, k=4)

    found = [] if answer.abstained else beside(answer.evidence, search)
    if not found:
        return answer
    best, *others = answer.evidence
    return replace(answer, evidence=[best, *found, *others])


async def until_read(inbox: Inbox, videos: list[str]) -> AsyncGenerator[Progress, None]:
    """Wait until every video has been read, and tell how far each has come.

    Raises:
        VidscoutError: one of them cannot be read.
    """
    import asyncio

    for video in videos:
        last = -1.0
        while inbox.is_coming(video):
            status = await in_thread(inbox.status, video)
            if status.progress != last:
                last = status.progress
                yield Progress(video, status.status, status.progress, 1.0, "share")
            await asyncio.sleep(0.1)
        await in_thread(inbox.check_ready, video)


async def events(
    scout: VideoScout, inbox: Inbox, videos: list[str], replies: Replies
) -> "AsyncGenerator[Event | Answer, None]":
    """Everything that happens from the videos on their way in to the answer."""
    begun = replies.request.partial and all(inbox.scout.library.get(video) is not None for video in videos)
    async with aclosing(until_read(inbox, [] if begun else videos)) as reading:
        async for progress in reading:
            yield progress
    async with aclosing(streamed(lambda: ask(scout, inbox, videos, replies))) as answering:
        async for event in answering:
            yield event


async def as_stream(
    first: "Event | Answer", rest: "AsyncGenerator[Event | Answer, None]", replies: Replies
) -> AsyncIterator[str]:
    """Server-sent events; an error on the way is the last of them."""
    yield replies.first_chunk()
    try:
        for chunk in _chunks(first, replies):
            yield chunk
        async with aclosing(rest):
            async for event in rest:
                for chunk in _chunks(event, replies):
                    yield chunk
    except Exception as error:
        yield Replies._line(problem_of(error).body)
    yield "data: [DONE]\n\n"


def _chunks(event: "Event | Answer", replies: Replies) -> Iterator[str]:
    if isinstance(event, Answer):
        yield from replies.last_chunks(event)
    elif (chunk := replies.event_chunk(event)) is not None:
        yield chunk
