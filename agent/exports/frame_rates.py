"""Frame rates and timecodes as editing programs count them."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

STANDARD = (
    *(Fraction(rate * 1000, 1001) for rate in (24, 30, 48, 60, 120)),
    *(Fraction(rate) for rate in (24, 25, 30, 48, 50, 60, 100, 120)),
)
"""Frames a second that editing programs know (SMPTE ST 12-1, and what cameras record)."""
WITHOUT_PICTURE = Fraction(25)
"""Frames a second in which times of mere sound are written."""
DROPPED = {Fraction(30000, 1001): 2, Fraction(60000, 1001): 4}
"""Frame numbers that drop-frame timecode leaves out each minute but every tenth."""


@dataclass(frozen=True, slots=True)
class Counting:
    """How the frames of one file are counted."""

    rate: Fraction
    """Frames a second."""
    first: int = 0
    """Number of the file's first frame, where a camera gave it a timecode."""
    drop: bool = False
    """Its timecode leaves numbers out, so that it keeps up with the clock."""

    def frames(self, seconds: float) -> int:
        """The frame nearest to a time from the file's beginning."""
        return max(round(Fraction(seconds).limit_denominator(1_000_000) * self.rate), 0)

    def timecode(self, frame: int) -> str:
        """`hh:mm:ss:ff` of a frame, with a semicolon before the frames where numbers are dropped.

        >>> Counting(Fraction(30000, 1001), drop=True).timecode(1800), Counting(Fraction(25)).timecode(30)
        ('00:01:00;02', '00:00:01:05')
        """
        base = round(self.rate)
        if self.drop:
            left_out = DROPPED[self.rate]
            minute, ten = base * 60 - left_out, base * 600 - left_out * 9
            tens, rest = divmod(frame, ten)
            frame += left_out * (9 * tens + max((rest - left_out) // minute, 0))
        seconds, frames = divmod(frame, base)
        hours, seconds = divmod(seconds, 3600)
        mark = ";" if self.drop else ":"
        return f"{hours % 24:02}:{seconds // 60:02}:{seconds % 60:02}{mark}{frames:02}"

    def numbered(self, timecode: str) -> int:
        """The frame that a timecode of the same counting names; 0 where it is none.

        >>> Counting(Fraction(30000, 1001), drop=True).numbered("00:01:00;02")
        1800
        """
        parts = timecode.replace(";", ":").replace(".", ":").split(":")
        if len(parts) != 4 or not all(part.isdecimal() for part in parts):
            return 0
        hours, minutes, seconds, frames = map(int, parts)
        base, minute = round(self.rate), hours * 60 + minutes
        left_out = DROPPED[self.rate] * (minute - minute // 10) if self.drop else 0
        return (minute * 60 + seconds) * base + frames - left_out


def counting(path: str, average: float) -> Counting:
    """How a file's frames are counted: at the standard rate nearest to its average, from its own timecode where it has
    one. Broadcasters expect drop-frame at 29.97 and 59.94; a file's own timecode says whether it is.

    Args:
        path: the file, which may have gone.
        average: frames a second; 0 where there is no picture.
    """
    rate = min(STANDARD, key=lambda one: abs(float(one) - average)) if average > 0 else WITHOUT_PICTURE
    own = written_timecode(path) if average > 0 else ""
    drop = rate in DROPPED and (not own or ";" in own)
    known = Counting(rate, drop=drop)
    return Counting(rate, known.numbered(own), drop)


def written_timecode(path: str) -> str:
    """The timecode of a file's first frame; empty where it has none, or has gone."""
    import av
    from av.error import FFmpegError

    if not path or not Path(path).is_file():
        return ""
    try:
        with av.open(path) as container:
            tagged = [container.metadata, *(stream.metadata for stream in container.streams)]
    except (FFmpegError, OSError):
        return ""
    return next((tags["timecode"] for tags in tagged if tags.get("timecode")), "")
