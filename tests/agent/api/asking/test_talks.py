"""Conversations, findings, corrections, files and search for programs and the page, against a real server."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from served import serving
from vidscout import VideoScout
from vidscout.agent.api.app import application
from vidscout.agent.api.findings import attachment
from vidscout.agent.inbox.inbox import Inbox
from vidscout.tools.records import Modality

from ..conftest import refused

pytestmark = pytest.mark.models
MINE = "0123456789abcdef-"


@dataclass(frozen=True)
class Talking:
    """A running API without keys over an index with the lecture and the trailer."""

    http: httpx.Client
    scout: VideoScout
    lecture: str
    trailer: str

    def ask(self, question: str, name: str, **more: object) -> dict:
        body = {"messages": [{"role": "user", "content": question}], "video": self.lecture, "conversation": name}
        response = self.http.post("/v1/chat/completions", json={**body, **more})
        assert response.status_code == 200, response.text
        return response.json()["choices"][0]["message"]

    def found(self, **search: object) -> list[dict]:
        response = self.http.post("/v1/search", json=search)
        assert response.status_code == 200, response.text
        return response.json()["data"]


@pytest.fixture(scope="module")
def talking(
    tmp_path_factory: pytest.TempPathFactory, copied_home: Callable[[Path], Path], lecture: Path, trailer: Path
) -> Iterator[Talking]:
    with VideoScout("embedded", home=copied_home(tmp_path_factory.mktemp("talks") / "home"), fast=True) as scout:
        inbox = Inbox(scout)
        with serving(application(inbox)) as address, httpx.Client(base_url=address, timeout=120) as http:
            yield Talking(http, scout, scout.find(lecture).id, scout.find(trailer).id)
        inbox.close()


def test_a_conversation_is_kept_with_each_answers_evidence_and_outlives_the_server(talking: Talking):
    name = f"{MINE}1"
    first = talking.ask("What is the mirror made of?", name)
    talking.ask("How much does the flight cost?", name)
    [listed] = talking.http.get("/v1/conversations", params={"prefix": name}).json()["data"]
    assert (listed["title"], listed["turns"], listed["videos"]) == (
        "What is the mirror made of?", 2, [talking.lecture],
    )  # fmt: skip
    with (  # another process over the same home
        VideoScout("embedded", home=talking.scout.settings.home) as again,
        serving(application(Inbox(again))) as address,
    ):
        kept = httpx.get(f"{address}/v1/conversations/{name}").json()["data"]
    assert [turn["question"] for turn in kept] == ["What is the mirror made of?", "How much does the flight cost?"]
    assert kept[0]["citations"] == first["vidscout"]["citations"]
    sentence = kept[0]["sentences"][0]
    cited = kept[0]["citations"][sentence["citation"]]
    assert "silicon carbide" in cited["text"]
    assert talking.http.get(cited["picture"]).headers["content-type"] == "image/jpeg"


def test_a_conversation_is_renamed_and_deleted(talking: Talking):
    name = f"{MINE}2"
    talking.ask("What is the mirror made of?", name)
    address = f"/v1/conversations/{name}"
    assert talking.http.patch(address, json={"title": "The mirror"}).json()["title"] == "The mirror"
    assert talking.http.delete(address).json()["deleted"]
    refused(talking.http.get(address), 404, "conversation_not_found")
    refused(talking.http.delete(address), 404, "conversation_not_found")
    assert talking.ask("And how heavy is it?", name)["vidscout"]["understood"] == "And how heavy is it?"


def test_nobody_lists_the_conversations_of_others(talking: Talking):
    talking.ask("What is the mirror made of?", f"{MINE}3")
    refused(talking.http.get("/v1/conversations"), 400, "prefix_needed")
    refused(talking.http.get("/v1/conversations", params={"prefix": MINE[:8]}), 400, "prefix_needed")
    elses = talking.http.get("/v1/conversations", headers={"Authorization": "Bearer somebody"})
    assert elses.json()["data"] == []


def test_a_corrected_word_is_found_at_once_and_is_the_users(talking: Talking):
    address = f"/v1/videos/{talking.lecture}/findings"
    said = talking.http.get(address, params={"modality": "speech", "words": True}).json()["data"]
    wrong = next(one for one in said if "Blue Pepper" in one["text"])
    fixed = wrong["text"].replace("Blue Pepper", "Xanthippe")
    response = talking.http.patch(f"{address}/{wrong['id']}", json={"text": fixed})
    assert response.status_code == 200, response.text
    told = response.json()
    assert (told["corrected"], told["source"], told["start"]) == (True, "user/1", wrong["start"])
    by_words = talking.found(query="Xanthippe", video=talking.lecture, fitting=True)
    assert [hit["text"] for hit in by_words] == [fixed]
    by_meaning = talking.scout.index.similarities(
        talking.scout.role("text_embedding").run([fixed])[0],
        [one for one in talking.scout.index.timeline(talking.lecture, [Modality.SPEECH]) if one.id == told["id"]],
    )
    assert by_meaning[told["id"]] > 0.98
    assert talking.found(query="Blue Pepper", video=talking.lecture, modality="speech", fitting=True) == []
    assert "Xanthippe" in talking.http.get(f"/v1/videos/{talking.lecture}/export").text
    assert "it may have been corrected" in refused(
        talking.http.patch(f"{address}/{wrong['id']}", json={"text": "x"}), 400, "invalid_request"
    )


def test_reading_again_does_not_undo_a_correction(talking: Talking):
    index = talking.scout.index
    said = index.records_by(talking.lecture, "speech")
    record = said[0]
    mine = talking.scout.correct(talking.lecture, record.id, "Good evening, everybody!")
    index.replace(talking.lecture, "speech", said, None)
    there = [one.text for one in index.timeline(talking.lecture, [Modality.SPEECH])]
    assert mine.text in there
    assert record.text not in there
    assert len(there) == len(set(there)), "nothing is there twice"


def test_what_no_video_holds_fits_nothing(talking: Talking):
    assert talking.found(query="the price of bread", fitting=True) == []
    assert talking.found(query="the price of bread"), "the nearest, where that is asked for"
    [best, *_] = talking.found(query="silicon carbide", fitting=True)
    assert (best["video"], best["name"], best["modality"]) == (talking.lecture, "lecture.mp4", "speech")


def test_a_search_is_narrowed_to_senses_times_and_people(talking: Talking):
    written = talking.found(query="telescope", modality=["screen_text"], fitting=True)
    assert {hit["modality"] for hit in written} == {"screen_text"}
    assert talking.found(query="silicon carbide", time_range=[60, 110], fitting=True) == []
    names = [one["name"] for one in talking.http.get("/v1/people").json()]
    assert names == ["Maria Keller"]
    hers = talking.found(query="telescope", person="maria keller", fitting=True)
    assert {hit["video"] for hit in hers} <= {talking.lecture}
    response = talking.http.post("/v1/search", json={"query": "telescope", "person": "Nobody"})
    assert "nobody is called" in refused(response, 400, "invalid_request")


def test_files_are_called_as_the_video_is_in_any_script(talking: Talking):
    known = talking.scout.find(talking.trailer)
    response = talking.http.get(f"/v1/videos/{known.id}/export", params={"format": "vtt"})
    assert response.headers["content-disposition"] == attachment("trailer.vtt")
    assert "filename*=UTF-8''%E6%BC%94%E8%AC%9B%20%D8%B9.srt" in attachment("演講 ع.srt")
    attachment('演講 ع\r\nX: y".srt').encode("latin-1")
    assert "no format" in refused(
        talking.http.get(f"/v1/videos/{known.id}/export", params={"format": "exe"}), 400, "invalid_request"
    )


def test_a_check_tells_its_steps_and_then_a_sentence(talking: Talking):
    with talking.http.stream("POST", "/v1/detect", json={"video": talking.lecture, "stream": True}) as response:
        lines = response.iter_lines()
        first = json.loads(next(lines).removeprefix("data: "))
    assert (first["event"], first["step"], first["progress"]) == ("step", "probe", 0.0)


def test_a_forgotten_video_takes_its_conversations_along(talking: Talking):
    name = f"{MINE}4"
    talking.ask("What does the title say about an Xylophonist?", name, video=talking.trailer)
    talking.ask("What is the mirror made of?", f"{MINE}5")
    talking.scout.forget(talking.trailer)
    refused(talking.http.get(f"/v1/conversations/{name}"), 404, "conversation_not_found")
    assert talking.http.get(f"/v1/conversations/{MINE}5").status_code == 200
    home = talking.scout.settings.home
    assert not [file.name for file in home.rglob("*.sqlite*") if b"ylophonist" in file.read_bytes()]
