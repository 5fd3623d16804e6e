"""A memory a clip and a running summary: what a question costs does not grow, and nothing is read twice."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from fed_tokens import Watch
from vidscout.tools.errors import UsageError
from vidscout.tools.videollm import Message
from vidscout.tools.videollm.hub_model import Transformers
from vidscout.tools.videollm.memory.stream_memory import Clips, StreamMemory

OPENING = "Answer briefly."


@pytest.fixture(scope="module", params=["qwen2.5-vl", "smolvlm2"])
def model(request: pytest.FixtureRequest, checkpoint: Callable[[str], Path]) -> Iterator[Transformers]:
    model = Transformers(checkpoint(request.param), device="cpu")
    model.ready()
    yield model
    model.close()


def length(stream: StreamMemory, memory: Clips) -> int:
    """Tokens that a question is read behind."""
    cache, _ = stream.recalled(memory, stream.question(memory, "Who speaks?"))
    return cache.get_seq_length()


def test_everything_kept_and_taken_is_full_attention(model, frames):
    stream = StreamMemory(model, clip=2, kept=10_000)
    memory = stream.remember(frames[:6], OPENING)
    assert len(memory.clips) == 3
    for question in ("What is seen?", "Who speaks?"):
        messages = [Message("system", (OPENING,)), Message("user", (*frames[:6], question))]
        model._prefixes.clear()
        expected = model._prefill(model._prompt(messages))[0]
        assert torch.allclose(stream.logits(memory, question), expected, atol=1e-3)


def test_a_question_costs_the_same_whatever_the_length(model, frames):
    stream = StreamMemory(model, clip=1, kept=12, fetched=2)
    memories = [stream.remember(frames[:count], OPENING) for count in (4, 6, 8)]
    assert [len(memory.clips) for memory in memories] == [4, 6, 8]
    opening = memories[0].opening.keys[0].shape[1]
    assert {length(stream, memory) for memory in memories} == {opening + 12 + 2 * 12}
    assert all(block.keys[0].shape[1] == 12 for block in (*memories[2].clips, memories[2].summary))


def test_a_second_question_runs_neither_the_tower_nor_the_video_and_leaves_no_trace(model, frames):
    stream = StreamMemory(model, clip=2, kept=12, fetched=2)
    memory = stream.remember(frames, OPENING)
    first = stream.logits(memory, "Who speaks?")
    tokens = len(stream.question(memory, "What is written there?"))
    with Watch(model) as watch:
        said = "".join(stream.answer(memory, "What is written there?", max_tokens=4))
    assert watch.looks == 0
    assert watch.fed[:2] == [tokens, tokens]  # once to choose the clips, once to answer
    assert set(watch.fed[2:]) <= {1}
    assert said == "".join(stream.answer(memory, "What is written there?", max_tokens=4))
    assert torch.equal(stream.logits(memory, "Who speaks?"), first)


def test_the_summary_holds_of_every_clip_and_is_read_where_clips_are_left_out(model, frames):
    stream = StreamMemory(model, clip=2, kept=40, fetched=1)
    memory = stream.remember(frames, OPENING)
    [taken] = stream.fetches(memory, stream.question(memory, "Who speaks?"))
    alike = stream.likeness(stream.question(memory, "Who speaks?"), memory.opening, memory.means)
    assert taken == int(alike.argmax())
    alone, _ = stream.assembled([memory.opening, memory.clips[taken]])
    assert length(stream, memory) == alone.get_seq_length() + memory.summary.keys[0].shape[1]
    other = stream.remember([*frames[2:4], *frames[2:]], OPENING)  # another first clip
    assert not torch.allclose(other.summary.keys[0], memory.summary.keys[0])


def test_another_process_answers_from_a_file(model, frames, tmp_path):
    stream = StreamMemory(model, clip=2, kept=12, fetched=2)
    memory = stream.remember(frames, OPENING)
    memory.save(tmp_path / "memory.pt")
    again = Clips.load(tmp_path / "memory.pt")
    assert again.bytes == memory.bytes
    assert torch.equal(stream.logits(again, "Why?"), stream.logits(memory, "Why?"))
    (tmp_path / "none.pt").write_bytes(b"nothing")
    with pytest.raises(UsageError, match="no memory"):
        Clips.load(tmp_path / "none.pt")
