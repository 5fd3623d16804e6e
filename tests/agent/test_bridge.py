import threading
import time

import pytest
from vidscout.agent.bridge import finished, watched
from vidscout.tools.runtime.counters import count, counting


def test_reports_come_as_they_happen_and_the_result_last():
    def work(report):
        report("one")
        report("two")
        return 3

    seen = []
    assert finished(watched(work), seen.append) == 3
    assert seen == ["one", "two"]


def test_an_error_of_the_work_is_raised_to_the_watcher():
    def work(report):
        report("one")
        raise ValueError("no good")

    with pytest.raises(ValueError, match="no good"):
        finished(watched(work))


def test_closing_early_stops_the_work_and_waits_for_it():
    stop = threading.Event()
    ended = threading.Event()

    def work(report):
        while not stop.is_set():
            report("tick")
            time.sleep(0.01)
        ended.set()

    watching = watched(work, stop)
    next(watching)
    watching.close()
    assert ended.is_set()


def test_the_work_counts_for_whoever_started_it():
    with counting() as counters:
        finished(watched(lambda report: count("llm_calls")))
    assert counters["llm_calls"] == 1


def test_two_pieces_of_work_at_once_count_apart():
    barrier = threading.Barrier(2)
    totals = {}

    def ask(name: str, calls: int) -> None:
        with counting() as counters:
            barrier.wait()
            for _ in range(calls):
                count("llm_calls")
                time.sleep(0.001)
            totals[name] = counters["llm_calls"]

    threads = [threading.Thread(target=ask, args=("a", 5)), threading.Thread(target=ask, args=("b", 11))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert totals == {"a": 5, "b": 11}
