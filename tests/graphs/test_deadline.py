import subprocess
import sys
import threading
import time

import pytest
from vidscout.graphs.deadline import within
from vidscout.tools.errors import DeadlineError
from vidscout.tools.runtime.counters import count, counting


def test_what_ends_in_time_returns_or_raises_as_if_it_had_been_called():
    assert within(5, divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        within(5, divmod, 7, 0)


def test_work_that_raises_a_timeout_of_its_own_is_not_taken_for_late():
    def timed_out() -> None:
        raise TimeoutError("the server did not answer")

    with pytest.raises(TimeoutError, match="did not answer"):
        within(5, timed_out)


def test_what_does_not_end_is_given_up_and_holds_nobody():
    began = time.monotonic()
    with pytest.raises(DeadlineError):
        within(0.2, threading.Event().wait)
    assert time.monotonic() - began < 2


def test_work_counts_for_whoever_started_it():
    with counting() as counters:
        within(5, count, "llm_calls")
    assert counters["llm_calls"] == 1


def test_a_process_ends_although_work_that_was_given_up_still_runs():
    code = """
        import threading
        from vidscout.graphs.deadline import within
        try:
            within(0.1, threading.Event().wait)
        except Exception as error:
            print(type(error).__name__)
    """
    lines = [line.removeprefix("        ") for line in code.splitlines()]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.strip() == "DeadlineError"
