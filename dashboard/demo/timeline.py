"""The month of the demo: which file came when. Five catalogs at its beginning, stock every night, price lists, new ranges,
and what goes wrong in a month.

The last day is told in hours before now, so that there is something to see in it at any time of the day."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from random import Random
from typing import NamedTuple

from dashboard.demo.products import TRADES
from dashboard.demo.supplier_files import GERMAN, STAYING, Fate, File, Shop

DAYS = 28
NAMES = [trade.name for trade in TRADES]


class Entry(NamedTuple):
    at: datetime
    write: Callable[[], File]


class Came(NamedTuple):
    at: datetime
    file: File


def month(now: datetime, count: int, chance: Random) -> Iterator[Came]:
    """The files in the order in which they came; each is written from what those before it left."""
    shop = Shop(TRADES, count, chance)
    for at, write in sorted(entries(shop, now), key=lambda entry: entry.at):
        file = write()
        if file.fate in STAYING:
            shop.keep(file)
        yield Came(at, file)


def entries(shop: Shop, now: datetime) -> list[Entry]:
    return [*catalogs(shop, now), *routine(shop, now), *incidents(shop, now), *last_day(shop, now)]


def catalogs(shop: Shop, now: datetime) -> list[Entry]:
    return [
        Entry(on(now, DAYS, 8 + place), partial(shop.catalog, trade)) for place, trade in enumerate(NAMES)
    ]


def routine(shop: Shop, now: datetime) -> Iterator[Entry]:
    for days in range(DAYS - 1, 1, -1):
        night = on(now, days, 4, 40)
        yield Entry(night, partial(shop.stock, night, turn(days, 2)))
    for days in range(DAYS - 2, 2, -3):
        [trade] = turn(days // 3, 1)
        yield Entry(on(now, days, 10, 15), partial(shop.prices, trade, f"prices-{trade}.csv"))
    for days, trade in ((23, "kitchen"), (14, "lighting"), (6, "garden")):
        yield Entry(on(now, days, 13, 5), partial(shop.new_range, trade, f"new-range-{trade}.csv"))


def incidents(shop: Shop, now: datetime) -> list[Entry]:
    def german() -> File:
        return replace(shop.prices("garden", "Preisliste-Gruenhof.csv"), columns=GERMAN)

    def mistaken() -> File:
        return replace(shop.prices("office", "clearance-office.csv", 0.5, 1), fate=Fate.UNDONE)

    def rejected() -> File:
        options = {"on_error": "reject"}
        return replace(
            shop.new_range("lighting", "supplier-luma.csv"), bad=4, options=options, fate=Fate.FAILS
        )

    def corrected() -> File:
        return shop.new_range("lighting", "supplier-luma-corrected.csv")

    def discarded() -> File:
        return replace(
            shop.prices("kitchen", "prices-draft.csv"), options={"dry_run": True}, fate=Fate.DISCARDED
        )

    def confirmed() -> File:
        season = shop.season("garden", "autumn-garden.csv")
        return replace(season, bad=7, options={"dry_run": True}, fate=Fate.CONFIRMED)

    def given_up() -> File:
        part = shop.new_range("kitchen", "marketplace-export.csv")
        return replace(part, bad=12, options={"max_errors": 5}, fate=Fate.FAILS)

    return [
        Entry(on(now, 20, 9, 30), german),
        Entry(on(now, 17, 16, 20), mistaken),
        Entry(on(now, 11, 11, 10), rejected),
        Entry(on(now, 11, 12, 2), corrected),
        Entry(on(now, 8, 15, 45), discarded),
        Entry(on(now, 3, 9, 50), confirmed),
        Entry(on(now, 2, 14, 25), given_up),
    ]


def last_day(shop: Shop, now: datetime) -> list[Entry]:
    night, noon = now - timedelta(hours=21), now - timedelta(hours=9)

    def with_slips() -> File:
        return replace(shop.prices("office", "supplier-papyr.csv"), bad=23, repeated=4)

    def waiting() -> File:
        season = shop.season("hardware", "spring-hardware.csv")
        return replace(season, bad=9, repeated=6, options={"dry_run": True}, fate=Fate.WAITS)

    return [
        Entry(night, partial(shop.stock, night, ["hardware", "lighting"])),
        Entry(night + timedelta(hours=5), partial(shop.prices, "lighting", "prices-lighting.csv")),
        Entry(noon, with_slips),
        Entry(noon + timedelta(hours=4), partial(shop.new_range, "office", "new-range-office.csv")),
        Entry(now - timedelta(hours=2), waiting),
        Entry(now - timedelta(minutes=50), partial(shop.prices, "kitchen", "prices-kitchen.csv")),
    ]


def on(now: datetime, days: int, hour: int, minute: int = 0) -> datetime:
    """That time of the day, so many days ago."""
    return datetime.combine((now - timedelta(days=days)).astimezone(UTC), time(hour, minute), UTC)


def turn(number: int, several: int) -> Sequence[str]:
    """The trades whose turn it is."""
    return [NAMES[(number + place) % len(NAMES)] for place in range(several)]
