"""`sample`: evenly spaced patches, as TS-LLaVA takes them beside its thumbnail."""

from ..base import Compressor, Layout, Mix, Scene, whole_of


class Sample(Compressor):
    """At most `sample:512` patches, evenly spaced over all of them line by line and frame by frame.

    Of n patches the m kept ones are ⌊(i + ½)·n/m⌋.

    Source: TS-LLaVA (Qu et al., 2024, arXiv 2411.11066), the sampled tokens that follow the thumbnail's.
    """

    name = "sample"
    amount = "512"

    def __init__(self, amount: str) -> None:
        self.most = whole_of(amount, self.name, "the most tokens")

    def kept(self, layout: Layout) -> int:
        return min(self.most, layout.patches)

    def mix(self, scene: Scene) -> Mix:
        import torch

        count = self.kept(scene.layout)
        return Mix((2 * torch.arange(count) + 1) * scene.layout.patches // (2 * count))
