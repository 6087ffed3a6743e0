"""imports.pipeline.ordered: tasks run side by side, with results and commits in their order."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest

from imports.pipeline.ordered import WORKERS, CommitOrder, PredecessorFailed, in_order


def sleep_for(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def fail() -> float:
    raise ValueError("failed")


def test_results_are_in_the_order_of_the_tasks() -> None:
    seconds = [0.05, 0, 0.02, 0, 0.01]
    assert list(in_order(partial(sleep_for, each) for each in seconds)) == seconds


def test_no_tasks_have_no_results() -> None:
    assert list(in_order([])) == []


def test_tasks_run_side_by_side_up_to_the_number_of_workers() -> None:
    barrier = threading.Barrier(WORKERS)
    tasks: Sequence[Callable[[], int]] = [partial(barrier.wait, 5)] * 2 * WORKERS
    assert len(list(in_order(tasks))) == 2 * WORKERS


def test_task_is_made_only_when_a_worker_is_free() -> None:
    made: list[int] = []

    def tasks() -> Iterator[Callable[[], int]]:
        for number in range(5):
            made.append(number)
            yield partial(int, number)

    results = in_order(tasks())
    assert (next(results), len(made)) == (0, WORKERS)
    assert list(results) == [1, 2, 3, 4]


def test_first_failure_is_raised_once_running_tasks_have_ended() -> None:
    ended: list[str] = []

    def end_late() -> float:
        time.sleep(0.05)
        ended.append("late")
        return 0

    with pytest.raises(ValueError, match="failed"):
        list(in_order([fail, end_late, fail]))
    assert ended == ["late"]


def test_failure_to_make_a_task_ends_the_iteration_once_running_tasks_have_ended() -> None:
    ended: list[str] = []

    def end_late() -> None:
        time.sleep(0.05)
        ended.append("late")

    def tasks() -> Iterator[Callable[[], None]]:
        yield end_late
        raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        list(in_order(tasks()))
    assert ended == ["late"]


def test_commits_follow_the_order_of_the_tasks() -> None:
    committed: list[int] = []

    def commit(number: int, predecessor: CommitOrder, own: CommitOrder) -> None:
        time.sleep(0.02 if number % 2 == 0 else 0)
        predecessor.wait()
        committed.append(number)
        own.end(committed=True)

    orders = [CommitOrder(committed=True), *(CommitOrder() for _ in range(4))]
    list(in_order([partial(commit, number, orders[number], orders[number + 1]) for number in range(4)]))
    assert committed == [0, 1, 2, 3]


def test_task_whose_predecessor_did_not_commit_fails() -> None:
    predecessor = CommitOrder()
    predecessor.end(committed=False)
    with pytest.raises(PredecessorFailed):
        predecessor.wait()
