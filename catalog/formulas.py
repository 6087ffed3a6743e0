"""Guard text that a spreadsheet would run as a formula when CSV is written, and remove the guard when it is read.

The guard is an apostrophe in front, as people type it in spreadsheets. A spreadsheet that splits cells at semicolons also
runs a formula after a semicolon, so a formula there is guarded too, but only in text that also has a guard in front."""

import re

# East Asian spreadsheets treat full-width signs like the others.
SIGNS = "=+@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH COMMERCIAL AT}\N{FULLWIDTH HYPHEN-MINUS}-"
# Text that looks guarded is guarded again, so that every text survives a round trip.
IS_FORMULA = re.compile(f"'*[\t\r\n{SIGNS}]").match
BEHIND_SEMICOLON = re.compile(f";('*[{SIGNS}])")
GUARDED_BEHIND_SEMICOLON = re.compile(f";'('*[{SIGNS}])")


def guarded(text: str) -> str:
    if ";" in text and BEHIND_SEMICOLON.search(text):
        return "'" + BEHIND_SEMICOLON.sub(r";'\1", text)
    return f"'{text}" if IS_FORMULA(text) else text


def unguarded(cell: str) -> str:
    """The text without the guard of guarded() or of a person."""
    if not cell.startswith("'"):
        return cell
    text = cell[1:]
    if ";'" in text:
        bare = GUARDED_BEHIND_SEMICOLON.sub(r";\1", text)
        if bare != text and guarded(bare) == cell:
            return bare
    return text if IS_FORMULA(text) else cell
