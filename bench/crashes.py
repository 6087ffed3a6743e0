"""Imports whose worker is killed and whose server crashes, held against one that is left alone.

    .venv/bin/python -m bench.crashes --rows 500000 --kills 10 --seed 1

Settings are those of production, so a dead worker is missed after twenty seconds. The server is an embedded one made
for the run, since it is stopped in the middle of things."""

import argparse
import os
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from bench import sample, stack

if TYPE_CHECKING:
    from tests.imports.workers import Kill, Outcome, Watch, Worker
    from tests.servers import Server

# Of the progress: most of the way through applying.
LAST_KILL_AT = 85
CRASH_AT = 70


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Hurt imports, and hold what they leave against an undisturbed one."
    )
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, own_server() as server:
        path = Path(folder) / "uneven.csv"
        sample.write_uneven(path, options.rows, steepness=8)
        chance = random.Random(options.seed)  # noqa: S311 - the same kills every time are the point
        undisturbed = run("left alone", path, leave_alone)
        run(
            "worker killed",
            path,
            lambda worker, watch: kill(worker, watch, options.kills, chance),
            undisturbed,
        )
        run("server crashed", path, lambda worker, watch: crash(worker, watch, server), undisturbed)


@contextmanager
def own_server() -> Iterator["Server"]:
    """Embedded, or of another version: TEST_POSTGRES_PROGRAMS=/usr/lib/postgresql/15/bin."""
    from project.devserver import postgres
    from tests.servers import running_server

    with running_server() as server:
        os.environ["DATABASE_URL"] = f"postgresql://postgres@/{postgres.NAME}?host={server.host}"
        with stack.environment():
            from django.core.management import call_command

            call_command("migrate", verbosity=0)
            yield server


def run(
    title: str,
    path: Path,
    hurt: Callable[["Worker", "Watch"], list["Kill"]],
    undisturbed: "Outcome | None" = None,
) -> "Outcome":
    """One import into an empty catalog, and the line that says how it went."""
    from imports.upload import handler
    from tests.database import empty_database
    from tests.imports.workers import outcome, until_no_tables, watching, working

    empty_database()
    with path.open("rb") as file:
        job_id = handler.accept_body(path.name, iter(lambda: file.read(2**18), b"")).pk
    began = time.monotonic()
    with working() as worker, watching(job_id) as watch:
        hurts = hurt(worker, watch)
        wait_for_end(worker, watch)
        seconds = time.monotonic() - began
        until_no_tables()
    found = outcome(job_id)
    wrong = len(watch.wrong) + len(differences(found, undisturbed or found))
    print(
        f"{title:15} {found.status} in {seconds:.1f} s, {spread(hurts)}; {watch.looks:,} looks; differences {wrong}"
    )
    for line in [*watch.wrong, *differences(found, undisturbed or found)]:
        print(f"    {line}")
    return found


def leave_alone(worker: "Worker", watch: "Watch") -> list["Kill"]:
    return []


def kill(worker: "Worker", watch: "Watch", kills: int, chance: random.Random) -> list["Kill"]:
    from tests.imports.workers import kill_at, kill_points

    return kill_at(worker, watch, kill_points(kills, chance, LAST_KILL_AT), chance)


def crash(worker: "Worker", watch: "Watch", server: "Server") -> list["Kill"]:
    """What `pg_ctl stop -m immediate` does, in the middle of applying; then a start, as by a supervisor."""
    from tests.imports.workers import Kill, until

    watch.until(lambda seen: seen.progress >= CRASH_AT, f"the import is beyond {CRASH_AT} %")
    crashed, hit = time.monotonic(), watch.last
    server.crash()
    server.bring_up()

    def goes_on() -> bool:
        worker.keep_running()
        return watch.last.attempt > hit.attempt

    until(goes_on, "the import is taken up again")
    return [Kill(hit.phase, hit.progress, time.monotonic() - crashed)]


def wait_for_end(worker: "Worker", watch: "Watch") -> None:
    from tests.imports.workers import until

    def has_ended() -> bool:
        worker.keep_running()
        return watch.last.is_final

    until(has_ended, "the import ends", 600)


def differences(found: "Outcome", undisturbed: "Outcome") -> list[str]:
    expected = asdict(undisturbed)
    return [
        f"{name}: {value}, undisturbed {expected[name]}"
        for name, value in asdict(found).items()
        if value != expected[name]
    ]


def spread(hurts: list["Kill"]) -> str:
    if not hurts:
        return "not hurt"
    phases = ", ".join(f"{phase} {times}" for phase, times in Counter(hurt.phase for hurt in hurts).items())
    seconds = [hurt.seconds for hurt in hurts]
    p50, longest = statistics.median(seconds), max(seconds)
    return f"hurt {len(hurts)} times ({phases}), work went on after {p50:.1f} s (p50), {longest:.1f} s (max)"


if __name__ == "__main__":
    main()
