from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from vidscout.bench.data import voices
from vidscout.bench.questions import picture
from vidscout.bench.questions.make import LEAD, make, read_set
from vidscout.bench.questions.picture import FPS, HEIGHT, TICKER_TOP, WIDTH, frames
from vidscout.bench.questions.recording import Half, Recording, Scene, load_half
from vidscout.tools.errors import UsageError
from vidscout.tools.media import video as media


def recording(**changed) -> Recording:
    """Two scenes of about ten seconds together, and two questions."""
    first = {"id": "s1", "title": "Agenda", "ticker": "Line four is closed", "lower_third": "Ann Hill"}
    second = {"id": "s2", "picture": "plain:#203050", "hold": 3.0}
    made = {
        "name": "small",
        "kind": "meeting",
        "language": "en",
        "speakers": {"ann": {"name": "Ann Hill", "voice": "espeak:en-us+f3"}},
        "scenes": [
            first | {"say": [{"id": "u1", "who": "ann", "text": "The pump is green."}]},
            second | {"say": [{"id": "u2", "who": "ann", "text": "Paint it in May."}], "pause": 1.0},
        ],
        "questions": [
            {"id": "q1", "kind": "fact", "text": "which colour?", "answers": [["green"]], "where": ["u1", "s1"]},
            {"id": "q2", "kind": "follow-up", "after": "q1", "text": "who says so?", "unanswerable": True},
        ],
    }
    return Recording.model_validate(made | changed)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("set")
    make([recording()], Half.development, folder)
    return folder


def test_the_video_has_the_form_and_length_that_the_set_says(made: Path):
    info = media.probe(made / "small.mp4")
    assert (info.width, info.height, info.fps) == (WIDTH, HEIGHT, FPS)
    assert (info.video_codec, info.audio_codec) == ("h264", "aac")
    assert info.duration == pytest.approx(read_set(made)["recordings"]["small"]["seconds"], abs=0.1)


def test_truth_stretches_are_where_the_sentence_is_heard_and_the_scene_stands(made: Path):
    told = read_set(made)
    first, second = told["recordings"]["small"]["spoken"]
    scenes = told["recordings"]["small"]["scenes"]
    [asked, further] = told["questions"]
    assert asked["truth"] == [[first["start"], first["end"]], scenes["s1"]]
    assert (asked["id"], asked["language"], further["after"]) == ("small/q1", "en", "small/q1")
    assert first["start"] == LEAD
    assert scenes["s2"][0] == scenes["s1"][1]
    assert scenes["s2"][1] - scenes["s2"][0] >= 2.999
    sound = np.concatenate([chunk.samples for chunk in media.audio(made / "small.mp4")])

    def loudness(start: float, end: float) -> float:
        return float(np.sqrt(np.mean(sound[round(start * 16000) : round(end * 16000)] ** 2)))

    for said in (first, second):
        assert loudness(said["start"], said["end"]) > 0.05
    assert loudness(first["end"] + 0.1, second["start"] - 0.05) < 0.003


def test_the_same_recording_gives_the_same_bytes_and_is_not_made_twice(made: Path, tmp_path: Path):
    again = make([recording()], Half.development, tmp_path)
    assert (tmp_path / "small.mp4").read_bytes() == (made / "small.mp4").read_bytes()
    assert (tmp_path / "questions.json").read_bytes() == (made / "questions.json").read_bytes()
    assert list(again.seconds) == ["small"]
    assert make([recording()], Half.development, tmp_path).seconds == {}


def test_another_question_changes_the_list_and_not_the_video(made: Path, tmp_path: Path):
    make([recording()], Half.development, tmp_path)
    asked = ({"id": "q9", "kind": "fact", "text": "when?", "answers": [["may"]], "where": ["u2"]},)
    again = make([recording(questions=asked)], Half.development, tmp_path)
    assert again.seconds == {}
    assert [one["id"] for one in read_set(tmp_path)["questions"]] == ["small/q9"]


def test_a_set_grows_by_recordings_and_refuses_the_other_half(tmp_path: Path):
    plain = [{"id": "s1", "picture": "plain:#000000", "hold": 0.5}]
    for name in ("b", "a"):
        done = make([recording(name=name, scenes=plain, questions=())], Half.report, tmp_path)
    assert done.videos == 2
    assert read_set(tmp_path)["half"] == "report"
    with pytest.raises(UsageError, match="has the report half"):
        make([recording()], Half.development, tmp_path)


def test_a_folder_without_a_set_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(UsageError, match="questions make"):
        read_set(tmp_path)


@pytest.mark.parametrize("half", Half)
def test_every_scene_of_a_half_can_be_drawn_and_every_voice_is_known(half: Half):
    for told in load_half(half):
        for speaker in told.speakers.values():
            engine, _, name = speaker.voice.partition(":")
            assert name in {"pico": voices.PICO, "flite": voices.FLITE}.get(engine, [name]), told.name
        for number, scene in enumerate(told.scenes):
            kind, _, name = scene.picture.partition(":")
            known = {"photo": [*picture.FETCHED, *picture.PHOTOS], "clip": picture.CLIPS}.get(kind, [name])
            assert name in known, (told.name, scene.id)
            # One photo for all, so that nothing large is fetched: what is tried is whether the text fits beside it.
            beside = scene.model_copy(update={"picture": "photo:chelsea"} if kind in {"photo", "clip"} else {})
            assert next(frames(beside, number, 0, 1)).shape == (HEIGHT, WIDTH, 3), (told.name, scene.id)


