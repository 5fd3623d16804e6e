"""How much attention a LLaVA's vision tower pays to each patch, laid out as its rows are."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


class Watched:
    """What two layers of a vision tower attended to while it looked: sums over heads, (tiles, patches) each."""

    def __init__(self) -> None:
        self.early: Tensor | None = None
        self.late: Tensor | None = None

    def by_row(self, base: Any, sizes: Any, counts: list[int]) -> "list[Tensor] | None":
        """For each picture (rows, 3): early and late attention, and the number of its tile; line ends get none.

        Args:
            base: the model; it packs tiles' attention as it packs their features.
            sizes: (pictures, 2), heights and widths, as the processor tells them.
            counts: rows of each picture.

        Returns:
            None where the attention was not given, or cannot be laid out as the rows are.
        """
        import torch

        pack = getattr(base, "pack_image_features", None)
        if self.early is None or self.late is None or pack is None or sizes is None:
            return None
        tiles = torch.arange(len(self.early), device=self.early.device, dtype=torch.float32)
        told = torch.stack([self.early, self.late, tiles[:, None].expand_as(self.early)], -1)
        of_each = _tiles_of(base, sizes, len(counts))
        if sum(of_each) != len(told):
            return None
        strategy = base.config.vision_feature_select_strategy
        known = inspect.signature(pack).parameters
        options = {"vision_feature_select_strategy": strategy} if "vision_feature_select_strategy" in known else {}
        newline = told.new_tensor([0.0, 0.0, -1.0])
        try:
            packed, _ = pack(list(told.split(of_each)), sizes, image_newline=newline, **options)
        except RuntimeError:  # the tower saw other patches than the rows are of
            return None
        return packed if [len(rows) for rows in packed] == counts else None


@contextmanager
def watched(base: Any) -> Iterator[Watched]:
    """Note the attention of the first layer and of the one whose output is read, while this is open.

    Nothing is noted by a tower that does not return its attention: all but `attention="eager"`.
    """
    found = Watched()
    tower = getattr(base, "vision_tower", None)
    layers = [part for name, part in tower.named_modules() if name.endswith("self_attn")] if tower is not None else []
    read = getattr(base.config, "vision_feature_layer", -1)
    hooks = []
    if layers and isinstance(read, int):
        late = layers[read if read < 0 else read - 1]
        hooks = [
            layers[0].register_forward_hook(lambda _, __, output: setattr(found, "early", _received(output, base))),
            late.register_forward_hook(lambda _, __, output: setattr(found, "late", _received(output, base))),
        ]
    try:
        yield found
    finally:
        for hook in hooks:
            hook.remove()


def _received(output: Any, base: Any) -> "Tensor | None":
    """Attention that each patch gets from the class token, or where there is none from all patches together."""
    weights = output[1] if isinstance(output, tuple) and len(output) > 1 else None
    if weights is None:
        return None
    weights = weights.float().sum(1)
    if base.config.vision_feature_select_strategy == "default":  # which takes the class token off
        return weights[:, 0, 1:]
    return weights.sum(1)


def _tiles_of(base: Any, sizes: Any, pictures: int) -> list[int]:
    if base.config.vision_config.image_size is None or not hasattr(base.config, "image_grid_pinpoints"):
        return []
    from transformers.models.llava_next.modeling_llava_next import image_size_to_num_patches

    if "onevision" in base.config.model_type and pictures > 1:
        return [1] * pictures  # several pictures are not cut
    pinpoints, side = base.config.image_grid_pinpoints, base.config.vision_config.image_size
    return [image_size_to_num_patches(size, pinpoints, side) for size in sizes]
