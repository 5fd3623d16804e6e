"""The graph on real clips with the model-free signals, and its judge against a model that follows a script."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from scripted import Scripted
from vidscout.agent.generated.detect import _examination, run
from vidscout.agent.generated.detect import examined as examine
from vidscout.bench.data import alterations
from vidscout.bench.data.fetched import fetch
from vidscout.graphs.forensics import model
from vidscout.graphs.forensics.state import ForensicState, Label, Opinion, WindowScore
from vidscout.tools.forensics.calibration.ranges import DEFAULT, load
from vidscout.tools.records import Span
from vidscout.tools.videollm.interface import VideoLLM


def judging(*answers: str) -> Scripted:
    """There is no video-LLM small enough to judge here."""
    return Scripted(*answers, sees=True)


def examined(path: Path, judge: VideoLLM | None = None) -> ForensicState:
    return examine(path, load(DEFAULT), judge=judge)


@pytest.fixture(scope="session")
def woman() -> Path:
    """20 seconds of a woman's face at 640×360, with sound."""
    return fetch("woman")


def test_one_colour_is_uncertain_and_says_why(tmp_path: Path) -> None:
    path = alterations.write(tmp_path / "grey.mp4", np.full((60, 144, 192, 3), 90, np.uint8), 30)
    state = examined(path)
    assert state.label is Label.UNCERTAIN
    assert any("one colour" in note for note in state.notes)


def test_fewer_than_sixteen_frames_are_uncertain(tmp_path: Path, carphone: Path) -> None:
    pictures, rate = alterations.read(carphone, 0.4)
    state = examined(alterations.write(tmp_path / "short.mp4", pictures, rate))
    assert state.label is Label.UNCERTAIN
    assert any("16 frames" in note for note in state.notes)


RECORDINGS = ("carphone", "man", "woman", "bikes")


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_recording_is_never_called_generated_however_it_is_compressed(name: str, tmp_path: Path) -> None:
    pictures, rate = alterations.read(fetch(name), 4)
    for crf in (22, 30, 38):
        state = examined(alterations.write(tmp_path / f"{crf}.mp4", pictures, rate, crf))
        assert state.label in {Label.REAL, Label.UNCERTAIN}, crf
        assert not any("colourful" in note or "black" in note for note in state.uncovered), state.uncovered


def test_a_recording_that_hides_nothing_is_real(woman: Path) -> None:
    state = examined(woman)
    assert state.label is Label.REAL
    assert state.spans == []
    assert state.decided_by == "signals"


@pytest.mark.parametrize("name", ["trailer", "bigbuckbunny", "caminandes"])
def test_animation_is_uncertain_since_the_calibration_does_not_cover_it(name: str) -> None:
    state = examined(fetch(name))
    assert state.label is Label.UNCERTAIN
    assert any("animation" in note and "does not cover" in note for note in state.notes)


def test_a_recording_that_turns_into_animation_is_not_called_real() -> None:
    state = examined(fetch("man then caminandes"))
    assert state.label is Label.UNCERTAIN
    assert any(2 < cut < 4 for cut in state.cuts)
    assert len(state.shots) == 2


def test_a_screen_recording_is_not_covered(tmp_path: Path) -> None:
    screen = np.full((240, 320, 3), 245, np.uint8)
    screen[::12, 20:300] = 40
    shown = np.repeat(screen[None], 75, axis=0)
    shown[40:, 100:120, 50:90] = 90  # a window opens
    state = examined(alterations.write(tmp_path / "screen.mp4", shown, 25))
    assert state.label is Label.UNCERTAIN
    assert any("screen recordings" in note for note in state.notes)


def test_a_frame_rate_that_varies_is_said_and_leaves_it_open(tmp_path: Path, carphone: Path) -> None:
    pictures, _ = alterations.read(carphone, 2)
    path = tmp_path / "varying.mp4"
    with av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=30)
        stream.height, stream.width = pictures.shape[1] // 2 * 2, pictures.shape[2] // 2 * 2
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        clock = 0
        for number, image in enumerate(pictures):
            even = np.ascontiguousarray(image[: stream.height, : stream.width])
            shown = VideoFrame.from_ndarray(even, format="rgb24")
            shown.pts, shown.time_base = clock, Fraction(1, 1000)
            clock += 400 if number % 12 < 6 else 40
            target.mux(stream.encode(shown))
        target.mux(stream.encode(None))
    state = examined(path)
    assert state.label is Label.UNCERTAIN
    assert any("frame rate varies" in note or "frames a second" in note for note in state.notes), state.notes


