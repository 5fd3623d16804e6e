"""The API as programs meet it: a real server, the official `openai` client, real models."""

import re
import socket
import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from served import serving
from vidscout import VideoScout
from vidscout.agent.api.app import application
from vidscout.agent.inbox.inbox import Inbox
from vidscout.agent.inbox.questions_at_once import AT_ONCE

from .conftest import KEY, MOST, Served, refused

pytestmark = pytest.mark.models


def about(video: str, text: str) -> list[Any]:
    return [{"role": "user", "content": [{"type": "video", "video": video}, {"type": "text", "text": text}]}]


def by_address(url: str, text: str) -> list[Any]:
    parts = [{"type": "video_url", "video_url": {"url": url}}, {"type": "text", "text": text}]
    return [{"role": "user", "content": parts}]


def until(served: Served, video: str, *states: str) -> dict[str, Any]:
    end = time.monotonic() + 90
    while (status := served.http.get(f"/v1/videos/{video}").json())["status"] not in states:
        assert time.monotonic() < end, status
        time.sleep(0.05)
    return status


# -- answers ---------------------------------------------------------------------------------------------------------


def test_an_answer_names_its_evidence_its_frames_and_its_cost(served: Served):
    done = served.client.chat.completions.create(
        model="vidscout", messages=about(served.video, "When does “TAXI” appear?")
    )
    message = done.choices[0].message
    assert "0:03" in (message.content or "")
    told = (message.model_extra or {})["vidscout"]
    best = told["citations"][0]
    known = {"video", "name", "start", "end", "modality", "text", "score", "source", "box", "picture"}
    assert set(best) == known
    assert (best["video"], best["modality"], best["text"]) == (served.video, "screen_text", "TAXI")
    assert 2 <= best["start"] <= 4
    assert told["counters"]["frames_decoded"] == 0
    assert told["timings"]["total"] > 0
    picture = served.http.get(told["frames"][0]["url"])
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.content.startswith(b"\xff\xd8")


def test_usage_counts_the_tokens_of_prompt_and_answer(served: Served):
    done = served.client.chat.completions.create(
        model="vidscout", messages=about("bikes.mp4", "Is there a person?"), max_tokens=8
    )
    assert done.usage is not None
    assert 0 <= done.usage.completion_tokens <= 8, "what is quoted was not generated"
    assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens


def test_a_stream_ends_with_the_same_text_and_the_evidence(served: Served):
    messages = by_address(f"vidscout://{served.video}", "When does “TAXI” appear?")
    whole = served.client.chat.completions.create(model="vidscout", messages=messages)
    chunks = list(
        served.client.chat.completions.create(
            model="vidscout", messages=messages, stream=True, stream_options={"include_usage": True}
        )
    )
    assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk.id for chunk in chunks}) == 1
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    told = [(chunk.model_extra or {}).get("vidscout") for chunk in chunks]
    assert {"event": "step", "step": "plan"} in told
    last = next(entry for entry in reversed(told) if entry)
    assert last["event"] == "answer"
    assert last["citations"] == (whole.choices[0].message.model_extra or {})["vidscout"]["citations"]
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage is not None
    assert chunks[-1].choices == []


def test_an_option_is_named_by_its_letter(served: Served):
    options = ["BAKERY", "TAXI", "HOTEL"]
    done = served.client.chat.completions.create(
        model="vidscout", messages=about(served.video, "Which word is written?"), extra_body={"options": options}
    )
    assert (done.choices[0].message.model_extra or {})["vidscout"]["choice"] == "B"


@pytest.mark.parametrize("options", [["one"], ["same", "same"], ["", "two"], [str(n) for n in range(27)]])
@pytest.mark.parametrize("stream", [False, True])
def test_bad_options_are_refused_by_a_status_even_where_a_stream_was_wanted(
    served: Served, options: list[str], stream: bool
):
    with pytest.raises(openai.BadRequestError, match="multiple choice takes 2 to 26"):
        served.client.chat.completions.create(
            model="vidscout", messages=about(served.video, "Which?"), extra_body={"options": options}, stream=stream
        )


