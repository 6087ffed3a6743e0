"""The files of the demo's suppliers, and the range of products that they are about.

The same seed gives the same files. Imported files change the range, so a later price list continues from an earlier one."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from itertools import cycle
from random import Random

from dashboard.demo.products import Product, Trade, make_products, retail_price

COLUMNS = {name: name for name in ("sku", "name", "description", "price", "is_active")}
GERMAN = {"sku": "Artikelnummer", "name": "Bezeichnung", "price": "VK-Preis"}
# Typical mistakes in cells; the empty one stands for a row that is too short.
TYPOS: tuple[Mapping[str, str], ...] = (
    {"price": "on request"},
    {"price": "-4.00"},
    {"is_active": "maybe"},
    {"price": "12.505"},
    {"sku": "1.23E+12"},
    {"price": "#N/A"},
    {},
)
SHORT_ROW_CELLS = 2
# One in this many products is added to the range later.
UPCOMING_SHARE = 12
UPCOMING_MIN = 6


class Outcome(Enum):
    """How an import ends."""

    COMPLETED = "completed"
    CONFIRMED = "confirmed"
    READY = "ready"
    DISCARDED = "discarded"
    UNDONE = "undone"
    FAILED = "failed"


APPLIED = (Outcome.COMPLETED, Outcome.CONFIRMED)


@dataclass(frozen=True)
class File:
    name: str
    products: Sequence[Product]
    # Fields with their names in the header.
    columns: Mapping[str, str] = field(default_factory=lambda: COLUMNS)
    options: Mapping[str, object] = field(default_factory=dict)
    outcome: Outcome = Outcome.COMPLETED
    # Rows with typos, and rows that a later one replaces.
    invalid: int = 0
    duplicates: int = 0


class Supplier:
    """The current and the upcoming products of each trade, and the files about them."""

    def __init__(self, trades: Sequence[Trade], count: int, rng: Random) -> None:
        self.rng = rng
        self.trade_of = {trade.letters: trade.name for trade in trades}
        self.range: dict[str, dict[str, Product]] = {}
        self.upcoming: dict[str, list[Product]] = {}
        for trade in trades:
            later = max(count // len(trades) // UPCOMING_SHARE, UPCOMING_MIN)
            products = make_products(trade, count // len(trades) + later, rng)
            upcoming = sorted(rng.sample(products, later), key=lambda product: product.sku)
            self.upcoming[trade.name] = upcoming
            skus = {product.sku for product in upcoming}
            self.range[trade.name] = {product.sku: product for product in products if product.sku not in skus}

    def apply(self, file: File) -> None:
        """Update the range from an imported file."""
        for product in file.products:
            self.range[self.trade_of[product.sku[:2]]][product.sku] = product
        for trade, upcoming in self.upcoming.items():
            self.upcoming[trade] = [product for product in upcoming if product.sku not in self.range[trade]]

    # --- Files ---

    def catalog(self, trade: str) -> File:
        return File(f"catalog-{trade}.csv", list(self.range[trade].values()))

    def stock(self, night: date, trades: Sequence[str]) -> File:
        """Which products are in stock: few change."""
        listed = [product for trade in trades for product in self.range[trade].values()]
        changed = [
            replace(product, is_active=not product.is_active) if self.one_in(70) else product
            for product in listed
        ]
        return File(f"stock-{night:%Y-%m-%d}.csv", changed, some_columns("sku", "is_active"))

    def prices(self, trade: str, name: str, factor: float = 1.0, share: int = 3) -> File:
        """One in `share` prices changes."""
        listed = [
            self.repriced(product, factor) if self.one_in(share) else product
            for product in self.range[trade].values()
        ]
        return File(name, listed, some_columns("sku", "name", "price"))

    def new_range(self, trade: str, name: str) -> File:
        """A third of the upcoming products."""
        upcoming = self.upcoming[trade]
        return File(name, upcoming[: max(len(upcoming) // 3, 1)])

    def season(self, trade: str, name: str) -> File:
        """A new catalog of the trade: some of everything changes, and the upcoming products are added."""
        listed = [self.renewed(product) for product in self.range[trade].values()] + self.upcoming[trade]
        return File(name, sorted(listed, key=lambda product: product.sku))

    # --- Products ---

    def one_in(self, number: int) -> bool:
        return self.rng.randrange(number) == 0

    def repriced(self, product: Product, factor: float = 1.0) -> Product:
        changed = product.price * Decimal(str(round(factor * self.rng.uniform(0.93, 1.12), 3)))
        return replace(product, price=retail_price(changed, self.rng))

    def renewed(self, product: Product) -> Product:
        if self.one_in(4):
            product = self.repriced(product)
        if self.one_in(14):
            product = replace(product, name=f"{product.name}, new edition")
        if self.one_in(12):
            text = f"{product.description} Now with spare parts for ten years."
            product = replace(product, description=text)
        return replace(product, is_active=not product.is_active) if self.one_in(25) else product


# --- Bytes ---


def to_bytes(file: File, rng: Random) -> bytes:
    """German files have their own delimiter, decimal separator and encoding."""
    german = file.columns is GERMAN
    typos = [typo for typo in TYPOS if typo.keys() <= file.columns.keys()]
    rows = [row(product, file.columns, german) for product in file.products]
    for product in rng.sample(file.products, min(file.duplicates, len(file.products))):
        # Before the row that replaces it.
        rows.insert(0, row(replace(product, price=product.price + 1), file.columns, german))
    for _, typo in zip(range(file.invalid), cycle(typos), strict=False):
        place = rng.randrange(1, len(rows) + 1)
        rows.insert(place, invalid_row(rng.choice(file.products), file.columns, typo))
    text = table([list(file.columns.values()), *rows], ";" if german else ",")
    return text.encode("cp1252" if german else "utf-8")


def row(product: Product, columns: Iterable[str], german: bool = False) -> list[str]:
    cells = {
        "sku": product.sku,
        "name": product.name,
        "description": product.description,
        "price": f"{product.price:.2f}".replace(".", "," if german else "."),
        "is_active": str(product.is_active).lower(),
    }
    return [cells[column] for column in columns]


def invalid_row(product: Product, columns: Iterable[str], typo: Mapping[str, str]) -> list[str]:
    cells = dict(zip(columns, row(product, columns), strict=True))
    return [*{**cells, **typo}.values()] if typo else [*cells.values()][:SHORT_ROW_CELLS]


def some_columns(*names: str) -> Mapping[str, str]:
    return {name: name for name in names}


def table(rows: Iterable[Sequence[str]], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()
