"""`make bench`: the import's figures, as ratios to T in the same run.

T is the time of COPY of the file's clean rows straight into the product table: the same rows in COPY's own format, the
same table with its constraints, indexes and triggers, on the same server."""

import argparse
import statistics
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bench import stack
from bench.figures import BARS, TITLES, Round


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the import against COPY.")
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without-search-index", action="store_true", help="as on a server without pg_trgm")
    options = parser.parse_args()
    with stack.environment(), stack.running() as running, tempfile.TemporaryDirectory() as folder:
        # Its imports need Django set up.
        from bench import importing
        from tests.database import drop_search_index

        if options.without_search_index:
            drop_search_index()
        files = importing.Files.make(Path(folder), options.rows)
        rounds = [importing.measure(running, files) for _ in range(options.rounds)]
        report(options.rows, rounds, running.worker_peak_mb())


def report(rows: int, rounds: list[Round], peak: float) -> None:
    print(f"{rows:,} rows, {len(rounds)} rounds; seconds and ratios are medians (min-max).\n")
    print(f"{'':34} {'seconds':>18} {'rows/s':>9} {'of T':>20}  bar")
    for what, bar in BARS.items():
        seconds = [getattr(each, what) for each in rounds]
        ratios = [getattr(each, what) / each.reference for each in rounds]
        rate = rows / statistics.median(seconds)
        print(f"{TITLES[what]:34} {spread(seconds):>18} {rate:>9,.0f} {spread(ratios):>20}  {bar or ''}")
    print(f"\nWorker memory at its peak: {peak:.0f} MB (bar: 300 MB)")


def spread(values: Iterable[float]) -> str:
    values = sorted(values)
    return f"{statistics.median(values):.2f} ({values[0]:.2f}-{values[-1]:.2f})"


if __name__ == "__main__":
    main()
