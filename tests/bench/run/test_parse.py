import pytest
from vidscout.bench.run.parse import choice

OPTIONS = ["apple", "lemon tree", "lemon", "grapes"]

NAMED = {
    "B": "B",
    "b": "B",
    "(c)": "C",
    "[D]": "D",
    "B.": "B",
    "B) lemon tree": "B",
    "C: because the sign says so": "C",
    "D, since they hang in bunches": "D",
    "Answer: B": "B",
    "answer - c": "C",
    "**Answer:** D": "D",
    "The answer is D.": "D",
    "The correct answer is (B).": "B",
    "The correct option is B because it is shown at 0:12.": "B",
    "Final answer: **C**": "C",
    "The best choice would be option A.": "A",
    "I would choose D": "D",
    "I'd go with (b)": "B",
    "Option C is right.": "C",
    "<answer>D</answer>": "D",
    r"The result is \boxed{B}": "B",
    r"$\boxed{\text{B}}$": "B",
    "A. is tempting, but the answer is B": "B",
    "Answer: A? No. The final answer is C.": "C",
    "It is not A. The answer is B.": "B",
    "An apple": "A",
    "a lemon": "C",
    "It was a lemon tree.": "B",
    "The answer is a lemon": "C",
    "The picture shows grapes at 0:31": "D",
    "B\nThe tree stands at 0:12.": "B",
    "（B）": "B",
}

UNNAMED = [
    "",
    "   ",
    "A or B",
    "Both A and C",
    "Answer: A or B",
    "The answer is A and D",
    "The answer is E.",
    "Z",
    "Option A or option B",
    "an orange",
    "A man walks a dog.",
    "I do not know.",
    "I cannot tell from the video",
    "apple, then grapes",
    "A. apple\nB. lemon tree\nC. lemon\nD. grapes",
    "Almost certainly a banana",
    "The answer is a banana",
    "not B",
]


@pytest.mark.parametrize(("text", "letter"), NAMED.items())
def test_a_phrasing_that_names_one_option_is_read_as_that_option(text: str, letter: str) -> None:
    assert choice(text, OPTIONS) == letter


@pytest.mark.parametrize("text", UNNAMED)
def test_a_text_that_names_no_option_or_several_is_not_guessed_at(text: str) -> None:
    assert choice(text, OPTIONS) is None


@pytest.mark.parametrize("count", [2, 4, 5])
def test_a_letter_counts_only_as_far_as_there_are_options(count: int) -> None:
    options = [f"number {n}" for n in range(count)]
    last = "ABCDEF"[count - 1]
    assert choice(f"Answer: {last}", options) == last
    assert choice(f"Answer: {'ABCDEF'[count]}", options) is None


def test_options_that_are_letters_numbers_and_times_are_found_by_their_text() -> None:
    assert choice("It appears at 2:15.", ["0:15", "2:15", "12:15", "2:51"]) == "B"
    assert choice("3", ["1", "2", "3", "13"]) == "C"
    assert choice("13 pictures", ["1", "2", "3", "13"]) == "D"
