"""Visual tokens dropped inside the language model, against a plain loop over its layers."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import torch
from fed_tokens import Watch
from vidscout.tools.errors import UsageError
from vidscout.tools.videollm import FramePart, Message
from vidscout.tools.videollm.attending.pruning import Schedule, importance
from vidscout.tools.videollm.compress import compressor
from vidscout.tools.videollm.hub_model import Transformers
from vidscout.tools.videollm.tokens import placeholder

HALF = Schedule(first=0.0, span=1.0)
"""Of two layers: half of the visual tokens go into the second."""


def asked(frames: list[FramePart], question: str = "Who speaks?") -> list[Message]:
    return [Message("system", ("Answer briefly.",)), Message("user", (*frames, question))]


def loaded(folder: Path, **options: Any) -> Transformers:
    model = Transformers(folder, device="cpu", as_video=False, attention="eager", compress="aim:1:prune", **options)
    model.ready()
    pruner(model).schedule = HALF  # these models have two layers
    return model


def pruner(model: Transformers) -> Any:
    assert model._adapting._pruner is not None
    return model._adapting._pruner


def test_the_share_falls_from_half_of_the_layers_on_as_the_authors_have_it():
    retained = [max(0, 1.0 - (layer - 14 + 1) * 0.125) if layer >= 14 else 1.0 for layer in range(28)]  # their code
    assert Schedule().counts(800, 28) == [800, *(int(800 * share) for share in retained[:-1])]
    assert Schedule().counts(7, 2) == [7, 7]


def test_importance_is_page_rank_over_sharpened_attention():
    logits = torch.randn(3, 6, 6).tril() + torch.full((6, 6), float("-inf")).triu(1)
    sharp = torch.softmax(logits / 0.1, -1)
    expected = torch.zeros(6)
    for head in sharp:
        weight = torch.full((6,), 1 / 6)
        for _ in range(5):
            weight = torch.stack([torch.stack([weight[i] * head[i, j] for i in range(6)]).sum() for j in range(6)])
        expected += weight**2 / 3
    assert torch.allclose(importance(torch.softmax(logits, -1)), expected.sqrt(), atol=1e-5)


@pytest.mark.parametrize("name", ["qwen2.5-vl", "smolvlm2", "llava-onevision"])
def test_what_is_dropped_is_out_of_later_layers_and_answers_go_on(name, checkpoint: Callable[[str], Path], frames):
    with closing(loaded(checkpoint(name))) as model:
        prompt = model._prompt(asked(frames[:3]))
        mark = placeholder(model._model.config, "image")
        visual = torch.tensor([token == mark for token in prompt.ids])
        logits, cache = model._prefill(prompt)
        lengths = [cache.get_seq_length(layer) for layer in (0, 1)]
        assert lengths == [len(prompt.ids), len(prompt.ids) - int(visual.sum()) + int(visual.sum()) // 2]
        assert torch.allclose(logits, by_hand(model, prompt, visual), atol=1e-4)
        follows = model._step(prompt, cache, 40, len(prompt.ids))
        assert torch.isfinite(follows).all()
        assert not torch.allclose(follows, logits, atol=1e-3)


def by_hand(model: Transformers, prompt, visual: torch.Tensor) -> torch.Tensor:
    """The prompt through the layers one by one, half of the visual tokens dropped after the first."""
    seen: dict[str, Any] = {}
    layers = pruner(model).layers
    hook = layers[0].register_forward_pre_hook(
        lambda _, args, options: seen.update(hidden=args[0], options=options), with_kwargs=True
    )
    schedule, pruner(model).schedule = pruner(model).schedule, None
    model._feed(prompt, None, 0, len(prompt.ids))
    pruner(model).schedule = schedule
    hook.remove()
    text = next(part for name, part in model._model.named_modules() if getattr(part, "layers", None) is not None
                and part.layers[0] is layers[0])  # fmt: skip
    cos, sin = seen["options"]["position_embeddings"]

    def through(layer, hidden, places):
        mask = torch.full((len(places), len(places)), float("-inf")).triu(1)[None, None]
        turned = (cos[..., places, :], sin[..., places, :])
        return layer(hidden, attention_mask=mask, position_embeddings=turned)

    with torch.inference_mode():
        weights = []
        noted = layers[0].self_attn.register_forward_hook(lambda _, __, out: weights.append(out[1][0]))
        places = torch.arange(len(prompt.ids))
        hidden = through(layers[0], seen["hidden"], places)
        noted.remove()
        scores = importance(weights[0])
        ranked = sorted((n for n in places.tolist() if visual[n]), key=lambda n: -float(scores[n]))
        stay = torch.tensor(sorted([n for n in places.tolist() if not visual[n]] + ranked[: len(ranked) // 2]))
        hidden = text.norm(through(layers[1], hidden[:, stay], stay))
        return model._model.lm_head(hidden[0, -1]).float()


def test_a_question_reads_its_prompt_itself_and_options_share_what_they_begin_with(checkpoint, frames):
    with closing(loaded(checkpoint("smolvlm2"))) as model:
        first = model._prefill(model._prompt(asked(frames[:3])))[0]
        model._prefill(model._prompt(asked(frames[:3], "Why?")))
        again = model._prefill(model._prompt(asked(frames[:3])))[0]
        assert torch.allclose(first, again, atol=1e-5)
        with Watch(model) as watch:
            told = model.choose(asked(frames[:3]), ["a dog", "a cat"], rotations=2)
        assert sum(told) == pytest.approx(1)
        assert sum(fed > 50 for fed in watch.fed) == 1
        bare = [Message("system", ("Answer briefly.",)), Message("user", ("Why?",))]
        after = model._prefill(model._prompt(bare))[0]  # begins as the prompt whose tokens were dropped
        model._prefixes.clear()
        assert torch.allclose(model._prefill(model._prompt(bare))[0], after, atol=1e-5)
        pruner(model).schedule = None
        plain = model._prefill(model._prompt(asked(frames[:3])))[0]
        assert not torch.allclose(plain, first, atol=1e-3)


def test_without_attention_tokens_are_only_merged_and_that_is_said(checkpoint, frames, caplog):
    with closing(Transformers(checkpoint("smolvlm2"), device="cpu", as_video=False, compress="aim:0.5:prune")) as model:
        model.ready()
        assert "attention = 'eager'" in caplog.text
        merged = model._prefill(model._prompt(asked(frames[:3])))[0]
        model._shorten_by(compressor("aim:0.5"))
        model._prefixes.clear()
        assert torch.equal(model._prefill(model._prompt(asked(frames[:3])))[0], merged)
    with pytest.raises(UsageError, match="behind the share stands `prune`"):
        compressor("aim:0.5:drop")
