"""The whole answer graph with every kind of video-LLM: a real clip, real perception, tiny checkpoints that answer."""

import copy
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from checkpoints import IMAGE_LLMS, VIDEO_LLMS
from fed_tokens import Watch
from vidscout import Answer, VideoScout
from vidscout.tools.errors import AnswererError
from vidscout.tools.videollm import FramePart, Message, VideoLLM
from vidscout.tools.videollm.families import of_checkpoint
from vidscout.tools.videollm.hub_model import Transformers
from vidscout.tools.videollm.servers.openai_server import OpenAiServer

pytestmark = pytest.mark.models

QUESTION = "What kind of vehicle does the person ride?"
OPTIONS = ["a bicycle", "a boat", "none at all"]
BUDGET = 900


@pytest.fixture(scope="module")
def read_once(tmp_path_factory: pytest.TempPathFactory, bikes: Path) -> Path:
    """An index that holds ten seconds of a street, read by the embedded models."""
    folder = tmp_path_factory.mktemp("street") / "home"
    with VideoScout(home=folder) as scout:
        scout.ingest(bikes)
    return folder


@pytest.fixture(scope="module")
def perception(read_once: Path) -> Iterator[VideoScout]:
    """The embedded models that a question needs; they stay loaded for all tests here."""
    with VideoScout(home=read_once) as scout:
        scout.role("text_embedding").ready()
        yield scout


@pytest.fixture
def scout_with(perception: VideoScout) -> Callable[..., VideoScout]:
    def make(answerer: VideoLLM, observations: int = 0, **settings: Any) -> VideoScout:
        limits = {"token_budget": BUDGET, "frames": 4, "max_new_tokens": 12, "max_rounds": 1}
        scout = perception.with_settings(**limits, observations=observations, **settings)
        scout.models = copy.copy(perception.models)
        scout.models._backends = {**perception.models._backends, "answerer": answerer}
        return scout

    return make


@pytest.fixture(scope="module")
def video_llm(checkpoint: Callable[[str], Path]) -> Iterator[Callable[..., Transformers]]:
    known: dict[Any, Transformers] = {}

    def load(name: str, **options: Any) -> Transformers:
        options.setdefault("as_video", False)  # what the family prefers is told in test_families.py
        asked = (name, *sorted(options.items()))
        if asked not in known:
            known[asked] = Transformers(checkpoint(name), device="cpu", **options)
            known[asked].ready()
        known[asked]._prefixes.clear()
        known[asked]._encoder.clear()
        return known[asked]

    yield load
    for model in known.values():
        model.close()


@contextmanager
def prompts(model: Transformers) -> Iterator[list[list[FramePart]]]:
    """The frames of each prompt that the model reads meanwhile."""
    shown: list[list[FramePart]] = []
    read = model._reader.read

    def watched(messages: Sequence[Message]) -> Any:
        shown.append([frame for message in messages for frame in message.frames])
        return read(messages)

    model._reader.read = watched
    try:
        yield shown
    finally:
        del model._reader.read


def within_budget(answer: Answer) -> bool:
    return 0 < answer.tokens["auxiliary"] + answer.tokens["visual"] <= BUDGET


@pytest.mark.parametrize("name", [*VIDEO_LLMS, *IMAGE_LLMS])
def test_frames_reach_the_model_and_the_tokens_are_those_predicted(name, video_llm, scout_with, bikes, checkpoint):
    import torch
    from PIL import Image
    from transformers import AutoProcessor

    model = video_llm(name)
    with Watch(model) as watch, prompts(model) as shown:
        answer = scout_with(model).ask(bikes, QUESTION)
    assert "respond" in answer.route
    assert answer.text.strip()
    assert answer.tokens["visual"] > 0
    assert within_budget(answer)
    # A sliding cache cannot be cut: what comes before the question is read apart, to be kept.
    assert sum(watch.fed[: 2 if name == "gemma-3" else 1]) == answer.tokens["prompt"]
    assert watch.looks == 1
    paths = [frame.path for frame in shown[-1]]
    assert len(set(paths)) > 1
    assert {str(path) for path in paths} <= {frame.thumbnail for frame in answer.frames}
    pictures = [Image.open(path) for path in paths]
    processor = AutoProcessor.from_pretrained(checkpoint(name)).image_processor
    known = of_checkpoint(checkpoint(name))
    expected = processor(images=[pictures], return_tensors="pt", **(known.images if known else {}))
    assert torch.equal(watch.pixels[0].flatten(), expected["pixel_values"].flatten())


