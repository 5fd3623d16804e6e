"""Which language is spoken in each stretch of speech: the model's guesses, weighed with those of the neighbours."""

import math
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ...errors import UsageError
from ...languages import language_code

LANGUAGES = frozenset(
    """af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr ht hu hy id
    is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl ps pt ro ru sa sd si sk
    sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo yue zh""".split()
)
"""What multilingual Whisper models tell apart, by the codes of their own tokens."""

NAMES = {
    "cantonese": "yue",
    "farsi": "fa",
    "filipino": "tl",
    "greek": "el",
    "malay": "ms",
    "mandarin": "zh",
    "myanmar": "my",
    "nepali": "ne",
    "nynorsk": "nn",
    "occitan": "oc",
    "swahili": "sw",
}
"""Names that people use where ISO 639 has a longer one, as "Modern Greek (1453-)"."""
CODES = {
    "jv": "jw",
    "nb": "no",
    "cmn": "zh",
    "fil": "tl",
    "ekk": "et",
    "lvs": "lv",
    "arb": "ar",
    "pes": "fa",
    "zsm": "ms",
}
"""Codes by which Whisper's token is another: Javanese had `jw` once, and single languages stand for their groups."""

CHANGE = 2.5
"""What a change of language costs, in nats. A stretch of two seconds in the midst of another language is believed from
e⁵, a hundred and fifty times, the probability of that language on."""
SPEAKERS = Path(__file__).with_name("speakers.toml")
MANY, FEWEST = 20.0, 0.001
"""Millions of speakers from which a language is believed as any other, and those that one has at least."""
FULL_WEIGHT = 2.0
"""Seconds of speech from which a guess counts in full; shorter ones, as an "okay", count by their length."""
MOST_WEIGHT = 2.0
"""What a guess on a long stretch counts at most."""
LEAST = 0.01
"""Probability below which guesses are equally unlikely: a model that is sure may still be wrong."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What a model takes one stretch of speech for."""

    seconds: float
    likely: Mapping[str, float]
    """Probability of each language, by its code."""


def expected(names: str) -> tuple[str, ...]:
    """What a list such as `en,de`, `German and English` or `de-AT` names, in alphabetic order; nothing for `auto`.

    Raises:
        UsageError: one of them is no language that Whisper knows; one line.
    """
    parts = [part.strip() for part in re.split(r"[,;+/|]|\s+and\s+", names) if part.strip()]
    if [part.casefold() for part in parts] == ["auto"]:
        return ()
    found = set()
    for part in parts:
        code = NAMES.get(part.casefold()) or language_code(part)
        code = CODES.get(code, code)
        if code not in LANGUAGES:
            raise UsageError(
                f"no language {part!r} that is understood here: give codes or names, as in en,de or German"
            )
        found.add(code)
    return tuple(sorted(found))


def voted(guesses: Sequence[Guess], before: str | None = None, allowed: Collection[str] = ()) -> list[str]:
    """The language of each stretch: the most probable sequence in which changes are rare (Viterbi, 1967).

    Args:
        guesses: of stretches that follow on each other.
        before: what was spoken before them, where that is known.
        allowed: what may be spoken; by default anything that a guess names.

    >>> clear, unsure = Guess(4, {"en": 0.9}), Guess(0.6, {"cy": 0.5, "en": 0.2})
    >>> voted([clear, unsure, Guess(4, {"de": 0.98, "en": 0.02})])
    ['en', 'en', 'de']
    """
    named = {language for guess in guesses for language in guess.likely}
    languages = sorted(set(allowed) or named | ({before} if before else set()))
    if not languages or not guesses:
        return [before or "en"] * len(guesses)
    score = {language: 0.0 if before in (None, language) else -CHANGE for language in languages}
    came: list[dict[str, str]] = []
    for guess in guesses:
        top = max(languages, key=lambda language: score[language])
        source = {one: one if score[one] >= score[top] - CHANGE else top for one in languages}
        score = {
            one: score[source[one]] - (CHANGE if source[one] != one else 0.0) + _evidence(guess, one, allowed)
            for one in languages
        }
        came.append(source)
    last = max(languages, key=lambda language: score[language])
    spoken = [last]
    for source in reversed(came[1:]):
        spoken.append(source[spoken[-1]])
    return spoken[::-1]


def _evidence(guess: Guess, language: str, allowed: Collection[str]) -> float:
    """How much a guess speaks for a language, in nats; between allowed languages only their proportion counts.

    Where any may be spoken, one that few people speak is believed less: Whisper takes unclear voices for Latin.
    """
    total = sum(guess.likely.get(one, 0.0) for one in allowed) if allowed else 1.0 / _common(language)
    probability = guess.likely.get(language, 0.0) / max(total, LEAST)
    return min(guess.seconds / FULL_WEIGHT, MOST_WEIGHT) * math.log(probability + LEAST)


def _common(language: str) -> float:
    """How easily a language is believed, 0..1: the square root of its speakers as a share of `MANY`."""
    return math.sqrt(min(max(_speakers().get(language, MANY), FEWEST) / MANY, 1.0))


@cache
def _speakers() -> dict[str, float]:
    return tomllib.loads(SPEAKERS.read_text(encoding="utf-8"))
