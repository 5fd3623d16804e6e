"""Ways through the answer graph, by name: which evidence a question may use, and what happens to it."""

from dataclasses import dataclass

from ...tools.errors import UsageError
from ...tools.records import Modality


@dataclass(frozen=True)
class Route:
    """What one way of answering does with what was found."""

    name: str
    about: str
    only: Modality | None = None
    """The one modality that it looks in; by default all."""
    reads_off: bool = True
    """Whether the records may answer by themselves: times, counts, orders, quotations."""
    records: bool = True
    """Whether records go into the prompt."""
    frames: bool = True
    """Whether frames go into the prompt, where the answerer sees them."""
    summarises: bool = False
    thinks: bool = False

    @property
    def open(self) -> bool:
        """Whether it answers from whatever there is, however little that fits: one side of the evidence alone."""
        return not (self.records and self.frames) and not self.summarises


ROUTES = {
    route.name: route
    for route in (
        Route("rag", "what was found, and the frames that fit; the records answer what they know better than a model"),
        Route(
            "llovi",
            "captions of the whole video, summarised for the question, then answered from the summary (LLoVi)",
            only=Modality.CAPTION,
            reads_off=False,
            frames=False,
            summarises=True,
        ),
        Route("direct", "selected frames only, for an answerer that sees them", reads_off=False, records=False),
        Route("text", "what was found, in words, and no frames", reads_off=False, frames=False),
        Route("cot", "as rag, but the answerer first writes down the evidence that it will use", thinks=True),
    )
}


def route(name: str) -> Route:
    """The route of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in ROUTES:
        raise UsageError(f"no route {name!r}; there are {', '.join(ROUTES)}")
    return ROUTES[name]
