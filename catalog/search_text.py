"""Text as a search compares it: without accents. Grunhof finds Grünhof, in composed and decomposed form.

By functions that every PostgreSQL has: the extension unaccent may be missing from a managed server, and is not immutable,
which an index requires."""

import unicodedata

from django.db.models import F, Func, Q, TextField

# Letters that have no decomposition, and the accents of the alphabets that people type: translate() takes time for each,
# and an import updates the index for each product. ASCII text needs no work.
LETTERS, PLAIN = "ØøŁłĐđŦŧı", "OoLlDdTti"
ACCENTS = "".join(map(chr, [*range(0x300, 0x30D), 0x311, 0x31B, 0x323, 0x326, 0x327, 0x328, 0x331]))
FOLDED = (
    "CASE WHEN octet_length({0}::text) = length({0}::text) THEN {0}::text "
    f"ELSE translate(normalize({{0}}::text, NFD), '{LETTERS}{ACCENTS}', '{PLAIN}') END"
)
TRANSLATION = str.maketrans(LETTERS, PLAIN, ACCENTS)


class Folded(Func):
    template = FOLDED.format("%(expressions)s")
    output_field = TextField()


def folded(text: str) -> str:
    return unicodedata.normalize("NFD", text).translate(TRANSLATION)


def contains(field: str, text: str) -> Q:
    """Whether the field, of which `<field>_folded` is an alias, contains the text, ignoring case and accents."""
    return Q(**{f"{field}_folded__icontains": folded(text)})


def aliases(*fields: str) -> dict[str, Folded]:
    return {f"{field}_folded": Folded(F(field)) for field in fields}
