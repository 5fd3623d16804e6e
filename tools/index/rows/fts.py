"""What a text looks like to SQLite's full-text search: when it is written, and when it is looked up."""

import re

from ...words import STOP_WORDS, folded, words

MAX_TERMS = 64
"""Different words of a query that are looked up."""

_UNSPACED = re.compile(r"([\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af])")
"""Characters of scripts that put no space between words, or glue endings to them: Thai, Lao, Burmese, Khmer, Hangul
(also taken apart), kana, Han."""


def searchable(text: str) -> str:
    """A text as it is written into the full-text table: folded, scripts without spaces cut into characters.

    >>> searchable("Café 東京")
    'cafe  東  京 '
    """
    return _UNSPACED.sub(r" \1 ", folded(text))


def match_expression(text: str) -> str:
    """A user's text as an FTS5 query, whatever characters it holds: any of its words that carry meaning.

    A text of nothing but stop words is looked up as one phrase; one without a word gives an empty expression.

    >>> match_expression("What does the sign say?")
    '"sign" OR "say"'
    >>> match_expression('to be "OR" NOT *')
    '"to be or not"'
    """
    all_words = words(text)
    if meaning := [word for word in dict.fromkeys(all_words) if not _says_nothing(word)]:
        return " OR ".join(f'"{searchable(word).strip()}"' for word in meaning[:MAX_TERMS])
    return f'"{" ".join(all_words[:MAX_TERMS])}"' if all_words else ""


def _says_nothing(word: str) -> bool:
    """Whether a word is a stop word or a contraction of one, as “what's” and “isn't”."""
    stem, apostrophe, _ = word.partition("'")
    return word in STOP_WORDS or (bool(apostrophe) and (stem in STOP_WORDS or stem.removesuffix("n") in STOP_WORDS))
