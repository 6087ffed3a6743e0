"""How fast webhooks get through, and what cannot stop them, on loopback and in one run.

    .venv/bin/python -m bench.deliveries [--events 50000] [--rows 500000] [--kills 20] [rate latency retries ...]

One worker process that does nothing else, and a receiver in a process of its own that answers at once. A wrong or missing
delivery ends the run. What each part is called is what can be asked for; without any, all of them."""

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench import sample, stack
from bench.sink import Sink, sink

if TYPE_CHECKING:
    from hooks.models import Webhook
    from tests.imports.workers import Worker

WAITING_RETRIES = 100_000
SINGLE_EVENTS = 200


@contextmanager
def hooks_worker(**variables: str) -> Iterator["Worker"]:
    from tests.imports.workers import working

    command = ("manage.py", "procrastinate", "worker", "-q", "hooks")
    with working(os.environ["DATABASE_URL"], command, **variables) as worker:
        yield worker


# --- The parts ---


def rate(receiver: Sink, options: argparse.Namespace) -> None:
    """Deliveries a second, from the commit of the events to the last result written."""
    make(receiver.url("/ok"))
    with hooks_worker() as worker:
        warm_up()
        seconds, cpu = drained(worker, options.events)
    check_all_arrived(receiver, options.events + 1)
    each = 1e6 * cpu / options.events
    print(
        f"{options.events:,} events to one webhook: {options.events / seconds:,.0f}/s, {each:.0f} µs CPU each"
    )


def latency(receiver: Sink, options: argparse.Namespace) -> None:
    """From the commit of a single event to its arrival, with nothing else to do."""
    from catalog.models import Product

    make(receiver.url("/ok"))
    waits = []
    with hooks_worker():
        warm_up()
        receiver.arrivals()
        for single in range(SINGLE_EVENTS):
            Product.objects.create(sku=f"single-{single}", name="Single")
            committed = time.time()
            wait_until(lambda wanted=single + 1: delivered() > wanted)  # type: ignore[misc] # a default binds early
            waits.append(1000 * (receiver.arrivals()[0].at - committed))
    p50, p95 = statistics.median(waits), sorted(waits)[int(0.95 * len(waits))]
    print(f"a single event, commit to arrival: p50 {p50:.0f} ms, p95 {p95:.0f} ms")


def retries(receiver: Sink, options: argparse.Namespace) -> None:
    """The rate beside retries that wait for their time."""
    webhook = make(receiver.url("/ok"))
    with hooks_worker() as worker:
        warm_up()
        alone, _ = drained(worker, options.events)
        add_waiting(webhook, WAITING_RETRIES)
        beside, _ = drained(worker, options.events)
    print(
        f"beside {WAITING_RETRIES:,} retries that wait: {options.events / beside:,.0f}/s, "
        f"{alone / beside:.0%} of the rate without"
    )


def fairness(receiver: Sink, options: argparse.Namespace) -> None:
    """A webhook beside one that hangs and one that is dead, each with as many deliveries."""
    make(receiver.url("/ok"))
    with hooks_worker() as worker:
        warm_up()
        alone, _ = drained(worker, options.events)
        make(receiver.url("/hang"))
        make(f"http://127.0.0.1:{stack.free_port()}/dead")
        # Neither of the two takes anything, so all that is delivered is the healthy one's.
        seconds, _ = drained(worker, options.events)
    check_all_arrived(receiver, 2 * options.events + 1)
    print(
        f"beside one that hangs and one that is dead: {options.events / seconds:,.0f}/s, "
        f"{alone / seconds:.0%} of the rate alone"
    )


