"""The products of the demo: five trades, each with makers, items, sizes and finishes that go together.

The same seed gives the same products."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

ENDINGS = (
    Decimal("0.20"),
    Decimal("0.49"),
    Decimal("0.50"),
    Decimal("0.90"),
    Decimal("0.95"),
    Decimal("0.99"),
)
INACTIVE_PERCENT = 6


@dataclass(frozen=True)
class Product:
    sku: str
    name: str
    description: str
    price: Decimal
    is_active: bool = True


@dataclass(frozen=True)
class Trade:
    name: str
    letters: str
    makers: Sequence[str]
    # Each with the price of its smallest size.
    items: Sequence[tuple[str, str]]
    sizes: Sequence[str]
    finishes: Sequence[str]
    sentences: Sequence[str]


TRADES = (
    Trade(
        name="hardware",
        letters="HW",
        makers=("Brandt", "Hollis", "Kestrel", "Norrvik", "Tessmar"),
        items=(
            ("wood screws, box of 200", "4.20"),
            ("machine bolts, box of 50", "6.10"),
            ("wall anchors, box of 100", "3.80"),
            ("washers, box of 500", "2.90"),
            ("threaded rod, 1 m", "1.90"),
            ("hex nuts, box of 100", "2.40"),
            ("drill bit", "2.10"),
            ("masonry bit", "3.30"),
            ("combination wrench", "5.60"),
            ("hinge pins, pair", "1.40"),
        ),
        sizes=("3 mm", "4 mm", "5 mm", "6 mm", "8 mm", "10 mm", "12 mm"),
        finishes=("zinc-plated", "stainless steel", "galvanised", "black oxide", "brass"),
        sentences=(
            "For indoors and outdoors",
            "Threads are rolled, not cut",
            "Fits every common key and driver",
            "Packed without plastic",
            "Holds up to 80 kg in concrete, 15 kg in plasterboard",
            'Imperial size close to this one: 1/4"',
        ),
    ),
    Trade(
        name="kitchen",
        letters="KI",
        makers=("Albra", "Fenwick", "Maison Roy", "Ostvik", "Pellar"),
        items=(
            ("saucepan", "24.50"),
            ("frying pan", "29.00"),
            ("mixing bowl", "9.80"),
            ("baking tin", "11.50"),
            ("storage jar", "5.40"),
            ("colander", "14.20"),
            ("roasting dish", "22.00"),
            ("stockpot with lid", "38.00"),
            ("serving platter", "16.90"),
            ("kettle for the hob", "34.00"),
        ),
        sizes=("16 cm", "18 cm", "20 cm", "22 cm", "24 cm", "28 cm"),
        finishes=(
            "stainless steel",
            "enamelled, cream",
            "enamelled, blue",
            "cast iron",
            "stoneware",
            "copper",
        ),
        sentences=(
            "Dishwasher safe up to 65 degrees",
            "For gas, electric and induction hobs",
            "The handle stays cool",
            "Stacks with the others of its range",
            "Rinse by hand; a drop of oil keeps it from rusting",
            "Comes with a ten-year warranty",
        ),
    ),
    Trade(
        name="office",
        letters="OF",
        makers=("Carta", "Inkwell", "Lindgren", "Papyr", "Stedman"),
        items=(
            ("notebook", "3.90"),
            ("ring binder", "4.20"),
            ("envelopes, pack of 50", "5.10"),
            ("copy paper, 500 sheets", "6.40"),
            ("index cards, pack of 100", "2.80"),
            ("document wallet", "1.90"),
            ("drawing pad", "7.30"),
            ("desk tray", "9.90"),
        ),
        sizes=("A6", "A5", "A4", "A3", "B5"),
        finishes=("white", "ivory", "grey", "navy", "forest green", "terracotta", "recycled"),
        sentences=(
            "Paper of 90 g/m² that takes fountain pens",
            "Lies flat when it is open",
            "Of recycled fibre, certified",
            "Refills are sold singly",
            "The spine takes a label",
            "Does not bleed through",
        ),
    ),
    Trade(
        name="garden",
        letters="GA",
        makers=("Elderberry", "Grünhof", "Halden", "Larkfield", "Verdano"),
        items=(
            ("planter", "12.90"),
            ("watering can", "14.50"),
            ("trellis", "17.80"),
            ("raised bed", "49.00"),
            ("garden bench", "119.00"),
            ("bird house", "15.90"),
            ("compost bin", "44.00"),
            ("plant stand", "21.00"),
        ),
        sizes=("small", "medium", "large", "extra large", "balcony size"),
        finishes=("terracotta", "larch", "powder-coated, black", "powder-coated, sage", "zinc", "rattan"),
        sentences=(
            "Frost-proof down to minus 20 degrees",
            "Drains at the bottom; a saucer is sold apart",
            "Comes flat and is put together without tools",
            "The wood is oiled, and greys with the years",
            "Made for balconies, too",
            "Holds water for a week, except in August",
        ),
    ),
    Trade(
        name="lighting",
        letters="LI",
        makers=("Aurel", "Bright & Sons", "Luma", "Nordlys", "Solveig"),
        items=(
            ("LED bulb", "4.90"),
            ("pendant lamp", "59.00"),
            ("desk lamp", "39.00"),
            ("wall light", "34.00"),
            ("floor lamp", "89.00"),
            ("spotlight", "12.50"),
            ("string lights, 10 m", "16.90"),
            ("lamp shade", "19.00"),
        ),
        sizes=("4 W", "6 W", "8 W", "11 W", "15 W"),
        finishes=("warm white", "neutral white", "dimmable", "brushed brass", "matt black", "opal glass"),
        sentences=(
            "Lasts 25,000 hours",
            "Can be dimmed with every common dimmer",
            "The light source can be changed",
            "Protected against splashes (IP44)",
            "2,700 K, with a colour rendering of 90 and more",
            "The cord is 1.8 m long, of textile",
        ),
    ),
)


def make_products(trade: Trade, count: int, rng: Random) -> list[Product]:
    """At most `count` different products of the trade."""
    items, sizes, finishes = (range(len(parts)) for parts in (trade.items, trade.sizes, trade.finishes))
    combinations = list(itertools.product(trade.makers, items, sizes, finishes))
    chosen = sorted(rng.sample(combinations, min(count, len(combinations))), key=lambda parts: parts[1:])
    return [make_product(trade, number, parts, rng) for number, parts in enumerate(chosen, start=1)]


def make_product(trade: Trade, number: int, parts: tuple[str, int, int, int], rng: Random) -> Product:
    maker, item, size, finish = parts
    noun, price = trade.items[item]
    markup = Decimal(100 + 28 * size + 9 * finish + rng.randrange(8)) / 100
    return Product(
        sku=f"{trade.letters}-{10_000 + number * 7}",
        name=f"{maker} {noun}, {trade.sizes[size]}, {trade.finishes[finish]}",
        description=". ".join(rng.sample(trade.sentences, 2)) + ".",
        price=retail_price(Decimal(price) * markup, rng),
        is_active=rng.randrange(100) >= INACTIVE_PERCENT,
    )


def retail_price(price: Decimal, rng: Random) -> Decimal:
    """The price with a usual ending, such as .99."""
    return int(price) + rng.choice(ENDINGS)
