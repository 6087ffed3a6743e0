"""Run tasks on a few threads at a time, and get their results and commits in the order of the tasks."""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

# Each works in a database session of its own.
WORKERS = 2

Result = TypeVar("Result")


def in_order(tasks: Iterable[Callable[[], Result]]) -> Generator[Result, None, None]:
    """Yield the results of the tasks in their order, running WORKERS of them ahead.

    The first task that fails, or an error while the next task is made, ends the iteration with its exception, once the
    tasks that are running have ended. Their results are dropped."""
    with ThreadPoolExecutor(WORKERS, "ordered") as pool:
        in_flight: deque[Future[Result]] = deque()
        for task in tasks:
            in_flight.append(pool.submit(task))
            if len(in_flight) == WORKERS:
                yield in_flight.popleft().result()
        while in_flight:
            yield in_flight.popleft().result()


class PredecessorFailed(Exception):
    """The previous task did not commit, so this one must not."""


class CommitOrder:
    """Orders the commits of tasks: each waits until its predecessor has ended."""

    def __init__(self, *, committed: bool = False) -> None:
        self.ended = threading.Event()
        self.committed = committed
        if committed:
            self.ended.set()

    def end(self, *, committed: bool) -> None:
        self.committed = committed
        self.ended.set()

    def wait(self) -> None:
        self.ended.wait()
        if not self.committed:
            raise PredecessorFailed
