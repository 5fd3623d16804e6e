"""Moments over HTTP, against a real server with one short video."""

import io

import av
import pytest

from .conftest import Served, refused

pytestmark = pytest.mark.models


def test_stretches_come_with_their_evidence_and_by_video(served: Served):
    found = served.http.post("/v1/ground", json={"query": "when can one read “TAXI”?"}).json()
    [span] = found["spans"]
    assert 2 <= span["start"] <= 4
    assert span["evidence"][0]["text"] == "TAXI"
    assert found["by_video"] == {served.video: [span]}
    assert found["which"] == "every"
    nothing = served.http.post("/v1/ground", json={"query": "“platform nine”", "video": served.video}).json()
    assert nothing["spans"] == []


def test_the_best_clips_fit_the_time(served: Served):
    found = served.http.post("/v1/highlights", json={"video": served.video, "seconds": 4}).json()
    assert [clip["start"] for clip in found["clips"]] == [0, 2, 4, 6, 8]
    assert 0 < sum(clip["end"] - clip["start"] for clip in found["reel"]) <= 4


def test_a_clip_comes_as_a_file(served: Served):
    asked = {"video": served.video, "spans": [[2.0, 3.0]], "format": "mp4", "exact": True}
    response = served.http.post("/v1/clips", json=asked)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "video/mp4"
    with av.open(io.BytesIO(response.content), "r") as clip:
        assert (clip.duration or 0) / av.time_base == pytest.approx(1.0, abs=0.1)


def test_what_cannot_be_cut_or_found_is_refused_in_one_line(served: Served):
    for asked, told in (
        ({"spans": [[3.0, 2.0]]}, "has no length"),
        ({"spans": [[300.0, 301.0]]}, "behind the end"),
        ({"spans": [[0.0, 9000.0]]}, "600 s at most"),
    ):
        response = served.http.post("/v1/clips", json={"video": served.video, **asked})
        assert told in refused(response, 400, response.json()["error"]["code"])
    response = served.http.post("/v1/ground", json={"query": " "})
    assert "empty" in refused(response, 400, response.json()["error"]["code"])
