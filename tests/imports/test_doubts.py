"""Columns whose values say that their names mean something else, which is asked about."""

from collections.abc import Sequence

from imports.matching.columns import Matching
from imports.matching.matching import match_columns


def matched(*table: Sequence[str], creates: bool = True) -> Matching:
    return match_columns(table[0], table[1:], creates=creates)


def asked(matching: Matching) -> dict[str, list[str]]:
    return {
        question.field: [candidate.header for candidate in question.candidates]
        for question in matching.questions
    }


def test_words_below_the_name_of_an_article_are_no_skus() -> None:
    found = matched(["Artikel", "Preis"], ["Leuchte", "48,00"], ["Sessel", "19,50"], ["Korb2", "7,30"])
    assert (asked(found), found.columns[0].field) == ({"sku": ["Artikel"]}, "name")


def test_codes_below_the_name_of_an_article_are_skus() -> None:
    found = matched(["Artikel", "Preis"], ["L-100", "48,00"], ["S-200", "19,50"])
    assert (asked(found), found.columns[0].field) == ({}, "sku")


def test_codes_of_a_file_without_anything_of_products_are_asked_about() -> None:
    found = matched(["code", "name"], ["EUR", "Euro"], ["USD", "US dollar"])
    assert asked(found) == {"sku": ["code"]}


def test_codes_are_not_asked_about_where_products_are_only_updated() -> None:
    assert asked(matched(["code", "name"], ["A-1", "Chair"], ["A-2", "Table"], creates=False)) == {}


def test_codes_with_the_letter_of_a_currency_are_no_prices() -> None:
    found = matched(["sku", "name", "Serie"], ["A-1", "Chair", "P001"], ["A-2", "Table", "P002"])
    assert asked(found) == {}


def test_column_price_without_values_is_no_answer_beside_a_column_of_prices() -> None:
    found = matched(["sku", "name", "price", "new price"], ["A-1", "Chair", "", "9.50"])
    assert asked(found) == {"price": ["price", "new price"]}


def test_round_numbers_below_an_unknown_name_may_be_prices() -> None:
    found = matched(
        ["sku", "name", "PreMay"], *(["A-1", "Chair", price] for price in ("7400", "6600", "11500"))
    )
    assert asked(found) == {"price": ["PreMay"]}


def test_reference_of_odoo_is_named_like_what_it_refers_to() -> None:
    found = matched(["id", "order_id/id", "name", "price_unit"], ["line_1", "order_1", "Chair", "9.50"])
    assert asked(found) == {"sku": ["id"], "name": ["name"], "price": ["price_unit"]}
