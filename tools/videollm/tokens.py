"""Tokens of a hub's model: which one is taken next, which are likely, and what they spell."""

from typing import TYPE_CHECKING, Any

from .interface import LETTERS, bare_letter

if TYPE_CHECKING:
    from torch import Tensor

LIKELY = 100
"""How many next tokens are told, besides all that spell a letter."""


class Writer:
    """Turns tokens into text as soon as they are whole characters."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.tokens: list[int] = []
        self.read = 0
        self.sent = 0

    def add(self, token: int) -> str:
        """The text that a token completes; empty inside a character."""
        self.tokens.append(token)
        text = self._text()
        return "" if text.endswith("�") else self._advance(text)

    def rest(self) -> str:
        """What has been held back, also where it ends inside a character."""
        return self._advance(self._text())

    def _text(self) -> str:
        return self.tokenizer.decode(self.tokens[self.read :], skip_special_tokens=True)

    def _advance(self, text: str) -> str:
        known = self.tokenizer.decode(self.tokens[self.read : self.sent], skip_special_tokens=True)
        # The tokens before the last piece stay in view: a tokenizer may drop the space before a text's first word.
        self.read, self.sent = self.sent, len(self.tokens)
        return text[len(known) :]


def picked(logits: "Tensor", temperature: float) -> int:
    """The next token, by logits of shape (vocabulary,): the likeliest at a temperature of 0, else a random one."""
    import torch

    if temperature <= 0:
        return int(logits.argmax())
    return int(torch.multinomial(torch.softmax(logits / temperature, dim=-1), 1))


def likely(logits: "Tensor", tokenizer: Any, besides: set[int]) -> dict[str, float]:
    """Log-probabilities of the likeliest next tokens by what they spell; those that spell the same count together.

    Args:
        logits: of shape (vocabulary,).
        tokenizer: what turns a token into text.
        besides: tokens that are told however unlikely they are.
    """
    import torch

    probabilities = torch.log_softmax(logits, dim=-1).cpu()  # once, rather than number by number
    told = set(probabilities.topk(min(LIKELY, len(probabilities))).indices.tolist()) | besides
    found: dict[str, float] = {}
    for token in sorted(told):
        text = tokenizer.decode([token])
        one = float(probabilities[token])
        found[text] = one if text not in found else float(torch.logaddexp(torch.tensor(found[text]), torch.tensor(one)))
    return found


def placeholder(config: Any, kind: str) -> int | None:
    """The token that stands for visual ones in a prompt; `kind` is `image` or `video`."""
    named = (getattr(config, f"{kind}_token_{end}", None) for end in ("id", "index"))
    return next((token for token in named if token is not None), None)


def ends(network: Any, tokenizer: Any) -> set[int]:
    """The tokens that end an answer, by a model's generation settings and its tokenizer."""
    named = network.generation_config.eos_token_id
    named = named if isinstance(named, list) else [named]
    return {token for token in (*named, tokenizer.eos_token_id) if token is not None}


def spelling_letters(tokenizer: Any) -> set[int]:
    """The tokens that count as a letter: `B`, ` B`, `B)`."""
    return {
        token
        for piece, token in tokenizer.get_vocab().items()
        if len(piece) <= 8 and any(letter in piece for letter in LETTERS) and bare_letter(tokenizer.decode([token]))
    }
