"""Headers as real exports and price lists have them, with made-up values: what each file's columns are matched to."""

import pytest

from imports.matching.matching import match_columns
from tests.imports.corpus.files import CorpusFile, outcome, read

EXPORTS = [file for name in ("shops", "erp", "price_lists") for file in read(name)]
OTHERS = read("other_files")
ODD = read("odd")


def title(file: CorpusFile) -> str:
    return file.title


@pytest.mark.parametrize("file", [*EXPORTS, *OTHERS, *ODD], ids=title)
def test_each_column_is_matched_or_asked_about_or_ignored(file: CorpusFile) -> None:
    assert outcome(file.matching()) == file.right


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("file", [*EXPORTS, *OTHERS, *ODD], ids=title)
def test_few_rows_lead_to_questions_but_to_no_wrong_match(file: CorpusFile, count: int) -> None:
    found = outcome(file.matching(count))
    assert [field for field, header in found.items() if is_wrong(header, file.right.get(field))] == []


def is_wrong(found: str | list[str], right: str | list[str] | None) -> bool:
    """Whether it is a match of another column. Of columns in doubt, a few rows may leave one."""
    return isinstance(found, str) and found not in (right if isinstance(right, list) else [right])


def test_questions_are_asked_in_under_a_fifth_of_the_exports() -> None:
    asked = [file.title for file in EXPORTS if file.matching().questions]
    assert len(asked) < len(EXPORTS) / 5, asked


def test_no_file_of_another_kind_is_imported_without_a_question() -> None:
    assert [file.title for file in OTHERS if not file.matching().questions] == []


def test_question_says_why_a_file_looks_like_orders() -> None:
    [orders] = [file for file in OTHERS if file.title == "Orders of a shop"]
    assert orders.matching().questions[0].message == (
        "The file looks like orders, invoices or customers: it has the column 'Order ID'. Which column has the SKU?"
    )


def test_orders_whose_columns_are_all_mapped_are_imported() -> None:
    [orders] = [file for file in OTHERS if file.title == "Orders of a shop"]
    mapping = {"SKU": "sku", "Product name": "name", "Unit price": "price"}
    assert match_columns(orders.header, orders.rows, mapping).questions == ()
