"""Exports of shop systems, with their real header rows (recipes.toml): recognised, and read without a question."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from catalog.models import Product
from imports.matching.matching import match_columns
from imports.models import ImportJob
from imports.recipes.recipe import recipes, recognised
from tests.factories import make_import

pytestmark = pytest.mark.django_db(transaction=True)

FILES: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("recipes.toml").read_text(encoding="utf-8")
)


def imported(name: str, **options: object) -> ImportJob:
    return make_import(FILES[name]["file"].encode(), **options)


def catalog() -> dict[str, list[object]]:
    return {
        product.sku: [product.name, str(product.price), product.is_active]
        for product in Product.objects.all()
    }


def test_every_recipe_has_a_file() -> None:
    assert FILES.keys() == recipes().keys()


@pytest.mark.parametrize("name", FILES)
def test_export_is_recognised_and_its_products_are_right(name: str) -> None:
    assert imported(name).file_recipe == name
    assert catalog() == FILES[name]["products"]


def test_image_rows_are_no_rows() -> None:
    job = imported("shopify")
    assert (job.total_rows, job.created_count, job.error_count) == (3, 3, 0)


def test_line_breaks_are_unescaped() -> None:
    imported("woocommerce")
    assert Product.objects.get(sku="KT-1").description == "Line one\nLine two"


def test_apostrophe_before_a_number_is_no_part_of_a_sku() -> None:
    make_import(b"Handle,Title,Variant SKU,Variant Price\nmug,Mug,'90210001,9\ncup,Cup,'O-1,8\n")
    assert sorted(catalog()) == ["'O-1", "90210001"]


def test_columns_may_be_named_in_another_language() -> None:
    job = make_import(
        'ID,Type,UGS,Nom,Publié,Description,Tarif régulier\n1,simple,B-1,Bol,1,"Un\\nDeux",9\n'.encode()
    )
    assert (job.file_recipe, catalog()) == ("woocommerce", {"B-1": ["Bol", "9.00", True]})
    assert Product.objects.get(sku="B-1").description == "Un\nDeux"


def test_cost_is_no_price_though_its_name_is_that_of_one() -> None:
    table = [["name", "default_code", "standard_price", "uom_id"], ["Lamp", "OC-1", "12.50", "Units"]]
    matching = match_columns(table[0], table[1:], recipe=recognised(table[0]))
    assert [column.field for column in matching.columns] == ["name", "sku", None, None]


def test_price_that_would_have_to_be_computed_is_an_error() -> None:
    job = imported("wix")
    assert [(row.line, row.code) for row in job.rejected.all()] == [(4, "row.not_computable")]


def test_recipe_can_be_turned_off() -> None:
    job = imported("shopify", recipe="none", mapping={"Status": ""})
    assert (job.file_recipe, job.created_count, job.error_count) == ("", 2, 2)
