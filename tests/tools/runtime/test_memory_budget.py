"""The memory budget, with backends that hold real memory of their own."""

import random
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from vidscout.tools.errors import BackendUnavailableError, OutOfMemoryError
from vidscout.tools.perception.frames.encoders import SeveralEncoders
from vidscout.tools.runtime import memory_budget as memory
from vidscout.tools.runtime.backend import Tool, backend
from vidscout.tools.runtime.memory_budget import MemoryBudget
from vidscout.tools.runtime.out_of_memory import out_of_memory
from vidscout.tools.videollm.hub_model import Transformers
from vidscout.tools.videollm.interface import Finish, Message, VideoLLM

MEGABYTE = 1_000_000


class Sized(Tool[int, int]):
    """Holds as many bytes as it is told while it is loaded, and doubles numbers with them."""

    role: ClassVar[str] = "tags"

    def __init__(self, title: str, size: int, limit: int | None = None, device: str = "cpu") -> None:
        super().__init__()
        self.title = title
        self.size = size
        self.device = device
        self.limit = limit
        """Inputs in one batch beyond which the GPU is out of memory."""
        self.held: np.ndarray | None = None
        self.setups = 0
        self.seen: list[int] = []

    def setup(self) -> None:
        self.held = np.ones(self.size, np.uint8)
        self.setups += 1

    def perceive(self, batch: Sequence[int]) -> list[int]:
        assert self.held is not None, f"{self.title} was unloaded while it was in use"
        self.seen.append(len(batch))
        if self.limit is not None and len(batch) > self.limit:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        time.sleep(0)  # let another thread in
        return [number * 2 * int(self.held[0]) for number in batch]

    def footprint(self) -> int:
        return self.size

    def close(self) -> None:
        super().close()
        self.held = None


Sized.name = "sized"  # set here, the name is not registered: these are nobody's backends


def admitted(budget: MemoryBudget, *backends: Sized) -> tuple[Sized, ...]:
    for each in backends:
        budget.admit(each)
    return backends


def test_the_least_recently_used_model_makes_room():
    first, second, third = admitted(budget := MemoryBudget(20), Sized("a", 10), Sized("b", 10), Sized("c", 10))
    first.run([1])
    second.run([1])
    first.run([1])
    third.run([1])
    assert (first.is_ready, second.is_ready, third.is_ready) == (True, False, True)
    assert budget.used == 20
    assert second.run([4]) == [8]
    assert second.setups == 2


def test_without_a_limit_everything_stays_loaded():
    backends = admitted(budget := MemoryBudget(), *(Sized(str(n), MEGABYTE) for n in range(5)))
    for each in backends:
        each.run([1])
    assert all(each.is_ready for each in backends)
    assert budget.used == 5 * MEGABYTE


def test_a_model_larger_than_the_whole_budget_is_refused_in_one_line():
    [huge] = admitted(MemoryBudget(8 * 10**9), Sized("huge", 16_600_000_000))
    with pytest.raises(
        OutOfMemoryError, match=r"tags backend 'sized' needs about 16\.6 GB.*8\.0 GB.*memory_limit"
    ) as e:
        huge.run([1])
    assert "\n" not in str(e.value)
    assert huge.setups == 0


def test_a_model_that_is_in_use_is_not_unloaded_but_waited_for():
    busy, other = admitted(MemoryBudget(10), Sized("busy", 10), Sized("other", 10))
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with busy.in_use():
            inside.set()
            leave.wait(10)
            assert busy.held is not None

    holding = threading.Thread(target=hold)
    holding.start()
    inside.wait(10)
    asking = threading.Thread(target=other.run, args=([1],))
    asking.start()
    asking.join(0.2)
    assert asking.is_alive()
    assert busy.is_ready
    assert not other.is_ready
    leave.set()
    holding.join(10)
    asking.join(10)
    assert other.is_ready
    assert not busy.is_ready


def test_a_thread_that_uses_one_model_does_not_wait_for_itself():
    outer, inner = admitted(MemoryBudget(10, patience=30), Sized("outer", 10), Sized("inner", 10))
    began = time.monotonic()
    with outer.in_use():
        assert inner.run([1]) == [2]
        assert outer.held is not None
    assert time.monotonic() - began < 5