def test_a_question_may_lean_on_the_answer_before_it(served: Served):
    first = about(served.video, "When does “TAXI” appear?")
    text = served.client.chat.completions.create(model="vidscout", messages=first).choices[0].message.content
    then = [*first, {"role": "assistant", "content": text}, {"role": "user", "content": "What happened after that?"}]
    after = served.client.chat.completions.create(model="vidscout", messages=then).choices[0].message
    told = (after.model_extra or {})["vidscout"]
    assert not any("not known to this server" in note for note in told["notes"])
    assert told["citations"]
    assert all(item["end"] > 3 for item in told["citations"])
    other = openai.OpenAI(base_url=f"{served.address}/v1", api_key="another-key", max_retries=0)
    alone = other.chat.completions.create(model="vidscout", messages=then).choices[0].message
    assert any("not known to this server" in note for note in (alone.model_extra or {})["vidscout"]["notes"])


def test_a_named_conversation_goes_on_without_its_messages(served: Served):
    def asked(question: str) -> Any:
        return served.client.chat.completions.create(
            model="vidscout", messages=about(served.video, question), extra_body={"conversation": "ours"}
        )

    asked("When does “TAXI” appear?")
    done = asked("What happened after that?")
    told = (done.choices[0].message.model_extra or {})["vidscout"]
    assert told["conversation"] == "ours"
    assert all(item["end"] > 3 for item in told["citations"])


def test_several_questions_at_once_get_their_own_answers(served: Served):
    questions = {"When does “TAXI” appear?": "0:03", "When does a car appear?": "0:06"}

    def asked(question: str) -> str:
        done = served.client.chat.completions.create(model="vidscout", messages=about(served.video, question))
        return done.choices[0].message.content or ""

    with ThreadPoolExecutor(6) as pool:
        for question, text in zip(list(questions) * 3, pool.map(asked, list(questions) * 3), strict=True):
            assert questions[question] in text


