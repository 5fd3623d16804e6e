"""The addresses of conversations that have a name: listed, shown with each answer's evidence, renamed and deleted."""

from typing import Annotated, Any, Literal

from fastapi import FastAPI, Path, Query, Request
from pydantic import BaseModel, Field

from ....tools.index.rows.talks import LONGEST_TITLE, Talk
from ...guard.guard import OWNER
from ..errors import INVALID, RequestError
from ..shapes import Asked, Extension
from .conversations import Conversations

SECRET = 16
"""Characters that a name must begin with, to be listed where nobody needs a key: who knows them has made them up."""
Name = Annotated[str, Path(min_length=1, max_length=200)]


class ConversationObject(BaseModel):
    """A conversation in a list."""

    id: str = Field(description="Its name, as a question gives it in `conversation`.")
    object: Literal["conversation"] = "conversation"
    title: str
    videos: list[str] = Field(description="Ids of the videos that were asked about or cited.")
    turns: int
    created: int = Field(description="Seconds since 1970.")
    changed: int


class TurnObject(Extension):
    """A question with its answer, and all that it rests on."""

    text: str
    options: list[str] | None = None
    time_range: tuple[float, float] | None = None


class ConversationTurns(ConversationObject):
    """A conversation with what was asked and answered in it, in order."""

    data: list[TurnObject]


class ConversationList(BaseModel):
    """Conversations, the latest first."""

    object: Literal["list"] = "list"
    data: list[ConversationObject]


class TitleRequest(Asked):
    """What a conversation is called."""

    title: str = Field(min_length=1, max_length=LONGEST_TITLE)


class ConversationDeleted(BaseModel):
    """What `DELETE` answers."""

    id: str
    object: Literal["conversation"] = "conversation"
    deleted: bool = True


def add_conversations(site: FastAPI, conversations: Conversations) -> None:
    """Add the addresses to a server."""

    @site.get("/v1/conversations", tags=["chat"])
    def list_conversations(
        http: Request, prefix: Annotated[str, Query(max_length=200, description="With what their names begin.")] = ""
    ) -> ConversationList:
        """Your conversations; where no key is needed, those whose names begin with 16 characters that you know."""
        if not http.scope[OWNER] and len(prefix) < SECRET:
            told = f"without a key, name at least {SECRET} characters with which the conversations' names begin"
            raise RequestError(400, INVALID, "prefix_needed", told, "prefix")
        return ConversationList(data=[_shown(name, one) for name, one in conversations.all(http.scope[OWNER], prefix)])

    @site.get("/v1/conversations/{name}", tags=["chat"])
    def get_conversation(name: Name, http: Request) -> ConversationTurns:
        """What was asked and answered in one, with evidence."""
        found = conversations.get(name, http.scope[OWNER])
        if found is None:
            raise _missing(name)
        talk, turns = found
        return ConversationTurns.model_validate({**_shown(name, talk).model_dump(), "data": turns})

    @site.patch("/v1/conversations/{name}", tags=["chat"])
    def rename_conversation(name: Name, request: TitleRequest, http: Request) -> ConversationObject:
        """Give one another title."""
        if not conversations.rename(name, http.scope[OWNER], request.title):
            raise _missing(name)
        found: Any = conversations.get(name, http.scope[OWNER])
        return _shown(name, found[0])

    @site.delete("/v1/conversations/{name}", tags=["chat"])
    def delete_conversation(name: Name, http: Request) -> ConversationDeleted:
        """Delete one; later questions in it lean on nothing."""
        if not conversations.delete(name, http.scope[OWNER]):
            raise _missing(name)
        return ConversationDeleted(id=name)


def _shown(name: str, talk: Talk) -> ConversationObject:
    return ConversationObject(
        id=name,
        title=talk.title,
        videos=list(talk.videos),
        turns=talk.turns,
        created=int(talk.made),
        changed=int(talk.changed),
    )


def _missing(name: str) -> RequestError:
    told = f"there is no conversation {name[:60]!r}"
    return RequestError(404, "not_found_error", "conversation_not_found", told, "name")
