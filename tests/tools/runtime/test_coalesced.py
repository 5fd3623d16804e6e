"""Calls of many threads that go together."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from vidscout.tools.runtime.coalesced import Grouped


def test_one_caller_goes_alone_and_at_once():
    sent: list[list[int]] = []
    grouped = Grouped[int, int](lambda asked: sent.append(asked) or [2 * n for n in asked], lines=1, most=8)
    assert [grouped.ask(n) for n in range(3)] == [0, 2, 4]
    assert sent == [[0], [1], [2]]


def test_who_comes_while_a_call_is_under_way_goes_with_the_next():
    sent: list[int] = []
    arrived = threading.Semaphore(0)
    go = threading.Event()

    def send(asked: list[int]) -> list[int]:
        sent.append(len(asked))
        if len(sent) == 1:
            arrived.release()
            go.wait(10)
        return [n * n for n in asked]

    grouped = Grouped[int, int](send, lines=1, most=4)
    with ThreadPoolExecutor(7) as pool:
        first = pool.submit(grouped.ask, 0)
        arrived.acquire(timeout=10)
        others = [pool.submit(grouped.ask, n) for n in range(1, 7)]
        while len(grouped._waiting) < 6:
            pass
        go.set()
        assert [future.result(10) for future in [first, *others]] == [n * n for n in range(7)]
    assert sent == [1, 4, 2]


@pytest.mark.parametrize("lines", [1, 2, 3])
def test_every_answer_goes_to_its_own_caller_under_load(lines: int):
    dice = random.Random(lines)
    meet = False

    def send(asked: list[int]) -> list[int]:
        time.sleep(dice.random() / 500)
        if meet:
            together.wait(30)
        return [-n for n in asked]

    grouped = Grouped[int, int](send, lines, most=5)
    together = threading.Barrier(lines)

    def ask(client: int) -> bool:
        return all(grouped.ask(n) == -n for n in range(client * 1000 + 1, client * 1000 + 60))

    with ThreadPoolExecutor(9) as pool:
        assert all(pool.map(ask, range(9)))
        meet = True  # as many calls are under way at once as at the beginning: where a line is lost, they never meet
        assert list(pool.map(grouped.ask, range(lines), timeout=30)) == [-n for n in range(lines)]


def test_an_error_reaches_those_who_were_sent_together_and_nobody_after_them():
    def send(asked: list[int]) -> list[int]:
        if 13 in asked:
            raise ValueError("unlucky")
        return asked

    grouped = Grouped[int, int](send, lines=1, most=8)
    with pytest.raises(ValueError, match="unlucky"):
        grouped.ask(13)
    assert grouped.ask(14) == 14
