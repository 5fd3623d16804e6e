"""Who does or says what, in order: a scene for each chapter, with the names that are known, as in StoryTeller
(He et al., 2024), whose characters are known by voice and face; here by the names of speakers and lower thirds."""

from ...tools.payloads import Caption, ObjectCounts
from ...tools.plurals import plural
from ...tools.records import Record, Span, of_kind
from ...tools.words import one_line
from .extract import Spoken, chosen
from .material import Material
from .results import Chapter, Cited, Scene
from .wording import wording

QUOTES = {"line": 1, "paragraph": 2, "page": 4}
"""Passages of a chapter that are told, by length."""
SEEN = 3
"""Kinds of objects that are named of a scene."""


def scene(
    chapter: Chapter, material: Material, spoken: Spoken, seen: list[Record], length: str, language: str = ""
) -> Scene | None:
    """One chapter as a scene: its title, who is there, and what they say in their own words; `None` where nothing is.

    Args:
        chapter: the stretch and its title.
        material: of the whole video.
        spoken: what is said in the chapter.
        seen: records of captions and objects in it.
        length: `line`, `paragraph` or `page`.
        language: ISO 639-1 code of the fixed words; by default English.
    """
    span = Span(chapter.start, chapter.end)
    rows = chosen(spoken, QUOTES[length])
    told, evidence = [], list(chapter.evidence)
    for row in rows:
        passage = spoken.passages[row]
        quote = one_line(passage.text)
        kind = "spoken" if passage.speaker else "quoted"
        told.append(wording(kind, language, text=quote, who=passage.speaker))
        evidence += [Cited.of(record) for record in passage.records]
    if not told:
        sight, evidence_of_sight = sights(seen, language)
        told, evidence = sight, [*evidence, *evidence_of_sight]
    if not told and not chapter.title:
        return None
    head = f"{chapter.title}." if chapter.title and chapter.origin in ("file", "screen_text") else ""
    text = " ".join([head, *told]).strip()
    return Scene(chapter.start, chapter.end, who(material, spoken, span), text, tuple(dict.fromkeys(evidence)))


def who(material: Material, spoken: Spoken, span: Span) -> tuple[str, ...]:
    """Everybody who speaks in a stretch, or whose name stands on the picture then."""
    speaking = [passage.speaker for passage in spoken.passages if passage.speaker]
    shown = [name for there, name in material.names if there.overlaps(span)]
    return tuple(dict.fromkeys([*speaking, *shown]))


def sights(seen: list[Record], language: str = "") -> tuple[list[str], list[Cited]]:
    """What the picture shows where nobody speaks: captions that a model wrote, else looks and the objects."""
    for record, caption in of_kind(seen, Caption):
        if caption.text:
            return [one_line(caption.text)], [Cited.of(record)]
    parts, used = [], []
    for record, caption in of_kind(seen, Caption):
        if caption.looks:
            parts.append(wording("looks", language, text=", ".join(caption.looks)))
            used.append(record)
            break
    counted: dict[str, tuple[int, Record]] = {}
    for record, objects in of_kind(seen, ObjectCounts):
        for label, number in objects.numbers:
            if number > counted.get(label, (0, record))[0]:
                counted[label] = (number, record)
    if counted:
        most = sorted(counted.items(), key=lambda item: -item[1][0])[:SEEN]
        names = [f"{number} {label if number == 1 else plural(label)}" for label, (number, _) in most]
        parts.append(wording("there", language, text=", ".join(names)))
        used += [record for _, (_, record) in most]
    return parts, [Cited.of(record) for record in dict.fromkeys(used)]
