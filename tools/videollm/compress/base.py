"""What every compressor of visual tokens shares: the layout of a prompt's rows, what is made of them, the registry.

A row is one visual token as the language model gets it, behind the vision tower and its projector. A compressor says
from the layout alone how many rows it keeps, so that a packer can count a prompt's tokens before a pixel is read, and
then which rows these are or of which rows each is a weighted mean.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from ...errors import UsageError
from ..attending.pruning import Schedule

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Grid:
    """One frame's rows: a grid line by line, then separators that are always kept (LLaVA's line ends)."""

    height: int
    width: int
    separators: int = 0

    @property
    def patches(self) -> int:
        """Rows that show something."""
        return self.height * self.width


@dataclass(frozen=True)
class Layout:
    """The frames of a prompt in order. Offsets count patches only: separators are kept, and seen by no compressor."""

    frames: tuple[Grid, ...]

    @property
    def patches(self) -> int:
        """Rows of all frames, without separators."""
        return sum(grid.patches for grid in self.frames)

    @property
    def rows(self) -> int:
        """Rows of all frames, with separators."""
        return self.patches + sum(grid.separators for grid in self.frames)

    @property
    def offsets(self) -> list[int]:
        """Where each frame begins among the patches, and where the last one ends."""
        found = [0]
        for grid in self.frames:
            found.append(found[-1] + grid.patches)
        return found

    def runs(self) -> list[tuple[int, int]]:
        """Frames from the first to before the second whose grids are the same, one after the other."""
        found: list[tuple[int, int]] = []
        for place, grid in enumerate(self.frames):
            if found and (self.frames[place - 1].height, self.frames[place - 1].width) == (grid.height, grid.width):
                found[-1] = (found[-1][0], place + 1)
            else:
                found.append((place, place + 1))
        return found


@dataclass(frozen=True)
class Scene:
    """What a compressor is given of a prompt."""

    layout: Layout
    rows: "Tensor"
    """(patches, width)."""
    query: "Tensor | None" = None
    """(width,): the mean of the question's token embeddings, each of length one; see `Compressor.asks`."""
    attention: "Tensor | None" = None
    """(patches, 2): attention that a patch gets in the first layers and in the last one of the vision tower, summed
    over heads; only where the tower gives it (`attention="eager"`)."""
    tiles: "Tensor | None" = None
    """(patches,): to which tile of the prompt each belongs, where there is attention."""

    def frame(self, place: int) -> "Tensor":
        """One frame's rows, (patches, width)."""
        offsets = self.layout.offsets
        return self.rows[offsets[place] : offsets[place + 1]]

    def run(self, start: int, end: int) -> "Tensor":
        """Frames of one size from `start` to before `end`, (frames, patches, width)."""
        offsets = self.layout.offsets
        return self.rows[offsets[start] : offsets[end]].view(end - start, -1, self.rows.shape[-1])


@dataclass(frozen=True)
class Mix:
    """What is made of rows: each kept one stands in the place of one of them, and is a weighted sum of some."""

    seats: "Tensor"
    """(kept,) rising: whose places, and so whose positions in space and time, the kept ones take."""
    outputs: "Tensor | None" = None
    """(pairs,) which kept one a pair adds to; None where each is the row in whose place it stands."""
    inputs: "Tensor | None" = None
    """(pairs,) which row it adds."""
    weights: "Tensor | None" = None
    """(pairs,) by how much."""

    def to(self, device: Any) -> "Mix":
        """The same on a device."""
        others = (None if part is None else part.to(device) for part in (self.outputs, self.inputs, self.weights))
        return Mix(self.seats.to(device), *others)

    def spelled(self) -> "Mix":
        """The same with its pairs, where it is only a choice of rows."""
        import torch

        if self.outputs is not None:
            return self
        count, device = len(self.seats), self.seats.device
        return Mix(self.seats, torch.arange(count, device=device), self.seats, torch.ones(count, device=device))

    def of(self, rows: "Tensor") -> "Tensor":
        """The kept rows, (kept, width), in the precision and on the device of the given ones, where the mix is too."""
        import torch

        if self.outputs is None or self.inputs is None or self.weights is None:
            return rows[self.seats]
        parts = rows[self.inputs].float() * self.weights[:, None]
        made = torch.zeros(len(self.seats), rows.shape[-1], device=rows.device)
        return made.index_add_(0, self.outputs, parts).to(rows.dtype)


def mixed(groups: "Sequence[tuple[int, Tensor, Tensor]]") -> Mix:
    """A mix of groups in any order, on the CPU: the seat, the rows that are added, (n,), and their weights, (n,)."""
    import torch

    ordered = sorted(groups, key=lambda group: group[0])
    sizes = torch.tensor([len(inputs) for _, inputs, _ in ordered])
    return Mix(
        torch.tensor([seat for seat, _, _ in ordered]),
        torch.arange(len(ordered)).repeat_interleave(sizes),
        torch.cat([inputs.cpu() for _, inputs, _ in ordered]),
        torch.cat([weights.float().cpu() for _, _, weights in ordered]),
    )


