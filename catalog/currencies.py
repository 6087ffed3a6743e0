"""Currencies as people write them beside a price, from the Unicode CLDR."""

import unicodedata
from collections.abc import Iterator
from functools import cache

from babel import localedata
from babel.core import get_global

# A currency that a country has given up is still written in lists for some years.
SINCE = 2015
# Written as well, though the CLDR does not have them.
OTHERS = "EURO EUROS NTD S$ TL TL. Rp. RM. zl zl. Kc Ft. Fr Fr. SFr SFr. lei руб руб. р р. грн грн. лв 円 圓 圆 원 ريال"
# The longest symbol is the CFA franc's in Persian, with nine characters.
LONGEST = 10
# Cents would be read as whole units; and Kg. is a currency in the Caribbean, but kilograms elsewhere.
MISLEADING = {"¢", "Kg."}


def current_codes() -> Iterator[str]:
    """The codes of ISO 4217 that are, or were lately, legal tender."""
    for currencies in get_global("territory_currencies").values():
        for code, _, end, is_tender in currencies:
            if is_tender and (end is None or end[0] >= SINCE):
                yield code


# RMB is written for CNY, also behind the name of a column.
CODES = " ".join(sorted({*current_codes(), "RMB"}))
IN_USE = frozenset(CODES.split())
KNOWN = frozenset(f"{CODES} {OTHERS}".casefold().split())


def is_currency(text: str) -> bool:
    """Whether the text is a code, a sign such as €, or a country's symbol such as R$, kr. or zł."""
    symbol = normalized(text)
    if symbol.casefold() in KNOWN or is_sign(symbol):
        return True
    if len(symbol) > LONGEST:
        return False
    exact, any_case = local_symbols()
    return symbol in exact or symbol.casefold() in any_case


def is_sign(symbol: str) -> bool:
    return len(symbol) == 1 and unicodedata.category(symbol) == "Sc" and symbol not in MISLEADING


def normalized(text: str) -> str:
    """Without marks of direction, with single spaces and without full-width letters."""
    shown = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", shown).split())


@cache
def local_symbols() -> tuple[frozenset[str], frozenset[str]]:
    """The symbols in the official languages of all countries: as written there, and those that may have any case.

    5 m are metres, so a symbol that is also a unit in another case, or one letter, must be written as it is there.
    Reading them takes a third of a second, which only a file with such symbols needs."""
    units = unit_symbols()
    symbols = {normalized(symbol) for name in official_locales() for symbol in symbols_of(name)}
    exact = symbols - MISLEADING - units
    any_case = {symbol.casefold() for symbol in exact if len(symbol) > 1}
    return frozenset(exact), frozenset(any_case - {unit.casefold() for unit in units})


def unit_symbols() -> frozenset[str]:
    """The symbols of units of measure in English, such as kg."""
    units = localedata.get_locale_data("en")["unit_patterns"]
    return frozenset(
        str(pattern).replace("{0}", "").strip()
        for unit in units
        for width in ("short", "narrow")
        for pattern in units[unit].get(width, {}).values()
    )


def official_locales() -> list[str]:
    """The languages that are official in a country, in general and as written there."""
    names = {
        name
        for territory, languages in get_global("territory_languages").items()
        for language, facts in languages.items()
        if "official" in (facts["official_status"] or "")
        for name in (language, f"{language}_{territory}")
    }
    return [name for name in sorted(names) if localedata.exists(name)]


def symbols_of(name: str) -> list[str]:
    """The symbols of currencies in use; the CLDR also has XXX, for no currency."""
    symbols = localedata.load(name, merge_inherited=False).get("currency_symbols", {})
    # Babel would keep all of the locale, some 100 MB for all locales.
    localedata.clear_caches()
    return [symbol for code, symbol in symbols.items() if code in IN_USE]
