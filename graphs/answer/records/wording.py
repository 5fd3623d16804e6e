"""The fixed parts of an answer in the language of its question; English where there is no wording for it."""

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from ....tools.payloads import Spoken
from ....tools.records import Modality, Record, clock
from ....tools.words import one_line

WORDINGS = Path(__file__).with_name("wording.toml")

HOW = {Modality.SPEECH: "said", Modality.SCREEN_TEXT: "on_screen", Modality.SOUND: "heard"}
"""How it is put that something is there, by modality; anything else is seen."""


@cache
def wordings() -> dict[str, dict[str, str]]:
    """The wordings by ISO 639-1 code and name."""
    return tomllib.loads(WORDINGS.read_text(encoding="utf-8"))


def worded(language: str, name: str, **values: str) -> str:
    """A fixed part with its values.

    >>> worded("en", "nearest", text="“No.”"), worded("xx", "yes")
    ('Closest: “No.”', 'Yes.')
    """
    known = wordings()
    return known.get(language, known["en"])[name].format(**values)


def cited(record: Record, language: str, name: str = "") -> str:
    """A record in its own words with its time; `name` is its video's, where several were asked about."""
    return cited_together([record], language, name)


def cited_together(records: Sequence[Record], language: str, name: str = "") -> str:
    """Records of one modality that follow each other, as one quotation with the time of the first; where several people
    say them, with who says what."""
    first = records[0]
    kind = HOW.get(first.modality, "seen")
    texts = [one_line(record.text.replace("\n", " / ")) for record in records]
    speakers = [record.payload.speaker if isinstance(record.payload, Spoken) else "" for record in records]
    if len(set(speakers)) > 1:
        before = ["", *speakers]
        texts = [
            f"{speaker}: {text}" if speaker and speaker != earlier else text
            for text, speaker, earlier in zip(texts, speakers, before, strict=False)
        ]
    text = " ".join(texts)
    at = clock(first.span.start)
    return worded(language, kind, text=text, at=f"{name} {at}" if name else at)
