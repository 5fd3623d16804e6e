from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from made_videos import number_of, steady, write
from PIL import Image
from scripted import Scripted
from vidscout.bench.pipelines import registry
from vidscout.bench.pipelines.baseline import pack
from vidscout.bench.pipelines.baselines import FRAMES, FramesOnly, TextOnly, Uniform32
from vidscout.bench.pipelines.shown import Once, pictures, sampled
from vidscout.bench.pipelines.vidscout import srt
from vidscout.bench.sets.question import Subtitle
from vidscout.tools.errors import UsageError
from vidscout.tools.records import Modality
from vidscout.tools.videollm.interface import Message

OPTIONS = ["red", "green"]
SAID = (Subtitle(0.0, 4.0, "Good morning."), Subtitle(50.0, 52.0, "Nobody hears this."))


class Sees(Scripted):
    """Counts 100 tokens a picture and one a word, and keeps what it was shown."""

    name = "sees"
    context = 4000

    def __init__(self, *replies: str, sees: bool = True, most: int | None = None) -> None:
        super().__init__(*replies, sees=sees)
        self.most_frames = most
        self.prompts: list[Sequence[Message]] = []

    def next_tokens(self, messages: Sequence[Message]) -> Mapping[str, float]:
        self.prompts.append(messages)
        return {"B": -0.1}

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return sum(len(message.text.split()) + 100 * len(message.frames) for message in messages)


class Tags(Scripted):
    def run(self, images: Sequence[Any]) -> list[Any]:
        return [SimpleNamespace(labels=[]) for _ in images]


class Objects(Scripted):
    def run(self, images: Sequence[Any]) -> list[Any]:
        return [[] for _ in images]


def scout(model: Sees) -> Any:
    """A scout that has this answerer, and models that see nothing."""
    return SimpleNamespace(role=lambda name: {"answerer": model, "tags": Tags(), "objects": Objects()}[name])


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("video") / "v.mp4", steady(8, 8), codec="mpeg4")


def test_an_answerer_that_sees_gets_the_frames_as_pictures_in_order_of_time(video: Path):
    model = Sees()
    reply = Uniform32(scout(model)).ask(video, "Which?", OPTIONS)
    shown = model.prompts[0][-2].frames
    assert len(shown) == reply.pictures == len(reply.frame_times)
    assert [part.time for part in shown] == sorted(reply.frame_times)
    assert reply.pixels == 160 * 120 * reply.pictures
    assert reply.pictures > 20
    assert 0 <= reply.tokens["visual"] - 100 * reply.pictures < 5
    assert reply.choice in ("A", "B")


def test_the_pictures_are_those_of_their_times(video: Path):
    kept = pictures(sampled(video, 4))
    for picture in kept.all:
        with Image.open(picture.part.path) as opened:
            import numpy as np

            assert number_of(np.asarray(opened)) == pytest.approx(picture.part.time * 8, abs=0.1)


def test_an_answerer_that_sees_nothing_gets_no_picture_and_frames_only_refuses(video: Path):
    model = Sees(sees=False)
    reply = Uniform32(scout(model)).ask(video, "Which?", OPTIONS)
    assert (reply.pictures, reply.pixels, reply.tokens["visual"]) == (0, 0, 0)
    assert model.prompts[0][-2].frames == ()
    assert registry.references(scout(model))[1].keys() == {"frames-only"}
    with pytest.raises(UsageError, match="sees pictures"):
        FramesOnly(scout(model)).prepare(video)


def test_fewer_pictures_are_shown_where_the_context_or_the_model_takes_fewer(video: Path):
    few = Uniform32(scout(Sees(most=5))).ask(video, "Which?", OPTIONS)
    assert few.pictures == 5
    gaps = [b - a for a, b in zip(few.frame_times, few.frame_times[1:], strict=False)]
    assert max(gaps) < 2.5 * min(gaps)
    model = Sees()
    model.context = 1500
    small = Uniform32(scout(model)).ask(video, "Which?", OPTIONS)
    assert 0 < small.pictures <= 6 < FRAMES


