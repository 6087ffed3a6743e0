"""What pages of the console cost with a full catalog, and what open consoles cost the API while an import runs.

Run by hand: `.venv/bin/python -m bench.pages [--products 1000000] [--deliveries 2000000] [--consoles 200]`. A page is asked
for over loopback by somebody who has signed in, one request after the other. A console is the overview as a browser has
it open: the page, the stream of the import, and the part of the page that is asked for again when the import has ended."""

import argparse
import asyncio
import http.client
import multiprocessing
import os
import random
import tempfile
import time
from collections.abc import Mapping
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import urlsplit

from bench import sample, stack
from bench.streams import Asked, Import, asked_during, percentile
from bench.watching import Seen, watch_once

PAGES = (
    ("Overview, 24 hours", "/"),
    ("Overview, 30 days", "/?window=30d"),
    ("Products", "/products/"),
    ("Products, a search", "/products/?q=mug+12"),
    ("Products, a SKU", "/products/?q=SKU-0123456"),
    ("Products, the inactive", "/products/?is_active=false"),
    ("Products, by price", "/products/?ordering=-price"),
    ("API, part of a name", "/api/products?q=mug+12"),
    ("API, part of a name, rare", "/api/products?q=lamp+987"),
    ("API, part of a SKU", "/api/products?q=0123456"),
    ("Imports", "/imports/"),
    ("Webhooks", "/webhooks/"),
)
IDLE_SECONDS = 10
# As live.js has it.
REFRESH_WITHIN_SECONDS = 2.0

# The API keys stay, of which stack.running has just made one.
EMPTIED = (
    "catalog_product",
    "imports_importjob",
    "hooks_webhook",
    "hooks_event",
    "hooks_delivery",
    "auth_user",
)

