"""The questions of a set before they have a place: what each shows or says, and what its right answer is."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path

from . import pictures
from .pictures import Picture
from .texts import Texts, lists

TYPES = (
    "ret_edit1",
    "ret_insert1",
    "ret_insert2",
    "ord_edit1",
    "ord_insert1",
    "ord_insert2",
    "cnt_edit1",
    "cnt_edit2",
    "cnt_insert1",
    "ret_speech",
    "ret_object",
    "when",
)
"""VNBench's nine, then ours."""

TEXT_STANDS, PICTURE_STANDS, PATCH_STANDS = 2.0, 1.5, 1.5
"""Seconds that a written text, an inserted picture and pasted copies can be seen."""

SPOKEN_WORD, SPOKEN_REST = 0.6, 0.8
"""Seconds that are kept free for each spoken word and around them: more than the voice needs."""

OPTIONS = 4

IN_ORDER = 4
"""Needles of an ordering question, as in VNBench."""

MOST_COUNTED = 6
"""Needles of a counting question at most, as in VNBench."""

PASTED_PARTS = 4
"""Parts of the video over which a `cnt_edit2` question pastes copies, as in VNBench."""

MOST_COPIES = 3
"""Copies in one of them at most."""


@dataclass(frozen=True, slots=True)
class Needle:
    """One thing that is put into a video."""

    kind: str
    """`text` on running frames, `insert` of a picture as frames of its own, `patch` of pictures, or `speech`."""
    seconds: float
    text: str = ""
    picture: Picture | None = None
    copies: int = 1
    look: int = 0
    """Where a text stands, or how a drawn picture is varied."""


@dataclass(frozen=True, slots=True)
class NeedleQuestion:
    """A question about needles that have no time yet."""

    type: str
    number: int
    """Within its type, from 0."""
    question: str
    needles: tuple[Needle, ...]
    """In the order in which they must come."""
    right: str
    """The right option; empty where it is the time of the needle."""
    wrong: tuple[str, ...] = ()
    """The other options; empty where they depend on the video: times, and pictures that it does not show."""
    alternatives: tuple[Picture, ...] = field(default=(), repr=False)
    """Pictures from which wrong options may come."""

    @property
    def shows(self) -> frozenset[str]:
        """The kinds of pictures that it shows."""
        return frozenset(needle.picture.kind for needle in self.needles if needle.picture is not None)

    @property
    def seconds(self) -> float:
        """How long its needles take in all."""
        return sum(needle.seconds for needle in self.needles)

    @property
    def medium(self) -> str:
        """`text`, `speech`, `photo` or `drawn`: how its needles reach whoever watches."""
        needle = self.needles[0]
        if needle.picture is None:
            return needle.kind
        return "photo" if needle.picture.family == "photo" else "drawn"


@dataclass(frozen=True, slots=True)
class DrawnPicture:
    """The questions of a set."""

    questions: list[NeedleQuestion]
    short: dict[str, int]
    """Types that have fewer questions than asked for, because no photo is used twice."""