class TestPicture:
    def test_a_ticker_runs_by_the_same_step_a_frame_and_on_into_the_next_scene(self):
        scene = Scene.model_validate({"id": "s", "ticker": "Line four is closed until Monday, buses run instead"})
        bands = [shown[TICKER_TOP:] for shown in frames(scene, 0, 0, 4)]
        for one, other in pairwise(bands):
            assert not np.array_equal(one, other)
            assert np.array_equal(one[:, picture.TICKER_STEP :], other[:, : -picture.TICKER_STEP])
        assert np.array_equal(next(frames(scene, 0, 3, 1)), list(frames(scene, 0, 0, 4))[3])

    def test_a_ticker_comes_round_without_a_seam(self):
        scene = Scene.model_validate({"id": "s", "ticker": "Short"})
        shown = [frame[TICKER_TOP:] for frame in frames(scene, 0, WIDTH // picture.TICKER_STEP - 1, 3)]
        for one, other in pairwise(shown):
            assert np.array_equal(one[:, picture.TICKER_STEP :], other[:, : -picture.TICKER_STEP])

    def test_a_standing_scene_is_drawn_once(self):
        scene = Scene.model_validate({"id": "s", "title": "Agenda", "lines": ["One", "Two"]})
        shown = list(frames(scene, 0, 0, 5))
        assert len(shown) == 5
        assert all(one is shown[0] for one in shown)

    def test_much_text_is_written_smaller_and_too_much_is_refused(self):
        lines = [f"Point {number}: something that is rather long and has to be wrapped" for number in range(8)]
        shown = next(frames(Scene.model_validate({"id": "s", "title": "All", "lines": lines}), 0, 0, 1))
        assert shown.shape == (HEIGHT, WIDTH, 3)
        with pytest.raises(UsageError, match=r"'s'.*do not fit"):
            next(frames(Scene.model_validate({"id": "s", "title": "All", "lines": lines * 4}), 0, 0, 1))

    def test_a_clip_moves_and_begins_again_at_its_end(self, bikes):
        scene = Scene.model_validate({"id": "s", "picture": "clip:bikes"})
        count = round(media.probe(bikes).duration * FPS) + 12
        shown = list(frames(scene, 0, 0, count))
        assert len(shown) == count
        assert not np.array_equal(shown[0], shown[20])
        assert any(np.array_equal(shown[0], late) for late in shown[60:])

    def test_a_photo_fills_the_picture_or_stands_beside_the_lines(self):
        full = next(frames(Scene.model_validate({"id": "s", "picture": "photo:chelsea"}), 0, 0, 1))
        beside = next(frames(Scene.model_validate({"id": "s", "picture": "photo:chelsea", "title": "Cat"}), 0, 0, 1))
        left, top, right, bottom = picture.BOX
        assert full[HEIGHT // 2, 100:860].std() > 10
        assert beside[(top + bottom) // 2, left:right].std() > 10
        assert beside[(top + bottom) // 2, 60 : left - 20].std() < 3

    @pytest.mark.parametrize("shown", ["photo:titanic", "clip:titanic"])
    def test_an_unknown_picture_lists_the_known_ones(self, shown: str):
        with pytest.raises(UsageError, match=r"there are \w+, "):
            next(frames(Scene.model_validate({"id": "s", "picture": shown}), 0, 0, 1))


class TestVoices:
    LINES = (
        ("pico:en-GB", "The pump is green."),
        ("flite:slt", "Don't paint it: it's wet, [really]; 100%."),
        ("espeak:en-us+f3", "Paint it in May."),
        ("pico:de-DE", "Die Pumpe ist grün."),
    )

    def test_every_engine_speaks_at_one_rate_and_loudness(self):
        for samples in voices.say(self.LINES):
            assert 0.5 < len(samples) / voices.SAMPLE_RATE < 6
            assert np.sqrt(np.mean((samples / 32768) ** 2)) == pytest.approx(voices.LOUDNESS, rel=0.25)

    def test_a_line_sounds_the_same_whatever_was_said_before_it(self, tmp_path, monkeypatch):
        there = voices.say(self.LINES)
        monkeypatch.setenv("VIDSCOUT_TEST_VIDEOS", str(tmp_path))
        for line, samples in zip(self.LINES[::-1], there[::-1], strict=True):
            assert np.array_equal(voices.say([line])[0], samples)

    @pytest.mark.parametrize("name", ["pico:en-AU", "flite:anna", "festival:anna"])
    def test_an_unknown_voice_is_told(self, name: str):
        with pytest.raises(UsageError, match="voice"):
            voices.say([(name, "Hello")])
