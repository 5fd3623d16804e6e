"""What a text is embedded for. A model trained with prompts embeds a question otherwise than what answers it.

A plain `str` is a document: what is looked through. The others are `str` too, so that they pass through tools, pickle
and models without prompts as any text does; only beside texts of another purpose do they count as other texts, so that
nothing that keeps vectors by their text mistakes one for another.
"""


class _ForAPurpose(str):
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and str.__eq__(self, other) is True

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash((type(self).__name__, str(self)))


class Query(_ForAPurpose):
    """A text that is looked up: a question, or words to search for."""

    __slots__ = ()


class Labelled(_ForAPurpose):
    """A text that is told apart from others by its kind: an example with a label, or what is held against such."""

    __slots__ = ()