def test_a_video_without_sound_says_so_and_is_judged_all_the_same(bikes: Path) -> None:
    state = examined(bikes)
    assert "the video has no sound" in state.notes
    assert state.label in {Label.REAL, Label.UNCERTAIN}


@pytest.mark.parametrize(
    ("name", "alteration"),
    [
        ("woman", "smoothed over time"),
        ("carphone", "smoothed over time"),
        ("carphone", "upsampled"),
        ("carphone", "jittered"),
    ],
)
def test_an_altered_stretch_is_found(name: str, alteration: str, tmp_path: Path) -> None:
    pictures, rate = alterations.read(fetch(name), 14)
    pictures = alterations.there_and_back(pictures, int(14 * rate))
    whole = alterations.spliced(pictures, rate, alterations.ALTERATIONS[alteration], (5, 9))
    state = examined(alterations.write(tmp_path / "spliced.mp4", whole, rate))
    overlaps = [max(min(9, s.end) - max(5, s.start), 0) / (max(9, s.end) - min(5, s.start)) for s in state.spans]
    assert max(overlaps, default=0.0) >= 0.5, state.spans
    assert state.label is not Label.REAL
    assert any("differ from the rest" in note for note in state.notes)


def test_a_verdict_against_its_own_evidence_rewrites_the_prompt_at_most_three_times(carphone: Path) -> None:
    wrong = '{"label": "generated", "confidence": 0.9, "cited": ["no_such_signal"], "reason": "x"}'
    judge = judging("{}", wrong, "", wrong, "", wrong)
    state = examined(carphone, judge)
    assert len(state.prompts) == 3
    assert len(set(state.prompts)) == 3
    assert state.label is Label.UNCERTAIN


def test_model_and_signals_that_disagree_leave_it_open(carphone: Path) -> None:
    quiet = examined(carphone)
    cited = max(quiet.scored[0].distances, key=lambda n: max(f.distances[n] for f in quiet.scored))
    judge = judging("{}", *[f'{{"label": "generated", "confidence": 0.9, "cited": ["{cited}"]}}', ""] * 3)
    assert examined(carphone, judge).label is Label.UNCERTAIN


def test_an_answer_that_is_no_json_leaves_the_signals_to_decide(carphone: Path) -> None:
    state = examined(carphone, judging("{}", "I think it is real."))
    assert state.decided_by == "signals"
    assert any("JSON" in note for note in state.notes)


def test_model_and_signals_that_agree_decide_together(woman: Path) -> None:
    quiet = examined(woman)
    cited = next(iter(quiet.scored[0].distances))
    state = examined(woman, judging("{}", f'{{"label": "real", "confidence": 0.1, "cited": ["{cited}"]}}'))
    assert state.label is quiet.label is Label.REAL
    assert state.decided_by == "signals and scripted/1"
    assert len(state.prompts) == 1


def test_citing_a_signal_within_real_videos_for_generated_is_a_contradiction() -> None:
    found = [WindowScore(Span(0, 2), 0.3, 0.2, 0.0, {"flicker": 0.3}, {"flicker": 0.5}, ("flicker",))]
    opinion = Opinion(Label.GENERATED, 0.9, (0, 1), "m", ("flicker",))
    assert model.contradictions(opinion, found)
    assert not model.contradictions(Opinion(Label.REAL, 0.1, (0, 1), "m", ("flicker",)), found)


def test_the_report_is_one_page_with_frames_and_plots_that_fetches_nothing(carphone: Path) -> None:
    from vidscout.agent.generated.assemble import verdict_of
    from vidscout.agent.generated.report import page

    context = _examination(load(DEFAULT), None)
    verdict = verdict_of(run(carphone, context), context, ["<b>a note</b>"], 1.0)
    html = page(verdict)
    assert "<svg" in html
    assert "data:image/jpeg;base64," in html
    assert "http" not in html
    assert "<b>a note" not in html
    assert "picture" not in verdict.as_dict()["evidence"]["timeline"][0]
