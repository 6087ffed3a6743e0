"""Content that is dear to a reader who is not careful: text that repeats, and parts of workbooks that do."""

from collections.abc import Callable

from tests.imports.packing import OFFICE, make_parts, make_sheet

SKU_ROW = '<row r="1"><c t="str"><v>sku</v></c></row>'
UNITS = [
    "\n", "\r", "\r\n", ",", '"', '""', '"\n', '",', ",\n", "a\r", "a\n", "\0", "(", "[", "'", ";", "=", "\t", " ", "-", "1.", "1,",
    "e\u0301\u0316", "\u0301\u0316", "\ufdfa", "\u200b", "\ud7ff", "\U0001f381", "\u2028", "\x1c", "ab_x41_", "Fr.", "1E+10", "#N/A",
]  # fmt: skip


def book(*sheets: str) -> str:
    names = "".join(f'<sheet name="S" r:id="{sheet}"/>' for sheet in sheets)
    return f'<workbook xmlns:r="{OFFICE}"><sheets>{names}</sheets></workbook>'


def rows_of(unit: str) -> Callable[[int], bytes]:
    return lambda size: make_parts(
        make_sheet(SKU_ROW + unit * (size // len(unit))), "<sst><si><t>a</t></si></sst>"
    )


def texts_of(unit: str, before: str = "<sst>", after: str = "</sst>") -> Callable[[int], bytes]:
    row = '<row><c t="s"><v>99999999</v></c></row>'
    return lambda size: make_parts(make_sheet(row), before + unit * (size // len(unit)) + after)


def styles_of(unit: str, before: str = "<s>", after: str = "</s>") -> Callable[[int], bytes]:
    return lambda size: make_parts(make_sheet(SKU_ROW), styles=before + unit * (size // len(unit)) + after)


FORMAT = '<s><numFmt numFmtId="9" formatCode="'
FAMILIES: dict[str, Callable[[int], bytes]] = {
    "rows": rows_of("<row/>"),
    "cells": rows_of("<c/>"),
    "open cells": rows_of("<c>"),
    "open elements": rows_of("<a>"),
    "texts in a cell": rows_of("<t>a</t>"),
    "rows of a cell far to the right": rows_of('<row><c r="ZZ1" t="str"><v>a</v></c></row>'),
    "new names": lambda size: make_parts(make_sheet("".join(f"<a{n}/>" for n in range(size // 8)))),
    "attributes": lambda size: make_parts(make_sheet("<row " + " ".join(f"a{n}='1'" for n in range(size // 10)) + "/>")),
    "the name of a cell": lambda size: make_parts(make_sheet(f'<row><c r="{"A" * size}1"><v>1</v></c></row>')),
    "the number of a row": lambda size: make_parts(make_sheet(f'<row r="{"1" * size}"/>')),
    "the number of a text": lambda size: make_parts(make_sheet(f'<row><c t="s"><v>{"1" * size}</v></c></row>')),
    "shared texts": texts_of("<si><t>ab</t></si>"),
    "shared texts without text": texts_of("<si/>"),
    "pronunciations": lambda size: texts_of("<rPh/>", f"<sst><si>{'<t>a</t>' * (size // 16)}", "</si></sst>")(size),
    "pronounced texts": texts_of("<rPh><t>a</t>", "<sst><si>", "</si></sst>"),
    "escapes": texts_of("_x0041_", "<sst><si><t>", "</t></si></sst>"),
    "brackets of a format": styles_of("[", FORMAT, '"/><cellXfs>' + '<xf numFmtId="9"/>' * 50 + "</cellXfs></s>"),
    "formats of brackets": styles_of(f'<numFmt numFmtId="9" formatCode="{"[" * 255}"/>'),
    "quotes of a format": styles_of("&quot;", FORMAT, '"/><cellXfs><xf numFmtId="9"/></cellXfs></s>'),
    "formats": styles_of('<numFmt numFmtId="9" formatCode="0"/>'),
    "formats of cells": styles_of("<xf/>", "<s><cellXfs>", "</cellXfs></s>"),
    "sheets": lambda size: make_parts(make_sheet("<row/>" * (size // 6)), book=book(*["r0"] * (size // 30))),
    "other sheets": lambda size: make_parts(make_sheet(SKU_ROW), book=book(*map(str, range(size // 30)))),
}  # fmt: skip