def draw(seed: int, a_type: int, own_photos: Path | None = None, wordings: str = "first") -> DrawnPicture:
    """The questions of a seed. The same seed gives the same questions; no two share a text or a photo.

    Args:
        seed: any number.
        a_type: questions of each type.
        own_photos: the user's photos, as LABEL/NAME.jpg.
        wordings: `first` or `second`, two ways to put each of the same questions. Nothing was set by the second.

    Raises:
        UsageError: there are no such wordings.
    """
    dice = random.Random(f"needles {seed}")
    texts = Texts(dice, wordings)
    photos = pictures.photos(own_photos)
    known = tuple(photos)
    dice.shuffle(photos)
    asked: list[NeedleQuestion] = []
    for number in range(a_type):
        asked += [_secret_word(number, texts, dice), _words_in_order(number, texts, dice)]
        asked += [_words_counted(number, texts, dice), _said(number, texts, dice), _time(number, texts, dice)]
    asked += [_photo("ret_object", number, photo, known, texts) for number, photo in enumerate(photos[:a_type])]
    # Photos that are left go to the pictures that VNBench takes from photo collections, if they are enough for all.
    left = photos[a_type : 2 * a_type]
    if len(left) == a_type:
        asked += [_photo("ret_insert2", number, photo, known, texts) for number, photo in enumerate(left)]
    else:
        asked += [
            _drawing("ret_insert2", number, one, dice, texts) for number, [one] in _dealt("object", 1, a_type, dice)
        ]
    asked += [_drawing("ret_insert1", number, one, dice, texts) for number, [one] in _dealt("fruit", 1, a_type, dice)]
    asked += [
        _in_order("ord_insert1", number, four, dice, texts) for number, four in _dealt("fruit", IN_ORDER, a_type, dice)
    ]
    asked += [
        _in_order("ord_insert2", number, four, dice, texts) for number, four in _dealt("object", IN_ORDER, a_type, dice)
    ]
    asked += [_inserts_counted(number, one, dice, texts) for number, [one] in _dealt("object", 1, a_type, dice)]
    asked += [_copies_counted(number, one, dice, texts) for number, [one] in _dealt("object", 1, a_type, dice)]
    count = {type: sum(one.type == type for one in asked) for type in TYPES}
    asked.sort(key=lambda one: (TYPES.index(one.type), one.number))
    return DrawnPicture(asked, {type: have for type, have in count.items() if have < a_type})


def _dealt(family: str, each: int, times: int, dice: random.Random) -> Iterable[tuple[int, list[Picture]]]:
    """Different pictures for each of so many questions; none comes again before all others have."""
    deck: list[Picture] = []
    for number in range(times):
        if len(deck) < each:
            fresh = [picture for picture in pictures.drawn(family) if picture not in deck]
            dice.shuffle(fresh)
            deck = deck + fresh
        yield number, deck[:each]
        deck = deck[each:]


# -- written and spoken ---------------------------------------------------------------------------------------------


def _text(words: str, dice: random.Random) -> Needle:
    return Needle("text", TEXT_STANDS, words, look=dice.randrange(1 << 30))


def _spoken(words: str) -> Needle:
    return Needle("speech", SPOKEN_REST + SPOKEN_WORD * len(words.split()), words)


def _secret_word(number: int, texts: Texts, dice: random.Random) -> NeedleQuestion:
    where, word = texts.next("places"), texts.word()
    needle = _text(f"The secret word of the {where} is {word}", dice)
    wrong = tuple(texts.word() for _ in range(OPTIONS - 1))
    return NeedleQuestion("ret_edit1", number, texts.asked("secret_word", where=where), (needle,), word, wrong)


def _words_in_order(number: int, texts: Texts, dice: random.Random) -> NeedleQuestion:
    team, words = texts.next("teams"), [texts.word() for _ in range(IN_ORDER)]
    needles = tuple(_text(f"Team {team}: the secret word is {word}", dice) for word in words)
    question = texts.asked("words_in_order", team=team)
    return NeedleQuestion("ord_edit1", number, question, needles, ", ".join(words), _other_orders(words, dice))


def _words_counted(number: int, texts: Texts, dice: random.Random) -> NeedleQuestion:
    city, count = texts.next("cities"), dice.randint(1, MOST_COUNTED)
    needles = tuple(_text(f"Secret word of {city}: {texts.word()}", dice) for _ in range(count))
    question = texts.asked("words_counted", city=city)
    return NeedleQuestion(
        "cnt_edit1", number, question, needles, str(count), _other_numbers(count, 1, MOST_COUNTED, dice)
    )


