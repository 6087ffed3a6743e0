"""Products whose texts mean something else to a spreadsheet, to an import, or to a file format."""

import unicodedata
from collections.abc import Iterator
from decimal import Decimal

from catalog.models import Product

SPREADSHEET = [
    "=1+1", "+49 30", "-5", "-1", "@home", "\uff1d1", "a;=1", "a,=1", "a,-5", "a;'=1", "a,'=1", "'=a,'-1", "10,- EUR",
    "007", "1-2", "1E5", "2.19E+26", "1.23E+12", "1,5E-07", "1e+05", "true", "TRUE", "yes", "1,234", "1.234,50", "0",
]  # fmt: skip
IMPORT = [
    "[clear]", "[CLEAR]", "[keep]", "#N/A", "#n/a", "#NV", "#REF!", "#DIV/0!", "#1", "#1 Mug", "# REF!", "NULL", "_note",
    "'[clear]", "'#N/A", "'1.23E+12", "'quoted", "''x", "'", "''", "'=1", "''=1", "ET-1,ET-2", "ET-1; ET-2", "'ET-1,ET-2", "A,1", "#DATE! B2", "#NO_RESULT! C3", "'s Gravenhage", "sku", "sep=;",
]  # fmt: skip
FILE = [
    'say "no", twice', '"', '""', '"quoted"', "a,b", "a;b", "a|b", "\\N", "\\.", "\\n", "\ufeffmark", "a\u00a0b",
    "_x0041_", "_x0041_x0042_", "_x005F_x0041_", "_x000D_", "_xD83D__xDE00_", "<r>a</r>", "<r><t>a</t></r>", "&amp;", "]]>",
    "<b>x</b>", "\U0001f381 gift", "\u202eright to left\u202c", "a\u200fb", "e\u0301", "\ufffe", "\uffff", "two\u2028lines",
]  # fmt: skip
DESCRIPTIONS = [
    "", " ", "   ", "a\tb", "\t", "\r\n", "\u00a0", " leading", "trailing ", "\u3000wide", "two\nlines", "two\r\nlines", "two\rlines",
    "\nfirst", "last\n", "\n\n", "\r", "\t=1", "\r\n- a list", " [clear] ", "\t#N/A\n", "' ", "'\t", "''  ", "' [clear]",
    "\x01\x02\x1b\x1f", "\x0b\x0c\x1c\x85", "\x7f\x9f", "_x0041\x01", "\x01x0041_", "\r_x000D_", " \"x\"", "x" * 20_000,
    "\U0001f381" * 8_000, "<&>" * 6_666, "a\n" * 1_000,
]  # fmt: skip
TEXTS = [*SPREADSHEET, *IMPORT, *FILE]


def products(count: int) -> Iterator[Product]:
    """Every text as a SKU, a name and a description, in changing company. Long descriptions come in the first rounds alone."""
    taken: set[str] = set()
    for number in range(count):
        turn, place = divmod(number, len(TEXTS))
        descriptions = [*DESCRIPTIONS, *TEXTS] if turn < 10 else [*DESCRIPTIONS[:30], *TEXTS]
        yield Product(
            sku=new_sku(TEXTS[place], number, taken),
            name=TEXTS[(place + turn) % len(TEXTS)],
            description=descriptions[number % len(descriptions)],
            price=Decimal(number * 7919 % 10**12) / 100,
            is_active=number % 3 > 0,
        )


def new_sku(text: str, number: int, taken: set[str]) -> str:
    """The text as a SKU: without invisible characters, and numbered if another has it."""
    text = unicodedata.normalize("NFC", text)
    visible = "".join(character for character in text if unicodedata.category(character) != "Cf")
    sku = f"{visible} {number}" if visible.casefold() in taken else visible
    taken.add(sku.casefold())
    return sku
