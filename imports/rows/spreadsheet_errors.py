"""Cells of a spreadsheet without a value: error values, and marks for cells of a workbook that cannot be read for sure.

A mark is text, so it is an error again when the rows with errors are uploaded as CSV."""

from typing import Literal

from imports.errors import RowError, truncate

Mark = Literal["#NO_RESULT!", "#FORMAT!", "#DATE!"]

# In English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Swedish, Danish, Norwegian, Finnish, Czech,
# Hungarian, Russian and Turkish.
ERROR_VALUES = (
    "#n/a #ref! #value! #div/0! #name? #null! #num! #spill! #calc! #getting_data #field! #blocked! #connect! #unknown! "
    "#busy! #external! #python! #timeout! #error! "
    "#nv #bezug! #wert! #zahl! #überlauf! #kalk! "
    "#valeur! #nom? #nombre! #nul! #propagation! #calcul! #epars! "
    "#n/d #¡ref! #¡valor! #¡div/0! #¿nombre? #¡nulo! #¡num! #¡desbordamiento! #¡calc! "
    "#rif! #valore! #nome? #nullo! #valor! #nulo! "
    "#n/b #verw! #waarde! #deel/0! #naam? #leeg! #getal! "
    "#n/d! #adr! #arg! #dziel/0! #nazwa? #zero! #liczba! "
    "#saknas! #referens! #värdefel! #division/0! #namn? #skärning! #ogiltigt! "
    "#i/t #reference! #værdi! #navn? #verdi! "
    "#puuttuu! #viittaus! #arvo! #jako/0! #nimi? #tyhjä! #luku! "
    "#není_k_dispozici #odkaz! #hodnota! #dělení_nulou! #název? #číslo! "
    "#hiányzik #hiv! #érték! #zéróosztó! #név? #nulla! #szám! "
    "#н/д #ссылка! #знач! #дел/0! #имя? #пусто! #число! "
    "#yok #başv! #değer! #sayi/0! #sayı/0! #ad? #boş! #sayi! #sayı!"
)
KNOWN = frozenset(ERROR_VALUES.split())
LONGEST = max(map(len, KNOWN))
MARKS: dict[str, tuple[str, str]] = {
    "#NO_RESULT!": (
        "cell.no_result",
        "{} is a formula without a stored result. Save the workbook in a spreadsheet program, which stores it.",
    ),
    "#FORMAT!": (
        "cell.format",
        "{} is a number that its format shows in another way. Format the cell as text, and enter what should be read.",
    ),
    "#DATE!": (
        "sku.date",
        "{} is a date; a spreadsheet may have made it of a SKU. Format the cell as text, and enter the SKU again.",
    ),
}


def marked(mark: Mark, address: str) -> str:
    """The text in place of a cell that cannot be read for sure. `address` is the cell's, such as B2."""
    return f"{mark} {address}"


def check_error_value(cell: str, column: str) -> None:
    """Raise RowError for an error value or a mark."""
    text = cell.strip()
    if not text.startswith("#"):
        return
    if len(text) <= LONGEST and text.casefold() in KNOWN:
        message = f"{text} is a spreadsheet error value. Correct the formula, or leave the cell blank."
        raise RowError("cell.excel_error", message, column, truncate(cell))
    mark, _, address = text.partition(" ")
    if mark in MARKS and address.isalnum():
        code, message = MARKS[mark]
        raise RowError(code, message.format(truncate(address)), column, truncate(cell))