def test_two_threads_that_each_need_a_second_model_do_not_wait_for_each_other():
    budget = MemoryBudget(20, patience=30)
    mine, yours, my_second, your_second = admitted(budget, *(Sized(str(n), 10) for n in range(4)))
    met = threading.Barrier(2)

    def use(one: Sized, another: Sized) -> None:
        with one.in_use():
            met.wait(10)
            another.run([1])
            met.wait(10)
            assert one.held is not None

    threads = [threading.Thread(target=use, args=pair) for pair in ((mine, my_second), (yours, your_second))]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)
    assert time.monotonic() - began < 10
    assert my_second.setups == your_second.setups == 1


def test_on_a_gpu_models_that_lie_in_ram_are_neither_counted_nor_unloaded():
    gpu, cpu, more = admitted(
        budget := MemoryBudget(10, device="cuda"),
        Sized("gpu", 10, device="cuda:0"),
        Sized("cpu", 500),
        Sized("more", 10, device="auto"),
    )
    for each in (gpu, cpu, more):
        each.run([1])
    assert (gpu.is_ready, cpu.is_ready, more.is_ready) == (False, True, True)
    assert budget.used == 10


@given(
    sizes=st.lists(st.integers(1, 10), min_size=2, max_size=6),
    limit=st.integers(10, 30),
    uses=st.lists(st.integers(0, 5), max_size=30),
)
@settings(deadline=None, max_examples=100)
def test_whatever_the_order_what_is_held_stays_within_the_limit(sizes: list[int], limit: int, uses: list[int]):
    budget = MemoryBudget(limit)
    backends = admitted(budget, *(Sized(str(n), size) for n, size in enumerate(sizes)))
    for use in uses:
        wanted = backends[use % len(backends)]
        assert wanted.run([3]) == [6]
        held = sum(each.held.nbytes for each in backends if each.held is not None)
        assert held == budget.used <= limit
        assert wanted.is_ready


def test_many_threads_never_meet_a_model_that_was_unloaded_under_them():
    limit = 12 * MEGABYTE
    budget = MemoryBudget(limit)
    backends = admitted(budget, *(Sized(str(n), 4 * MEGABYTE) for n in range(5)))
    most, errors, stop = [0], [], time.monotonic() + 2

    def work(seed: int) -> None:
        pick = random.Random(seed)
        try:
            while time.monotonic() < stop:
                assert pick.choice(backends).run([1, 2, 3]) == [2, 4, 6]
                most[0] = max(most[0], budget.used)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)
    assert not errors
    assert 8 * MEGABYTE <= most[0] <= limit
    assert sum(each.setups for each in backends) > 5  # they did take each other's room


def test_out_of_memory_unloads_the_others_and_halves_the_batch():
    idle, tool = admitted(MemoryBudget(), Sized("idle", 10), Sized("tool", 10, limit=4))
    idle.run([1])
    assert tool.run(list(range(8))) == [n * 2 for n in range(8)]
    assert tool.seen == [8, 4, 4]
    assert not idle.is_ready


def test_an_odd_batch_is_halved_upwards_and_stays_in_order():
    tool = Sized("tool", 10, limit=4)
    assert tool.run(list(range(7))) == [n * 2 for n in range(7)]
    assert tool.seen == [7, 4, 3]


class InParts(Sized):
    """Takes its inputs in parts, as the models of a hub do; the GPU has room for `limit` at once."""

    def __init__(self, batch_size: int, limit: int) -> None:
        super().__init__("in parts", 1, limit)
        self.batch_size = batch_size

    def perceive(self, batch: Sequence[int]) -> list[int]:
        parts = [batch[at : at + self.batch_size] for at in range(0, len(batch), self.batch_size)]
        return [found for part in parts for found in super(InParts, self).perceive(part)]


def test_a_model_that_takes_parts_goes_on_with_parts_of_half_the_size():
    tool = InParts(batch_size=4, limit=2)
    assert tool.run(range(12)) == [2 * number for number in range(12)]
    assert max(tool.seen[1:]) == 2
    tool.seen.clear()
    tool.run(range(12))
    assert set(tool.seen) == {2}, "what did not fit once is not tried again"


def test_one_input_that_is_worked_on_in_parts_is_tried_in_smaller_ones():
    class Sounds(InParts):
        def perceive(self, batch: Sequence[int]) -> list[int]:
            super().perceive(range(8))  # clips of one stretch of sound
            return list(batch)

    tool = Sounds(batch_size=8, limit=4)
    assert tool.run([7]) == [7]
    assert tool.seen == [8, 4, 4]


