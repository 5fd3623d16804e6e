"""A verdict in one sentence that a person understands first."""

from typing import Literal

from .verdict import Verdict

Kind = Literal["declared", "generated", "nothing_unusual", "not_covered", "stands_out", "too_little", "undecided"]
UNUSUAL = 1.0
"""Spreads outside of real videos from which a signal is named."""


def kind_of(verdict: Verdict) -> Kind:
    """Which sentence is told."""
    if verdict.decided_by == "C2PA manifest":
        return "declared"
    if verdict.label == "generated":
        return "generated"
    if verdict.label == "real":
        return "nothing_unusual"
    if verdict.not_covered:
        return "not_covered"
    if not verdict.evidence.timeline:
        return "too_little"
    return "stands_out" if verdict.evidence.spans else "undecided"


def sentence(verdict: Verdict) -> str:
    """The verdict for people, without figures."""
    kind = kind_of(verdict)
    if kind == "declared":
        return "The file itself declares that a model made this picture, and the signature of that declaration holds."
    if kind == "generated":
        return "This looks generated: it is more unusual than almost every real video that it was compared with."
    if kind == "nothing_unusual":
        return "Nothing unusual was found. That proves nothing: a generated video may pass as well."
    if kind == "not_covered":
        because = verdict.not_covered[0].partition(": ")[0]
        return f"The check cannot speak about a video like this one: {because}."
    if kind == "too_little":
        return "There is too little moving picture in this video to say anything."
    if kind == "stands_out":
        return "Some stretches of this video differ from the rest of it. That may be an insert, a cut or an effect."
    return "Nothing decides it: this video is unusual beside the few real ones that it was compared with, as many are."


def unusual(verdict: Verdict) -> list[str]:
    """Titles of the signals that lie outside of real videos, farthest first."""
    far = [reading for reading in verdict.signals if (reading.distance or 0.0) >= UNUSUAL]
    return [reading.title for reading in sorted(far, key=lambda one: -(one.distance or 0.0))]