def imports(receiver: Sink, options: argparse.Namespace) -> None:
    """An import without webhooks, and one whose every product is an event for one; one worker does it all."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.csv"
        truth = sample.write(path, options.rows)
        with stack.running() as running:
            without = imported(running, path)
        empty()
        make(receiver.url("/ok"))
        with stack.running() as running:
            begun = time.monotonic()
            beside = imported(running, path)
            wait_until(lambda: delivered() >= truth.products)
            seconds = time.monotonic() - begun
    check_all_arrived(receiver, truth.products)
    print(
        f"import of {options.rows:,} rows: {without:.1f} s without a webhook, {beside:.1f} s with one; all of its "
        f"{truth.products:,} events were delivered {seconds:.1f} s after the upload"
    )


def kills(receiver: Sink, options: argparse.Namespace) -> None:
    """A worker that is killed again and again while it sends."""
    chance = random.Random(1)  # noqa: S311 - the same kills every time are the point
    events = 20_000
    make(receiver.url("/ok"))
    with hooks_worker(WORKER_STALLED_SECONDS="2") as worker:
        change(events)
        for kill in range(options.kills):
            wait_until(lambda done=kill + 1: delivered() >= events * done / (options.kills + 1))  # type: ignore[misc]
            time.sleep(chance.uniform(0, 0.1))
            worker.kill()
            worker.start()
        wait_until(lambda: delivered() == events)
    twice = check_all_arrived(receiver, events)
    print(f"{options.kills} kills during {events:,} deliveries: none lost, {twice} came twice")


PARTS = {part.__name__: part for part in (rate, latency, retries, fairness, imports, kills)}


# --- What they are made of ---


def make(url: str) -> "Webhook":
    from hooks import webhooks

    webhook, _ = webhooks.create(url=url, event_types=["product.*"], max_in_flight=32)
    return webhook


def change(products: int) -> None:
    """So many products in one statement."""
    execute(
        "INSERT INTO catalog_product (sku, name, description)"
        " SELECT gen_random_uuid()::text, 'Product', 'Some words about it' FROM generate_series(1, %s)",
        products,
    )


def warm_up() -> None:
    """The worker is up, and has the lease."""
    change(1)
    wait_until(lambda: delivered() == 1)


def drained(worker: "Worker", events: int) -> tuple[float, float]:
    """How long it took until that many more were delivered, and how much CPU of the worker."""
    before, cpu = delivered(), cpu_seconds(worker)
    change(events)
    begun = time.monotonic()
    wait_until(lambda: delivered() >= before + events)
    return time.monotonic() - begun, cpu_seconds(worker) - cpu


def imported(running: stack.Stack, path: Path) -> float:
    begun = time.monotonic()
    job = running.wait(running.upload(path), 0.1)
    if job["status"] != "completed":
        raise AssertionError(f"The import ended as {job['status']}: {job['errors']}")
    return time.monotonic() - begun


def add_waiting(webhook: "Webhook", number: int) -> None:
    execute(
        "INSERT INTO hooks_delivery (webhook_id, event_id, tries, attempts, next_attempt_at)"
        " SELECT %s, -n, 1, 1, now() + interval '2 hours' FROM generate_series(1, %s) AS n",
        webhook.pk,
        number,
    )


def check_all_arrived(receiver: Sink, events: int) -> int:
    """Every event came; says how many requests were beyond that."""
    from hooks.models import Event

    came = Counter(arrival.message_id for arrival in receiver.arrivals() if arrival.path == "/ok")
    if missing := {f"evt_{uid.hex}" for uid in Event.objects.values_list("uid", flat=True)} - set(came):
        raise AssertionError(f"{len(missing)} of {events} events never came.")
    if len(came) != events:
        raise AssertionError(f"{len(came)} events came, {events} happened.")
    return came.total() - events


def wait_until(condition: Callable[[], bool], seconds: float = 600) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"Not done in {seconds:.0f} seconds; {delivered():,} are delivered.")
        time.sleep(0.02)


def delivered() -> int:
    """By the ledger: to count the table each time would be most of what is measured."""
    return number("SELECT coalesce(sum(accepted), 0) FROM hooks_deliverycount")


def number(query: str, *parameters: int) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return int(cursor.fetchone()[0])


def execute(statement: str, *parameters: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def empty() -> None:
    from tests.database import empty_database

    empty_database()
    for table in ("hooks_delivery", "hooks_event", "catalog_product"):
        execute(f"VACUUM ANALYZE {table}")


def cpu_seconds(worker: "Worker") -> float:
    user, system = Path(f"/proc/{worker.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="part")
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    os.environ["WEBHOOK_ALLOWED_NETWORKS"] = "127.0.0.0/8"
    with stack.environment():
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        for name in options.parts or PARTS:
            empty()
            with sink() as receiver:
                PARTS[name](receiver, options)
                sys.stdout.flush()


if __name__ == "__main__":
    main()