def test_whoever_comes_when_all_places_are_taken_is_told_to_try_again(served: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(served.inbox._questions, "_moment", 0.1)
    places = [served.inbox.asking() for _ in range(AT_ONCE)]
    for place in places:
        place.__enter__()
    try:
        body = {"model": "vidscout", "messages": about(served.video, "What is shown?")}
        response = served.http.post("/v1/chat/completions", json=body)
        refused(response, 429, "busy")
        assert int(response.headers["retry-after"]) > 0
    finally:
        for place in places:
            place.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"model": "gpt-4o"}, 404, "model_not_found"),
        ({"messages": []}, 400, "invalid_request"),
        ({"messages": [{"role": "user", "content": "What is shown?"}]}, 400, "no_video"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, 400, "unsupported_part"),
        ({"messages": about("bikes.mp4", "  ")}, 400, "invalid_request"),
        ({"messages": about("bikes.mp4", "x" * 5000)}, 400, "invalid_request"),
        ({"messages": about("0" * 32, "What is shown?")}, 404, "video_not_found"),
        ({"messages": about("/etc/passwd", "What is shown?")}, 404, "video_not_found"),
        ({"messages": by_address("vidscout://nothing", "What is shown?")}, 404, "video_not_found"),
        ({"messages": by_address("file:///etc/passwd", "What is shown?")}, 400, "address_refused"),
        ({"messages": by_address("http://127.0.0.1:9/a.mp4", "What is shown?")}, 400, "address_refused"),
        ({"messages": by_address("http://169.254.169.254/latest", "What?")}, 400, "address_refused"),
        ({"messages": by_address("data:video/mp4;base64,AAAA", "What?")}, 400, "address_refused"),
        ({"time_range": [8, 2]}, 400, "invalid_request"),
        ({"n": 2}, 400, "unsupported_parameter"),
        ({"tools": [{"type": "function"}]}, 400, "unsupported_parameter"),
        ({"max_tokens": 0}, 400, "invalid_request"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_in_one_line(served: Served, change: dict[str, Any], status: int, code: str):
    body = {"model": "vidscout", "messages": about("bikes.mp4", "What is shown?"), **change}
    refused(served.http.post("/v1/chat/completions", json=body), status, code)


def test_a_path_of_the_server_is_not_a_video_although_the_file_exists(served: Served, trailer: Path):
    body = {"model": "vidscout", "messages": about(str(trailer), "What is shown?")}
    refused(served.http.post("/v1/chat/completions", json=body), 404, "video_not_found")
    refused(served.http.post("/v1/search", json={"query": "a", "video": str(trailer)}), 404, "video_not_found")
    refused(served.http.post("/v1/detect", json={"video": str(trailer)}), 404, "video_not_found")


def test_parameters_without_effect_are_told(served: Served):
    done = served.client.chat.completions.create(
        model="vidscout", messages=about(served.video, "When does “TAXI” appear?"), temperature=0.2
    )
    assert "temperature changes nothing here" in (done.choices[0].message.model_extra or {})["vidscout"]["notes"]


def test_models_are_listed(served: Served):
    names = [model.id for model in served.client.models.list()]
    assert names == ["vidscout", "vidscout-embedded"]
    assert served.client.models.retrieve("vidscout").id == "vidscout"
    with pytest.raises(openai.NotFoundError):
        served.client.models.retrieve("gpt-4o")


# -- videos ----------------------------------------------------------------------------------------------------------


def test_a_video_is_sent_read_asked_about_and_deleted(served: Served, carphone: Path):
    sent = served.http.post("/v1/videos", files={"file": ("../my phone.mp4", carphone.read_bytes(), "video/mp4")})
    assert sent.status_code == 202, sent.text
    video = sent.json()["id"]
    assert sent.json()["name"] == "my phone.mp4"
    assert sent.json()["status"] in ("waiting", "reading")
    question = by_address(f"vidscout://{video}", "What is shown?")
    done = served.client.chat.completions.create(model="vidscout", messages=question)  # waits until it has been read
    assert done.choices[0].message.content
    ready = until(served, video, "ready")
    assert ready["progress"] == 1.0
    assert ready["duration"] == pytest.approx(4, abs=1)
    assert video in [one["id"] for one in served.http.get("/v1/videos").json()["data"]]
    kept = served.inbox.scout.find(video).path
    assert kept.parent == served.inbox.uploads.resolve()
    assert served.http.delete(f"/v1/videos/{video}").json() == {"id": video, "object": "video", "deleted": True}
    assert not kept.exists()
    refused(served.http.get(f"/v1/videos/{video}"), 404, "video_not_found")
    refused(served.http.delete(f"/v1/videos/{video}"), 404, "video_not_found")


def test_a_video_is_fetched_once_from_a_listed_host(served: Served):
    url = f"{served.files.address}/carphone.mp4"
    question = by_address(url, "What is shown?")
    served.client.chat.completions.create(model="vidscout", messages=question)
    done = served.client.chat.completions.create(model="vidscout", messages=question)
    assert [status for path, status in served.files.answered if path == "/carphone.mp4"] == [200, 304]
    [video] = (done.choices[0].message.model_extra or {})["vidscout"]["videos"]
    assert served.http.get(f"/v1/videos/{video}").json()["name"] == "carphone.mp4"
    both = by_address(url, "What is shown?")
    both[0]["content"].insert(0, {"type": "video", "video": served.video})
    told = served.client.chat.completions.create(model="vidscout", messages=both).choices[0].message.model_extra or {}
    assert told["vidscout"]["videos"] == [served.video, video]
    assert served.http.delete(f"/v1/videos/{video}").status_code == 200


def test_what_is_fetched_must_be_a_video(served: Served):
    body = {"model": "vidscout", "messages": by_address(f"{served.files.address}/page.html", "What is shown?")}
    refused(served.http.post("/v1/chat/completions", json=body), 415, "not_media")
    assert list(served.inbox.arrivals.claim().iterdir()) == []


def test_a_text_file_called_mp4_is_refused_and_not_kept(served: Served):
    response = served.http.post("/v1/videos", files={"file": ("film.mp4", b"this is no film\n" * 99)})
    assert "film.mp4: nothing in it" in refused(response, 415, "not_media")
    assert list(served.inbox.arrivals.claim().iterdir()) == []


def test_a_playlist_reaches_no_other_file(served: Served, bikes: Path):
    playlist = f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{bikes}\n#EXT-X-ENDLIST\n"
    refused(served.http.post("/v1/videos", files={"file": ("film.mp4", playlist.encode())}), 415, "not_media")


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(served: Served):
    head = f"POST /v1/videos HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n"
    head += f"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: {MOST * 10}\r\n\r\n"
    host, port = served.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 10) as connection:
        connection.sendall(head.encode())
        answered = connection.recv(4096)
    assert answered.startswith(b"HTTP/1.1 413 ")
    assert b"the most that is taken" in answered


