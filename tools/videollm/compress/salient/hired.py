"""`hired`: tokens are dropped by the vision tower's own attention, for models that cut pictures into tiles."""

import logging

from ..base import Compressor, Layout, Mix, Scene, allotted, best, share_of
from .vidcom2 import VidCom2

log = logging.getLogger(__name__)


class HiRED(Compressor):
    """The share r of all patches: tiles by early attention, and of each tile the patches by late attention.

    A tile's budget is proportional to the attention that its patches get from the class token in the first layers of
    the vision tower (in SigLIP, which has none, from all patches); of each tile the patches that get most of it in the
    layer that is read are kept. Together exactly max(1, ⌊r·patches⌋). Needs LLaVA's tiles and `attention = "eager"`;
    elsewhere it falls back to `vidcom2` with the same share, and says so once in the log.

    Source: HiRED (Arif et al., AAAI 2025, arXiv 2408.10945).
    """

    name = "hired"
    amount = "0.2"
    attends = True

    def __init__(self, amount: str) -> None:
        self.share = share_of(amount, self.name)
        self._fallback: VidCom2 | None = None

    def kept(self, layout: Layout) -> int:
        return max(1, int(layout.patches * self.share + 1e-9))

    def mix(self, scene: Scene) -> Mix:
        import torch

        if scene.attention is None or scene.tiles is None:
            if self._fallback is None:
                self._fallback = VidCom2(str(self.share))
                log.warning(
                    "compress = hired: this model gives no attention by tile (it needs a LLaVA with attention "
                    "'eager'), so vidcom2:%g takes its place",
                    self.share,
                )
            return self._fallback.mix(scene)
        early, late = scene.attention.float().unbind(-1)
        tiles = [(scene.tiles == tile).nonzero().flatten() for tile in scene.tiles.unique().tolist()]
        weights = [float(early[tile].sum()) for tile in tiles]
        counts = allotted(self.kept(scene.layout), weights, [len(tile) for tile in tiles])
        seats = [tile[best(late[tile], count)] for tile, count in zip(tiles, counts, strict=True)]
        return Mix(torch.cat(seats).sort().values)
