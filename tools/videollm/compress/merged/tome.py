"""`tome`: alike patches are merged within each of several stretches of frames, across the frames, as LongVLM merges."""

import re
from itertools import pairwise

from ....errors import UsageError
from ..base import Compressor, Layout, Mix, Scene, allotted, mixed, share_of
from .aim import by_means, merged


class ToMe(Compressor):
    """The share r of all patches, by bipartite soft matching within each of S stretches of consecutive frames.

    `tome:0.25x8` divides the frames into eight stretches of as many frames each, as far as that goes, and merges the
    patches of each, also of different frames, until its share is left; what is left stays in order of time. Rounds are
    those of `aim`: the patches of a stretch divided alternately, each of the first half linked to the most alike of
    the second. A merged token is the mean of the patches in it and stands in the place of one of them. Together
    exactly max(1, ⌊r·patches⌋), divided by the stretches' sizes. Memory grows with the square of a stretch's patches.

    Source: LongVLM (Weng et al., ECCV 2024, arXiv 2404.03384), merging within segments after ToMe (Bolya et al., 2023);
    without its features of the whole video, for which the packer `segments` has a line of words.
    """

    name = "tome"
    amount = "0.25x8"

    def __init__(self, amount: str) -> None:
        share, _, stretches = amount.partition("x")
        if not re.fullmatch(r"([1-9]\d*)?", stretches) or amount.endswith("x"):
            raise UsageError(f"compress = tome:{amount}: name a share, or a share x stretches, as in 0.25x8")
        self.share, self.stretches = share_of(share, self.name), int(stretches or 8)

    def kept(self, layout: Layout) -> int:
        return max(1, int(layout.patches * self.share + 1e-9))

    def mix(self, scene: Scene) -> Mix:
        offsets, frames = scene.layout.offsets, len(scene.layout.frames)
        number = min(self.stretches, frames)
        edges = [offsets[place * frames // number] for place in range(number + 1)]
        sizes = [end - start for start, end in pairwise(edges)]
        counts = allotted(self.kept(scene.layout), [float(size) for size in sizes], sizes)
        groups = []
        for start, size, count in zip(edges, sizes, counts, strict=False):
            if count:
                groups += by_means(merged(scene.rows[start : start + size], count), start)
        return mixed(groups)
