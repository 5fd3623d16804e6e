"""How long a file lasts by the packets that are really in it, whatever their time stamps claim.

One packet with a wrong time stamp can claim weeks, and each second of them would be listened to.
"""

from collections.abc import Iterable
from fractions import Fraction

from ..joined import Stamped, ends_at

ALWAYS = 3600.0
"""Seconds that every file may last."""
LONGEST = 3600.0
"""Seconds for which one picture may stand, or nothing come."""
HELD = 300.0
"""Seconds by which each packet lets a file last longer: a slide that is shown for five minutes, without sound."""
DENSE = 2000
"""Bytes a second from which a file is believed without its packets being counted: less than the thinnest speech and
picture together."""


def is_thin(seconds: float, size: int) -> bool:
    """Whether a file claims to last longer than its bytes make likely."""
    return seconds > ALWAYS and size < DENSE * seconds


def believed_end(packets: Iterable[Stamped], zero: float) -> Fraction:
    """Seconds on the file's own clock at which what is really in it ends.

    That is where for `LONGEST` seconds nothing comes, or where the packets so far no longer carry the time since the
    first.

    Args:
        packets: all of a file's, in any order.
        zero: seconds on its clock at which it begins.
    """
    until = zero
    carried = ALWAYS
    for shown, end in sorted((packet.shown, packet.end) for packet in packets):
        if shown - until > LONGEST or shown - zero > carried:
            break
        stands = min(end - shown, LONGEST)
        until = max(until, shown + stands)
        carried += max(stands, HELD)  # a picture may say itself that it stands longer, as one of ten minutes
    return ends_at(until)
