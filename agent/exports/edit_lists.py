"""Stretches for editing programs: a CMX3600 list of cuts, and Final Cut's XML with a marker a stretch."""

from html import escape
from pathlib import Path

from ...tools.errors import UsageError
from .entries import Entry, Listed
from .frame_rates import Counting, counting
from .subtitles import cued
from .texts import printable

MOST_EVENTS = 999
"""That a CMX3600 list numbers."""
FINAL_CUT = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE fcpxml>
<fcpxml version="1.8">
  <resources>
    <format id="r1" frameDuration="{frame}"{size}/>
    <asset id="r2" name="{name}" start="{first}" duration="{length}"{has} src="{url}"/>
  </resources>
  <library>
    <event name="vidscout">
      <project name="{name}">
        <sequence format="r1" duration="{length}" tcStart="0s" tcFormat="{counted}">
          <spine>
            <asset-clip ref="r2" name="{name}" offset="0s" start="{first}" duration="{length}" tcFormat="{counted}">
{markers}
            </asset-clip>
          </spine>
        </sequence>
      </project>
    </event>
  </library>
</fcpxml>
"""


def edl(listed: Listed) -> str:
    """A CMX3600 edit decision list: the stretches one after the other, each with a locator that has its text.

    Raises:
        UsageError: there are more than a list can number.
    """
    entries = cued(listed)
    if len(entries) > MOST_EVENTS:
        raise UsageError(f"an edl has {MOST_EVENTS} events at most, and this would have {len(entries):,}; take otio")
    counted = counting(listed.path, listed.rate)
    kind = "AA/V " if listed.picture and listed.sound else "V    " if listed.picture else "AA   "
    name = printable(listed.name)
    lines = [f"TITLE: {name}", f"FCM: {'DROP FRAME' if counted.drop else 'NON-DROP FRAME'}", ""]
    at = 0
    for number, entry in enumerate(entries, start=1):
        start, long = stretch(entry, counted)
        edges = (start + counted.first, start + counted.first + long, at, at + long)
        lines += [
            f"{number:03}  AX       {kind} C        {' '.join(map(counted.timecode, edges))}",
            f"* FROM CLIP NAME: {name}",
            f"* LOC: {counted.timecode(at)} RED     {printable(entry.text)}".rstrip(),
        ]
        at += long
    return "\n".join([*lines, ""])


def fcpxml(listed: Listed) -> str:
    """Final Cut Pro's XML: one clip over the whole file with a marker a stretch; chapters as chapter markers."""
    counted = counting(listed.path, listed.rate)
    size = f' width="{listed.width}" height="{listed.height}"' if listed.width and listed.height else ""
    has = ' hasVideo="1" format="r1"' if listed.picture else ""
    has += ' hasAudio="1" audioSources="1"' if listed.sound else ""
    markers = []
    for entry in listed.entries:
        start, long = stretch(entry, counted)
        name, more = ("chapter-marker", ' posterOffset="0s"') if entry.kind == "chapter" else ("marker", "")
        times = f'start="{rational(start + counted.first, counted)}" duration="{rational(long, counted)}"'
        value = escape(printable(entry.text) or entry.kind)
        markers.append(f'              <{name} {times} value="{value}"{more}/>')
    return FINAL_CUT.format(
        frame=rational(1, counted),
        size=size,
        has=has,
        name=escape(printable(listed.name)),
        url=escape(Path(listed.path).absolute().as_uri()) if listed.path else "",
        first=rational(counted.first, counted),
        length=rational(max(counted.frames(listed.duration), 1), counted),
        counted="DF" if counted.drop else "NDF",
        markers="\n".join(markers),
    )


def stretch(entry: Entry, counted: Counting) -> tuple[int, int]:
    """First frame and number of frames of a stretch: one at least."""
    start = counted.frames(entry.start)
    return start, max(counted.frames(entry.end) - start, 1)


def rational(frames: int, counted: Counting) -> str:
    """A time in seconds as Final Cut writes it: a fraction that is a whole number of frames.

    >>> from fractions import Fraction
    >>> rational(10, Counting(Fraction(30000, 1001))), rational(50, Counting(Fraction(25)))
    ('10010/30000s', '2s')
    """
    seconds = frames / counted.rate
    if seconds.denominator == 1:
        return f"{seconds.numerator}s"
    return f"{frames * counted.rate.denominator}/{counted.rate.numerator}s"
