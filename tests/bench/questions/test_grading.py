import pytest
from vidscout.bench.questions.grading import Verdict, overlaps, refuses, times, verdict

YES = "Answer: yes|Yes.|**Yes** – last year|Ja, es hat geregnet|Sí, llovió|Oui|是的，下雨了。|对|نعم، أمطرت"
NO = "No.|No, never.|It is not allowed.|He didn't.|Nein|Non, pas du tout|Das darf man nicht.|不，不可以。|没有|لا"


def question(*answers: list[str], **changed) -> dict:
    plain = {"kind": "fact", "language": "en", "spoken_language": "en", "wrong": [], "unanswerable": False}
    return plain | {"answers": list(answers), "truth": [[60.0, 64.0]]} | changed


def graded(asked: dict, text: str, abstained: bool = False, evidence=()) -> str:
    return verdict(asked, text, abstained, evidence).value


class TestAnswerable:
    def test_any_list_will_do_and_all_of_its_strings_are_needed(self):
        asked = question(["86,000", "89,000"], ["both"])
        assert graded(asked, "The slide says 86.000, Omar says eighty-nine thousand.") == "right"
        assert graded(asked, "It says both.") == "right"
        assert graded(asked, "89,000 euros") == "wrong"

    def test_a_wrong_string_makes_it_wrong_whatever_else_it_says(self):
        asked = question(["june"], wrong=["july"])
        assert graded(asked, "In June") == "right"
        assert graded(asked, "In June or July") == "wrong"

    def test_the_time_of_a_citation_is_no_part_of_the_answer(self):
        asked = question(["16"])
        for text in ("Nine (1:16)", "Nine [0:30–1:16]", "Nine: at 1:16.", "It is said from 1:16 to 1:20."):
            assert graded(asked, text, evidence=[(76.4, 80.0)]) == "wrong", text
        assert graded(asked, "At 16:00 (1:16)", evidence=[(76.4, 80.0)]) == "right"
        for text in ("It opens at 9:30.", "Early (9:30)"):
            assert graded(question(["9:30"]), text, evidence=[(76.4, 80.0)]) == "right"

    def test_abstaining_is_neither_right_nor_wrong(self):
        asked = question(["pier 7"])
        assert graded(asked, "Nothing found in the video answers this. Nearest: pier 7", abstained=True) == "abstained"
        assert graded(asked, "Not said. Closest: at 3:41, pier 7.") == "abstained"
        assert graded(asked, "It isn't mentioned in the video.") == "abstained"

    def test_a_refusal_that_holds_the_answer_is_the_answer(self):
        assert graded(question(["never said"]), "She never said a word.") == "right"
        assert graded(question(["not known"]), "His age is not known.") == "right"

    @pytest.mark.parametrize("text", YES.split("|"))
    def test_yes_is_yes_in_every_language(self, text: str):
        assert graded(question(["yes"], kind="yes-no"), text) == "right"
        assert graded(question(["no"], kind="yes-no"), text) == "wrong"

    @pytest.mark.parametrize("text", NO.split("|"))
    def test_no_is_no_in_every_language(self, text: str):
        assert graded(question(["no"], kind="yes-no"), text) == "right"
        assert graded(question(["yes"], kind="yes-no"), text) == "wrong"

    @pytest.mark.parametrize(
        "text", ["No later than Friday", "No. 12", "Si llueve", "Note that it rains", "Yesterday", "Januar"]
    )
    def test_what_only_begins_like_yes_or_no_is_neither(self, text: str):
        for meant in ("yes", "no"):
            assert graded(question([meant], kind="yes-no"), text) == "wrong"


class TestUnanswerable:
    ASKED = question(unanswerable=True, truth=[])

    def test_an_abstention_is_right_whatever_its_text(self):
        assert graded(self.ASKED, "Closest: 3:41, Tom pays.", abstained=True) == "right"

    @pytest.mark.parametrize(
        "text",
        [
            "No.",
            "No, that is not said.",
            "Not said. Closest: 3:41, the pier is closed.",
            "The video does not mention who paid.",
            "It isn't stated.",
            "Who paid was never explicitly mentioned.",
            "There is no information about it.",
            "The brand cannot be determined.",
            "No price is given.",
            "Nobody is named.",
            "Das wird nicht gesagt.",
            "Keine Angabe.",
            "Ce n'est pas dit dans la vidéo.",
            "On ne le dit pas.",
            "No se menciona.",
            "视频中没有提到。",
            "لم يذكر ذلك.",
            "غير مذكور في الفيديو.",
        ],
    )
    def test_saying_that_it_is_not_told_is_right(self, text: str):
        assert graded(self.ASKED, text) == "right"

    @pytest.mark.parametrize(
        "text",
        [
            "Tom paid.",
            "The parts are no longer made.",
            "It does not stop because it is old.",
            "No later than Friday.",
            "The price doesn't include tax.",
            "Not Tom but Anna paid for it.",
            "It cannot be repaired.",
            "Tom paid. It is not known why.",
            "Die Pumpe wurde nicht repariert.",
            "No. 12 is closed.",
            "",
        ],
    )
    def test_a_statement_is_wrong_even_if_it_denies_something(self, text: str):
        assert graded(self.ASKED, text) == "wrong"


class TestWhen:
    ASKED = question(kind="when")

    @pytest.mark.parametrize(
        "text", ["At 1:01.", "1:06", "It is at 58 seconds", "from 0:50 to 1:05", "1 min 2 s", "00:01:03"]
    )
    def test_a_told_time_may_be_three_seconds_off(self, text: str):
        assert graded(self.ASKED, text) == "right"

    @pytest.mark.parametrize(
        "text", ["At 1:08.", "0:30", "0:10–2:30", "0:10, 0:20, 0:30, 0:40, 1:01", "at 61 km", "at the end"]
    )
    def test_other_times_a_long_range_and_a_list_of_times_are_wrong(self, text: str):
        assert graded(self.ASKED, text, evidence=()) == "wrong"

    def test_without_a_told_time_the_best_evidence_counts_and_no_other(self):
        assert graded(self.ASKED, "They talk about the pram.", evidence=[(61.0, 65.0)]) == "right"
        assert graded(self.ASKED, "They talk about the pram.", evidence=[(10.0, 12.0), (61.0, 65.0)]) == "wrong"
        assert graded(self.ASKED, "At 0:10 they talk.", evidence=[(61.0, 65.0)]) == "wrong"


def test_times_are_read_off_a_text():
    assert times("At 1:05, again from 2:00 to 2:10, 45 seconds long; 1:02:03") == [
        (120.0, 130.0),
        (65.0, 65.0),
        (3723.0, 3723.0),
        (45.0, 45.0),
    ]


def test_evidence_overlaps_the_truth_when_they_share_time():
    assert overlaps([(0, 5), (62, 70)], [[60, 64]])
    assert not overlaps([(0, 5), (65, 70)], [[60, 64]])
    assert not overlaps([], [[60, 64]])


def test_a_refusal_counts_only_where_an_answer_begins():
    assert refuses("The video does not say.")
    assert not refuses("Tom paid. The video does not say why.")
    assert Verdict.right == "right"
