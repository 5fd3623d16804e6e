"""Text files as people have them: in UTF-8, in UTF-16, or in what their systems wrote before Unicode."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatch

MARKS = {b"\xff\xfe\x00\x00": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
"""Byte order marks at the beginning of a text; that of UTF-32 begins as another one does."""

LEGACY = {
    "cp1252": (),
    "cp1250": ("pl", "cs", "sk", "hu", "sl", "hr", "bs", "ro"),
    "iso8859_2": ("pl", "cs", "sk", "hu", "sl", "hr", "bs", "ro"),
    "cp1251": ("ru", "uk", "bg", "be", "sr", "mk"),
    "koi8_r": ("ru", "uk", "bg", "be"),
    "cp866": ("ru", "uk", "be"),
    "iso8859_5": ("ru", "bg", "sr", "mk"),
    "cp1253": ("el",),
    "iso8859_7": ("el",),
    "cp1254": ("tr", "az"),
    "cp1255": ("he",),
    "cp1256": ("ar", "fa", "ur"),
    "cp1257": ("et", "lv", "lt"),
    "cp1258": ("vi",),
    "cp874": ("th",),
    "cp932": ("ja",),
    "euc_jp": ("ja",),
    "gb18030": ("zh",),
    "big5": ("zh",),
    "cp949": ("ko",),
}
"""Encodings of before Unicode, by Python's names, with the languages that were written in them; the first with all
others. Where nothing else tells, the one that stands first is taken. They are those of the WHATWG's Encoding Standard,
less those that no system wrote files in."""

DAMAGED = 0.1
"""Share of the bytes beyond ASCII that may be damaged in UTF-8: a few bytes of another file do not make it another
encoding."""

LETTERS = 16
"""Bytes of letters from which a text tells its alphabet; half as many letters of two bytes."""

ALIKE = 0.1
"""Charset-normalizer's measure of disorder up to which texts count as equally orderly."""


def decoded(data: bytes, language: str = "") -> str | None:
    """The text in a file's bytes; None where they are not text in any known encoding.

    Args:
        data: the file's content.
        language: ISO 639 code of what is written, where that is known: then only its encodings are considered.
    """
    for mark, encoding in MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    if wide := _wide(data):
        return data.decode(wide, "replace")
    if b"\x1b$" in data:  # letters of 7 bits, so that it would pass for ASCII
        return data.decode("iso2022_jp", "replace")
    text = data.decode("utf-8", "replace")
    beyond = len(data) - sum(byte < 0x80 for byte in data)
    if text.count("\ufffd") <= DAMAGED * beyond:
        return text
    return _legacy(data, language)


def _wide(data: bytes) -> str:
    """UTF-16's name where every other byte of the line breaks and digits is zero, as in it; else empty."""
    head = data[:4000]
    first, second = head[::2].count(0), head[1::2].count(0)
    if max(first, second) * 10 < len(head):
        return ""
    return "utf-16-be" if first > second else "utf-16-le"


def _by_alphabet(data: bytes) -> str:
    """The encoding whose letters a text keeps to, as one of another language would not by chance; else empty.

    In a few lines charset-normalizer takes Hebrew for small Cyrillic letters and Korean for Thai.
    """
    letters = [byte for byte in data if byte >= 0xC0]
    if (
        len(letters) >= LETTERS
        and all(0xE0 <= byte <= 0xFA for byte in letters)
        and not re.search(rb"[\x80-\xbf]", data)
    ):
        return "cp1255"  # Russian of that length has capitals, or one of the letters behind the 27th
    try:
        beyond = [letter for letter in data.decode("euc_kr") if ord(letter) > 0x7F]
    except UnicodeDecodeError:
        return ""
    return "cp949" if len(beyond) >= LETTERS // 2 and all("가" <= letter <= "힣" for letter in beyond) else ""


def _legacy(data: bytes, language: str) -> str | None:
    """Text in the likeliest encoding of before Unicode, told by the lines that are not all ASCII."""
    from charset_normalizer import from_bytes

    if not language and (alphabet := _by_alphabet(data)):
        return data.decode(alphabet, "replace")
    known = [encoding for encoding, languages in LEGACY.items() if language in languages]
    telling = b"\n".join(line for line in data.splitlines() if not line.isascii())
    considered = known or (["cp1252"] if language else list(LEGACY))
    found = list(from_bytes(telling, cp_isolation=considered)) or list(from_bytes(telling))
    if not found:
        return None

    def doubt(match: "CharsetMatch") -> tuple[float, float, int]:
        place = considered.index(match.encoding) if match.encoding in considered else len(considered)
        return max(match.chaos, ALIKE), -match.coherence, place

    return data.decode(min(found, key=doubt).encoding, "replace")
