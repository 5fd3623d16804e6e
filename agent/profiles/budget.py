"""What a profile's models share: memory; and how many tokens of evidence a prompt may have."""

from ...tools.runtime.memory_budget import SHARE_FOR_WEIGHTS, MemoryBudget
from ...tools.videollm.interface import VideoLLM
from .machine import gpus
from .profile import Profile

KEPT = (640, 360)
"""Pixels of a frame as the index keeps it, of a wide video."""
FRAMES_SHARE = 0.8
"""Share of a budget that frames may take, as packers keep to it."""
MOST_OF_CONTEXT = 0.75
"""Share of an answerer's context that evidence may take; the rest is for the question and the answer."""


def budget_for(profile: Profile, answerer: VideoLLM, frames: int | None = None) -> int:
    """The profile's budget; more where the answerer's frames take more tokens than those of the profile's own model.

    A profile names a number of frames because so many are needed to answer from; a budget into which one of eight fits
    is not what anybody meant who put another model there.

    Args:
        frames: selected for a question, instead of the profile's number.
    """
    each = answerer.frame_cost(*KEPT) if answerer.accepts_frames else None
    if each is None:
        return profile.token_budget
    needed = round((frames or profile.frames) * each / FRAMES_SHARE)
    return max(profile.token_budget, min(needed, int(answerer.context * MOST_OF_CONTEXT)))


def memory_budget(chosen: Profile, limit: int | None = None) -> MemoryBudget:
    """What a profile's models share: a GPU where there is one and they may use it, else RAM.

    Args:
        chosen: the profile.
        limit: bytes; by default a GPU's free memory less what activations need, and no limit in RAM.
    """
    if not chosen.from_hub or not (there := gpus()):
        return MemoryBudget(limit)
    return MemoryBudget(limit or int(there[0].free * SHARE_FOR_WEIGHTS), device="cuda")
