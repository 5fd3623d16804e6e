"""`bvllm`: frames that look alike are merged, and patches are then sampled to an exact number of tokens."""

from ..base import Compressor, Layout, Mix, Scene, allotted, best, mixed, unit, whole_of

ALIKE = 0.9
"""Cosine of two neighbouring frames' means from which they are merged: a choice of ours, the paper's is learned."""


class BVLLM(Compressor):
    """At most `bvllm:1024` tokens, and exactly as many wherever there are more.

    The two neighbouring frames (or merged ones) whose means are most alike become one, the mean place by place, as
    long as their cosine is at least 0.9 and no fewer patches than the budget are left. Then the budget is divided
    evenly over what is left, and of each the patches most like the question are kept, or evenly spaced ones where
    there is no question. A merged frame stands in the first one's place.

    Source: B-VLLM (Lu et al., 2024, arXiv 2412.09919), whose selection and sampling are trained; here by similarity.
    """

    name = "bvllm"
    amount = "1024"
    asks = True

    def __init__(self, amount: str) -> None:
        self.budget = whole_of(amount, self.name, "the number of tokens")

    def kept(self, layout: Layout) -> int:
        return min(self.budget, layout.patches)

    def mix(self, scene: Scene) -> Mix:
        import torch

        layout = scene.layout
        offsets = layout.offsets
        frames = groups_of(scene, self.budget)
        sizes = [layout.frames[first].patches for first, _ in frames]
        found = []
        counts = allotted(self.kept(layout), [1.0] * len(sizes), sizes)
        for (first, last), size, count in zip(frames, sizes, counts, strict=True):
            if scene.query is None:
                places = (torch.arange(count) * size / max(count, 1) + size / max(count, 1) / 2).long()
            else:
                mean = scene.run(first, last).float().mean(0)
                places = best(unit(mean) @ unit(scene.query), count).cpu()
            even = torch.full((last - first,), 1 / (last - first))
            of_frames = torch.tensor(offsets[first:last])
            found += [(offsets[first] + place, of_frames + place, even) for place in places.tolist()]
        return mixed(found)


def groups_of(scene: Scene, budget: int) -> list[tuple[int, int]]:
    """Which frames are merged, each from the first to before the last, leaving at least `budget` patches."""
    layout = scene.layout
    sums = [scene.frame(n).float().mean(0) for n in range(len(layout.frames))]
    groups = [(n, n + 1) for n in range(len(layout.frames))]
    left = layout.patches

    def likeness(n: int) -> float:
        one, two = layout.frames[groups[n][0]], layout.frames[groups[n + 1][0]]
        if (one.height, one.width) != (two.height, two.width) or left - two.patches < budget:
            return -1.0
        return float(unit(sums[n]) @ unit(sums[n + 1]))

    while len(groups) > 1:
        alike, place = max((likeness(n), -n) for n in range(len(groups) - 1))
        if alike < ALIKE:
            break
        place = -place
        left -= layout.frames[groups[place + 1][0]].patches
        groups[place : place + 2] = [(groups[place][0], groups[place + 1][1])]
        sums[place : place + 2] = [sums[place] + sums[place + 1]]
    return groups
