"""How a file is read, as its upload detects it, and the warnings about it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from imports.errors import truncate
from imports.matching.columns import Column, Matching, Question
from imports.options import FIELDS, Options

WARNINGS_MAX = 100

Warnings = list[dict[str, str | None]]


@dataclass(frozen=True)
class Sheet:
    """A worksheet, with its last row as the workbook tells it, and the row of its header."""

    name: str
    last_row: int | None
    header_line: int
    header: list[str]
    # Whether its columns are those of the sheet that is read, and whether it is read itself.
    has_same_columns: bool = False
    is_imported: bool = False


@dataclass(frozen=True)
class FileInfo:
    """How a file is read, and what is unclear about it."""

    header: list[str]
    columns: tuple[Column, ...]
    questions: tuple[Question, ...] = ()
    warnings: Warnings = field(default_factory=list)
    format: str = "csv"
    packing: str = ""
    encoding: str = "utf-8"
    encoding_confidence: float = 1.0
    delimiter: str = ","
    delimiter_confidence: float = 1.0
    # The decimal mark of the prices, if the sample shows it: "." or "," or "".
    decimal: str = ""
    header_line: int = 1
    # The name of the recipe that it is read by, or "".
    recipe: str = ""
    # Its worksheets that are not hidden, and the first one that is read.
    sheet: str = ""
    sheets: tuple[Sheet, ...] = ()

    @property
    def other_sheets(self) -> list[Sheet]:
        """The worksheets that are read after the first one."""
        return [sheet for sheet in self.sheets if sheet.is_imported and sheet.name != self.sheet]


def ignored_columns(names: Sequence[str]) -> Warnings:
    message = "The column was not recognized and was ignored."
    warnings: Warnings = [
        {"column": truncate(name), "code": "header.unknown", "message": message}
        for name in names[:WARNINGS_MAX]
    ]
    if len(names) > WARNINGS_MAX:
        text = f"{len(names) - WARNINGS_MAX:,} more columns were not recognized and were ignored."
        warnings.append({"column": None, "code": "header.unknown", "message": text})
    return warnings


def no_prices(matching: Matching, options: Options) -> Warnings:
    """A warning if new products would get no price."""
    has_price = matching.positions[FIELDS.index("price")] >= 0
    may_have = any(question.field == "price" for question in matching.questions)
    if has_price or may_have or options.mode == "update_only":
        return []
    message = "No column has prices, so new products get the price 0.00."
    return [{"column": None, "code": "price.no_column", "message": message}]


def ignored_sheets(names: Iterable[str]) -> Warnings:
    """Warnings about sheets that have the columns of the one that is read."""
    how = "has the same columns and was not imported. Import it too with other_sheets=import."
    return [warning("sheet.ignored", f"The sheet {truncate(name)!r} {how}") for name in names]


def unlike_sheets(names: Iterable[str]) -> Warnings:
    """Warnings about sheets that have other columns, where all sheets are to be imported."""
    how = "has other columns, or has them in another order, and was not imported. Import it on its own with the option sheet."
    return [warning("sheet.other_columns", f"The sheet {truncate(name)!r} {how}") for name in names]


def warning(code: str, message: str) -> dict[str, str | None]:
    return {"column": None, "code": code, "message": message}


def guessed(encoding: str) -> dict[str, str | None]:
    message = (
        f"The text is not UTF-8, so it was read as {encoding}, which is a guess. If letters are wrong, upload the file "
        "again with the option encoding."
    )
    return {"column": None, "code": "file.encoding_guessed", "message": message}
