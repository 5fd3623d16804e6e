import threading
import time

import pytest
from vidscout.graphs.ingest.feed import Feed, StoppedEarlyError


def always() -> bool:
    return True


def filled(feed: Feed[int], items: int) -> threading.Thread:
    def fill() -> None:
        for item in range(items):
            feed.put(item)
        feed.end()

    thread = threading.Thread(target=fill)
    thread.start()
    return thread


def test_everything_comes_in_order_and_no_more_than_the_depth_waits():
    made: list[int] = []
    feed = Feed[int](3, lambda: made.append(0) or True)  # asked before each item is put
    thread = filled(feed, 50)
    taken = []
    for item in feed:
        taken.append(item)
        assert len(made) <= item + 1 + 3 + 1 + 1  # taken, waiting, being put, and the end
    thread.join(5)
    assert taken == list(range(50))


def test_whoever_puts_waits_for_a_slow_consumer():
    feed = Feed[int](1, always)
    thread = filled(feed, 3)
    time.sleep(0.05)
    assert thread.is_alive()
    assert list(feed) == [0, 1, 2]
    thread.join(5)


def test_a_consumer_that_has_left_holds_nobody():
    feed = Feed[int](1, always)
    thread = filled(feed, 100)
    feed.leave()
    thread.join(5)
    assert not thread.is_alive()


def test_when_the_work_has_ended_neither_side_waits():
    ended = threading.Event()
    feed = Feed[int](1, lambda: not ended.is_set())
    thread = filled(feed, 100)
    taking = iter(feed)
    assert next(taking) == 0
    ended.set()
    thread.join(5)
    assert not thread.is_alive()
    with pytest.raises(StoppedEarlyError):
        for _ in taking:
            pass


def test_an_error_in_asking_whether_to_go_on_is_raised():
    def stopped() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Feed[int](1, stopped).put(1)