def test_frames_that_do_not_settle_it_are_followed_by_a_closer_look_at_one_part(video_llm, scout_with, bikes):
    model = video_llm("qwen2.5-vl")  # of random weights: what it writes is no request and supports nothing
    with Watch(model) as watch, prompts(model) as shown:
        answer = scout_with(model, observations=1).ask(bikes, QUESTION)
    assert answer.route.count("observe") == 1
    assert watch.looks == 2
    assert any("the rules say" in note for note in answer.notes)
    assert any("looked closer: 0:0" in note for note in answer.notes)
    assert {part.path for part in shown[-1]} != {part.path for part in shown[0]}
    assert within_budget(answer)


@pytest.mark.parametrize("name", [*VIDEO_LLMS, *IMAGE_LLMS])
def test_options_are_weighed_on_the_same_frames_without_looking_again(name, video_llm, scout_with, bikes):
    model = video_llm(name)
    scout = scout_with(model, route="direct")
    scout.ask(bikes, QUESTION)
    with Watch(model) as watch:
        answer = scout.ask(bikes, QUESTION, options=OPTIONS)
    assert answer.choice in ("A", "B", "C")
    assert within_budget(answer)
    assert watch.looks == 0
    one = answer.tokens["prompt"] + sum(len(f"\nA) {option}") for option in OPTIONS) + 40  # a byte is a token here
    assert watch.tokens <= 1.3 * one


@pytest.mark.parametrize(
    ("encoder", "captioner", "answerer"), [("siglip2", "blip", "qwen3-vl"), ("clip", "florence-2", "smolvlm2")]
)
def test_a_profile_of_hub_models_alone_reads_a_video_and_answers(
    encoder, captioner, answerer, checkpoint, tmp_path, bikes
):
    def played_by(backend: str, name: str) -> dict[str, Any]:
        return {"backend": backend, "model": str(checkpoint(name)), "device": "cpu"}

    roles = {
        "speech": played_by("whisper", "whisper"),
        "objects": played_by("grounding-dino", "grounding-dino"),
        "frame_embedding": played_by(encoder, encoder),
        "captions": played_by(captioner, captioner),
        "answerer": played_by("transformers", answerer),
    }
    profiles = {"tiny": {"base": "embedded", "roles": roles, "token_budget": BUDGET, "frames": 4}}
    with VideoScout(profile="tiny", profiles=profiles, home=tmp_path / "home", max_new_tokens=8) as scout:
        [ingested] = scout.ingest(bikes)
        assert ingested.records
        scout.role("speech").ready()  # the clip is silent
        assert all(scout.role(role).is_ready for role in roles if role != "answerer")
        answerer_model = scout.role("answerer")
        answerer_model.ready()
        with Watch(answerer_model) as watch:
            answer = scout.ask(bikes, QUESTION, options=OPTIONS)
    assert answer.choice in ("A", "B", "C")
    assert watch.looks > 0
    assert within_budget(answer)
    assert answer.profile == "tiny"


@pytest.mark.parametrize("name", ["qwen2.5-vl", "llava-next-video"])
def test_frames_go_as_one_video_too(name, video_llm, scout_with, bikes):
    model = video_llm(name, as_video=True)
    with Watch(model) as watch:
        answer = scout_with(model).ask(bikes, QUESTION)
    assert watch.looks == 1
    assert watch.fed[0] == answer.tokens["prompt"]
    assert within_budget(answer)


@pytest.mark.parametrize("packer", ["grid", "thumbnail"])
@pytest.mark.parametrize("name", ["smolvlm2", "llava-onevision"])
def test_models_of_single_images_are_served_by_one_picture_of_all(packer, name, video_llm, scout_with, bikes):
    model = video_llm(name, most_frames=1)
    with Watch(model) as watch:
        answer = scout_with(model, packer=packer).ask(bikes, QUESTION)
    assert answer.tokens["visual"] > 0
    assert watch.looks == 1
    assert watch.fed[0] == answer.tokens["prompt"]
    assert within_budget(answer)


