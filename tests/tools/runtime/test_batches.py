"""One model's batches, filled by several threads."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from vidscout.tools.runtime.batches import Batches


class Doubler:
    """Doubles numbers, the first time only when it is told to go on; 13 spoils a batch, and so do too many."""

    def __init__(self, batch_size: int = 4, room: int = 100) -> None:
        self.batch_size = batch_size
        self.room = room
        self.batches: list[list[int]] = []
        self.begun, self.go_on = threading.Event(), threading.Event()

    def work(self, batch: Sequence[int]) -> list[int]:
        self.begun.set()
        assert self.go_on.wait(20)
        self.batches.append([*batch])
        if len(batch) > self.room:
            raise RuntimeError("CUDA out of memory")
        if 13 in batch:
            raise ValueError("thirteen")
        return [2 * number for number in batch]


def asked(batches: Batches[int, int], model: Doubler, each: Sequence[Sequence[int]]) -> list[list[int] | Exception]:
    """What several threads get, of which all but the first come while that one is served."""

    def ask(items: Sequence[int]) -> list[int] | Exception:
        try:
            return batches.ask(items)
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(each)) as pool:
        first = pool.submit(ask, each[0])
        assert model.begun.wait(20)
        others = []
        for number, items in enumerate(each[1:], 1):
            others.append(pool.submit(ask, items))
            while len(batches._callers._waiting) < number:
                pass
        model.go_on.set()
        return [first.result(), *(one.result() for one in others)]


def test_who_comes_while_the_model_works_shares_full_batches():
    model = Doubler()
    found = asked(Batches(model, model.work), model, [[1], [2, 3, 4], [5, 6], [7, 8, 9]])
    assert found == [[2], [4, 6, 8], [10, 12], [14, 16, 18]]
    assert model.batches == [[1], [2, 3, 4, 5], [6, 7, 8, 9]]


def test_only_one_kind_shares_a_batch_and_the_order_stays():
    model = Doubler()
    found = asked(Batches(model, model.work, lambda number: number % 2), model, [[1], [2, 3, 4], [5, 6]])
    assert found == [[2], [4, 6, 8], [10, 12]]
    assert model.batches == [[1], [2, 4, 6], [3, 5]]


def test_who_spoils_a_batch_is_told_and_nobody_else():
    model = Doubler()
    found = asked(Batches(model, model.work), model, [[1], [2], [13], [3]])
    assert (found[0], found[1], found[3]) == ([2], [4], [6])
    assert isinstance(found[2], ValueError)
    assert model.batch_size == 4


def test_where_memory_runs_out_over_several_batches_are_halved_and_each_goes_alone():
    model = Doubler(batch_size=4, room=2)
    assert asked(Batches(model, model.work), model, [[1], [2, 3], [4, 5]]) == [[2], [4, 6], [8, 10]]
    assert model.batch_size == 2


def test_one_that_fails_alone_is_raised_as_it_is_and_nothing_is_asked_for_nothing():
    model = Doubler(room=0)
    model.go_on.set()
    batches = Batches(model, model.work)
    assert batches.ask([]) == [] == model.batches
    with pytest.raises(RuntimeError, match="out of memory"):
        batches.ask([1])
    assert model.batch_size == 4  # whoever called halves it: `out_of_memory.perceive`
