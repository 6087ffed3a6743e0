"""The trigram index: used where the server has pg_trgm, not needed where it has not."""

from collections.abc import Iterator

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from catalog import search_index
from catalog.models import Product, ProductQuerySet
from catalog.search_text import FOLDED, folded
from tests.factories import make_product

pytestmark = pytest.mark.django_db

INDEX = search_index.NAME


def execute(statement: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def index_exists() -> bool:
    return bool(execute(f"SELECT 1 FROM pg_indexes WHERE indexname = '{INDEX}'"))  # noqa: S608


def server_has_trigrams() -> bool:
    return execute(search_index.IS_AVAILABLE) == [(True,)]


@pytest.fixture
def _trigrams() -> None:
    if not server_has_trigrams():
        pytest.skip("this PostgreSQL server comes without pg_trgm")


@pytest.fixture
def _no_rights() -> Iterator[None]:
    """A user who may create nothing in this database."""
    execute("DROP EXTENSION IF EXISTS pg_trgm CASCADE")
    execute("CREATE ROLE product_search_nobody")
    execute("SET ROLE product_search_nobody")
    yield
    execute("RESET ROLE")
    execute("DROP ROLE product_search_nobody")


@pytest.mark.usefixtures("_trigrams")
def test_migration_has_made_the_index() -> None:
    assert index_exists()


@pytest.mark.usefixtures("_trigrams")
@pytest.mark.parametrize(
    "products",
    [
        Product.objects.matching(q="mug"),
        Product.objects.matching(q="little mug"),
        Product.objects.matching(sku="mug"),
        Product.objects.matching(name="mug"),
    ],
    ids=["q", "words", "sku", "name"],
)
def test_search_uses_the_index(products: ProductQuerySet) -> None:
    make_product()
    execute("SET LOCAL enable_seqscan = off")
    execute("SET LOCAL enable_indexscan = off")
    assert INDEX in products.order_by().explain()


def test_preparing_again_changes_nothing() -> None:
    before = index_exists()
    search_index.prepare(using="default")
    assert index_exists() == before == server_has_trigrams()


@pytest.mark.usefixtures("_trigrams", "_no_rights")
def test_user_without_the_right_goes_on_without_the_index() -> None:
    search_index.prepare(using="default")
    assert not index_exists()


def test_server_without_trigrams_goes_on_without_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    execute(f"DROP INDEX IF EXISTS {INDEX}")
    monkeypatch.setattr(search_index, "IS_AVAILABLE", "SELECT false")
    search_index.prepare(using="default")
    assert not index_exists()


def test_search_finds_the_same_without_the_index() -> None:
    make_product(sku="MUG"), make_product(sku="B", name="a mug"), make_product(sku="C", name="pen")
    execute(f"DROP INDEX IF EXISTS {INDEX}")
    assert [product.sku for product in Product.objects.matching(q="Mug").order_by("id")] == ["MUG", "B"]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Verdano planter", "planter verdano"),
        ("Verdano  planter", "verdano planter"),
        ("Grünhof", "grunhof"),
        ("Grunhof", "GRÜNHOF"),
        ("Cafe\u0301 crème", "creme café"),
        ("Smørrebrød Łódź", "lodz smorrebrod"),
    ],
)
def test_words_are_found_in_any_order_and_without_accents(name: str, typed: str) -> None:
    product = make_product(name=name)
    make_product(name="Pen")
    assert list(Product.objects.matching(q=typed)) == [product]


def test_words_are_found_across_sku_and_name() -> None:
    product = make_product(sku="GA-10007", name="Planter")
    assert list(Product.objects.matching(q="planter ga-10")) == [product]
    assert not Product.objects.matching(q="planter ga-11").exists()


@given(
    text=st.text(st.characters(min_codepoint=1, max_codepoint=0x2FFF, exclude_categories=["Cs"]), max_size=20)
)
def test_database_folds_like_the_program(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {FOLDED.format('text')} FROM (SELECT %s::text) AS typed (text)", [text])  # noqa: S608
        assert cursor.fetchone() == (folded(text),)


@pytest.mark.parametrize(
    ("filters", "found"), [({"name": "grun"}, 0), ({"name": "grün"}, 1), ({"q": "grun"}, 1)]
)
def test_filter_by_name_keeps_accents_apart_and_search_does_not(filters: dict[str, str], found: int) -> None:
    make_product(sku="A1", name="Grünhof")
    assert Product.objects.matching(**filters).count() == found
