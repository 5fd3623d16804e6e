"""Utterances are told who says them, by who speaks when and what they are called."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...tools.index.rows.people import How, Named
from ...tools.payloads import Modality, Spoken
from ...tools.records import Record, Span, of_kind

if TYPE_CHECKING:
    from ...tools.index.video_index import VideoIndex

MOST = 0.5
"""Share of the voice in an utterance that must be one person's for it to be his."""

Turn = tuple[str, Span]
"""The label of who speaks, and when."""


@dataclass(frozen=True, slots=True)
class Said:
    """An utterance."""

    record: Record
    spoken: Spoken
    """Its payload, without a speaker that it was told of here before."""
    was: str
    """The speaker that it had."""


def utterances(index: "VideoIndex", video: str, before: Sequence[Turn], known: Mapping[str, Named]) -> list[Said]:
    """What is said in a video, in order of time.

    Args:
        index: that of the video.
        video: its id.
        before: who spoke when, by what the utterances were told of before.
        known: names by which they were told.
    """
    ours = {label for label, _ in before} | {one.name for one in known.values()}
    return [
        Said(record, replace(said, speaker="") if said.speaker in ours else said, said.speaker)
        for record, said in of_kind(index.timeline(video, [Modality.SPEECH]), Spoken)
    ]


def labels_of(
    said: Sequence[Said], turns: Sequence[Turn], tracks: Collection[str], known: Mapping[str, Named]
) -> list[str]:
    """The label of who says each utterance; what comes from an audio track of its own is said by whom the track is."""
    by_track = {track: track for track in tracks} | {known[one].name: one for one in tracks if one in known}
    return [by_track.get(one.was) or who_says(one.record.span, turns) for one in said]


def who_says(span: Span, turns: Sequence[Turn]) -> str:
    """The label of who speaks for most of an utterance's voice; empty where nobody is heard, or nobody most of it."""
    seconds: dict[str, float] = {}
    for label, other in turns:
        if (shared := min(span.end, other.end) - max(span.start, other.start)) > 0:
            seconds[label] = seconds.get(label, 0.0) + shared
    if not seconds:
        return ""
    label = max(seconds, key=seconds.__getitem__)
    return label if seconds[label] > MOST * sum(seconds.values()) else ""


def carried_over(known: Mapping[str, Named], before: Sequence[Turn], now: Sequence[Turn]) -> dict[str, Named]:
    """Names that somebody gave, by the labels of today: those of whoever speaks where the named one was heard."""
    found: dict[str, Named] = {}
    for label, named in known.items():
        if named.how is not How.USER:
            continue
        shared: dict[str, float] = {}
        spoke = [span for other, span in before if other == label]
        for other, span in now:
            seconds = sum(max(min(span.end, one.end) - max(span.start, one.start), 0.0) for one in spoke)
            shared[other] = shared.get(other, 0.0) + seconds
        likeliest = max(shared, key=lambda other: (shared[other], other == label), default=label)
        found[likeliest if shared.get(likeliest) else label] = named
    return found


def tell(index: "VideoIndex", said: Sequence[Said], labels: Sequence[str], named: Mapping[str, Named]) -> None:
    """Write into the utterances who says them: by a name that somebody gave, as a subtitle has it, or by the name or
    label that was found. Their texts, and so their vectors, stay."""
    changed = []
    for one, label in zip(said, labels, strict=True):
        name = named[label].name if label in named else label
        own = label in named and named[label].how is How.USER
        payload = replace(one.spoken, speaker=name if own or not one.spoken.speaker else one.spoken.speaker)
        if one.record.payload != payload:
            changed.append(replace(one.record, payload=payload))
    index.add(changed, None)
