"""Guard text that a spreadsheet or an import would take for something else, and remove the guard when it is read.

The guard is an apostrophe in front, as people type it in spreadsheets. Guarded are formulas, and what has a meaning of its
own to an import: `[clear]`, error values such as `#N/A`, numbers such as 2.19E+26, lists of SKUs, and blank text. A
spreadsheet that splits cells at the delimiter of another region also runs a formula behind it, so that is guarded too, but
only in text that also has a guard in front."""

import re

# East Asian spreadsheets treat full-width signs like the others.
SIGNS = "=+@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH COMMERCIAL AT}\N{FULLWIDTH HYPHEN-MINUS}-"
# Text that looks guarded is guarded again, so that every text survives a round trip.
IS_FORMULA = re.compile(f"'*[\t\r\n{SIGNS}]").match
# By shape and not by a list of words, so that old files keep their meaning when an import learns more of them.
IS_WORD = re.compile(
    r"'*+(?:\s*+(?:#\S++|#[A-Z_]++! \w++|\[\w++\]|[0-9]++(?:[.,][0-9]++)?[Ee][+-][0-9]++)\s*+|\s++)"
).fullmatch
SEPARATOR = re.compile(r"[,;|\r\n]")
LISTED_SKU = re.compile("(?=[^0-9]*+[0-9])[A-Za-z0-9._/-]{2,}+").fullmatch
# The delimiter of the other region, and what already looks guarded behind that of the file.
BEHIND_SEMICOLON = re.compile(f";(?='*[{SIGNS}])|,(?='+[{SIGNS}])")
BEHIND_COMMA = re.compile(f",(?='*[{SIGNS}])|;(?='+[{SIGNS}])")
GUARDED_BEHIND = re.compile(f"([;,])'(?='*[{SIGNS}])")


def guarded(text: str, delimiter: str = ",") -> str:
    """The cell for the text in a CSV file with that delimiter."""
    inside = text
    if ";" in text or "," in text:
        behind = BEHIND_COMMA if delimiter == ";" else BEHIND_SEMICOLON
        inside = behind.sub(r"\g<0>'", text)
    return f"'{inside}" if inside != text or is_special(text) else text


def guarded_in_workbook(text: str) -> str:
    """The cell for the text in a workbook, where a text cell is never run as a formula."""
    return guarded(text) if means_something(text) or unguarded(text) != text else text


def guarded_as_written(cell: str, delimiter: str = ",") -> str:
    """A cell of an uploaded file, guarded against spreadsheets alone: it means the same to the next upload."""
    text = unguarded(cell)
    return cell if text == cell and means_something(cell) else guarded(text, delimiter)


def unguarded(cell: str) -> str:
    """The text without its guard, or without that of a person."""
    if not cell.startswith("'"):
        return cell
    text = cell[1:]
    bare = GUARDED_BEHIND.sub(r"\1", text)
    if bare != text and cell in (guarded(bare), guarded(bare, ";")):
        return bare
    return text if is_special(text) else cell


def is_special(text: str) -> bool:
    return bool(IS_FORMULA(text)) or means_something(text)


def means_something(text: str) -> bool:
    """Whether an import takes the text for something else, behind any guards."""
    return bool(IS_WORD(text) or listed_skus(text.lstrip("'")))


def listed_skus(text: str) -> int:
    """The number of SKUs that a cell lists, as Etsy writes variants: ET-1,ET-2. 0 if it is one SKU.

    Each SKU of a list has two characters or more, with a digit and without a space. So A,1 is one SKU."""
    parts = [part for listed in SEPARATOR.split(text) if (part := listed.strip())]
    is_list = len(parts) > 1 and all(map(LISTED_SKU, parts))
    return len(parts) if is_list else 0
