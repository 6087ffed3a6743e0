"""What a call costs in processor time, for the tests of what is hostile; a busy machine makes it no dearer."""

import time
from collections.abc import Callable

# Below it a clock tells nothing.
FLOOR = 0.02


def cpu_seconds(call: Callable[[], object]) -> float:
    started = time.thread_time()
    call()
    return time.thread_time() - started


def is_linear(call: Callable[[int], object], size: int) -> bool:
    """Whether twice the size takes about twice as long, and not four times. One of three tries is to show it."""
    return any(
        max(FLOOR, cpu_seconds(lambda: call(2 * size))) < 3 * max(FLOOR, cpu_seconds(lambda: call(size)))
        for _ in range(3)
    )
