"""Summaries and notes against what a person listed.

    python -m vidscout.bench.measure.answering.describing --home HOME --half H

Of each recording of the half that has been read into HOME: the share of the listed facts that summaries of each length
hold, how many of their words the transcript has, whether each sentence is in what it cites, and how many decisions,
actions and questions were found. A note is found where one of its kind shares a moment with the listed sentence.
"""

from pathlib import Path
from typing import Annotated

import typer

from ....agent.scout import VideoScout
from ....graphs.describe.results import Description, Length
from ....tools.records import Modality
from ...run.describing import Agreement, held, supported, title_similarity
from .described import Described, development, report, times

KINDS = ("decision", "action", "question")


def coverage(summary: Description, described: Described) -> tuple[int, int]:
    """How many of the listed facts a summary holds, and how many there are."""
    return sum(held(summary.text, fact.holds) for fact in described.facts), len(described.facts)


def found(notes: Description, described: Described, kind: str) -> Agreement:
    """The notes of one kind against the listed ones; a note that shares a moment with several is found once."""
    at = times(described.staged())
    listed = [at[note.id] for note in described.notes if note.kind == kind]
    made = [note for note in notes.notes if note.kind == kind]
    free = list(made)
    matched = 0
    for start, end in listed:
        hit = next((one for one in free if one.start < end and start < one.end), None)
        if hit is not None:
            free.remove(hit)
            matched += 1
    return Agreement(matched, len(made), len(listed))


def fields_right(notes: Description, described: Described) -> tuple[int, int, int]:
    """Of the listed actions that were found: how many, with the right owner, and with the right date."""
    at = times(described.staged())
    there = owners = dates = 0
    for listed in (note for note in described.notes if note.kind == "action"):
        start, end = at[listed.id]
        near = [n for n in notes.notes if n.kind == "action" and n.start < end and start < n.end]
        if not near:
            continue
        there += 1
        owners += any(same(note.owner, listed.owner) for note in near)
        dates += any(title_similarity(note.date, listed.date) >= 0.5 or note.date == listed.date for note in near)
    return there, owners, dates


def same(found: str, listed: str) -> bool:
    """Whether an owner is the listed one, by any part of the name; nobody is nobody."""
    return found == listed or bool({*found.split()} & {*listed.split()})


def sentences_supported(description: Description) -> tuple[int, int]:
    """How many sentences of a summary are in what they cite, and how many there are."""
    told = [supported(one.text, [cited.text for cited in one.evidence]) for one in description.summary]
    return sum(told), len(told)


def measured(scout: VideoScout, described: Described, totals: dict[str, Agreement]) -> None:
    """Print one recording's figures, and add to the totals."""
    name = described.recording.name
    video = scout.find(f"{name}.mp4").id
    said = sum(len(record.text.split()) for record in scout.index.timeline(video, [Modality.SPEECH]))
    for length in Length:
        made = scout.describe(video, "summary", length=length)
        held_, of = coverage(made, described)
        right, all_ = sentences_supported(made)
        share = len(made.text.split()) / max(said, 1)
        print(f"{name:<18} {length:<10} facts {held_}/{of}  sentences supported {right}/{all_}  words {share:.0%}")
        key = f"facts, {length}"
        totals[key] = totals.get(key, Agreement(0, 0, 0)) + Agreement(held_, of, of)
    notes = scout.describe(video, "notes")
    for kind in KINDS:
        totals[kind] = totals.get(kind, Agreement(0, 0, 0)) + found(notes, described, kind)
    there, owners, dates = fields_right(notes, described)
    totals["owner"] = totals.get("owner", Agreement(0, 0, 0)) + Agreement(owners, there, there)
    totals["date"] = totals.get("date", Agreement(0, 0, 0)) + Agreement(dates, there, there)


def main(
    home: Annotated[Path, typer.Option(help="Where the recordings have been read.")],
    half: Annotated[str, typer.Option(help="development or report.")] = "report",
) -> None:
    """Print what summaries and notes hold."""
    totals: dict[str, Agreement] = {}
    with VideoScout(profile="embedded", home=home) as scout:
        read = {video.name for video in scout.videos()}
        for one in development() if half == "development" else report():
            if f"{one.recording.name}.mp4" in read:
                measured(scout, one, totals)
    for key, total in totals.items():
        about = f"precision {total.precision:.2f}  recall {total.recall:.2f}  F1 {total.f1:.2f}"
        print(f"{key:<18} {about}  ({total.matched} of {total.listed}, {total.found} found)")


if __name__ == "__main__":
    typer.run(main)
