"""The month of the demo: when each file is uploaded. Five catalogs at its start, stock every night, price lists, new ranges,
and some failures.

Times of the last day are relative to now, so that it has activity at any time of the day."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from random import Random
from typing import NamedTuple

from dashboard.demo.products import TRADES
from dashboard.demo.supplier_files import APPLIED, GERMAN, File, Outcome, Supplier

DAYS = 28
NAMES = [trade.name for trade in TRADES]


class Entry(NamedTuple):
    at: datetime
    make: Callable[[], File]


class FileUpload(NamedTuple):
    at: datetime
    file: File


def month(now: datetime, count: int, rng: Random) -> Iterator[FileUpload]:
    """The uploads in the order of time. Each file continues from the ones before it."""
    supplier = Supplier(TRADES, count, rng)
    for at, make in sorted(entries(supplier, now), key=lambda entry: entry.at):
        file = make()
        if file.outcome in APPLIED:
            supplier.apply(file)
        yield FileUpload(at, file)


def entries(supplier: Supplier, now: datetime) -> list[Entry]:
    return [
        *catalogs(supplier, now),
        *routine(supplier, now),
        *incidents(supplier, now),
        *last_day(supplier, now),
    ]


def catalogs(supplier: Supplier, now: datetime) -> list[Entry]:
    return [
        Entry(on(now, DAYS, 8 + place), partial(supplier.catalog, trade)) for place, trade in enumerate(NAMES)
    ]


def routine(supplier: Supplier, now: datetime) -> Iterator[Entry]:
    for days in range(DAYS - 1, 1, -1):
        night = on(now, days, 4, 40)
        yield Entry(night, partial(supplier.stock, night, rotation(days, 2)))
    for days in range(DAYS - 2, 2, -3):
        [trade] = rotation(days // 3, 1)
        yield Entry(on(now, days, 10, 15), partial(supplier.prices, trade, f"prices-{trade}.csv"))
    for days, trade in ((23, "kitchen"), (14, "lighting"), (6, "garden")):
        yield Entry(on(now, days, 13, 5), partial(supplier.new_range, trade, f"new-range-{trade}.csv"))


def incidents(supplier: Supplier, now: datetime) -> list[Entry]:
    def german() -> File:
        return replace(supplier.prices("garden", "Preisliste-Gruenhof.csv"), columns=GERMAN)

    def mistaken() -> File:
        return replace(supplier.prices("office", "clearance-office.csv", 0.5, 1), outcome=Outcome.UNDONE)

    def rejected() -> File:
        options = {"on_error": "reject"}
        return replace(
            supplier.new_range("lighting", "supplier-luma.csv"),
            invalid=4,
            options=options,
            outcome=Outcome.FAILED,
        )

    def corrected() -> File:
        return supplier.new_range("lighting", "supplier-luma-corrected.csv")

    def discarded() -> File:
        return replace(
            supplier.prices("kitchen", "prices-draft.csv"),
            options={"dry_run": True},
            outcome=Outcome.DISCARDED,
        )

    def confirmed() -> File:
        season = supplier.season("garden", "autumn-garden.csv")
        return replace(season, invalid=7, options={"dry_run": True}, outcome=Outcome.CONFIRMED)

    def stopped() -> File:
        part = supplier.new_range("kitchen", "marketplace-export.csv")
        return replace(part, invalid=12, options={"max_errors": 5}, outcome=Outcome.FAILED)

    return [
        Entry(on(now, 20, 9, 30), german),
        Entry(on(now, 17, 16, 20), mistaken),
        Entry(on(now, 11, 11, 10), rejected),
        Entry(on(now, 11, 12, 2), corrected),
        Entry(on(now, 8, 15, 45), discarded),
        Entry(on(now, 3, 9, 50), confirmed),
        Entry(on(now, 2, 14, 25), stopped),
    ]


def last_day(supplier: Supplier, now: datetime) -> list[Entry]:
    night, noon = now - timedelta(hours=21), now - timedelta(hours=9)

    def with_typos() -> File:
        return replace(supplier.prices("office", "supplier-papyr.csv"), invalid=23, duplicates=4)

    def waiting() -> File:
        season = supplier.season("hardware", "spring-hardware.csv")
        return replace(season, invalid=9, duplicates=6, options={"dry_run": True}, outcome=Outcome.READY)

    return [
        Entry(night, partial(supplier.stock, night, ["hardware", "lighting"])),
        Entry(night + timedelta(hours=5), partial(supplier.prices, "lighting", "prices-lighting.csv")),
        Entry(noon, with_typos),
        Entry(noon + timedelta(hours=4), partial(supplier.new_range, "office", "new-range-office.csv")),
        Entry(now - timedelta(hours=2), waiting),
        Entry(now - timedelta(minutes=50), partial(supplier.prices, "kitchen", "prices-kitchen.csv")),
    ]


def on(now: datetime, days: int, hour: int, minute: int = 0) -> datetime:
    """That time of the day, `days` days ago."""
    return datetime.combine((now - timedelta(days=days)).astimezone(UTC), time(hour, minute), UTC)


def rotation(number: int, count: int) -> Sequence[str]:
    """`count` trades, in turn."""
    return [NAMES[(number + place) % len(NAMES)] for place in range(count)]
