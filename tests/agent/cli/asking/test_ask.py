import pytest
from vidscout.agent.cli.asking.ask import Streamed
from vidscout.agent.cli.common import ProgressBars
from vidscout.graphs.events import StepStarted, Token


def test_an_answer_of_another_round_begins_on_a_line_of_its_own(capsys: pytest.CaptureFixture):
    with ProgressBars() as bars:
        shown = Streamed(bars, quiet=False, trace=False)
        for event in (StepStarted("respond"), Token("A guess."), StepStarted("respond"), Token("Better.")):
            shown.see(event)
    assert capsys.readouterr().out == "A guess.\nBetter."
    assert shown.text == "Better."