def test_a_budget_too_small_for_a_frame_leaves_the_frames_out(video_llm, scout_with, bikes):
    model = video_llm("llava-onevision")
    with Watch(model) as watch:
        answer = scout_with(model).with_settings(token_budget=40).ask(bikes, QUESTION)
    assert watch.looks == 0
    assert answer.tokens["visual"] == 0
    assert answer.tokens["auxiliary"] <= 40


def test_the_model_may_see_no_more_frames_than_it_takes(video_llm, scout_with, bikes):
    model = video_llm("smolvlm2", most_frames=2)
    with prompts(model) as shown:
        answer = scout_with(model, route="direct").ask(bikes, QUESTION)
    assert len(answer.frames) > 2
    assert max(map(len, shown)) == 2


class _Server(BaseHTTPRequestHandler):
    """A server of a model that sees, as far as a client can tell."""

    protocol_version = "HTTP/1.1"
    bodies: list[dict[str, Any]]

    def log_message(self, format: str, *args: Any) -> None: ...

    def do_GET(self) -> None:
        self.say({"data": [{"id": "tiny", "owned_by": "vllm", "max_model_len": 8192}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/tokenize":
            self.say({"count": len(json.dumps(body["messages"])) // 4})
        elif "stream" in body:
            self.bodies.append(body)
            events = [{"choices": [{"delta": {"content": "A minivan, or a cab."}, "finish_reason": "stop"}]}, "[DONE]"]
            lines = [e if isinstance(e, str) else json.dumps(e) for e in events]
            self.say("".join(f"data: {line}\n\n" for line in lines), "text/event-stream")
        else:
            usage = {"prompt_tokens": 12 + 70 * json.dumps(body).count('image_url": {')}
            letter = "B" if "B) Yes" in json.dumps(body) else "A"  # it finds in the frames whatever it is asked about
            self.say({"choices": [{"message": {"content": letter}, "finish_reason": "stop"}], "usage": usage})

    def say(self, body: Any, kind: str = "application/json") -> None:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def served() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    bodies: list[dict[str, Any]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Server", (_Server,), {"bodies": bodies}))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1", bodies
    server.shutdown()
    server.server_close()


def test_a_served_model_gets_the_frames_and_the_budget_is_kept(served, scout_with, bikes):
    address, bodies = served
    answer = scout_with(OpenAiServer(address)).ask(bikes, QUESTION)
    assert "minivan" in answer.text
    assert within_budget(answer)
    sent = [part for part in bodies[0]["messages"][-1]["content"] if part["type"] == "image_url"]
    assert len(sent) * 70 == answer.tokens["visual"] or 0 < answer.tokens["visual"] - len(sent) * 70 < 60
    assert sent[0]["image_url"]["url"].startswith("data:image/jpeg;base64,")


def test_a_served_model_that_is_gone_leaves_the_best_record_and_a_note(served, scout_with, bikes, monkeypatch):
    address, _ = served
    answerer = OpenAiServer(address, retries=0)
    answerer.ready()

    def gone(*_: Any) -> Any:
        raise AnswererError("the answerer cannot be reached: is the server running?")

    monkeypatch.setattr(answerer._endpoint, "pieces", gone)
    answer = scout_with(answerer).ask(bikes, QUESTION)
    assert any("is the server running" in note for note in answer.notes)


def test_several_answers_are_written_held_against_the_frames_and_probed_from_both_sides(video_llm, scout_with, bikes):
    model = video_llm("smolvlm2")
    answer = scout_with(model, best_of=3, verify="correct").ask(bikes, QUESTION)
    assert "correct" in answer.route
    assert 1 < len(answer.drafts) <= 3  # random weights write something else each time
    scores = [one.score for one in answer.drafts]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert len({one.before for one in answer.corrections}) == len(answer.corrections)
    probed = scout_with(model).probe(bikes, QUESTION, OPTIONS, expected=OPTIONS[0])
    assert not probed.text.images
    assert probed.frames.images
    right = [answer.choice == "A" for answer in (probed.text, probed.frames)]
    assert probed.fails == {(1, 1): "neither", (0, 1): "text", (1, 0): "frames", (0, 0): "both"}[tuple(right)]
