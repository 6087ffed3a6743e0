"""Imports during which the database server is stopped at once, again and again, held against one that is left alone.

    .venv/bin/python -m bench.server_stops --rows 200000 --stops 200 --seed 1

Each stop is what `pg_ctl stop -m immediate` does, at a random moment of an attempt at the import; then the server is
started, and the next attempt begins, as a worker would begin it. Rows differ in length and come in shuffled order."""

import argparse
import logging
import random
import tempfile
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self
from uuid import UUID

from bench import sample
from bench.crashes import differences, own_server

if TYPE_CHECKING:
    from tests.imports.workers import Outcome
    from tests.servers import Server

# Fewer than the attempts without progress after which an import is given up.
STOPS_AN_IMPORT = 4
STEEPNESS = 8
# Most of what can be lost is at stake while changes are made.
PHASES = ["staging", "classifying", "applying", "applying", "applying"]
LATEST_SECONDS = 2.0


def main() -> None:
    parser = argparse.ArgumentParser(description="Stop the server during imports, and look for what is lost.")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--stops", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--within", type=float, help="seconds of an attempt; default: what one takes that is left alone"
    )
    options = parser.parse_args()
    # Of every connection that is lost.
    logging.disable(logging.WARNING)
    chance = random.Random(options.seed)  # noqa: S311 - the same moments every time are the point
    with tempfile.TemporaryDirectory() as folder, own_server() as server:
        path = Path(folder) / "uneven.csv"
        sample.write_uneven(path, options.rows, seed=options.seed, steepness=STEEPNESS)
        undisturbed = outcome_of(accept(path))
        print(f"left alone: {undisturbed.products:,} products", flush=True)
        hits: Counter[str] = Counter()
        wrong = 0
        while hits.total() < options.stops:
            job_id = accept(path)
            stops = min(STOPS_AN_IMPORT, options.stops - hits.total())
            hits += import_stopped(job_id, server, stops, chance)
            found = differences(outcome_of(job_id), undisturbed)
            wrong += bool(found)
            print(f"{hits.total():5} stops ({dict(hits)}), imports that differ: {wrong} {found}", flush=True)


def accept(path: Path) -> UUID:
    from imports.upload import handler
    from tests.database import empty_database

    empty_database()
    with path.open("rb") as file:
        return handler.accept_body(path.name, iter(lambda: file.read(2**18), b"")).pk


def outcome_of(job_id: UUID) -> "Outcome":
    from imports.pipeline import runner
    from tests.imports.workers import outcome

    runner.run(job_id)
    return outcome(job_id)


def import_stopped(job_id: UUID, server: "Server", stops: int, chance: random.Random) -> Counter[str]:
    """An import up to its last stop. In which phases the stops fell; one that came after the end does not count."""
    from django.db import InterfaceError, OperationalError

    from imports.models import ImportJob
    from imports.pipeline import runner

    hits: Counter[str] = Counter()
    for _ in range(stops):
        with Stop(server, job_id, chance) as stop, suppress(OperationalError, InterfaceError):
            runner.run(job_id, should_stop=stop.look)
        job = ImportJob.objects.get(pk=job_id)
        if job.is_final:
            break
        hits[job.phase] += 1
    return hits


class Stop:
    """A stop of the server at a random moment: some time after a phase has begun, wherever that is between two commits. It
    is started again at once, as by a supervisor."""

    def __init__(self, server: "Server", job_id: UUID, chance: random.Random) -> None:
        self.server, self.job_id = server, job_id
        self.phase = chance.choice(PHASES)
        self.timer = threading.Timer(chance.uniform(0, LATEST_SECONDS), self.stop)
        self.is_due = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.timer.cancel()
        if self.is_due:
            self.timer.join()

    def look(self) -> bool:
        """For the engine, which asks between its commits whether it is to stop."""
        from imports.models import ImportJob

        if not self.is_due and ImportJob.objects.get(pk=self.job_id).phase == self.phase:
            self.is_due = True
            self.timer.start()
        return False

    def stop(self) -> None:
        self.server.crash()
        self.server.bring_up()


if __name__ == "__main__":
    main()