def test_a_file_that_hides_its_size_is_cut_off_at_the_limit(served: Served):
    def body() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
        for _ in range(MOST // 2**16 * 3):
            yield b"\0" * 2**16

    head = {"Content-Type": "multipart/form-data; boundary=x"}
    try:
        response = served.http.post("/v1/videos", content=body(), headers=head)
    except httpx.WriteError:
        pass  # the server has hung up while more was being sent
    else:
        refused(response, 413, "too_large")
    assert list(served.inbox.arrivals.claim().iterdir()) == []


def test_a_video_that_is_too_long_is_refused_with_the_limit(served: Served, tmp_path: Path):
    import av

    path = tmp_path / "long.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=1)
        stream.width = stream.height = 64
        for _ in range(40):
            out.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        out.mux(stream.encode(None))
    response = served.http.post("/v1/videos", files={"file": path.open("rb")})
    assert "at most 0:20 are taken" in refused(response, 413, "too_large")


@pytest.mark.parametrize(
    ("headers", "content", "status", "code"),
    [
        ({"Content-Type": "application/octet-stream"}, b"abc", 415, "not_a_form"),
        ({"Content-Type": "multipart/form-data"}, b"abc", 415, "not_a_form"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"no form", 400, "not_a_form"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x--\r\n", 400, "no_file"),
    ],
)
def test_what_is_no_form_is_refused(served: Served, headers: dict[str, str], content: bytes, status: int, code: str):
    refused(served.http.post("/v1/videos", content=content, headers=headers), status, code)


# -- evidence --------------------------------------------------------------------------------------------------------


def test_search_finds_by_body_and_by_address(served: Served):
    by_body = served.http.post("/v1/search", json={"query": "taxi", "video": "bikes.mp4", "modality": "screen_text"})
    assert by_body.json()["data"][0]["text"] == "TAXI"
    query = {"query": "taxi", "video": served.video, "modality": "screen_text", "start": 1}
    assert served.http.get("/v1/search", params=query).json()["data"] == by_body.json()["data"]
    refused(served.http.post("/v1/search", json={"query": "taxi", "modality": "smell"}), 400, "invalid_request")
    refused(served.http.post("/v1/search", json={"query": " "}), 400, "invalid_request")
    refused(served.http.get("/v1/search", params={"query": ""}), 400, "invalid_request")
    picture = b64encode(served.http.get(by_body.json()["data"][0]["picture"]).content).decode()
    by_picture = served.http.post("/v1/search", json={"image": f"data:image/jpeg;base64,{picture}", "k": 1}).json()
    assert by_picture["data"][0]["name"] == "bikes.mp4"
    assert by_picture["data"][0]["score"] > 0.9
    refused(served.http.post("/v1/search", json={"image": "bm8gcGljdHVyZQ=="}), 400, "invalid_request")
    refused(served.http.post("/v1/search", json={"image": "§"}), 400, "invalid_request")
    refused(served.http.post("/v1/search", json={"image": picture, "query": "taxi"}), 400, "invalid_request")


def test_a_video_is_described_by_its_chapters(served: Served):
    made = served.http.post("/v1/describe", json={"video": served.video, "style": "chapters"}).json()
    assert made["chapters"][0]["start"] == 0
    assert made["chapters"][-1]["end"] == pytest.approx(made["duration"], abs=0.01)
    for change in ({"language": "Klingonese"}, {"style": "poem"}):
        answer = served.http.post("/v1/describe", json={"video": served.video, **change})
        assert answer.status_code == 400
        assert "\n" not in answer.json()["error"]["message"]


def test_a_video_is_examined_for_traces_of_generation(served: Served):
    verdict = served.http.post("/v1/detect", json={"video": served.video}).json()
    assert verdict["label"] in ("real", "generated", "uncertain")
    assert verdict["signals"]


def test_how_good_a_video_is_can_be_asked(served: Served):
    found = served.http.post("/v1/quality", json={"video": served.video}).json()
    assert list(found) == ["level", "score", "measures"]
    assert {"name", "value", "unit", "worst"} == set(found["measures"][0])
    refused(served.http.post("/v1/quality", json={"video": "nowhere"}), 404, "video_not_found")


def test_a_probe_needs_an_answerer_that_sees(served: Served):
    asked = {"video": served.video, "question": "Which word is written?"}
    refused(served.http.post("/v1/probe", json=asked), 400, "invalid_request")
    refused(served.http.post("/v1/probe", json={**asked, "video": "nowhere"}), 404, "video_not_found")
    refused(served.http.post("/v1/probe", json={"video": served.video}), 400, "invalid_request")


def test_what_is_in_a_box_can_be_asked(served: Served):
    asked = {"model": "vidscout", "messages": about(served.video, "What does this say?")}
    whole = served.http.post("/v1/chat/completions", json={**asked, "region": [3.0, [0.0, 0.0, 1.0, 1.0]]}).json()
    message = whole["choices"][0]["message"]
    [written] = [one for one in message["vidscout"]["citations"] if one["modality"] == "screen_text"]
    assert "TAXI" in written["text"]
    assert (written["start"], written["box"]) == (3.0, [0.0, 0.0, 1.0, 1.0])
    bad = served.http.post("/v1/chat/completions", json={**asked, "region": [3.0, [0.4, 0.0, 0.2, 1.0]]})
    assert "is no box within 0 to 1" in bad.json()["error"]["message"]
    assert bad.status_code == 400


# -- who may ask -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer wrong", f"Basic {KEY}", f"Bearer {KEY}x", "Bearer kéy"])
def test_without_the_key_nothing_is_served_but_health_and_documents(served: Served, header: str | None):
    headers = [(b"Authorization", header.encode())] if header else []
    with httpx.Client(base_url=served.address, headers=headers) as client:
        for method, path in (
            ("GET", "/v1/models"), ("GET", "/v1/videos"), ("DELETE", f"/v1/videos/{served.video}"),
            ("POST", "/v1/chat/completions"), ("POST", "/v1/videos"), ("GET", "/v1/search?query=a"),
            ("GET", f"/v1/videos/{served.video}/frames/0.jpg"), ("GET", "/nowhere"),
        ):  # fmt: skip
            response = client.request(method, path)
            refused(response, 401, "invalid_api_key")
            assert response.headers["www-authenticate"] == "Bearer"
        assert client.get("/health").json()["status"] == "ok"
        assert client.get("/docs").status_code == 200
    assert served.http.get(f"/v1/videos/{served.video}").status_code == 200


def test_the_openai_client_knows_a_wrong_key(served: Served):
    client = openai.OpenAI(base_url=f"{served.address}/v1", api_key="wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError, match="the API key is wrong"):
        client.models.list()


def test_documents_need_nobody_else(served: Served):
    page = served.http.get("/docs").text
    addresses = re.findall(r"(?:src|href)=\"([^\"]+)\"", page)
    assert addresses
    assert all(address.startswith("/") for address in addresses)
    assert all(served.http.get(address).status_code == 200 for address in addresses)
    described = served.http.get("/openapi.json").json()
    assert set(described["paths"]) >= {
        "/v1/chat/completions",
        "/v1/videos",
        "/v1/videos/{video}",
        "/v1/search",
        "/v1/detect",
        "/v1/quality",
        "/v1/probe",
        "/v1/describe",
    }
    assert described["security"] == [{"key": []}]


def test_requests_that_are_no_files_have_a_limit_too(served: Served):
    huge = {"model": "vidscout", "messages": about("bikes.mp4", "x" * 2**21)}
    refused(served.http.post("/v1/chat/completions", json=huge), 413, "too_large")
    chunks = (b" " * 2**16 for _ in range(40))
    response = served.http.post("/v1/search", content=chunks, headers={"Content-Type": "application/json"})
    refused(response, 413, "too_large")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"messages": 1}', b"\xff\xfe"])
def test_rubbish_is_refused_in_one_line(served: Served, content: bytes):
    response = served.http.post("/v1/chat/completions", content=content, headers={"Content-Type": "application/json"})
    refused(response, 400, "invalid_request")


def test_unknown_addresses_and_methods_have_the_same_shape(served: Served):
    refused(served.http.get("/v1/nothing"), 404, "unknown_address")
    refused(served.http.put("/v1/videos"), 405, "refused")
    refused(served.http.get(f"/v1/videos/{served.video}/frames/123456.jpg"), 404, "video_not_found")
    refused(served.http.get(f"/v1/videos/{served.video}/frames/-1.jpg"), 400, "invalid_request")


def test_without_keys_no_web_page_of_another_site_may_ask(tmp_path: Path):
    with VideoScout("embedded", home=tmp_path) as scout, serving(application(Inbox(scout))) as address:
        assert httpx.get(f"{address}/v1/videos").json()["data"] == []
        assert httpx.get(f"{address}/v1/videos", headers={"Origin": address}).status_code == 200
        refused(httpx.get(f"{address}/v1/videos", headers={"Origin": "https://evil.example"}), 403, "origin_refused")
        refused(httpx.get(f"{address}/v1/videos", headers={"Host": "evil.example"}), 403, "host_refused")