def together(parts: "Sequence[tuple[Tensor, Mix]]") -> Mix:
    """One mix of several: of each the rows that it was made for, by their place among all, and what is made of them."""
    import torch

    seats = torch.cat([index[mix.seats] for index, mix in parts])
    order = seats.argsort()
    if all(mix.outputs is None for _, mix in parts):
        return Mix(seats[order])
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(order), device=order.device)
    outputs, inputs, weights, done = [], [], [], 0
    for index, mix in parts:
        spelled = mix.spelled()
        if spelled.outputs is not None and spelled.inputs is not None and spelled.weights is not None:
            outputs.append(rank[spelled.outputs + done])
            inputs.append(index[spelled.inputs])
            weights.append(spelled.weights)
        done += len(mix.seats)
    return Mix(seats[order], torch.cat(outputs), torch.cat(inputs), torch.cat(weights))


class Compressor(ABC):
    """One way to make fewer visual tokens of many; a subclass with a `name` registers itself.

    Written as `name:amount`; what the amount is, the class says.
    """

    name: ClassVar[str]
    amount: ClassVar[str]
    """What stands for the amount when none is named."""
    asks: ClassVar[bool] = False
    """Whether it depends on the question, so that another question about the same frames is another prompt."""
    attends: ClassVar[bool] = False
    """Whether it does better with the vision tower's attention."""
    share: float
    """Of the patches, where that is its amount."""
    by_vllm: ClassVar[bool] = False
    """Whether a vLLM server can prune videos by it."""
    inside: Schedule | None = None
    """How many tokens are dropped inside the language model, by layer; None where all go through."""

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        if "name" in cls.__dict__:
            COMPRESSORS[cls.name] = cls

    @abstractmethod
    def __init__(self, amount: str) -> None:
        """Read the amount.

        Raises:
            UsageError: it is none.
        """

    @abstractmethod
    def kept(self, layout: Layout) -> int:
        """How many patches are kept of a layout, whatever they show; between 1 and all for one that has any."""

    @abstractmethod
    def mix(self, scene: Scene) -> Mix:
        """What is kept: exactly as many patches as `kept` says. Not called when that is all of them."""


COMPRESSORS: dict[str, type[Compressor]] = {}


def compressor(spec: str) -> Compressor:
    """The compressor that `name` or `name:amount` names.

    >>> compressor("evs:0.25").kept(Layout((Grid(4, 4),) * 10))
    40

    Raises:
        UsageError: there is none of that name, or the amount does not fit.
    """
    name, _, amount = spec.strip().partition(":")
    if name not in COMPRESSORS:
        raise UsageError(f"no compressor {name!r}; there are {', '.join(sorted(COMPRESSORS))}")
    return COMPRESSORS[name](amount.strip() or COMPRESSORS[name].amount)


def pruning_flags(spec: str) -> str:
    """With what `vllm serve` prunes videos as a compressor would, for models of which it can (Qwen2.5-VL, Qwen3-VL).

    >>> pruning_flags("evs:0.25")
    '--video-pruning-rate 0.75 --video-pruning-method evs'

    Raises:
        UsageError: it has no such method.
    """
    known = compressor(spec)
    if not known.by_vllm:
        raise UsageError(f"compress = {spec}: a vLLM server prunes by evs or vidcom2")
    return f"--video-pruning-rate {1 - known.share:g} --video-pruning-method {known.name}"


def share_of(amount: str, name: str) -> float:
    """A share above 0 and at most 1.

    Raises:
        UsageError: it is none.
    """
    try:
        share = float(amount)
    except ValueError:
        share = math.nan
    if not 0 < share <= 1:
        raise UsageError(f"compress = {name}:{amount}: the share that is kept is above 0 and at most 1")
    return share


def whole_of(amount: str, name: str, what: str) -> int:
    """A whole number from 1.

    Raises:
        UsageError: it is none.
    """
    if not amount.isdecimal() or int(amount) < 1:
        raise UsageError(f"compress = {name}:{amount}: {what} is a whole number from 1")
    return int(amount)


def allotted(budget: int, weights: Sequence[float], most: Sequence[int]) -> list[int]:
    """A budget divided by weight, none above its most, to exactly the budget where that is possible.

    What a full one cannot take goes to the others by weight; the last single tokens to the largest remainders.

    >>> allotted(10, [1.0, 1.0, 2.0], [9, 1, 9])
    [3, 1, 6]
    """
    found = [0] * len(most)
    left = min(budget, sum(most))
    open_ones = list(range(len(most)))
    due: dict[int, float] = {}
    while open_ones:
        total = sum(weights[n] for n in open_ones)
        due = {n: left * (weights[n] / total if total > 0 else 1 / len(open_ones)) for n in open_ones}
        full = [n for n in open_ones if due[n] >= most[n]]
        for n in full:
            found[n] = most[n]
            left -= most[n]
        open_ones = [n for n in open_ones if n not in full]
        if not full:
            break
    for n in open_ones:
        found[n] = int(due[n])
    left -= sum(found[n] for n in open_ones)
    for n in sorted(open_ones, key=lambda n: (found[n] - due[n], n))[:left]:
        found[n] += 1
    return found


def unit(rows: "Tensor") -> "Tensor":
    """Rows of length one in 32 bits; zero stays zero."""
    import torch

    return torch.nn.functional.normalize(rows.float(), dim=-1)


def best(scores: "Tensor", count: int) -> "Tensor":
    """The places of the highest scores, (count,), rising; of equals the earlier."""
    import torch

    return torch.sort(torch.sort(scores, descending=True, stable=True).indices[:count]).values
