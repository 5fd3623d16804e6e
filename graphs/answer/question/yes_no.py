"""Whether a question is answered by yes or no, by its grammar: which words ask, which come first, which stand last.

The words that ask are a closed class of each language. Where the grammar does not tell, the examples decide.
"""

import re

_ASKING = {
    "de": r"wer|wen|wem|wessen|was|welch\w*|wann|wie\w*|wo\w*|warum|weshalb",
    "en": r"who|whom|whose|what|which|when|where|why|how",
    "es": r"qué|quién(?:es)?|cuál(?:es)?|cuándo|dónde|adónde|cómo|cuánt\w*",
    "fr": r"quoi|quel(?:le)?s?|quand|où|pourquoi|comment|combien|lequel|laquelle",
    "pt": r"quem|qual|quais|quando|onde|aonde|quant\w*|porque",
    "ru": r"кто|кого|кому|кем|чей|чья|чьё|где|когда|куда|откуда|почему|зачем|сколько|котор\w*",
}
"""Words that ask for something else than yes or no, wherever they stand."""
_ASKING_FIRST = {
    "es": r"que|quien(?:es)?|cual(?:es)?|cuando|donde|adonde|como|cuant\w*",
    "fr": r"qui|que|qu",
    "pt": r"(?:o )?que|como",
    "ru": r"что|чего|чему|чем|чём|как\w*",
}
"""Words that ask where a question begins with them; later on they join clauses, as “that” does."""
_CHOOSING = {
    "de": r"oder (?!nicht\b)", "en": r"or (?!not\b|no\b)", "es": r"[ou] (?!no\b)", "fr": r"ou (?!non\b|pas\b)",
    "pt": r"ou (?!não\b)", "ru": r"или (?!нет\b)",
}  # fmt: skip
"""“Or”, which asks to choose, unless “no” follows."""
_FIRST = r"^\W*(?:(?:and|so|but|then|well|ok|okay|und|aber|also|y|pero|et|mais|alors|e|mas|а|и|но)\W+)*"
_JOINED = re.compile(r"^\W*(?:und|aber|y|pero|et|mais|e|mas|а|и|но)\b", re.IGNORECASE)
"""An elliptical question begins like this, as “und am Sonntag?”, and says no verb."""
_PREPOSITION = (
    r"(?:(?:in|on|at|to|for|from|by|with|of|about|an|auf|aus|bei|für|mit|nach|seit|von|zu|um|über|de|en|a|con|por|para"
    r"|desde|até|sobre|à|dans|avec|pour|depuis|em|com|в|во|на|с|со|из|от|до|для|о|об|за|по|к|у)\s+)?"
)
_ENGLISH_VERB_FIRST = re.compile(
    _FIRST + r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)"
    r"(?:n't)?\s+(?!(?:you|u|i|we)\b)",
    re.IGNORECASE,
)
_BY_PARTICLE = {
    "zh": r"^(?!.*(?:什么|什麼|谁|誰|哪|怎|几|幾|多少))"
    r".*(?:[吗嗎么麼][?？。\s]*$|[没沒]有?[?？\s]*$|(\w)[不没沒]\1|是否)",
    "ar": r"^\W*هل\b(?!.*\bأم\b)",
    "hi": r"^\W*क्या\s|\sक्या[?？\s]*$",
    "ja": r"^(?!.*(?:何|誰|だれ|どこ|いつ|どう|なぜ|いく|どの|どれ|どんな|どちら|どなた|なに|なん)).*か[?？。\s]*$",
}
"""How other languages mark such a question: by a word of its own or, in Chinese, by the verb with and without “not”."""


_WHO = {
    "ar": r"مَ?ن|لمن", "de": r"wer|wen|wem|wessen|welche(?:r|n|m) von",
    "en": r"who|whom|whose|which of (?:them|the|those|us)",
    "es": r"qui[eé]n(?:es)?", "fr": r"qui|lequel|laquelle", "hi": r"कौन|किस(?:ने|का|की|के|को)", "pt": r"quem",
    "ru": r"кто|кого|кому|кем|чей|чья|чьё", "it": r"chi", "nl": r"wie|wiens",
}  # fmt: skip
"""Words that ask for somebody."""
_WHO_ANYWHERE = {"zh": r"谁|誰|哪位", "ja": r"誰|だれ|どなた"}


def asks_who(question: str, language: str) -> bool:
    """Whether a question begins by asking for somebody.

    Args:
        language: ISO 639-1 code.

    >>> asks_who("and who was moved to tears?", "en"), asks_who("the man who sang, when was it?", "en")
    (True, False)
    """
    if language in _WHO_ANYWHERE:
        return re.search(_WHO_ANYWHERE[language], question) is not None
    words = _WHO.get(language)
    return words is not None and re.search(rf"{_FIRST}{_PREPOSITION}(?:{words})\b", question, re.IGNORECASE) is not None


def confirms_or_denies(question: str, language: str) -> bool | None:
    """Whether a question is answered by yes or no; `None` where its grammar does not tell.

    Args:
        language: ISO 639-1 code.

    >>> [confirms_or_denies(q, "en") for q in ("did it rain", "Does he say who won?", "Who won?", "and then?")]
    [True, None, False, None]
    >>> confirms_or_denies("Zahlt das Land etwas dazu?", "de"), confirms_or_denies("wer hat sich verletzt?", "de")
    (True, False)
    """
    if language in _BY_PARTICLE:
        return True if re.search(_BY_PARTICLE[language], question) else None
    if language not in _ASKING:
        return None
    asking, first = _ASKING[language], _ASKING_FIRST.get(language)
    if re.search(rf"{_FIRST}{_PREPOSITION}(?:{asking}{f'|{first}' if first else ''})\b", question, re.IGNORECASE):
        return False
    if re.search(rf"\b(?:(?:{asking})\b|{_CHOOSING[language]})", question, re.IGNORECASE):
        return None
    if language == "en":
        return True if _ENGLISH_VERB_FIRST.search(question) else None
    return True if question.rstrip().endswith("?") and not _JOINED.search(question) else None
