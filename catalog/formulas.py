"""Texts that a spreadsheet would take for formulas: guarded where we write CSV, and bare again where we read it.

A guarded text has an apostrophe in front, as people type it into spreadsheets. A spreadsheet that parts cells at
semicolons also finds a formula behind one, so that gets an apostrophe as well, but only in texts that have one in front.
catalog.export and imports.jobs write with it, imports.rows.cells and imports.rows.columns read with it."""

import re

# The last ones are full-width, which spreadsheets of East Asia take for the others.
SIGNS = "=+@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH COMMERCIAL AT}\N{FULLWIDTH HYPHEN-MINUS}-"
# What already looks guarded is guarded once more, so that every text comes back.
IS_FORMULA = re.compile(f"'*[\t\r\n{SIGNS}]").match
BEHIND_SEMICOLON = re.compile(f";('*[{SIGNS}])")
GUARDED_BEHIND_SEMICOLON = re.compile(f";'('*[{SIGNS}])")


def guarded(text: str) -> str:
    if ";" in text and BEHIND_SEMICOLON.search(text):
        return "'" + BEHIND_SEMICOLON.sub(r";'\1", text)
    return f"'{text}" if IS_FORMULA(text) else text


def unguarded(cell: str) -> str:
    """The text of which guarded() or a person made the cell."""
    if not cell.startswith("'"):
        return cell
    text = cell[1:]
    if ";'" in text:
        bare = GUARDED_BEHIND_SEMICOLON.sub(r";\1", text)
        if bare != text and guarded(bare) == cell:
            return bare
    return text if IS_FORMULA(text) else cell
