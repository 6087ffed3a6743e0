"""Reject rows that look like the total below a list, so that they become no products.

Such a row is a new product by the name of a number, or without one, whose SKU is a word for total. It is looked for once
all rows are staged, because the fast path reads no words; where no row begins like one, that costs a comparison a row."""

import tomllib
from functools import lru_cache
from pathlib import Path

from imports.matching.header_words import plain
from imports.models import ImportJob
from imports.pipeline import rejected_rows
from imports.queries import Parameters, Tables

BEGINNING_CHARACTERS = 3
# PostgreSQL knows letters by the locale of the database; these are letters in any.
LETTER = r"A-Za-z\u00aa-\u1fff\u2070-\u20ab\u20ad-\ufffd"
# A word, and what may follow it: a colon, or a number or a count, as in "Gesamt: 296 Artikel".
SKU = rf"^([^0-9:=(]*[{LETTER}])[ .€$£]*(?:[:=(][ ]*(?:[0-9][0-9., ]*)?[{LETTER}]*[.]?[)]?)?$"
# A number, perhaps with a unit: 24, 72,00 and "296 Artikel".
NUMBER = rf"^[-+.,0-9][^{LETTER}]*[{LETTER}]*[.]?$"


@lru_cache(maxsize=1)
def total_words() -> list[str]:
    content = tomllib.loads(Path(__file__).with_name("total_words.toml").read_text(encoding="utf-8"))
    words = {word.strip().lower() for line in content["words"] for word in line.split(",")}
    return sorted(words | set(map(plain, words)))


def beginnings() -> list[str]:
    return sorted({word[:BEGINNING_CHARACTERS] for word in total_words()})


def reject_totals(job: ImportJob, tables: Tables) -> int:
    """Returns how many rows were rejected."""
    about: Parameters = {
        "applied_key": job.applied_key,
        "words": total_words(),
        "sku": SKU,
        "number": NUMBER,
        "clears": job.parsed_options.blank == "clear",
    }
    return rejected_rows.reject(job, tables, "reject_totals", about)
