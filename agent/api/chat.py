"""A chat completion: from a question about videos to its answer, whole or as it comes, in OpenAI's shape."""

import json
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from ... import __version__
from ...graphs.events import Event, Progress, StepStarted, Token, ToolFinished
from ..answer import Answer, Evidence
from ..asking.disagreeing import beside, disagreements
from ..asking.sentences import sentences
from ..bridge import in_thread, streamed
from ..inbox.inbox import Inbox
from ..scout import VideoScout
from .asking.conversations import Conversations
from .asking.question import NAME, ChatQuestion, check
from .asking.warming import LOADING, is_warm
from .errors import problem_of
from .shapes import (
    AnswerMessage,
    AnswerSentenceObject,
    ChatChoice,
    ChatRequest,
    Citation,
    Completion,
    DisagreementObject,
    Extension,
    SelectedFrame,
    Usage,
    plain,
)


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
    if replies.request.stream and not is_warm(scout):
        check(replies.question, replies.request)
        yield LOADING  # before a thread begins to load: while some things are read, nothing else runs
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
