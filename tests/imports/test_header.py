"""imports.matching: which column of a file holds which field, by the mapping or by its name alone."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.errors import FileError
from imports.matching.columns import Question
from imports.matching.header_words import CERTAIN, header_words
from imports.matching.matching import match_columns
from imports.options import FIELDS
from tests.clock import cpu_seconds

NOTHING: Mapping[str, str] = {}


def fields(*header: str, **mapping: str) -> list[str | None]:
    """For each column the field it is taken for. An underscore in the mapping stands for a space."""
    matching = match_columns(header, (), {name.replace("_", " "): field for name, field in mapping.items()})
    return [column.field for column in matching.columns]


def unknown(*header: str, mapping: Mapping[str, str] = NOTHING) -> tuple[str, ...]:
    return match_columns(header, (), mapping).unknown


def refusal(header: list[str], mapping: Mapping[str, str] = NOTHING) -> tuple[str, str]:
    with pytest.raises(FileError) as refused:
        match_columns(header, (), mapping)
    return refused.value.code, refused.value.message


# --- By name ---


def test_columns_come_in_any_order() -> None:
    assert fields("price", "sku", "name") == ["price", "sku", "name"]


def test_field_the_file_lacks_is_nowhere() -> None:
    assert match_columns(["sku", "price"]).positions == (0, -1, -1, 1, -1)


@pytest.mark.parametrize(
    "name", [" Is Active ", "IS-ACTIVE", "is__active", "isActive", "Is active?", "is_active *"]
)
def test_case_spaces_and_signs_make_no_difference(name: str) -> None:
    assert fields("SKU", name) == ["sku", "is_active"]


@pytest.mark.parametrize(
    ("name", "field"),
    [("Item Number", "sku"), ("Item #", "sku"), ("Item-No.", "sku"), ("Product code", "sku"), ("Part Number", "sku"),
     ("Artikelnummer", "sku"), ("Art.-Nr.", "sku"), ("Référence", "sku"), ("REFERENCE", "sku"), ("N° article", "sku"),
     ("Numéro d'article", "sku"), ("Código de producto", "sku"), ("Variant SKU", "sku"), ("article\u00a0no", "sku")],
)  # fmt: skip
def test_sku_has_usual_names(name: str, field: str | None) -> None:
    assert fields(name) == [field]


@pytest.mark.parametrize(
    ("name", "field"),
    [("Title", "name"), ("Product Name", "name"), ("Bezeichnung", "name"), ("Désignation", "name"), ("Nombre", "name"),
     ("Body (HTML)", "description"), ("Beschreibung", "description"), ("Descripción", "description"),
     ("Unit price", "price"), ("Preis", "price"), ("Preis in EUR", "price"), ("Price (USD)", "price"), ("Prix €", "price"),
     ("Prix unitaire", "price"), ("PRECIO", "price"), ("Amount", "price"), ("Stückpreis", "price"),
     ("Enabled", "is_active"), ("Status", "is_active"), ("verfügbar", "is_active"), ("Actif", "is_active"),
     ("Publicado", "is_active"), ("Published", "is_active")],
)  # fmt: skip
def test_field_has_usual_names(name: str, field: str) -> None:
    assert fields("sku", name) == ["sku", field]


@pytest.mark.parametrize("name", ["cost", "EAN", "quantity", "sale price", "category", "数量", "#", "€"])
def test_other_columns_are_unknown(name: str) -> None:
    assert unknown("sku", name) == (name,)


def test_name_that_is_certain_belongs_to_one_field() -> None:
    certain = [
        [field for field, sure in told.items() if sure == CERTAIN] for told in header_words().names.values()
    ]
    assert {len(fields) for fields in certain} == {0, 1}


def test_own_name_wins_over_a_usual_one() -> None:
    assert fields("title", "code", "name", "sku") == [None, None, "name", "sku"]
    assert unknown("title", "code", "name", "sku") == ("title", "code")


def test_two_columns_with_usual_names_of_a_field_are_a_question() -> None:
    [question] = match_columns(["sku", "Preis", "Unit price"]).questions
    assert (question.field, [candidate.header for candidate in question.candidates]) == (
        "price",
        ["Preis", "Unit price"],
    )


@pytest.mark.parametrize("again", ["name", "NAME", " name "])
def test_two_columns_of_one_name_are_rejected(again: str) -> None:
    message = "Two columns are named 'name'. Rename or remove one."
    assert refusal(["sku", "name", again]) == ("header.duplicate", message)


def test_two_unknown_columns_may_have_one_name() -> None:
    assert unknown("sku", "Colour", "colour") == ("Colour", "colour")


def test_blank_names_are_no_names() -> None:
    assert fields("", "sku", " ") == [None, "sku", None]
    assert unknown("", "sku", " ") == ()


def test_columns_of_our_exports_are_passed_over_in_silence() -> None:
    header = ("id", "sku", "name", "description", "price", "is_active", "created_at", "Updated At")
    assert unknown(*header) == ()


def test_notes_are_passed_over_in_silence() -> None:
    assert fields("_code", "sku", "_name") == [None, "sku", None]
    assert unknown("_code", "sku", "_name") == ()


def test_header_without_a_sku_is_a_question_that_shows_it() -> None:
    shown = "No column is named sku or one of its aliases. The header reads: name, price"
    assert match_columns(["name", " price"]).questions == (Question("sku", shown, ()),)


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (["sku", *map(str, range(2_000))], "header.too_long"),
        (["sku", "x" * 262_144], "header.too_long"),
        (["sku", "caf\udce9"], "file.encoding"),
    ],
)
def test_header_that_is_none_is_rejected(header: list[str], code: str) -> None:
    assert refusal(header)[0] == code


# Brackets that never close, accents in an order that has to be sorted, and words.
@pytest.mark.parametrize(
    "unit", ["(", "[", "(]", "\u0301\u0316", "\ufdfa", "a-", " _", "eur ", "<", "a/", "1. ", "品 a"]
)
def test_long_names_of_columns_cost_little(unit: str) -> None:
    cells = ["sku", *(f"{place} {unit * (190 // len(unit))}" for place in range(190))]
    assert cpu_seconds(lambda: match_columns(cells)) < 0.5
    assert cpu_seconds(lambda: match_columns(["sku", unit * (60_000 // len(unit))])) < 0.1


@pytest.mark.parametrize("header", ["attr", "Preis", "Code", "meta.field/x y"])
@pytest.mark.parametrize("value", ["AB", "12,50 EUR", "Garden hose", f"<p>{'x' * 290}</p>", "(" * 290, "yes"])
def test_two_thousand_columns_cost_little(header: str, value: str) -> None:
    cells = [f"{header} {place}" for place in range(2_000)]
    rows = [[f"{value} {row}" for _ in cells] for row in range(100)]
    # 0.6 s on an idle machine; what grows with the square of the columns takes far more.
    assert cpu_seconds(lambda: match_columns(cells, rows)) < 4


def test_name_of_more_than_twenty_words_is_no_usual_name() -> None:
    assert fields("sku", f"Preis{' EUR' * 19}") == ["sku", "price"]
    assert fields("sku", f"Preis{' EUR' * 20}") == ["sku", None]


def test_long_name_is_no_usual_name() -> None:
    assert fields("sku", f"Price{' ' * 194}$") == ["sku", "price"]
    assert fields("sku", f"Price{' ' * 195}$") == ["sku", None]


# --- By the mapping ---


def test_mapped_column_wins_over_names() -> None:
    assert fields("sku", "Internal", "name", "price", Internal="sku") == [None, "sku", "name", "price"]
    assert unknown("sku", "Internal", mapping={"Internal": "sku"}) == ("sku",)


def test_mapping_resolves_which_of_two_usual_names_counts() -> None:
    assert fields("sku", "Net price", "Gross price", Gross_price="price") == ["sku", None, "price"]


def test_mapping_names_headers_and_fields_as_loosely_as_files_do() -> None:
    assert fields("ARTIKEL-NR ", "on sale", artikel_nr="SKU", On_Sale="Is Active") == ["sku", "is_active"]


def test_column_mapped_to_nothing_is_left_out_in_silence() -> None:
    mapping = {"price": "", "Colour": ""}
    assert match_columns(["sku", "price", "Colour"], (), mapping).positions == (0, -1, -1, -1, -1)
    assert unknown("sku", "price", "Colour", mapping=mapping) == ()


def test_columns_mapped_to_nothing_may_have_one_name() -> None:
    assert unknown("sku", "Colour", "colour", mapping={"Colour": ""}) == ()


def test_header_mapped_to_a_field_must_be_there_once() -> None:
    assert refusal(["sku", "VK", "vk"], {"VK": "price"})[0] == "header.duplicate"


def test_notes_can_be_mapped() -> None:
    assert match_columns(["sku", "_value"], (), {"_value": "price"}).positions[3] == 1


@pytest.mark.parametrize(
    ("mapping", "code", "message"),
    [
        ({"Preis": "price"}, "mapping.unknown_header",
         "The mapping names 'Preis', which is not in the header. The header reads: sku, Cost, RRP"),
        ({"Cost": "costs"}, "mapping.unknown_field",
         "The mapping maps 'Cost' to 'costs'; the fields are sku, name, description, price, is_active."),
        ({"Cost": "price", "RRP": "price"}, "mapping.duplicate", "The mapping maps two headers to price."),
        ({"Cost": "price", "cost ": ""}, "mapping.duplicate", "The mapping names 'cost' twice."),
    ],
)  # fmt: skip
def test_mapping_is_rejected(mapping: dict[str, str], code: str, message: str) -> None:
    assert refusal(["sku", "Cost", "RRP"], mapping) == (code, message)


def test_column_without_a_name_cannot_be_mapped() -> None:
    assert refusal(["sku", ""], {" ": "price"})[0] == "mapping.unknown_header"


def test_mapping_alone_does_not_make_a_sku() -> None:
    [question] = match_columns(["sku", "price"], (), {"sku": ""}).questions
    assert (question.field, question.candidates) == ("sku", ())


def test_column_can_be_mapped_by_its_number() -> None:
    assert fields("sku", "", "VK", "VK", column_2="name", column_4="price") == ["sku", "name", None, "price"]


def test_name_of_a_column_comes_before_its_number() -> None:
    assert fields("sku", "x", "Column 2", Column_2="price") == ["sku", None, "price"]


# --- Whatever the header ---


names_of = {
    field: st.sampled_from(
        [name for name, told in header_words().names.items() if told.get(field) == CERTAIN]
    )
    for field in FIELDS
}


@st.composite
def headers(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Fields in any order, and a header that has each under one of its names in some spelling."""
    held = draw(st.permutations(["sku", *draw(st.lists(st.sampled_from(FIELDS[1:]), unique=True))]))
    return held, [draw(spellings(draw(names_of[field]))) for field in held]