CATALOG = """
    INSERT INTO catalog_product (sku, name, description, price, is_active, created_at, updated_at)
    SELECT 'SKU-' || lpad(n::text, 7, '0'),
        (ARRAY['Blue', 'Compact', 'Foldable', 'Slim', 'Waterproof'])[1 + n %% 5] || ' '
            || (ARRAY['Bracket', 'Bottle', 'Cable', 'Kettle', 'Lamp', 'Mug', 'Shelf'])[1 + n %% 7] || ' ' || n %% 1000,
        'Made of recycled steel; spare parts are kept for ten years. Ships within two days, also abroad',
        1 + n %% 50000 / 100.0, n %% 20 > 0, moment, moment
    FROM generate_series(1, %(products)s) AS n,
        LATERAL (SELECT now() - interval '1 year' * (%(products)s - n) / %(products)s AS moment) AS made
"""
EVENTS = """
    INSERT INTO hooks_event (batch_id, occurred_at, event_type, object_id, body)
    SELECT 0, now() - interval '30 days' * (%(events)s - n)::float / %(events)s, 'product.updated',
        1 + n %% %(products)s, '{"event_type":"product.updated","timestamp":"2026-01-01T00:00:00Z","data":{}}'
    FROM generate_series(1, %(events)s) AS n
"""
DELIVERIES = """
    INSERT INTO hooks_delivery (webhook_id, event_id, status, attempts, tries, next_attempt_at, created_at,
        completed_at, accepted_at, status_code, duration_ms)
    SELECT webhook.id, event.id, CASE WHEN is_lost THEN 'failed' ELSE 'delivered' END, 1, 1, occurred_at, occurred_at,
        occurred_at + took, CASE WHEN NOT is_lost THEN occurred_at + took END, CASE WHEN is_lost THEN 500 ELSE 204 END,
        event.id %% 400
    FROM hooks_event AS event, hooks_webhook AS webhook,
        LATERAL (SELECT event.id %% 200 = 0 AS is_lost, interval '1 millisecond' * (event.id * 7919 %% 900) AS took)
            AS ended
    ORDER BY event.id
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the pages of the console, and what open ones cost.")
    parser.add_argument("--products", type=int, default=1_000_000)
    parser.add_argument("--deliveries", type=int, default=2_000_000)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--consoles", type=int, default=200)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--processes", type=int, default=2, help="web processes")
    options = parser.parse_args()
    os.environ["WEB_CONCURRENCY"] = str(options.processes)
    with stack.environment(), stack.running() as running, tempfile.TemporaryDirectory() as folder:
        make_month(options.products, options.deliveries)
        cookie = signed_in()
        print(f"\n{options.products:,} products, {options.deliveries:,} deliveries; milliseconds:\n")
        measure_pages(running, cookie, options.requests)
        if options.consoles:
            measure_consoles(running, cookie, Path(folder), options.rows, options.consoles)


# --- What there is ---


def make_month(products: int, deliveries: int) -> None:
    from django.db import connection, transaction

    from dashboard.demo.deliveries import MOVE_COUNTS

    amounts = {"products": products, "events": deliveries // 2}
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(EMPTIED)} CASCADE")
        cursor.execute(CATALOG, amounts)
        make_webhooks()
        with transaction.atomic():
            cursor.execute(EVENTS, amounts)
            cursor.execute(DELIVERIES, [])
            cursor.execute(MOVE_COUNTS)
        make_imports()
        cursor.execute("VACUUM ANALYZE")


def make_webhooks() -> None:
    from hooks import webhooks
    from hooks.models import Webhook

    for name in ("shop", "search"):
        webhooks.create(url=f"https://{name}.example.com/hook", event_types=["product.*"])
    # So that nothing is sent, and no import makes events; what they were told of stays.
    Webhook.objects.update(is_enabled=False)


def make_imports() -> None:
    from datetime import timedelta

    from django.utils.timezone import now

    from imports.models import ImportJob, Phase, Status

    counts = {
        "total_rows": 5_000,
        "updated_count": 4_000,
        "unchanged_count": 990,
        "error_count": 10,
        "listed_count": 10,
    }
    for hours in range(0, 720, 2):
        at = now() - timedelta(hours=hours)
        ended = {"status": Status.COMPLETED, "phase": Phase.DONE, "progress": 100, "completed_at": at}
        ImportJob.objects.create(
            filename=f"stock-{hours}.csv",
            file_bytes=1,
            file_sha256="0" * 64,
            created_at=at,
            started_at=at,
            **counts,
            **ended,
        )


def signed_in() -> str:
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client()
    client.force_login(User.objects.create_superuser("bench"))
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


# --- Pages ---


def measure_pages(running: stack.Stack, cookie: str, requests: int) -> None:
    print(f"{'':30} {'kB':>6} {'p50':>8} {'p95':>8}")
    for what, path in PAGES:
        asked = [ask(running, path, cookie) for _ in range(requests + 1)]
        # The first one reads templates, and the tables.
        times = [Asked(0.0, seconds) for seconds, _ in asked[1:]]
        size = asked[0][1] / 1000
        print(f"{what:30} {size:>6.0f} {percentile(times, 0.5):>8.1f} {percentile(times, 0.95):>8.1f}")


def ask(running: stack.Stack, path: str, cookie: str) -> tuple[float, int]:
    """How long it took, and how many bytes came."""
    connection = http.client.HTTPConnection(urlsplit(str(running.api.base_url)).netloc)
    begun = time.monotonic()
    connection.request("GET", path, headers={"Cookie": cookie, "Accept": "text/html"})
    answer = connection.getresponse()
    body = answer.read()
    took = time.monotonic() - begun
    connection.close()
    if answer.status != 200:
        raise AssertionError(f"{path} answered {answer.status}.")
    return took, len(body)


# --- Consoles ---


def measure_consoles(running: stack.Stack, cookie: str, folder: Path, rows: int, consoles: int) -> None:
    full, changed = folder / "full.csv", folder / "changed.csv"
    sample.write(full, rows)
    sample.write(changed, rows, dearer=1)
    idle = asked_during(running, lambda: time.sleep(IDLE_SECONDS))
    alone = watched(running, full, cookie, 1)
    many = watched(running, changed, cookie, consoles)
    print(f"\nGET /api/products/ during imports of {rows:,} rows:\n")
    print(f"{'':42} {'requests':>8} {'p50':>8} {'p95':>8} {'of idle':>8}")
    report("idle", idle, idle)
    report("during an import, one console", alone.while_open(), idle)
    report(f"during another, {consoles} consoles", many.while_open(), idle)
    report("... in the moment in which they open", many.while_opening(), idle)


def watched(running: stack.Stack, path: Path, cookie: str, consoles: int) -> Import:
    job_id = running.upload(path)
    site = str(running.api.base_url).removesuffix("/api/")
    seen: list[Seen] = []
    keys = stack.keys_to_watch(consoles)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        asked = asked_during(
            running, lambda: seen.extend(pool.apply(sit, (site, job_id, {"Cookie": cookie}, keys, consoles)))
        )
    if wrong := [each for each in seen if each.name != "final" or each.job["status"] != "completed"]:
        raise AssertionError(f"{len(wrong)} of {len(seen)} did not see the import complete: {wrong[0]}")
    return Import(asked, seen)


def sit(site: str, job_id: str, headers: Mapping[str, str], keys: list[str], consoles: int) -> list[Seen]:
    """The streams are those of keys, as an account may have only so many at once."""
    return asyncio.run(sit_together(site, job_id, headers, keys, consoles))


async def sit_together(
    site: str, job_id: str, headers: Mapping[str, str], keys: list[str], consoles: int
) -> list[Seen]:
    return await asyncio.gather(
        *(console(site, job_id, headers, key) for key in islice(cycle(keys), consoles))
    )


async def console(site: str, job_id: str, headers: Mapping[str, str], key: str) -> Seen:
    await read(f"{site}/", headers)
    seen = await watch_once(f"{site}/api/jobs/{job_id}/events", {"Authorization": f"Bearer {key}"})
    await asyncio.sleep(random.random() * REFRESH_WITHIN_SECONDS)  # noqa: S311 - to spread them
    await read(f"{site}/running/", headers)
    return seen


async def read(url: str, headers: Mapping[str, str]) -> None:
    parts = urlsplit(url)
    lines = [f"GET {parts.path} HTTP/1.0", f"Host: {parts.netloc}", "Accept: text/html"]
    lines += [*map(": ".join, headers.items()), "", ""]
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write("\r\n".join(lines).encode())
    head = (await reader.read()).split(b"\r\n", 1)[0]
    writer.close()
    await writer.wait_closed()
    if b" 200 " not in head:
        raise AssertionError(f"{url} answered {head!r}.")


def report(what: str, asked: list[Asked], idle: list[Asked]) -> None:
    p50, p95 = percentile(asked, 0.5), percentile(asked, 0.95)
    print(f"{what:42} {len(asked):>8} {p50:>8.1f} {p95:>8.1f} {p95 / percentile(idle, 0.95):>8.2f}")


if __name__ == "__main__":
    main()
