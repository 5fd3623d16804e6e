"""How large what was sent may be and what it is called, as people read it."""

from ...tools.errors import UsageError

LONGEST_NAME = 200
"""Characters of a file's name that are kept."""
UNITS = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}


class TooLargeError(UsageError):
    """A file has more bytes, or a video lasts longer, than is taken."""


def size_of(number: int) -> str:
    """Bytes as people read them.

    >>> size_of(7_826_953), size_of(2 * 10**9)
    ('7.8 MB', '2.0 GB')
    """
    unit = max((unit for unit in UNITS if number >= UNITS[unit]), key=UNITS.__getitem__, default="kb")
    return f"{number / UNITS[unit]:.1f} {unit.upper()}"


def shown_name(claimed: str) -> str:
    """The last part of a file name that somebody sent along, fit to be shown in one line.

    >>> shown_name("C:\\\\films\\\\my film.mp4"), shown_name("/a/b.mp4"), shown_name("..")
    ('my film.mp4', 'b.mp4', 'video')
    """
    last = claimed.replace("\\", "/").rstrip("/").rpartition("/")[2]
    printable = "".join(char for char in last if char.isprintable()).strip()
    return printable[:LONGEST_NAME] if printable.strip(".") else "video"
