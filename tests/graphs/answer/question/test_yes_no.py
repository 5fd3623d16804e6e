"""Whether a question is answered by yes or no, told by its grammar."""

import pytest
from vidscout.graphs.answer.question.yes_no import confirms_or_denies

CONFIRMED = [
    ("Is the library closed on Mondays?", "en"),
    ("ok and did the ferry leave on time", "en"),
    ("Kostet die Führung etwas?", "de"),
    ("Hat jemand den Schlüssel gefunden oder nicht?", "de"),
    ("Le musée est-il ouvert le dimanche ?", "fr"),
    ("Quelqu'un a-t-il trouvé la clé ?", "fr"),
    ("¿Hay que pagar la entrada?", "es"),
    ("Eles vendem bilhetes na porta?", "pt"),
    ("Работает ли лифт?", "ru"),
    ("博物馆周一开门吗？", "zh"),
    ("电梯修好了没有", "zh"),
    ("他是不是迟到了？", "zh"),
    ("美術館は月曜日に開いていますか", "ja"),
    ("هل المتحف مفتوح يوم الاثنين؟", "ar"),
    ("क्या लिफ्ट ठीक हो गई?", "hi"),
]
SOMETHING_ELSE = [
    ("Who closed the library?", "en"),
    ("and for whom was the parcel?", "en"),
    ("Wer hat den Schlüssel gefunden?", "de"),
    ("Mit wem fährt sie nach Ulm?", "de"),
    ("Quand ferme le musée ?", "fr"),
    ("De qui parle-t-elle ?", "fr"),
    ("¿A qué hora cierra el museo?", "es"),
    ("Com quem ele viajou?", "pt"),
    ("С кем она уехала?", "ru"),
]
LEFT_TO_THE_EXAMPLES = [
    ("Can you tell me where the key is?", "en"),
    ("is it red or blue", "en"),
    ("Ist die Tür rot oder blau?", "de"),
    ("Und am Sonntag?", "de"),
    ("Zeig mir die Stelle mit dem Schlüssel.", "de"),
    ("他买了什么", "zh"),
    ("誰が来ましたか", "ja"),
    ("هل الباب أحمر أم أزرق؟", "ar"),
    ("Onko museo auki?", "fi"),
]
"""Neither is told by grammar alone."""


@pytest.mark.parametrize(
    ("question", "language", "told"),
    [
        (*asked, told)
        for told, questions in ((True, CONFIRMED), (False, SOMETHING_ELSE), (None, LEFT_TO_THE_EXAMPLES))
        for asked in questions
    ],
)
def test_what_is_to_be_confirmed_is_told_by_grammar(question: str, language: str, told: bool | None):
    assert confirms_or_denies(question, language) is told
