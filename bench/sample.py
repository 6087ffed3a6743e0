"""A deterministic, realistic CSV of products: `make sample ROWS=500000`.

About 125 bytes a row: descriptions with commas, quotes and newlines; one row in a hundred repeats an earlier SKU in
other case, one in a hundred is bad. The generator knows the truth about what it wrote, so that an import's
counters can be held against it."""

import argparse
import csv
import random
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

LETTERS = string.ascii_lowercase
HEADER = ["sku", "name", "description", "price", "is_active"]
ADJECTIVES = [
    "Blue",
    "Compact",
    "Cordless",
    "Foldable",
    "Heavy-duty",
    "Insulated",
    "Rustproof",
    "Slim",
    "Stackable",
    "Waterproof",
]
NOUNS = ["Bracket", "Bottle", "Cable", "Drill", "Hinge", "Kettle", "Lamp", "Mug", "Shelf", "Toolbox"]
SENTENCES = [
    "Ships within two days, also abroad",
    'Diameter 3/4", fits every common thread',
    "Made of recycled steel; spare parts are kept for ten years",
    "Weighs next to nothing, holds 40 kg, and folds flat",
    "Not suitable for children under three",
    "Dishwasher safe up to 65 degrees",
]
# What a bad row has in place of its own cells, from a column on; the last ends too early.
BAD: list[tuple[int, list[str]]] = [(3, ["on request"]), (3, ["-1.50"]), (0, [""]), (4, ["perhaps"])]
TOO_FEW = 3


@dataclass
class Truth:
    """What an import of the file into an empty catalog must count."""

    rows: int = 0
    bad: int = 0
    superseded: int = 0

    @property
    def products(self) -> int:
        return self.rows - self.bad - self.superseded


def rows(count: int, truth: Truth, *, seed: int = 1, dearer: int = 0) -> Iterator[list[str]]:
    """`dearer` makes another file of the same products: one in so many of them costs twice as much."""
    chance = random.Random(seed)  # noqa: S311 - the same file every time is the point
    known: list[int] = []
    for number in range(1, count + 1):
        row = product(number, chance, dearer)
        truth.rows += 1
        fate = chance.random()
        if fate < 0.01:
            truth.bad += 1
            row = spoiled(row, chance.randrange(len(BAD) + 1))
        elif fate < 0.02 and known:
            truth.superseded += 1
            row = [f"sku-{chance.choice(known):07d}", *row[1:]]
        else:
            remember(known, number, chance)
        yield row


def spoiled(row: list[str], how: int) -> list[str]:
    if how == len(BAD):
        return row[:TOO_FEW]
    column, cells = BAD[how]
    return [*row[:column], *cells, *row[column + len(cells) :]]


def remember(known: list[int], number: int, chance: random.Random) -> None:
    """A thousand SKUs written so far, to repeat one of."""
    if len(known) < 1000:
        known.append(number)
    elif chance.random() < 0.01:
        known[chance.randrange(1000)] = number


def product(number: int, chance: random.Random, dearer: int) -> list[str]:
    name = f"{chance.choice(ADJECTIVES)} {chance.choice(NOUNS)} {number % 1000}"
    mark = chance.random()
    description = ". ".join(chance.sample(SENTENCES, 2))
    if mark < 0.05:
        description = description.replace(". ", ".\n")
    factor = 2 if dearer and number % dearer == 0 else 1
    price = f"{chance.randrange(100, 50_000) * factor / 100:.2f}"
    return [f"SKU-{number:07d}", name, description, price, "false" if mark > 0.9 else "true"]


def uneven_rows(count: int, truth: Truth, *, seed: int = 1, steepness: int = 1) -> Iterator[list[str]]:
    """Rows of 20 to 20,000 bytes in shuffled order, one in fifty with the SKU of an earlier one. With a higher steepness
    fewer of them are long.

    Rows of one size go to disk in the order in which they are written; uneven ones do not, because a short one goes
    into the free space of an earlier page. What takes that order for granted is found with these."""
    chance = random.Random(seed)  # noqa: S311 - the same file every time is the point
    numbers = list(range(count))
    chance.shuffle(numbers)
    for place, number in enumerate(numbers):
        is_repeated = place > 0 and chance.random() < 0.02
        sku = f"u{numbers[chance.randrange(place)]:07d}" if is_repeated else f"U{number:07d}"
        length = int(20 * 1000 ** (chance.random() ** steepness)) - 20
        truth.rows += 1
        yield [sku, f"N{number}", LETTERS[length % 26] * min(length, 19_900), f"{number % 900}.50", "true"]


def count_superseded(rows: Iterable[list[str]], truth: Truth) -> Iterator[list[str]]:
    keys: set[str] = set()
    for row in rows:
        truth.superseded += row[0].lower() in keys
        keys.add(row[0].lower())
        yield row


def write(path: Path, count: int, *, dearer: int = 0) -> Truth:
    truth = Truth()
    write_rows(path, rows(count, truth, dearer=dearer))
    return truth


def write_uneven(path: Path, count: int, *, seed: int = 1, steepness: int = 1) -> Truth:
    truth = Truth()
    write_rows(path, count_superseded(uneven_rows(count, truth, seed=seed, steepness=steepness), truth))
    return truth


def write_rows(path: Path, rows: Iterable[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--to", type=Path, default=None, help="default: sample-ROWS.csv")
    options = parser.parse_args()
    path = options.to or Path(f"sample-{options.rows}.csv")
    truth = write(path, options.rows)
    print(f"{path}: {path.stat().st_size:,} bytes, {truth.rows:,} rows,")
    print(f"{truth.bad:,} of them bad, {truth.superseded:,} superseded: {truth.products:,} products.")


if __name__ == "__main__":
    main()