def spellings(name: str) -> st.SearchStrategy[str]:
    changed = [name.upper(), name.title(), f" {name} ", f"{name} (EUR)", f"{name}:", name.replace(" ", "_")]
    return st.sampled_from([name, *changed])


@given(headers())
def test_every_usual_name_is_found_in_any_spelling(drawn: tuple[list[str], list[str]]) -> None:
    held, header = drawn
    assert fields(*header) == held
    assert match_columns(header).questions == ()


anything = st.text(max_size=8) | st.sampled_from(
    ["sku", "name", "Preis", "price", "code", "_x", "id", "\ufeffsku"]
)


@given(
    st.lists(anything, max_size=8), st.dictionaries(anything, st.sampled_from(["", *FIELDS, "x"]), max_size=3)
)
def test_any_header_is_read_or_rejected(header: list[str], mapping: dict[str, str]) -> None:
    try:
        matching = match_columns(header, (), mapping)
    except FileError as error:
        assert error.code.partition(".")[0] in ("header", "mapping", "file")
    else:
        held = [column.field for column in matching.columns if column.field]
        assert len(set(held)) == len(held)
        assert "sku" in held or any(question.field == "sku" for question in matching.questions)


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=8).filter(str.strip), st.sampled_from(FIELDS), min_size=1, max_size=3
    )
)
def test_mapping_is_obeyed_or_rejected(mapping: dict[str, str]) -> None:
    header = [*mapping, "sku"]
    try:
        positions = match_columns(header, (), mapping).positions
    except FileError:
        return
    assert all(positions[FIELDS.index(field)] == header.index(name) for name, field in mapping.items())
