"""The addresses of the people in a video: who speaks, and what they are called."""

from typing import Annotated, Any

from fastapi import FastAPI, Path
from pydantic import BaseModel, Field

from ..inbox.inbox import Inbox
from ..people import Listed


class SpeakerObject(BaseModel):
    """Somebody who speaks."""

    name: str = Field(description="As somebody or the video says; else `Speaker 2`.")
    seconds: float = Field(description="How long he speaks.")
    spans: list[tuple[float, float]] = Field(description="From when to when, in seconds.")


class PeopleObject(BaseModel):
    """The people in a video."""

    people: list[dict[str, Any]] = Field(description="Whose faces are seen.")
    speakers: list[SpeakerObject]


class NameRequest(BaseModel):
    """What somebody is called."""

    who: str = Field(min_length=1, max_length=200, description="As the list names him, as in `Speaker 2`.")
    name: str = Field(min_length=1, max_length=200, description="Who has it already is the same person from then on.")


Id = Annotated[str, Path(min_length=1, max_length=200)]


def add_people(site: FastAPI, inbox: Inbox) -> None:
    """Add the addresses to a server."""
    people = inbox.scout.people

    def listed(video: str) -> PeopleObject:
        return people_of(people.list(video))

    @site.get("/v1/videos/{video}/people", tags=["videos"])
    def list_people(video: Id) -> PeopleObject:
        """Who speaks in a video, how long and when."""
        return listed(inbox.find(video))

    @site.post("/v1/videos/{video}/people", tags=["videos"])
    def name_person(video: Id, request: NameRequest) -> PeopleObject:
        """Say what somebody is called; two with one name are one person."""
        found = inbox.find(video)
        people.name(request.who, request.name, found)
        return listed(found)

    @site.delete("/v1/videos/{video}/people/{name}", tags=["videos"])
    def forget_person(video: Id, name: Id) -> PeopleObject:
        """Take a name back."""
        found = inbox.find(video)
        people.forget(name, found)
        return listed(found)


def people_of(found: Listed) -> PeopleObject:
    """The people of a video in the shape of the answer."""
    return PeopleObject.model_validate(found.as_dict())
