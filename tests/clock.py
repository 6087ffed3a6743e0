"""What a call costs in processor time, for the tests of what is hostile; a busy machine makes it no dearer."""

import time
from collections.abc import Callable

# Below it a clock tells nothing.
FLOOR = 0.02


def cpu_seconds(call: Callable[[], object]) -> float:
    started = time.thread_time()
    call()
    return time.thread_time() - started


def growth(call: Callable[[int], object], size: int) -> float:
    """How much longer twice the size takes: 2 of what is linear, 4 of what takes the square. The best of three."""
    return min(
        max(FLOOR, cpu_seconds(lambda: call(2 * size))) / max(FLOOR, cpu_seconds(lambda: call(size)))
        for _ in range(3)
    )
