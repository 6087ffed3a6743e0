"""A shop as its suppliers and its own people see it: what it sells, and the files they write about that.

Pure, and the same for the same seed. Files that stay change the shop, so that a later price list goes on from an earlier
one; dashboard.demo.timeline has them written, dashboard.demo.imports brings them into the catalog."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from itertools import cycle
from random import Random

from dashboard.demo.products import Good, Trade, goods, tidy

COLUMNS = {name: name for name in ("sku", "name", "description", "price", "is_active")}
GERMAN = {"sku": "Artikelnummer", "name": "Bezeichnung", "price": "VK-Preis"}
# What people write where a price or a yes belongs, and a row that ends too early.
SLIPS: tuple[Mapping[str, str], ...] = (
    {"price": "on request"},
    {"price": "-4.00"},
    {"is_active": "maybe"},
    {"price": "12.505"},
    {"sku": "1.23E+12"},
    {"price": "#N/A"},
    {},
)
TOO_FEW = 2
# One in so many goods comes into the shop only later.
COMING = 12
LEAST_COMING = 6


class Fate(Enum):
    """What people do with an import."""

    STAYS = "stays"
    CONFIRMED = "confirmed"
    WAITS = "waits"
    DISCARDED = "discarded"
    UNDONE = "undone"
    FAILS = "fails"


STAYING = (Fate.STAYS, Fate.CONFIRMED)


@dataclass(frozen=True)
class File:
    name: str
    goods: Sequence[Good]
    # The fields it has, and what they are called there.
    columns: Mapping[str, str] = field(default_factory=lambda: COLUMNS)
    options: Mapping[str, object] = field(default_factory=dict)
    fate: Fate = Fate.STAYS
    # Rows with slips, and rows that another row replaces.
    bad: int = 0
    repeated: int = 0


class Shop:
    """What is sold, trade by trade, and what is going to be."""

    def __init__(self, trades: Sequence[Trade], count: int, chance: Random) -> None:
        self.chance = chance
        self.trade_of = {trade.letters: trade.name for trade in trades}
        self.sold: dict[str, dict[str, Good]] = {}
        self.coming: dict[str, list[Good]] = {}
        for trade in trades:
            later = max(count // len(trades) // COMING, LEAST_COMING)
            drawn = goods(trade, count // len(trades) + later, chance)
            coming = sorted(chance.sample(drawn, later), key=lambda good: good.sku)
            self.coming[trade.name] = coming
            skus = {good.sku for good in coming}
            self.sold[trade.name] = {good.sku: good for good in drawn if good.sku not in skus}

    def keep(self, file: File) -> None:
        """What the file says holds from now on."""
        for good in file.goods:
            self.sold[self.trade_of[good.sku[:2]]][good.sku] = good
        for trade, coming in self.coming.items():
            self.coming[trade] = [good for good in coming if good.sku not in self.sold[trade]]

    # --- Files ---

    def catalog(self, trade: str) -> File:
        return File(f"catalog-{trade}.csv", list(self.sold[trade].values()))

    def stock(self, night: date, trades: Sequence[str]) -> File:
        """What can be had: few of many change."""
        listed = [good for trade in trades for good in self.sold[trade].values()]
        moved = [replace(good, is_active=not good.is_active) if self.one_in(70) else good for good in listed]
        return File(f"stock-{night:%Y-%m-%d}.csv", moved, some_columns("sku", "is_active"))

    def prices(self, trade: str, name: str, factor: float = 1.0, share: int = 3) -> File:
        """One in `share` costs another price than before."""
        listed = [
            self.repriced(good, factor) if self.one_in(share) else good for good in self.sold[trade].values()
        ]
        return File(name, listed, some_columns("sku", "name", "price"))

    def new_range(self, trade: str, name: str) -> File:
        """A part of what is coming."""
        coming = self.coming[trade]
        return File(name, coming[: max(len(coming) // 3, 1)])

    def season(self, trade: str, name: str) -> File:
        """A new catalog of the trade: some of everything changes, and what is coming is in it."""
        listed = [self.renewed(good) for good in self.sold[trade].values()] + self.coming[trade]
        return File(name, sorted(listed, key=lambda good: good.sku))

    # --- Goods ---

    def one_in(self, several: int) -> bool:
        return self.chance.randrange(several) == 0

    def repriced(self, good: Good, factor: float = 1.0) -> Good:
        moved = good.price * Decimal(str(round(factor * self.chance.uniform(0.93, 1.12), 3)))
        return replace(good, price=tidy(moved, self.chance))

    def renewed(self, good: Good) -> Good:
        if self.one_in(4):
            good = self.repriced(good)
        if self.one_in(14):
            good = replace(good, name=f"{good.name}, new edition")
        if self.one_in(12):
            good = replace(good, description=f"{good.description} Now with spare parts for ten years.")
        return replace(good, is_active=not good.is_active) if self.one_in(25) else good


# --- Bytes ---


def written(file: File, chance: Random) -> bytes:
    """As whoever wrote it would: in German, with their delimiter, decimal mark and encoding."""
    german = file.columns is GERMAN
    slips = [slip for slip in SLIPS if slip.keys() <= file.columns.keys()]
    rows = [row(good, file.columns, german) for good in file.goods]
    for good in chance.sample(file.goods, min(file.repeated, len(file.goods))):
        # Before the row that holds.
        rows.insert(0, row(replace(good, price=good.price + 1), file.columns, german))
    for _, slip in zip(range(file.bad), cycle(slips), strict=False):
        place = chance.randrange(1, len(rows) + 1)
        rows.insert(place, slipped(chance.choice(file.goods), file.columns, slip))
    text = table([list(file.columns.values()), *rows], ";" if german else ",")
    return text.encode("cp1252" if german else "utf-8")


def row(good: Good, columns: Iterable[str], german: bool = False) -> list[str]:
    cells = {
        "sku": good.sku,
        "name": good.name,
        "description": good.description,
        "price": f"{good.price:.2f}".replace(".", "," if german else "."),
        "is_active": str(good.is_active).lower(),
    }
    return [cells[column] for column in columns]


def slipped(good: Good, columns: Iterable[str], slip: Mapping[str, str]) -> list[str]:
    cells = dict(zip(columns, row(good, columns), strict=True))
    return [*{**cells, **slip}.values()] if slip else [*cells.values()][:TOO_FEW]


def some_columns(*names: str) -> Mapping[str, str]:
    return {name: name for name in names}


def table(rows: Iterable[Sequence[str]], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()
