"""The graph on real clips with the model-free signals, and its judge against a model that follows a script."""

from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from vidscout.agent.detecting import _examination, run
from vidscout.bench import alterations
from vidscout.graphs.forensics import model
from vidscout.graphs.forensics.state import Finding, ForensicState, Label, Opinion
from vidscout.tools.forensics.calibration import DEFAULT, load
from vidscout.tools.records import Span
from vidscout.tools.videollm.base import Finish, Message, VideoLLM


class Scripted(VideoLLM):
    """Says what it is told, in turn: there is no video-LLM small enough to run here."""

    accepts_frames: ClassVar[bool] = True

    def __init__(self, *answers: str) -> None:
        super().__init__()
        self.answers = list(answers)
        self.asked: list[str] = []

    @property
    def source(self) -> str:
        return "scripted/1"

    def setup(self) -> None: ...

    def stream(
        self,
        messages: Sequence[Message],
        max_tokens: int,
        temperature: float,
        deadline: float | None,
        schema: Mapping[str, Any] | None = None,
    ) -> Generator[str, None, Finish]:
        self.asked.append(messages[-1].text)
        yield self.answers.pop(0) if self.answers else ""
        return Finish.STOP

    def next_tokens(self, messages: Sequence[Message]) -> Mapping[str, float]:
        return {}

    def count_tokens(self, messages: Sequence[Message]) -> int:
        return 0


def examined(path: Path, judge: VideoLLM | None = None) -> ForensicState:
    return run(path, _examination(load(DEFAULT), None, judge=judge))


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


@pytest.mark.parametrize("crf", [20, 28, 36])
def test_a_recording_is_never_called_generated_however_it_is_compressed(
    crf: int, tmp_path: Path, carphone: Path
) -> None:
    pictures, rate = alterations.read(carphone, 4)
    state = examined(alterations.write(tmp_path / "again.mp4", pictures, rate, crf=crf))
    assert state.label in {Label.REAL, Label.UNCERTAIN}


def test_an_altered_stretch_is_found(tmp_path: Path, carphone: Path) -> None:
    pictures, rate = alterations.read(carphone, 4)
    there_and_back = np.concatenate([pictures, pictures[::-1], pictures, pictures[::-1]])[: int(14 * rate)]
    first, last = int(5 * rate), int(9 * rate)
    altered = alterations.jittered(there_and_back[first:last], 1.0)
    whole = alterations.spliced(there_and_back[:first], altered, there_and_back[last:])
    state = examined(alterations.write(tmp_path / "spliced.mp4", whole, rate))
    overlaps = [max(min(9, s.end) - max(5, s.start), 0) / (max(9, s.end) - min(5, s.start)) for s in state.spans]
    assert max(overlaps, default=0.0) >= 0.5, state.spans
    assert state.label is not Label.REAL


def test_a_verdict_against_its_own_evidence_rewrites_the_prompt_at_most_three_times(carphone: Path) -> None:
    wrong = '{"label": "generated", "confidence": 0.9, "cited": ["no_such_signal"], "reason": "x"}'
    judge = Scripted("{}", wrong, "", wrong, "", wrong)
    state = examined(carphone, judge)
    assert len(state.prompts) == 3
    assert len(set(state.prompts)) == 3
    assert state.label is Label.UNCERTAIN


def test_model_and_signals_that_disagree_leave_it_open(carphone: Path) -> None:
    quiet = examined(carphone)
    cited = max(quiet.findings[0].distances, key=lambda n: max(f.distances[n] for f in quiet.findings))
    judge = Scripted("{}", *[f'{{"label": "generated", "confidence": 0.9, "cited": ["{cited}"]}}', ""] * 3)
    assert examined(carphone, judge).label is Label.UNCERTAIN


def test_an_answer_that_is_no_json_leaves_the_signals_to_decide(carphone: Path) -> None:
    state = examined(carphone, Scripted("{}", "I think it is real."))
    assert state.decided_by == "signals"
    assert any("JSON" in note for note in state.notes)


def test_citing_a_signal_within_real_videos_for_generated_is_a_contradiction() -> None:
    found = [Finding(Span(0, 2), 0.3, 0.2, 0.0, {"flicker": 0.3}, {"flicker": 0.5}, ("flicker",))]
    opinion = Opinion(Label.GENERATED, 0.9, (0, 1), "m", ("flicker",))
    assert model.contradictions(opinion, found)
    assert not model.contradictions(Opinion(Label.REAL, 0.1, (0, 1), "m", ("flicker",)), found)


def test_the_report_is_one_page_with_frames_and_plots_that_fetches_nothing(carphone: Path) -> None:
    from vidscout.agent.detecting import _verdict
    from vidscout.agent.report import page

    context = _examination(load(DEFAULT), None)
    verdict = _verdict(run(carphone, context), context, ["<b>a note</b>"], 1.0)
    html = page(verdict)
    assert "<svg" in html
    assert "data:image/jpeg;base64," in html
    assert "http" not in html
    assert "<b>a note" not in html
    assert "picture" not in verdict.as_dict()["evidence"]["timeline"][0]
