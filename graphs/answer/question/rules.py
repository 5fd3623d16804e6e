"""How a question is put, read by rules: what kind of answer it wants, and where that is likely to be found.

They never leave a modality out, because a wrong guess should cost rank, not the answer.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ....tools.perception.objects.coco import COCO_LABELS
from ....tools.records import Modality
from ....tools.words import words
from ..state import Place, Want
from .object_names import named_labels

SEARCHED = (
    Modality.SCREEN_TEXT,
    Modality.SPEECH,
    Modality.OBJECT,
    Modality.CAPTION,
    Modality.FRAME,
    Modality.SOUND,
    Modality.CHAPTER,
)

CUES: dict[Modality, str] = {
    Modality.SCREEN_TEXT: r"""texts? titles? captions? subtitles? signs? slides? screens? written reads?
        headings? headlines? labels? logos? displayed credits? intertitles? banners? posters? bullets? bulleted
        spelled spelling words? written""",
    Modality.SPEECH: r"""says? said saying speaks? speakers? spoke spoken speaking mentions? mentioned talks? talking
        talked tells? told explains? explained explanation narrators? narrates? narration voices? hears? heard announce
        announced announces lecturers? presenters? teachers? quotes? discuss(?:es|ed)? according claims? claimed argues?
        argued recommends? recommended advises? advised described? asks? asked""",
    Modality.OBJECT: r"""objects? persons? people animals? vehicles? left right next behind front beside above below
        holding visible many count number""",
    Modality.FRAME: r"""looks? looking scenes? landscapes? wearing colou?rs? happens? happening doing picture image shot
        background place view weather outdoors? indoors? see seen shows? shown frames?""",
    Modality.CAPTION: r"""scenes? happens? happening describes? description summary summari[sz]e doing about shot""",
    Modality.SOUND: r"""sounds? noises? hears? heard music song songs audible sound effect effects""",
    Modality.CHAPTER: r"""chapters? sections? divided""",
}
_CUES = {modality: frozenset(pattern.split()) for modality, pattern in CUES.items()}

_SPEAKERS = frozenset(
    "he she they speaker speakers narrator lecturer presenter teacher voice mentioned mention talk talks".split()
)

ABOUT_THE_VIDEO = frozenset(
    """video clip film movie lecture recording footage appear appears appeared visible time timestamp moment
    minute second seconds minutes first last exactly many much number count title text slide
    screen caption sign written read reads say says said speaker speakers mention mentioned mentions talk talks
    talked talking narrator presenter lecturer displayed display seen see explain explains explained tell told happens
    happen following""".split()
)
"""Words that speak of the video itself; they say where to look, not what for."""

UNCUED = 0.85
"""Weight of a modality when the question gives no cue at all."""
NOT_CUED = 0.65
"""Weight of the modalities that a question with cues does not point to."""
MODALITY_PRIOR = {Modality.CAPTION: 0.75, Modality.FRAME: 0.7}
"""Composed captions and frame tags repeat what other records say better, so they rank lower without a cue."""

_WHEN = re.compile(
    r"^\W*(?:and\s+)?when\b|\b(?:at|in|on) (?:what|which) (?:time|point|minute|second|moment|timestamp)s?\b"
    r"|\bwhat time\b|\bhow (?:far|long) into\b|\btime ?stamp\b|\bwhen (?:does|do|did|is|are|was|were)\b"
)
_ORDER = re.compile(r"\b(?:in|by) (?:what|which) (?:order|sequence)\b|\b(?:order|sequence) (?:do|does|did|of)\b")
_COUNT = re.compile(r"\bhow (?:many|often)\b|\b(?:the|what) number of\b|\bcount (?:the|how)\b")
_OVERVIEW = re.compile(
    r"\bwhat(?:'s| is| was) (?:the|this) (?:video|clip|film|movie|lecture|trailer|talk|recording) (?:all )?about\b"
    r"|\bsummar(?:y|ies|i[sz](?:e[sd]?|ing))\b|\bdescribe (?:the|this) (?:video|clip|film|movie|lecture|talk)\b"
    r"|\bwhat happens in (?:the|this) (?:video|clip|film)\b|\bgive (?:me )?an overview\b"
)
_REPORTED = re.compile(
    r"^\W*what (?:does|did|do|is|was) (?:.{1,60} )?"
    r"(?:say|said|tell|told|mention(?:ed)?|claim(?:ed)?|explain(?:ed)?|announced?|written)\b.* (?:about|regarding)\b"
)
_QUOTED = re.compile(r"[\"“”«]([^\"“”«»]{2,200})[\"“”»]|(?<![\w])['‘]([^'‘’]{3,200})['’](?![\w])")
_BRIEF = re.compile(
    r"\bfor (?:only |just )?(?:an?|one) (?:brief |short |split )?(?:moment|second|instant|frame)\b"
    r"|\bmomentar(?:y|ily)\b|\bbrief(?:ly)?\b|\bsudden(?:ly)?\b|\bflash(?:es|ed)?\b|\b(?:one|single) frame\b"
    r"|\b(?:cut|edited|inserted|mixed|spliced) into (?:the|this) (?:video|clip|film|movie|footage|recording)\b"
)
"""Wordings for what is there for a moment only: adverbs of time, and what editing puts between other pictures."""
_PLACED = re.compile(
    r"\b(first|opening|last|final|closing) (?:\w+ )?"
    r"(?:texts?|titles?|captions?|slides?|signs?|lines?|words?|sentences?|things?|scenes?|shots?|frames?|images?"
    r"|pictures?|objects?|speakers?|credits?)\b"
)
"""An ordinal means an end of the timeline only before a thing that the timeline consists of: not in “cup final”."""


@dataclass(frozen=True)
class ParsedQuestion:
    """What the rules make of a question's wording."""

    want: Want
    weights: dict[Modality, float]
    topic: str
    place: Place | None
    quoted: tuple[str, ...]
    labels: tuple[str, ...]
    brief: bool


