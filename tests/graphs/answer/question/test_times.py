import pytest
from vidscout.graphs.answer.question.times import seconds, time_phrase
from vidscout.tools.records import Span

HOUR = 3600.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2:15", 135),
        ("1:02:03", 3723),
        ("0:07.5", 7.5),
        ("75", 75),
        ("75 s", 75),
        ("3 minutes", 180),
        ("minute 3", 180),
        ("1h2m3s", 3723),
        ("0m5s", 5),
        ("1 min 5 s", 65),
        ("2 minutes and 10.5 seconds", 130.5),
        ("2 hours", 7200),
        ("1'30\"", 90),
        ("00:00:13,500", 13.5),
    ],
)
def test_a_moment_is_read_however_it_is_written(text: str, expected: float):
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "soon", "2:1x", "12 parsecs"])
def test_what_is_not_a_time_is_refused(text: str):
    with pytest.raises(ValueError, match="not a time"):
        seconds(text)


@pytest.mark.parametrize(
    ("question", "start", "end"),
    [
        ("What is said at 2:15?", 130, 140),
        ("What happens in the last minute?", 3540, 3600),
        ("What is shown in the first 30 seconds?", 0, 30),
        ("Who speaks between 1:00 and 2:00?", 60, 120),
        ("Who speaks from 0:30 to 0:45?", 30, 45),
        ("What is discussed after 50:00?", 3000, 3600),
        ("What is on the slide before 2:00?", 0, 120),
        ("What happens in the second half?", 1800, 3600),
        ("What happens in the first two minutes?", 0, 120),
        ("What is written at the end of the video?", 3240, 3600),
        ("What is seen at the beginning?", 0, 360),
        ("What is on screen around the 90 seconds mark?", 85, 95),
    ],
)
def test_a_question_names_a_stretch(question: str, start: float, end: float):
    phrase = time_phrase(question, HOUR)
    assert phrase is not None
    assert phrase.span == Span(start, end)


@pytest.mark.parametrize(
    "question",
    [
        "When does the title first appear?",
        "What is the second largest city?",
        "What is said at the end of his speech?",
        "Who waits at the end of the street?",
    ],
)
def test_a_question_without_a_stretch_names_none(question: str):
    assert time_phrase(question, HOUR) is None


def test_a_stretch_is_cut_to_the_video():
    phrase = time_phrase("What happens at 9:00:00?", 60.0)
    assert phrase is not None
    assert phrase.span == Span(60, 60)


@pytest.mark.parametrize(
    "question", ["What is the ratio at 1:2345?", "Who is at 12:30:455?", "Who lives near minute 5th?"]
)
def test_a_longer_number_is_no_time(question: str):
    assert time_phrase(question, HOUR) is None


@pytest.mark.parametrize(
    ("question", "start", "end"),
    [
        ("Was passiert bei 0:30?", 25, 35),
        ("was wird zwischen 0:10 und 0:20 gesagt?", 10, 20),
        ("¿qué pasa entre 0:10 y 0:20?", 10, 20),
        ("que se passe-t-il à 1:05 ?", 60, 70),
        ("0:30から0:40まで何が起こる？", 30, 40),
        ("在0:30发生了什么？", 25, 35),
        ("что происходит с 0:10 до 0:20?", 10, 20),
        ("Was wird vor 1:30 gesagt?", 0, 90),
        ("¿qué se dice después de 1:30?", 90, 180),
        ("1:30より前に何が言われる？", 0, 90),
        ("1:30 के बाद क्या होता है?", 90, 180),
        ("was passiert in den ersten 30 Sekunden?", 0, 30),
        ("que dit-on dans les 20 premières secondes ?", 0, 20),
        ("¿qué pasa en los últimos 20 segundos?", 160, 180),
        ("o que acontece nos primeiros 2 minutos?", 0, 120),
        ("前30秒说了什么？", 0, 30),
        ("最後の1分で何が話される？", 120, 180),
        ("ماذا يحدث في أول 30 ثانية؟", 0, 30),
        ("पहले 30 सेकंड में क्या होता है?", 0, 30),
        ("cosa succede nell'ultimo minuto?", 120, 180),
        ("Was sieht man in der letzten Minute?", 120, 180),
        ("Was wird nach 20 Sekunden gesagt?", 20, 180),
        ("что было до 2 минут?", 0, 120),
        ("Was wird am Ende des Videos gezeigt?", 162, 180),
        ("quem fala no início?", 0, 18),
        ("what is on the screen, 0:19?", 14, 24),
    ],
)
def test_a_stretch_is_named_in_any_language_that_questions_are_asked_in(question: str, start: float, end: float):
    told = time_phrase(question, 180.0)
    assert told is not None
    assert (told.span.start, told.span.end) == (start, end)
    assert told.words in question.lower()


@pytest.mark.parametrize(
    "question",
    [
        "Beginnt die Sitzung um 8:30 Uhr?",
        "Wann ist das Spiel 4:1 ausgegangen?",
        "Wer kam beim Rennen als letzter an?",
        "Was sagt sie als letztes?",
        "le premier ministre parle de quoi ?",
        "was wurde in der ersten Sitzung beschlossen?",
        "Was wird am Ende der Sitzung beschlossen?",
        "primera vez que aparece el perro",
        "Wie viele Sekunden dauert es?",
        "最后说了什么？",
        "премьера в 19:30?",
        "Who said that first?",
    ],
)
def test_what_names_no_stretch_of_the_video_is_left_alone(question: str):
    assert time_phrase(question, 180.0) is None
