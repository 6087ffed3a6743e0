"""What watching costs the others: GET /api/products/ idle, during an import, and during one that many watch.

Run by hand: `.venv/bin/python -m bench.streams [--streams 200] [--rows 500000]`. The catalog is full beforehand, so the
request asked for is the same all the time; both imports change every price. That many streams that open in one
moment are that many requests in one moment, so what is measured then is told apart."""

import argparse
import http.client
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple

from bench import sample, stack
from bench.watching import Seen, watch

IDLE_SECONDS = 10
# Some forty requests a second: what one client asks matters, not how many the server can take.
PAUSE_SECONDS = 0.02


class Asked(NamedTuple):
    """One request: when it began, and how long it took."""

    at: float
    seconds: float


@dataclass
class Import:
    """An import, the requests made during it, and what those saw who watched it."""

    asked: list[Asked]
    seen: list[Seen]

    @property
    def seconds(self) -> float:
        return max(each.ended for each in self.seen) - min(each.begun for each in self.seen)

    @property
    def opened(self) -> float:
        """When the last of the streams had begun."""
        return max(each.begun for each in self.seen)

    def while_opening(self) -> list[Asked]:
        return [each for each in self.asked if each.at < self.opened]

    def while_open(self) -> list[Asked]:
        return [each for each in self.asked if each.at >= self.opened]


@dataclass
class Asking:
    """Asks for the list over one connection until told to stop, and notes how long each answer took."""

    running: stack.Stack
    stop: Event = field(default_factory=Event)
    asked: list[Asked] = field(default_factory=list)

    def run(self) -> None:
        url = self.running.api.base_url
        connection = http.client.HTTPConnection(url.host, url.port, timeout=60)
        while not self.stop.is_set():
            begun = time.monotonic()
            connection.request("GET", "/api/products/", headers=headers(self.running))
            answer = connection.getresponse()
            answer.read()
            self.asked.append(Asked(begun, time.monotonic() - begun))
            if answer.status != 200:
                raise AssertionError(f"The list answered {answer.status}.")
            time.sleep(PAUSE_SECONDS)
        connection.close()


def headers(running: stack.Stack) -> dict[str, str]:
    return {"Authorization": str(running.api.headers["Authorization"])}


def asked_during(running: stack.Stack, act: Callable[[], object]) -> list[Asked]:
    asking = Asking(running)
    thread = Thread(target=asking.run)
    thread.start()
    act()
    asking.stop.set()
    thread.join()
    return asking.asked


def watched_import(running: stack.Stack, path: Path, streams: int) -> Import:
    job_id = running.upload(path)
    url = f"{running.api.base_url}jobs/{job_id}/events"
    seen: list[Seen] = []
    # In a process of its own: reading the events must not hold up the client that is measured.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        asked = asked_during(
            running, lambda: seen.extend(pool.apply(watch, (url, stack.keys_to_watch(streams), streams)))
        )
    if wrong := [each for each in seen if each.name != "final" or each.job["status"] != "completed"]:
        raise AssertionError(f"{len(wrong)} of {len(seen)} did not see the import complete: {wrong[0]}")
    return Import(asked, seen)


def percentile(asked: list[Asked], part: float) -> float:
    """In milliseconds."""
    ordered = sorted(each.seconds for each in asked)
    return 1000 * ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0


def report(what: str, asked: list[Asked], idle: list[Asked]) -> None:
    p50, p95 = percentile(asked, 0.5), percentile(asked, 0.95)
    print(f"{what:38} {len(asked):>8} {p50:>8.1f} {p95:>8.1f} {p95 / percentile(idle, 0.95):>11.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what watching an import costs other requests.")
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--processes", type=int, default=1, help="web processes")
    options = parser.parse_args()
    os.environ["WEB_CONCURRENCY"] = str(options.processes)
    with stack.environment(), stack.running() as running, tempfile.TemporaryDirectory() as folder:
        full, changed = Path(folder, "full.csv"), Path(folder, "changed.csv")
        sample.write(full, options.rows)
        sample.write(changed, options.rows, dearer=1)
        running.wait(running.upload(full))
        idle = asked_during(running, lambda: time.sleep(IDLE_SECONDS))
        alone = watched_import(running, changed, 1)
        watched = watched_import(running, full, options.streams)
    events = sum(each.events for each in watched.seen)
    print(
        f"\n{options.rows:,} rows, web processes: {options.processes}. GET /api/products/ in milliseconds:\n"
    )
    print(f"{'':38} {'requests':>8} {'p50':>8} {'p95':>8} {'p95 of idle':>11}")
    report("idle", idle, idle)
    report(f"during an import ({alone.seconds:.1f} s)", alone.asked, idle)
    report(f"during another ({watched.seconds:.1f} s): {options.streams} watch", watched.while_open(), idle)
    report("... in the moment in which they come", watched.while_opening(), idle)
    print(f"\nAll {len(watched.seen)} saw the final state; {events} events were sent. Bar: 3 times idle.")


if __name__ == "__main__":
    main()
