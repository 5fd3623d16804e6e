"""The addresses of the people in a video: who speaks, and what they are called."""

from typing import Annotated

from fastapi import FastAPI, Path
from pydantic import BaseModel, Field

from ..inbox.inbox import Inbox
from ..people.people import Listed


class SomebodyObject(BaseModel):
    """Somebody who speaks, or whose face is seen."""

    name: str = Field(description="As somebody or the video says; else `Speaker 2` or `unknown person 3`.")
    seconds: float = Field(description="For how long.")
    spans: list[tuple[float, float]] = Field(description="From when to when, in seconds.")
    looks: list[str] = Field(default=[], description="Colours of clothes and posture, of somebody whose face is seen.")


class PeopleObject(BaseModel):
    """The people in a video."""

    people: list[SomebodyObject] = Field(description="Whose faces are seen.")
    speakers: list[SomebodyObject]


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
        """Whose face is seen and who speaks in a video, for how long and when."""
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