def test_when_half_the_batch_does_not_fit_either_one_line_says_so():
    idle, tool = admitted(MemoryBudget(), Sized("idle", 10), Sized("tool", 10, limit=2))
    idle.run([1])
    with pytest.raises(
        OutOfMemoryError, match=r"batch of 8, and again on 4, although tags \(sized\) had been"
    ) as error:
        tool.run(list(range(8)))
    assert tool.seen == [8, 4]
    assert "\n" not in str(error.value)
    assert tool.run([1]) == [2]  # it is still of use


def test_another_error_is_not_taken_for_a_lack_of_memory():
    class Broken(Sized):
        def perceive(self, batch: Sequence[int]) -> list[int]:
            self.seen.append(len(batch))
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    tool = Broken("broken", 10)
    with pytest.raises(RuntimeError, match="mat1"):
        tool.run([1, 2])
    assert tool.seen == [2]


class Heavy(Sized):
    """Does not load while another model is loaded, whatever was expected of it."""

    def __init__(self, others: Sequence[Sized]) -> None:
        super().__init__("heavy", 1)
        self.others = others
        self.tries = 0

    def setup(self) -> None:
        self.tries += 1
        if any(other.is_ready for other in self.others):
            raise RuntimeError("CUDA out of memory. Tried to allocate 16.00 GiB")
        super().setup()


def test_a_model_that_does_not_fit_beside_another_is_loaded_again_once_that_has_gone():
    budget = MemoryBudget()
    [idle] = admitted(budget, Sized("idle", 10))
    heavy = Heavy([idle])
    budget.admit(heavy)
    idle.run([1])
    assert heavy.run([2]) == [4]
    assert heavy.tries == 2
    assert not idle.is_ready


def test_a_model_that_does_not_fit_beside_a_busy_one_is_reported_and_the_busy_one_stays():
    budget = MemoryBudget()
    [busy] = admitted(budget, Sized("busy", 10))
    heavy = Heavy([busy])
    budget.admit(heavy)
    with busy.in_use(), pytest.raises(OutOfMemoryError, match="does not fit into memory: choose"):
        heavy.run([2])
    assert busy.is_ready
    assert heavy.tries == 2
    assert budget.used == 10


def test_a_failed_load_takes_no_room():
    class Unready(Sized):
        requires = ("no_such_module_anywhere",)

    budget = MemoryBudget(10)
    unready, fine = Unready("unready", 10), Sized("fine", 10)
    admitted(budget, unready, fine)
    with pytest.raises(BackendUnavailableError, match="no_such_module_anywhere"):
        unready.run([1])
    assert budget.used == 0
    assert fine.run([1]) == [2]


class Teller(VideoLLM):
    """Runs out of memory at the prompts that it is told."""

    def __init__(self, failures: int, pieces: int = 3, after: int = 0) -> None:
        super().__init__()
        self.failures = failures
        self.pieces = pieces
        self.after = after
        self.begun = 0

    def setup(self) -> None: ...

    def stream(self, messages, max_tokens, temperature, deadline, schema=None) -> Generator[str, None, Finish]:
        self.begun += 1
        for number in range(self.pieces):
            if number == self.after and self.begun <= self.failures:
                raise torch.cuda.OutOfMemoryError("CUDA out of memory")
            yield f"{number} "
        return Finish.STOP

    def next_tokens(self, messages) -> dict[str, float]:
        return {}

    def count_tokens(self, messages) -> int:
        return 0


Teller.name = "teller"
QUESTION = [Message("user", ("What?",))]


def test_an_answer_that_finds_no_memory_begins_again_without_the_other_models():
    budget = MemoryBudget()
    [idle] = admitted(budget, Sized("idle", 10))
    idle.run([1])
    teller = Teller(failures=1)
    budget.admit(teller)
    assert "".join(teller.generate(QUESTION)) == "0 1 2 "
    assert not idle.is_ready


@pytest.mark.parametrize(("failures", "after", "begun"), [(2, 0, 2), (1, 2, 1)], ids=["twice", "in the middle"])
def test_an_answer_that_cannot_be_had_ends_in_one_line(failures: int, after: int, begun: int):
    teller = Teller(failures, after=after)
    with pytest.raises(OutOfMemoryError, match="answerer backend 'teller' ran out of memory while it was answering"):
        list(teller.generate(QUESTION))
    assert teller.begun == begun


def test_a_model_that_is_answering_is_in_use_until_its_answer_is_closed():
    budget = MemoryBudget(10, patience=0.1)
    teller = Teller(failures=0)
    budget.admit(teller)
    answer = teller.generate(QUESTION)
    next(answer)
    assert budget.unload_idle() == []
    answer.close()
    assert budget.unload_idle() == ["answerer (teller)"]


