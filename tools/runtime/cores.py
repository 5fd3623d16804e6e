"""How many processor cores this process may use."""

import os


def cores() -> int:
    """Cores that the operating system gives this process, at least 1: a container's or `taskset`'s share, where it
    tells, otherwise those of the machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
