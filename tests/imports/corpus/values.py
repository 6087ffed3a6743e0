"""Made-up values of columns, by their kind: what a header of the corpus says stands below it."""

import tomllib
from itertools import cycle, islice
from pathlib import Path

ROWS = 8
PRICES = (1250, 499, 12990, 3495, 780, 2500, 1999, 64950)
SPELLINGS = ("1.234,50", "1,234.50", "1 234,50", "9.99", "9,99", "1990")
VALUES = tomllib.loads(Path(__file__).with_name("values.toml").read_text(encoding="utf-8"))


def values_of(kind: str) -> list[str]:
    """The values of this kind, one for each row. `= a; b` are given ones."""
    what, _, which = kind.partition(" ")
    if what == "=":
        return rows(which)
    if what == "texts":
        return [f"{name}: {VALUES['texts'][which]}" for name in rows(VALUES["names"][which])]
    if what in ("names", "categories"):
        return rows(VALUES[what][which])
    return rows(VALUES["kinds"][kind]) if kind in VALUES["kinds"] else prices(kind)


def rows(values: str) -> list[str]:
    return list(islice(cycle(map(str.strip, values.split(";"))), ROWS))


def prices(kind: str) -> list[str]:
    """Prices spelled like the sample; with `at 60%`, that share of the price."""
    sample, _, share = kind.partition(" at ")
    cents = [price * int(share.rstrip("%") or 100) // 100 for price in PRICES]
    spelling = next(spelling for spelling in SPELLINGS if spelling in sample)
    return [sample.replace(spelling, spelled(price, spelling)) for price in cents]


def spelled(cents: int, spelling: str) -> str:
    if spelling == "1990":
        return str(cents)
    grouping, mark = (spelling[1] if len(spelling) == 8 else ""), spelling[-3]
    return f"{cents // 100:,}".replace(",", grouping) + f"{mark}{cents % 100:02}"
