"""Where and when: stretches of time in seconds, boxes in fractions of a frame."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a video in seconds from its first frame; `end` is exclusive."""

    start: float
    end: float

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end:
            raise ValueError(f"a span runs forward from zero, got {self.start} to {self.end}")

    @property
    def duration(self) -> float:
        """Seconds from start to end."""
        return self.end - self.start

    def overlaps(self, other: "Span") -> bool:
        """Whether the two share a moment."""
        return self.start < other.end and other.start < self.end

    def contains(self, time: float) -> bool:
        """Whether a time in seconds lies in it; its end does not."""
        return self.start <= time < self.end


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned box in fractions of the frame's width and height, 0..1, origin at the top left."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def centre(self) -> tuple[float, float]:
        """Across and down, in fractions of the frame."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def area(self) -> float:
        """Its share of the frame, 0..1."""
        return max(self.right - self.left, 0.0) * max(self.bottom - self.top, 0.0)

    def overlap(self, other: "Box") -> float:
        """Intersection over union, 0..1."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        if width <= 0 or height <= 0:
            return 0.0
        shared = width * height
        return shared / (self.area + other.area - shared)

    def around(self, other: "Box") -> "Box":
        """The smallest box that holds both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


def place(box: Box) -> str:
    """Where on the picture, by the thirds of the frame that the box's centre lies in."""
    x, y = box.centre
    across = "left" if x < 1 / 3 else "right" if x > 2 / 3 else ""
    down = "top" if y < 1 / 3 else "bottom" if y > 2 / 3 else ""
    return f"at the {down} {across}".replace("  ", " ").rstrip() if across or down else "in the middle"


def clock(seconds: float) -> str:
    """`m:ss`, or `h:mm:ss` from one hour on: how times are printed everywhere.

    >>> clock(31.6), clock(3725)
    ('0:31', '1:02:05')
    """
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, second = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{second:02}" if hours else f"{minutes}:{second:02}"
