import pytest
from vidscout.bench.questions.readings import holds, readings


def found(text: str, wanted: str, *languages: str) -> bool:
    among = languages or ("en",)
    return holds(readings(text, among), readings(wanted, among))


SAME = [
    ("It costs four hundred and thirty thousand euros.", "430,000 euros"),
    ("€1.5 million", "one million five hundred thousand euros"),
    ("a million dollars", "$1,000,000"),
    ("twenty-four thousand three hundred and five", "24,305"),
    ("a hundred people", "100"),
    ("In nineteen eighty-four.", "1984"),
    ("twenty twenty-five", "2025"),
    ("two thousand and five", "2005"),
    ("at nine thirty", "9:30"),
    ("eleven thirty", "11:30"),
    ("half past eight", "8:30"),
    ("a quarter to six", "5:45"),
    ("at eight o'clock", "8:00"),
    ("9.30 pm", "9:30"),
    ("on June 14th", "14 june"),
    ("the fourteenth of June", "June 14"),
    ("in June 24 people came", "24 people"),
    ("the 2nd week", "second week"),
    ("call 555 0142", "five five five zero one four two"),
    ("It weighs 3.5kg", "three and a half kilograms"),
    ("one point five metres", "1.5 m"),
    ("50 per cent", "50%"),
    ("2,50 €", "2.5 euros"),
    ("20°", "twenty degrees"),
    ("Anna's brother", "anna"),
    ("the “Blue—Door” café", "blue door cafe"),
    ("Don’t touch it", "don't touch"),
]


@pytest.mark.parametrize(("text", "wanted"), SAME)
def test_what_means_the_same_is_found(text: str, wanted: str):
    assert found(text, wanted)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("13 people", "3"),
        ("thirty people", "13"),
        ("forty two", "2"),
        ("45.5 percent", "45"),
        ("1,500", "500"),
        ("Saturday", "sat"),
        ("manchester", "man"),
        ("no one came", "one"),
        ("the second of May", "3 may"),
        ("pier seventeen", "pier 7"),
        ("430 euros", "430,000 euros"),
        ("june", "14 june"),
        ("anything", ""),
    ],
)
def test_what_only_looks_alike_is_not_found(text: str, wanted: str):
    assert not found(text, wanted)


@pytest.mark.parametrize(
    ("text", "wanted", "language"),
    [
        ("Es kostet zwölftausenddreihundert Euro", "12.300 €", "de"),
        ("am dritten Mai", "3. Mai", "de"),
        ("neunzehnhundertvierundachtzig", "1984", "de"),
        ("um 9.30 Uhr", "9:30", "de"),
        ("GROSSE STRASSE", "große straße", "de"),
        ("quatre-vingt-six mille euros", "86 000 €", "fr"),
        ("le premier juin", "1er juin", "fr"),
        ("à 9h30", "9:30", "fr"),
        ("des perles d’Égypte", "egypte", "fr"),
        ("L'étain", "étain", "fr"),
        ("nell'acqua", "acqua", "it"),
        ("un million d'euros", "1 000 000", "fr"),
        ("doscientas personas", "200", "es"),
        ("el 3 de mayo", "tres mayo", "es"),
        ("十二个人", "12", "zh"),
        ("三万元", "30000", "zh"),
        ("二零二四年", "2024", "zh"),
        ("她在教堂里。", "教堂", "zh"),
        ("في ٣ مايو", "3", "ar"),
        ("والمكتبة", "المكتبه", "ar"),
        ("ثلاثة كتب", "3", "ar"),
    ],
)
def test_other_languages_are_read_as_well(text: str, wanted: str, language: str):
    assert found(text, wanted, language)


def test_a_word_of_one_language_is_no_number_in_another():
    assert not found("He came once.", "11", "en")
    assert found("Once personas", "11", "es")
    assert not found("13个", "3", "zh")


def test_an_answer_in_one_language_meets_a_string_in_another():
    assert found("Son once personas.", "eleven", "es", "en")