def read_question(question: str, labels: Iterable[str] = COCO_LABELS) -> ParsedQuestion:
    """What kind of answer is wanted, and how likely each modality holds it.

    Args:
        labels: of objects, those that the question may name.
    """
    lower = question.casefold()
    quoted = tuple(first or second for first, second in _QUOTED.findall(question))
    unquoted = _QUOTED.sub(" ", lower)
    named = named_labels(unquoted, labels)
    if _OVERVIEW.search(unquoted):
        want = Want.OVERVIEW
    elif _ORDER.search(unquoted):
        want = Want.ORDER
    elif _WHEN.search(unquoted):
        want = Want.WHEN
    elif _COUNT.search(unquoted):
        want = Want.COUNT
    elif _REPORTED.search(unquoted):
        want = Want.QUOTE
    else:
        want = Want.FACT
    placed = _PLACED.search(unquoted)
    place = None if placed is None else Place.FIRST if placed[1] in ("first", "opening") else Place.LAST
    brief = _BRIEF.search(unquoted) is not None
    return ParsedQuestion(want, _weights(unquoted, named), topic_of(question), place, quoted, named, brief)


def _weights(question: str, labels: tuple[str, ...]) -> dict[Modality, float]:
    asked = words(question)
    cued = {
        modality for modality, cues in _CUES.items() if any(re.fullmatch(cue, word) for cue in cues for word in asked)
    }
    if labels:
        cued.add(Modality.OBJECT)
    if cued & {Modality.SCREEN_TEXT} and not _SPEAKERS & set(asked):
        cued.discard(Modality.SPEECH)  # “what does the sign say” is about writing
    weights = {}
    for modality in SEARCHED:
        if not cued:
            weights[modality] = UNCUED * MODALITY_PRIOR.get(modality, 1.0)
        else:
            weights[modality] = 1.0 if modality in cued else NOT_CUED * MODALITY_PRIOR.get(modality, 1.0)
    return weights


_QUESTION_WORDS = re.compile(
    r"^\W*(?:(?:and|so|please|can you|could you|tell me|do you know)\b\W+)*"
    r"(?:when|what|which|who|where|why|how(?: many| much| long| often)?)\b"
    r"(?:\s+(?:time|does|do|did|is|are|was|were|has|have|had|can|could|will|would|the|a|an|in)\b)*\s*",
    re.IGNORECASE,
)


def topic_of(question: str) -> str:
    """The question without its question words, which is closer to the record that answers it.

    >>> topic_of("When does the speaker mention wind turbines?"), topic_of("Where does Anna live?")
    ('speaker mention wind turbines', 'Anna live')
    """
    return _QUESTION_WORDS.sub("", question).strip(" ?.!") or question.strip()
