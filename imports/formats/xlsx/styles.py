"""The number formats of a workbook's cells. Pure."""

from collections.abc import Iterable

from imports.formats.xlsx.number_formats import CellFormat, built_in_cell_format, cell_format_of_code
from imports.formats.xlsx.xml import Attributes, Parser, damaged, whole
from lib.limits import WORKBOOK_FORMAT_MAX_CHARACTERS, WORKBOOK_FORMATS_MAX


class Styles(Parser):
    """The number format of each cell style; None for one that shows a number as it is."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        super().__init__(blocks)
        self.formats: dict[str, CellFormat | None] = {}
        self.cell_formats: list[CellFormat | None] = []
        self.is_of_cells = False
        self.read_to_end()

    def start(self, name: str, attributes: Attributes) -> None:
        self.depth += 1
        if name == "numFmt":
            self.add_format(attributes["numFmtId"], attributes["formatCode"])
        elif name == "cellXfs":
            self.is_of_cells = True
        elif name == "xf" and self.is_of_cells:
            self.add_cell_format(attributes.get("numFmtId", "0"))

    def add_format(self, number: str, code: str) -> None:
        if len(code) > WORKBOOK_FORMAT_MAX_CHARACTERS:
            raise damaged()
        self.formats[number] = cell_format_of_code(code)

    def add_cell_format(self, number: str) -> None:
        if len(self.cell_formats) == WORKBOOK_FORMATS_MAX:
            raise damaged()
        is_custom = number in self.formats
        self.cell_formats.append(self.formats[number] if is_custom else built_in_cell_format(whole(number)))

    def end(self, name: str) -> None:
        self.depth -= 1
        if name == "cellXfs":
            self.is_of_cells = False