def _said(number: int, texts: Texts, dice: random.Random) -> NeedleQuestion:
    form = dice.choice(lists()["said"])
    who, (right, *wrong) = texts.next("people"), dice.sample(form["answers"], OPTIONS)
    needle = _spoken(form["text"].format(who=who, answer=right))
    return NeedleQuestion("ret_speech", number, texts.form(form).format(who=who), (needle,), right, tuple(wrong))


def _time(number: int, texts: Texts, dice: random.Random) -> NeedleQuestion:
    """Half of them written, half spoken; the options are times, so they wait for the needle's place."""
    if number % 2 == 0:
        word = texts.word()
        question = texts.asked("time_of_text", text=f"Next stop: {word}")
        return NeedleQuestion("when", number, question, (_text(f"Next stop: {word}", dice),), "")
    what = texts.next("closing")
    question = texts.asked("time_of_speech", what=what)
    return NeedleQuestion("when", number, question, (_spoken(f"Attention please. The {what} is closed today."),), "")


# -- shown ----------------------------------------------------------------------------------------------------------


def _insert(picture: Picture, look: int = 0) -> Needle:
    return Needle("insert", PICTURE_STANDS, picture=picture, look=look)


def _photo(type: str, number: int, photo: Picture, known: tuple[Picture, ...], texts: Texts) -> NeedleQuestion:
    question = texts.asked("photo" if type == "ret_object" else "picture")
    return NeedleQuestion(type, number, question, (_insert(photo),), photo.label, alternatives=known)


def _drawing(type: str, number: int, picture: Picture, dice: random.Random, texts: Texts) -> NeedleQuestion:
    question = texts.asked("picture")
    others = tuple(pictures.drawn(picture.family))
    return NeedleQuestion(
        type, number, question, (_insert(picture, dice.randrange(1 << 30)),), picture.label, (), others
    )


def _in_order(type: str, number: int, shown: Sequence[Picture], dice: random.Random, texts: Texts) -> NeedleQuestion:
    labels = [picture.label for picture in shown]
    question = texts.asked("pictures_in_order", labels=", ".join(sorted(labels)))
    needles = tuple(_insert(picture, dice.randrange(1 << 30)) for picture in shown)
    return NeedleQuestion(type, number, question, needles, ", ".join(labels), _other_orders(labels, dice))


def _inserts_counted(number: int, picture: Picture, dice: random.Random, texts: Texts) -> NeedleQuestion:
    count = dice.randint(1, MOST_COUNTED)
    needles = tuple(_insert(picture, dice.randrange(1 << 30)) for _ in range(count))
    question = texts.asked("pictures_counted", what=_a(picture.label))
    return NeedleQuestion(
        "cnt_insert1", number, question, needles, str(count), _other_numbers(count, 1, MOST_COUNTED, dice)
    )


def _copies_counted(number: int, picture: Picture, dice: random.Random, texts: Texts) -> NeedleQuestion:
    copies = [dice.randint(1, MOST_COPIES) for _ in range(PASTED_PARTS)]
    needles = tuple(
        Needle("patch", PATCH_STANDS, picture=picture, copies=some, look=dice.randrange(1 << 30)) for some in copies
    )
    question = texts.asked("copies_counted", what=_a(picture.label), parts=str(PASTED_PARTS))
    total = sum(copies)
    wrong = _other_numbers(total, max(total - 3, PASTED_PARTS), total + 3, dice)
    return NeedleQuestion("cnt_edit2", number, question, needles, str(total), wrong)


def _a(noun: str) -> str:
    if noun in ("glasses", "scissors"):
        return noun
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def _other_orders(words: Sequence[str], dice: random.Random) -> tuple[str, ...]:
    others = [", ".join(order) for order in permutations(words) if list(order) != list(words)]
    return tuple(dice.sample(others, OPTIONS - 1))


def _other_numbers(right: int, least: int, most: int, dice: random.Random) -> tuple[str, ...]:
    others = [str(number) for number in range(least, most + 1) if number != right]
    return tuple(dice.sample(others, OPTIONS - 1))
