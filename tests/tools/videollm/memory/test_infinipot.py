"""A memory of constant size: full attention while there is room, exactly its share afterwards."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from fed_tokens import Watch
from vidscout.tools.videollm import Message
from vidscout.tools.videollm.hub_model import Transformers
from vidscout.tools.videollm.memory.infinipot import InfiniPot, Kept, chosen, lengths, unlike

OPENING = "Answer briefly."


@pytest.fixture(scope="module", params=["qwen2.5-vl", "smolvlm2"])
def model(request: pytest.FixtureRequest, checkpoint: Callable[[str], Path]) -> Iterator[Transformers]:
    model = Transformers(checkpoint(request.param), device="cpu")
    model.ready()
    yield model
    model.close()


def made(frames: int = 8, places: int = 6, seed: int = 0) -> Kept:
    generator = torch.Generator().manual_seed(seed)
    count = frames * places
    return Kept(
        torch.randn(2, count, 8, generator=generator),
        torch.randn(2, count, 8, generator=generator),
        torch.arange(count)[None],
        torch.arange(places - 1, -1, -1).repeat(frames),
        torch.arange(frames).repeat_interleave(places),
    )


def test_with_room_for_all_it_is_full_attention(model, frames):
    pot = InfiniPot(model, budget=10_000)
    memory = pot.remember(frames[:4], OPENING)
    for question in ("What is seen?", "Who speaks?"):
        messages = [Message("system", (OPENING,)), Message("user", (*frames[:4], question))]
        model._prefixes.clear()
        expected = model._prefill(model._prompt(messages))[0]
        assert torch.allclose(pot.logits(memory, question), expected, atol=1e-3)


def test_its_size_does_not_grow_with_the_video(model, frames):
    pot = InfiniPot(model, budget=70)
    sizes = [pot.remember(frames[:count], OPENING) for count in (5, 6, 8)]
    assert all(35 <= memory.tokens <= 70 for memory in sizes)
    assert all(len({kept.keys.shape[1] for kept in memory.layers}) == 1 for memory in sizes)
    assert max(memory.bytes for memory in sizes) < InfiniPot(model, 10_000).remember(frames, OPENING).bytes


def test_a_question_runs_neither_the_tower_nor_the_video_and_leaves_no_trace(model, frames):
    pot = InfiniPot(model, budget=70)
    memory = pot.remember(frames, OPENING)
    first = pot.logits(memory, "Who speaks?")
    with Watch(model) as watch:
        said = "".join(pot.answer(memory, "What is written there?", max_tokens=4))
    assert watch.looks == 0
    assert watch.fed[0] == len(pot.question(memory, "What is written there?"))
    assert set(watch.fed[1:]) <= {1}
    assert said == "".join(pot.answer(memory, "What is written there?", max_tokens=4))
    assert torch.equal(pot.logits(memory, "Who speaks?"), first)


def test_positions_go_on_after_what_was_dropped(model, frames):
    pot = InfiniPot(model, budget=70)
    memory = pot.remember(frames, OPENING)
    prompt, edges, positions = pot.opened(frames, OPENING)
    if prompt.positions is not None:
        assert memory.cursor == int(positions[:, edges[-1] - 1].max()) + 1
    else:
        assert memory.cursor == edges[1] + memory.tokens


def test_half_is_unlike_the_newest_and_half_has_the_longest_values():
    kept = made()
    found = chosen(kept, 24, 1).tolist()
    newest = list(range(36, 48))  # the last two of eight frames: twelve tokens, half of what is kept
    rest = {n: float(kept.values[:, n].norm(dim=-1).mean()) for n in range(36)}
    assert found == sorted([*newest, *sorted(rest, key=lambda n: -rest[n])[:12]])


def test_older_tokens_are_kept_where_they_differ():
    kept = made()
    found = chosen(kept, 40, 1).tolist()
    new = [n for n in range(48) if kept.frames[n] >= 6]
    cosine = torch.nn.functional.cosine_similarity
    scores = {}
    for n in range(36):
        same = [m for m in new if kept.places[m] == kept.places[n]]
        scores[n] = -sum(float(cosine(kept.keys[h, n], kept.keys[h, m], dim=0)) for m in same for h in (0, 1)) / 4
        assert float(unlike(kept, kept.frames >= 6)[n]) == pytest.approx(scores[n], abs=1e-5)
    by_time = sorted(scores, key=lambda n: -scores[n])[:8]
    rest = {n: float(kept.values[:, n].norm(dim=-1).mean()) for n in range(36) if n not in by_time}
    assert found == sorted([*new, *by_time, *sorted(rest, key=lambda n: -rest[n])[:20]])


def test_lengths_are_averaged_over_neighbours():
    values = made().values
    plain = lengths(values, 1)
    assert torch.allclose(plain, values.norm(dim=-1).mean(0))
    assert float(lengths(values, 3)[5]) == pytest.approx(float(plain[4:7].mean()), abs=1e-5)
    assert float(lengths(values, 3)[0]) == pytest.approx(float(plain[:2].mean()), abs=1e-5)
