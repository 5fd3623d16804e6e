import threading
import time
from collections.abc import Generator, Iterator

import pytest
from vidscout.graphs.ingest.prefetch import ahead


def test_everything_comes_in_order():
    assert [item for item, _ in ahead(range(100))] == list(range(100))


def test_the_source_works_while_its_last_item_is_used():
    def slow() -> Iterator[int]:
        for number in range(5):
            time.sleep(0.05)
            yield number

    began = time.perf_counter()
    for _ in ahead(slow()):
        time.sleep(0.05)
    assert time.perf_counter() - began < 0.45  # one after the other would take 0.5


def test_an_error_of_the_source_comes_after_what_it_gave():
    def breaking() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    source = ahead(breaking())
    assert next(source)[0] == 1
    with pytest.raises(OSError, match="gone"):
        next(source)


def test_leaving_early_ends_the_thread():
    closed = threading.Event()

    def endless() -> Generator[int, None, None]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    source = endless()
    for _ in ahead(source):
        break
    source.close()
    assert closed.is_set()
    assert not [thread for thread in threading.enumerate() if thread.name == "ahead"]


def test_the_source_stays_one_item_ahead():
    made = []

    def source() -> Iterator[int]:
        for number in range(20):
            made.append(number)
            yield number

    for item, _ in ahead(source()):
        time.sleep(0.01)
        assert len(made) <= item + 4  # in use, waiting, offered, being made
