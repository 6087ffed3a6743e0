"""How a large file does beside a small one: the worker's memory, and whether progress moves all the way.

The job is asked for all the time by the API, as somebody who waits would see it. A worker of its own imports each."""

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from bench import sample, stack

ASKED_EVERY_SECONDS = 0.1


class Look(NamedTuple):
    """The job at a moment."""

    at: float
    status: str
    phase: str
    progress: int


@dataclass
class Result:
    rows: int
    seconds: float
    peak_mb: float
    looks: list[Look]

    @property
    def falls(self) -> int:
        return sum(after.progress < before.progress for before, after in pairwise(self.looks))

    @property
    def standstill(self) -> tuple[float, Look]:
        """The longest time at one percentage, and where it began."""
        moves = [after for before, after in pairwise(self.looks) if after.progress != before.progress]
        stops = pairwise([self.looks[0], *moves, self.looks[-1]])
        return max((after.at - before.at, before) for before, after in stops)


def main() -> None:
    parser = argparse.ArgumentParser(description="Import a large file beside a small one.")
    parser.add_argument("--small", type=int, default=50_000)
    parser.add_argument("--large", type=int, default=5_000_000)
    options = parser.parse_args()
    with stack.environment(), tempfile.TemporaryDirectory() as folder:
        small, large = (measure(Path(folder) / "sample.csv", rows) for rows in (options.small, options.large))
        for result in (small, large):
            seconds, look = result.standstill
            print(
                f"{result.rows:>10,} rows: {result.seconds:6.1f} s, worker's peak {result.peak_mb:5.1f} MB, progress fell "
                f"{result.falls} times, stood for at most {seconds:.1f} s (at {look.progress}%, {look.phase})"
            )
        print(f"Memory: {large.peak_mb / small.peak_mb:.2f} times (bar 1.20)")


def measure(path: Path, rows: int) -> Result:
    # Its imports need Django set up.
    from bench import importing

    truth = sample.write(path, rows)
    with stack.running() as running:
        importing.settle()
        job_id = running.upload(path)
        looks = list(watch(running, job_id))
        job = running.wait(job_id)
        importing.expect(job, status="completed", created_count=truth.products, error_count=truth.bad)
        return Result(rows, looks[-1].at - looks[0].at, running.worker_peak_mb(), looks)


def watch(running: stack.Stack, job_id: str) -> Iterator[Look]:
    """The job as it is from now until it has ended."""
    while True:
        job = running.api.get(f"/jobs/{job_id}").json()
        yield Look(time.monotonic(), job["status"], job["phase"], job["progress"])
        if job["completed_at"]:
            return
        time.sleep(ASKED_EVERY_SECONDS)


if __name__ == "__main__":
    main()
