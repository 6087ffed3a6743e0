"""Hostile requests, made by the thousand: the same ones for the same seed.

Each is of a family, which knows how it must be answered, and has a harmless twin of the same size and form. Sent to a
server, none may fail there, take much longer than its twin, or leave anything behind."""

import random
from collections.abc import Iterator
from itertools import cycle, islice

from tests.hostile.generated import bodies, options, paths, queries, uploads
from tests.hostile.generated.cases import Case, Family, Shop

FAMILIES: dict[str, Family] = {
    **uploads.FAMILIES,
    **options.FAMILIES,
    **bodies.FAMILIES,
    **queries.FAMILIES,
    **paths.FAMILIES,
}


def cases(shop: Shop, seed: int, count: int) -> Iterator[tuple[str, Case]]:
    """Of each family in turn, with its name."""
    chance = random.Random(seed)  # noqa: S311 - the same each time
    for name, family in islice(cycle(FAMILIES.items()), count):
        yield name, family(chance, shop)
