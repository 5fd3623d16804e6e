"""Several answers to a question, and sentences that are written anew: what records and frames support is given."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from answered import Watcher, answered, candidate, running
from scripted import Scripted
from vidscout.graphs.answer.graph import correct_or_verify
from vidscout.graphs.answer.nodes.best_of import best_of, best_option
from vidscout.graphs.answer.nodes.correct import correct
from vidscout.graphs.answer.nodes.verify import verify
from vidscout.graphs.answer.state import AnswerState, Correction
from vidscout.tools.errors import AnswererError
from vidscout.tools.videollm import Message

SAID = candidate("The boat in the harbour is painted green.")


class Writes(Watcher):
    """Writes its replies in turn, and finds in the frames what it is told to find there."""

    def __init__(self, replies: Sequence[str], *shown: str, sees: bool = True) -> None:
        super().__init__(*shown, sees=sees)
        self.replies = list(replies)


def drafted(model: Scripted, state: AnswerState, number: int = 3) -> dict[str, Any]:
    runtime = running(model)
    object.__setattr__(runtime.context, "best_of", number)
    object.__setattr__(runtime, "stream_writer", lambda event: None)
    return best_of(state, runtime)


def corrected(model: Scripted, state: AnswerState) -> dict[str, Any]:
    return cast("Any", correct).__wrapped__(state, running(model))


def test_the_answer_that_the_records_support_is_given_first():
    made = drafted(Writes(["It is purple.", "It is green.", "It is black."], sees=False), answered("", SAID, frames=0))
    assert made["text"].startswith("It is green.")
    assert [one.text.split(" (")[0] for one in made["drafts"]] == ["It is green.", "It is purple.", "It is black."]
    assert [one.score for one in made["drafts"]] == [1.0, 0.0, 0.0]
    assert "(0:04)" in made["text"]


def test_what_the_frames_show_outweighs_what_no_record_says():
    model = Writes(["It is purple.", "It is yellow."], "yellow")
    made = drafted(model, answered("", frames=2), 2)
    assert made["text"] == "It is yellow."
    assert made["drafts"][0].score > 0.9 > 0.1 > made["drafts"][1].score
    state = answered("")
    state.text, state.sentences = made["text"], made["sentences"]
    asked = len(model.asked_back)
    checked = cast("Any", verify).__wrapped__(state, running(model))
    assert checked["supported"]
    assert len(model.asked_back) == asked  # it was asked once, and its word is kept


def test_of_equal_answers_the_likeliest_is_given_and_each_stands_once():
    made = drafted(Writes(["It is purple.", "It is black.", "It is purple."], sees=False), answered("", SAID, frames=0))
    assert [one.text.split(" (")[0] for one in made["drafts"]] == ["It is purple.", "It is black."]


def test_an_answerer_that_fails_on_the_way_leaves_what_it_has_written():
    class Fails(Writes):
        def stream(self, *told: Any, **named: Any) -> Any:
            if not self.replies:
                raise AnswererError("gone")
            return super().stream(*told, **named)

    made = drafted(Fails(["It is green."], sees=False), answered("", SAID, frames=0))
    assert made["text"].startswith("It is green.")
    assert made["notes"] == ["1 of 3 answers were written: gone"]


def test_an_option_is_asked_back_about_before_it_is_chosen():
    class Prefers(Watcher):
        """Likes the first option best, and finds the second in the frames."""

        def next_tokens(self, messages: Sequence[Message]) -> Mapping[str, float]:
            asked = messages[-2].text
            if ") Yes" in asked:
                return super().next_tokens(messages)
            return {asked[asked.index(f") {text}") - 1]: weight for text, weight in (("red", -0.4), ("blue", -1.2))}

    state = answered("", frames=2)
    state.options = ["red", "blue", "white"]
    model = Prefers("blue")
    runtime = running(model)
    object.__setattr__(runtime.context, "best_of", 2)
    made = best_option(state, runtime.context)
    assert made["choice"] == 1
    assert [one.text for one in made["drafts"]] == ["blue", "red"]
    assert len(model.asked_back) == 2 * 2  # two options, in both orders of yes and no


def test_a_sentence_that_nothing_supports_is_written_anew_or_left_out():
    model = Writes(["The boat is painted green.", "It is huge."], sees=False)
    made = corrected(model, answered("It is green.|It belongs to Ivan.|It has 40 rowers.", SAID, frames=0))
    assert made["corrections"] == [
        Correction("It belongs to Ivan.", "The boat is painted green."),
        Correction("It has 40 rowers.", ""),
    ]
    assert made["text"] == "It is green. (0:04) The boat is painted green. (0:04)"
    assert "It belongs to Ivan." in model.asked[0]


def test_what_the_frames_show_is_not_written_anew():
    model = Writes(["never asked"], "yellow")
    made = corrected(model, answered("It is yellow.", frames=2))
    assert "corrections" not in made
    assert not model.asked
    assert made["sentences"][0].shown > 0.5


def test_sentences_are_corrected_only_where_it_is_wanted():
    runtime = running(Writes([]))
    assert correct_or_verify(answered("It is green.", SAID), runtime) == "verify"
    object.__setattr__(runtime.context, "corrects", True)
    assert correct_or_verify(answered("It is green.", SAID), runtime) == "correct"
    assert correct_or_verify(answered(""), runtime) == "verify"
