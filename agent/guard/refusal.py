"""What a request gets that is not let in."""

from dataclasses import dataclass, field


@dataclass(eq=False)
class RefusedError(Exception):
    """A status, and one line for whoever asked."""

    status: int
    code: str
    message: str
    headers: dict[str, str] = field(default_factory=dict)
    """HTTP headers that go with the status, as `Retry-After`."""

    @property
    def line(self) -> str:
        """The message without line breaks."""
        return " ".join(self.message.split())


def too_large(most: str) -> RefusedError:
    """For a request that is larger than what is taken."""
    return RefusedError(413, "too_large", f"the request has more than {most}, the most that is taken")
