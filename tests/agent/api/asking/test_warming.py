"""A first question: something is told at once, and what it needs can be loaded before it is asked."""

import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from served import serving
from vidscout import VideoScout
from vidscout.agent.api.app import application
from vidscout.agent.inbox.inbox import Inbox

pytestmark = pytest.mark.models
SOON = 3.0
"""Seconds from the question to its first event, on a machine on which other tests run; it takes a hundredth of a second
where nothing does, and took 21 s when models were loaded first."""


def test_a_cold_question_tells_something_at_once_and_a_warm_one_has_its_models(
    tmp_path: Path, copied_home: Callable[[Path], Path], lecture: Path
):
    with VideoScout(home=copied_home(tmp_path / "home"), fast=True) as scout:
        video = scout.library.identify(lecture)
        with serving(application(Inbox(scout))) as address, httpx.Client(base_url=address, timeout=120) as http:

            def first_event(question: str) -> tuple[float, str]:
                asked = {"messages": [{"role": "user", "content": question}], "video": video, "stream": True}
                began = time.perf_counter()
                with http.stream("POST", "/v1/chat/completions", json=asked) as told:
                    assert told.status_code == status, told.read()
                    event = next((line for line in told.iter_lines() if '"event"' in line), "")
                    return time.perf_counter() - began, event

            status = 400
            first_event("  ")
            assert not scout.role("text_embedding").is_ready, "an empty question is refused without a model"
            status = 200
            took, event = first_event("What is the mirror made of?")
            assert '"step":"load"' in event
            assert took < SOON
            for _ in range(600):
                if http.post("/v1/warm").json()["state"] == "ready":
                    break
                time.sleep(0.1)
            assert scout.role("text_embedding").is_ready
            _, event = first_event("What is the mirror made of?")
            assert '"step":"load"' not in event
