from vidscout.tools.words import content_words, coverage, words


def test_accents_and_case_do_not_matter():
    assert words("Café CAFE café") == ["cafe", "cafe", "cafe"]


def test_numbers_keep_their_fraction():
    assert words("3.5 MW at 10:30, 1,000 units.") == ["3.5", "mw", "at", "10:30", "1,000", "units"]


def test_one_noun_or_verb_in_other_forms_is_one_word():
    assert content_words("turbine turbines") == ["turbin"]
    assert content_words("studies study") == content_words("study")
    assert content_words("mentioned mentions") == ["mention"]


def test_function_words_mean_nothing():
    assert content_words("What is the purpose of it?") == ["purpos"]


def test_coverage_is_the_share_of_wanted_words_that_a_text_holds():
    wanted = content_words("wind turbines in Denmark")
    assert coverage(wanted, "A turbine turns in the wind") == 2 / 3
    assert coverage(wanted, "Nothing of the kind") == 0
    assert coverage([], "anything") == 0