def test_subtitles_reach_those_that_take_them_and_only_while_their_frames_are_shown(video: Path):
    model = Sees()
    uniform = Uniform32(scout(model))
    uniform.prepare(video, SAID)
    reply = uniform.ask(video, "Which?", OPTIONS)
    assert [text for _, _, _, text in reply.records] == ["Good morning."]
    assert "Good morning." in model.prompts[0][-2].text
    frames_only = FramesOnly(scout(model))
    frames_only.prepare(video, SAID)
    assert frames_only.ask(video, "Which?", OPTIONS).records == []


def test_text_only_gets_all_subtitles_and_no_picture(video: Path):
    model = Sees()
    text_only = TextOnly(scout(model))
    text_only.prepare(video, SAID)
    reply = text_only.ask(video, "Which?", OPTIONS)
    assert (len(reply.records), reply.pictures) == (2, 0)
    assert {modality for _, _, modality, _ in reply.records} == {str(Modality.SPEECH)}


def test_text_that_does_not_fit_is_left_out_evenly(video: Path):
    model = Sees()
    model.context = 1000
    text_only = TextOnly(scout(model))
    text_only.prepare(video, [Subtitle(n, n + 1, f"This is sentence number {n} of many.") for n in range(100)])
    starts = [start for start, *_ in text_only.ask(video, "Which?", OPTIONS).records]
    assert 3 < len(starts) < 100
    assert starts[0] < 15
    assert starts[-1] > 85


def test_an_open_question_is_answered_in_words(video: Path):
    reply = FramesOnly(scout(Sees("A train leaves."))).ask(video, "What happens?", [])
    assert (reply.answer_text, reply.choice) == ("A train leaves.", None)


def test_work_for_a_video_is_done_once_and_its_seconds_are_told_to_later_questions():
    once, done = Once(keep=2), []

    def work() -> str:
        done.append(1)
        return "made"

    assert once.of(Path("a"), work) == ("made", 0.0)
    value, spared = once.of(Path("a"), work)
    assert (value, len(done)) == ("made", 1)
    assert spared > 0
    once.of(Path("b"), work)
    once.of(Path("c"), work)
    once.of(Path("a"), work)
    assert len(done) == 4


def test_a_prompt_keeps_records_beside_its_pictures(video: Path):
    model = Sees()
    uniform = Uniform32(scout(model))
    uniform.prepare(video, SAID)
    packed = pack(model, "Which?", uniform.subtitles(video), pictures(sampled(video, 32)).all)
    assert packed.records
    assert model.count_tokens(packed.messages) <= model.context


def test_subtitles_are_written_as_subrip(tmp_path: Path):
    from vidscout.bench.public.base import srt as parsed

    path = tmp_path / "a.srt"
    said = (Subtitle(1.5, 62.25, "Good\nmorning."), Subtitle(3725.0, 3726.001, "Bye."))
    path.write_text(srt(said), encoding="utf-8")
    assert [(line.start, line.end, line.text) for line in parsed(path)] == [
        (1.5, 62.25, "Good morning."),
        (3725.0, 3726.001, "Bye."),
    ]


def test_vidscout_is_given_subtitles_as_a_file_beside_the_video(video: Path):
    from vidscout.bench.pipelines.vidscout import Vidscout
    from vidscout.tools.media.given_text.sidecars import sidecars
    from vidscout.tools.media.given_text.subtitles import subtitles, text_tracks

    read: list[tuple[Path, list[str]]] = []

    def ingest(path: Path) -> None:
        tracks = text_tracks(path, sidecars(path))
        read.append((path.resolve(), [said.text for track in tracks for said in subtitles(path, track)]))

    pipeline = Vidscout(SimpleNamespace(ingest=ingest))  # pyright: ignore[reportArgumentType]
    pipeline.prepare(video, SAID)
    pipeline.prepare(video)
    assert read == [(video.resolve(), ["Good morning.", "Nobody hears this."]), (video.resolve(), [])]