def raised(work: Callable[[], object]) -> Iterator[BaseException]:
    try:
        work()
    except BaseException as error:
        yield error


@pytest.mark.parametrize(
    ("error", "is_memory"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (
            RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried"),
            True,
        ),
        (RuntimeError("CUDA failed with error out of memory"), True),
        (RuntimeError("shape '[2, 3]' is invalid"), False),
        (ValueError("out of memory"), False),
        (OutOfMemoryError("reported already"), False),
    ],
)
def test_what_counts_as_out_of_memory(error: BaseException, is_memory: bool):
    assert out_of_memory(error) == is_memory


def test_the_real_allocator_of_torch_is_understood():
    [error] = raised(lambda: torch.empty(2**55, dtype=torch.uint8))
    assert out_of_memory(error), error


def test_a_checkpoint_is_counted_by_its_tensors_at_the_precision_asked_for(tmp_path: Path):
    save_file({"w": torch.zeros(100, 10), "position": torch.zeros(5, dtype=torch.int64)}, tmp_path / "a.safetensors")
    save_file({"v": torch.zeros(50, dtype=torch.bfloat16)}, tmp_path / "b.safetensors")
    assert memory.checkpoint_bytes(tmp_path) == 4000 + 40 + 100
    assert memory.checkpoint_bytes(tmp_path, "float16") == 2000 + 40 + 100
    assert memory.checkpoint_bytes(tmp_path, "float32") == 4000 + 40 + 200
    assert memory.checkpoint_bytes(tmp_path / "nothing") == 0


def test_a_transformers_model_tells_what_it_really_holds():
    from transformers import BertConfig, BertModel

    model = BertModel(
        BertConfig(vocab_size=32, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
    )
    tool = Sized("bert", 7)
    vars(tool)["_model"] = model
    budget = MemoryBudget()
    budget.admit(tool)
    tool.run([1])
    assert budget.used >= sum(parameter.numel() * 4 for parameter in model.parameters()) > 7


def test_what_a_backend_is_made_of_shares_its_budget(checkpoint: Callable[[str], Path]):
    encoders = [{"backend": name, "model": str(checkpoint(name)), "device": "cpu"} for name in ("siglip2", "clip")]
    several = SeveralEncoders(encoders)
    budget = MemoryBudget()
    budget.admit(several)
    assert all(encoder.budget is budget for encoder in several.encoders)


def test_a_model_in_four_bits_is_expected_to_take_an_eighth_of_one_in_32(checkpoint: Callable[[str], Path]):
    folder = checkpoint("qwen2.5-vl")
    full, four = (Transformers(folder, dtype="float32", quantization=bits).footprint() for bits in (None, "4bit"))
    assert full == pytest.approx(8 * four, rel=0.01)
    assert full == pytest.approx(memory.checkpoint_bytes(folder, "float32"), rel=0.01)


def test_real_models_take_turns_where_not_all_fit_and_find_the_same_again(checkpoint: Callable[[str], Path]):
    frames = [np.full((48, 64, 3), shade, np.uint8) for shade in (0, 90, 200)]
    budget = MemoryBudget()
    models: list[Any] = []
    for role, name in (("visual_similarity", "dinov2"), ("frame_embedding", "siglip2"), ("frame_embedding", "clip")):
        models.append(backend(role, name)(model=checkpoint(name), device="cpu"))  # pyright: ignore[reportCallIssue]
        budget.admit(models[-1])
    before = [model.run(frames) for model in models]
    sizes = [model._model.get_memory_footprint() for model in models]
    for model, size in zip(models, sizes, strict=True):
        assert model.footprint() == pytest.approx(size, rel=0.1), "what was expected before it was loaded"
    assert budget.used == sum(sizes)

    budget.limit = max(sizes) + 100  # beside the largest there is no room, and beside another only for a smaller one
    budget.unload_idle()
    for _ in range(2):
        for model, found in zip(models, before, strict=True):
            again = model.run(frames)
            assert [np.asarray(one).tobytes() for one in map(flat, again)] == [
                np.asarray(one).tobytes() for one in map(flat, found)
            ]
            assert budget.used <= budget.limit
            assert sum(other._model.get_memory_footprint() for other in models if other._model) == budget.used
        assert not all(other.is_ready for other in models)


def flat(found: Any) -> np.ndarray:
    """A vector, or a mapping of them by encoder, as one array."""
    return np.concatenate([np.ravel(part) for part in found.values()]) if isinstance(found, dict) else np.ravel(found)
