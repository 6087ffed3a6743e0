"""The pages of products: the list, a row edited in place, one product, a new one, and many at once."""

import re
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog import listing
from catalog.bulk import runner
from catalog.models import BulkChange, Product
from dashboard.views import products
from tests.factories import make_csv, make_import, make_product

pytestmark = pytest.mark.django_db

BROWSER = {"Accept": "text/html"}
HTMX = {"HX-Request": "true"}


def page(client: Client, address: str = "/products/", status: int = 200) -> str:
    response = client.get(address, headers=BROWSER)
    assert response.status_code == status, response.content
    return " ".join(response.content.decode().split())


def skus(client: Client, query: str = "") -> list[str]:
    return re.findall(r'<a class="row-link"[^>]*>([^<]*)</a></th>', page(client, f"/products/{query}"))


def row(client: Client, product: Product, query: str = "") -> str:
    response = client.get(f"/products/{product.pk}/row/{query}", headers=HTMX)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def save_row(client: Client, product: Product, status: int = 200, **fields: str) -> str:
    """The row as somebody sends it who opened it now and typed these."""
    shown = {
        "sku": product.sku,
        "name": product.name,
        "price": f"{product.price:.2f}",
        "is_active": str(product.is_active).lower(),
    }
    sent = {f"initial-{name}": text for name, text in shown.items()} | shown | fields
    response = client.post(f"/products/{product.pk}/row/", sent, headers={**BROWSER, **HTMX})
    assert response.status_code == status, response.content
    return " ".join(response.content.decode().split())


def apply(client: Client, **sent: object) -> str:
    """The page that the button of a question leads to, once a worker has done what was asked."""
    response = client.post("/products/apply/", sent, headers=BROWSER)
    for change in BulkChange.objects.filter(status="queued"):
        runner.run(change.pk)
    return page(client, response.headers["Location"])


# --- The list ---


def test_empty_catalog_says_what_to_do(client: Client) -> None:
    shown = page(client)
    assert "No products yet" in shown
    assert 'href="/imports/">Import a file</a>' in shown
    assert 'id="bulk"' not in shown


def test_list_shows_products_by_sku(client: Client) -> None:
    make_product(sku="b", name="Bucket", price=Decimal("1234.5"), is_active=False), make_product(sku="A")
    assert skus(client) == ["A", "b"]
    shown = page(client)
    assert '<td data-label="Price" class="num">1234.50</td>' in shown
    assert '<span class="badge is-off">Inactive</span>' in shown
    assert "2 products" in shown


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=mug", ["CUP", "MUG"]),
        ("?q=UG", ["CUP", "MUG"]),
        ("?q=+mug+", ["CUP", "MUG"]),
        ("?q=%25", []),
        ("?q=%00pen", ["PEN"]),
        ("?is_active=false", ["CUP"]),
        ("?price_min=2", ["CUP", "PEN"]),
        ("?price_min=2&price_max=2.00", ["CUP"]),
        ("?price_min=1,50&price_max=2,00+EUR", ["CUP"]),
        ("?q=mug&is_active=true", ["MUG"]),
        ("?q=&is_active=&price_min=&price_max=&ordering=", ["CUP", "MUG", "PEN"]),
        ("?ordering=-price", ["PEN", "CUP", "MUG"]),
        ("?ordering=name", ["CUP", "MUG", "PEN"]),
        ("?ordering=-id", ["PEN", "CUP", "MUG"]),
    ],
)
def test_filters_and_order(client: Client, query: str, found: list[str]) -> None:
    make_product(sku="MUG", name="Mug", price=Decimal(1))
    make_product(sku="CUP", name="Little mug", price=Decimal(2), is_active=False)
    make_product(sku="PEN", name="Pen", price=Decimal(3))
    assert skus(client, query) == found


def test_what_is_not_found_is_told(client: Client) -> None:
    make_product()
    shown = page(client, "/products/?q=zebra")
    assert "No products found" in shown
    assert 'value="zebra"' in shown


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("price_min=abc", "price_min", "&#x27;abc&#x27; is not a price."),
        ("price_max=-1", "price_max", "&#x27;-1&#x27; is negative."),
        ("price_min=3&price_max=2", "price_max", "Max price is lower than min price."),
        (f"q={'x' * 256}", "q", "Enter at most 255 characters."),
    ],
)
def test_filter_that_cannot_be_read_is_told_at_its_field(
    client: Client, query: str, field: str, message: str
) -> None:
    make_product(sku="MUG")
    shown = page(client, f"/products/?{query}")
    assert f'<p class="error" id="error-{field}">{message}</p>' in shown
    assert "MUG" not in shown


@pytest.mark.parametrize(
    "query", ["is_active=odd", "ordering=odd", "import=odd", f"import={UUID(int=1)}", "ordering=-created_at"]
)
def test_nonsense_in_the_address_is_not_found(client: Client, query: str) -> None:
    page(client, f"/products/?{query}", status=404)


def test_head_of_a_column_sorts_and_turns_around(client: Client) -> None:
    make_product()
    shown = page(client, "/products/?q=s&ordering=price")
    assert 'aria-sort="ascending"><a href="/products/?q=s&amp;ordering=-price"' in shown
    assert 'href="/products/?q=s&amp;ordering=-updated_at"' in shown
    assert 'href="/products/?q=s&amp;ordering=sku"' in shown


def test_pages_follow_one_another(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "PAGE_SIZE", 2)
    for letter in "ABCDE":
        make_product(sku=letter)
    first = page(client, "/products/?ordering=-sku")
    assert "5 products" in first
    following = re.findall(r'rel="next" href="([^"]*)"', first)[0].replace("&amp;", "&")
    assert skus(client, following.removeprefix("/products/")) == ["C", "B"]
    second = page(client, following)
    before = re.findall(r'rel="prev" href="([^"]*)"', second)[0].replace("&amp;", "&")
    assert skus(client, before.removeprefix("/products/")) == ["E", "D"]
    assert 'href="/products/?ordering=-sku"' in second


def test_address_of_another_order_begins_at_the_first_page(client: Client) -> None:
    make_product(sku="A")
    assert skus(client, "?cursor=made-up") == ["A"]


def test_search_that_finds_very_many_is_not_counted_to_its_end(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(products, "PAGE_SIZE", 1)
    monkeypatch.setattr(listing, "FEW", 2)
    make_product(sku="A"), make_product(sku="B")
    assert "2 products" in page(client, "/products/?price_min=0")
    make_product(sku="C")
    shown = page(client, "/products/?price_min=0")
    assert "2+ products" in shown
    assert "All results" in shown
    assert skus(client, "?price_min=0") == ["A"]
    assert "3 products" in page(client)


def test_queries_of_the_list_do_not_grow(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(60):
        make_product()
    with django_assert_max_num_queries(2):
        page(client)
    # Two of them, in a transaction with a limit of time.
    with django_assert_max_num_queries(5):
        page(client, "/products/?q=sku")


def test_markup_in_a_product_is_text(client: Client) -> None:
    product = make_product(sku="<b>", name="<script>alert(1)</script>")
    for address in ("/products/", f"/products/{product.pk}/"):
        shown = page(client, address)
        assert "<script>alert" not in shown
        assert "<b>" not in shown


# --- Export ---


def test_export_has_what_is_shown(client: Client) -> None:
    make_product(sku="MUG"), make_product(sku="MUG-2", price=Decimal(5)), make_product(sku="PEN")
    address = "/products/export/?q=mug&amp;ordering=-sku&amp;format=csv"
    assert f'href="{address}"' in page(client, "/products/?q=mug&ordering=-sku")
    response: Any = client.get(address.replace("&amp;", "&"))
    assert [line.split(",")[0] for line in response.getvalue().decode().splitlines()[1:]] == ["MUG-2", "MUG"]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("xlsx", "Excel workbook"),
        ("csv", "CSV (comma)"),
        ("csv-eu", "CSV for Excel in Europe (semicolon)"),
        ("jsonl", "JSON Lines"),
    ],
)
def test_export_is_offered_in_every_format(client: Client, name: str, label: str) -> None:
    make_product(sku="MUG")
    address = f"/products/export/?format={name}"
    assert f'<a href="{address}">{label}</a>' in page(client, "/products/")
    response: Any = client.get(address)
    assert b"MUG" in response.getvalue() or name == "xlsx"


def test_workbook_that_would_not_fit_is_refused_on_a_page(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.workbook.PRODUCTS_MAX", 0)
    make_product()
    assert "An Excel sheet has room for 0 products" in page(
        client, "/products/export/?format=xlsx", status=422
    )


def test_export_of_a_filter_that_cannot_be_read_is_refused(client: Client) -> None:
    make_product()
    page(client, "/products/export/?price_min=abc", status=404)


def test_export_in_another_format_is_not_found(client: Client) -> None:
    page(client, "/products/export/?format=xml", status=404)


# --- A row, edited in place ---


def test_row_becomes_a_form(client: Client) -> None:
    product = make_product(sku="MUG", name="Mug")
    form = row(client, product, "?edit")
    assert f'<form id="edit-{product.pk}"' in form
    assert 'name="initial-name" value="Mug"' in form
    assert "description" not in form


def test_saved_row_is_a_row_again(client: Client) -> None:
    product = make_product(sku="MUG", name="Mug")
    shown = save_row(client, product, name="Large mug", price="7.5", is_active="false")
    assert 'data-message="MUG saved"' in shown
    assert "Large mug" in shown
    changed = Product.objects.get()
    assert (changed.name, changed.price, changed.is_active) == ("Large mug", Decimal("7.50"), False)


def test_price_of_a_row_may_be_written_as_in_a_file(client: Client) -> None:
    product = make_product()
    assert '<td data-label="Price" class="num">1234.50</td>' in save_row(
        client, product, price="1.234,50 EUR"
    )


def test_row_that_nobody_changed_writes_nothing(client: Client) -> None:
    product = make_product()
    save_row(client, product)
    assert Product.objects.get().updated_at == product.updated_at


def test_what_was_changed_meanwhile_elsewhere_stays(client: Client) -> None:
    product = make_product(name="Mug", price=Decimal(5))
    Product.objects.update(price=Decimal(9))
    save_row(client, product, name="Large mug")
    changed = Product.objects.get()
    assert (changed.name, changed.price) == ("Large mug", Decimal(9))


@pytest.mark.parametrize(
    ("field", "text", "message"),
    [
        ("sku", " ", "The SKU is blank."),
        (
            "sku",
            "taken",
            "Another product already has the SKU &#x27;taken&#x27;. SKUs ignore case.",
        ),
        ("name", "", "The name is blank."),
        ("price", "12,50x", "&#x27;12,50x&#x27; is not a price."),
        ("price", "0.005", "&#x27;0.005&#x27; has more than two decimals."),
        ("is_active", "maybe", "Choose active or inactive."),
    ],
)
def test_bad_value_is_told_at_its_field(client: Client, field: str, text: str, message: str) -> None:
    make_product(sku="TAKEN")
    product = make_product(sku="MUG")
    form = save_row(client, product, 422, **{field: text})
    assert f'<p class="error" id="edit-{product.pk}-error-{field}">{message}</p>' in form
    assert form.count('aria-invalid="true"') == 1
    assert Product.objects.get(pk=product.pk).updated_at == product.updated_at


def test_row_without_htmx_is_the_product(client: Client) -> None:
    product = make_product()
    response = client.get(f"/products/{product.pk}/row/?edit")
    assert response.headers["Location"] == f"/products/{product.pk}/"


def test_row_of_a_product_that_is_gone_is_a_notice(client: Client) -> None:
    response = client.get("/products/7/row/?edit", headers=HTMX)
    assert (response.status_code, response.headers["HX-Retarget"]) == (404, "#notices")
    assert "No product has the ID 7." in response.content.decode()


# --- One product ---


def test_product_has_all_its_fields(client: Client) -> None:
    product = make_product(sku="MUG", name="Mug", description="\nBlue", price=Decimal("7.5"))
    response = client.get(f"/products/{product.pk}/", headers=BROWSER)
    # A line end behind the tag is not part of the text.
    assert b">\n\nBlue</textarea>" in response.content
    shown = page(client, f"/products/{product.pk}/")
    assert 'name="price" value="7.50"' in shown
    assert "autofocus>" not in shown.split("<dialog")[0]


def test_unknown_product_is_not_found(client: Client) -> None:
    assert "No product has the ID 7." in page(client, "/products/7/", status=404)


def test_product_is_saved(client: Client) -> None:
    product = make_product(sku="MUG")
    sent = {"sku": "MUG", "name": "Mug", "description": "a\r\nb", "price": "7.5", "is_active": "true"}
    response = client.post(f"/products/{product.pk}/", sent, follow=True)
    assert "Product saved" in response.content.decode()
    assert Product.objects.get().description == "a\nb"


def test_description_that_nobody_changed_keeps_its_line_ends(client: Client) -> None:
    product = make_product(sku="MUG", description="a\r\nb")
    sent = {"sku": "MUG", "name": "New", "price": "7.5", "is_active": "true"}
    client.post(f"/products/{product.pk}/", sent | {"description": "a\r\nb", "initial-description": "a\r\nb"})
    assert (Product.objects.get().name, Product.objects.get().description) == ("New", "a\r\nb")


def test_product_that_cannot_be_saved_says_why(client: Client) -> None:
    product = make_product(sku="MUG")
    sent = {"sku": "MUG", "name": "", "description": "", "price": "x", "is_active": "true"}
    response = client.post(f"/products/{product.pk}/", sent)
    assert response.status_code == 422
    assert "Not saved. Check the 2 highlighted fields." in response.content.decode()
    assert Product.objects.get().updated_at == product.updated_at


def test_product_is_deleted(client: Client) -> None:
    product = make_product()
    address = f"/products/{product.pk}/delete/"
    assert client.get(address).status_code == 405
    response = client.post(address, follow=True)
    assert "Product deleted" in response.content.decode()
    assert not Product.objects.exists()
    assert "No product has the ID" in client.post(address, follow=True).content.decode()


@pytest.mark.django_db(transaction=True)
def test_history_tells_which_import_changed_what(client: Client) -> None:
    make_import(make_csv("A-1,Anvil,,5,true"))
    job = make_import(make_csv("A-1,,,6,"))
    product = Product.objects.get()
    shown = page(client, f"/products/{product.pk}/")
    assert f'href="/imports/{job.pk}/">products.csv</a>' in shown
    assert '<del class="old"><span class="visually-hidden">before: </span>5.00</del>' in shown
    assert "6.00</ins>" in shown
    assert '<td data-label="Action">Created</td>' in shown


def test_product_without_history_says_so(client: Client) -> None:
    assert "No imports in the last 30 days." in page(client, f"/products/{make_product().pk}/")


@pytest.mark.django_db(transaction=True)
def test_import_leads_to_the_products_it_touched(client: Client) -> None:
    make_product(sku="Z-9")
    job = make_import(make_csv("A-1,Anvil,,5,true"))
    assert f'href="/products/?import={job.pk}">View products</a>' in page(client, f"/imports/{job.pk}/")
    assert skus(client, f"?import={job.pk}") == ["A-1"]
    assert skus(client, f"?import={job.pk}&q=z") == []
    assert f'<input type="hidden" name="import" value="{job.pk}">' in page(
        client, f"/products/?import={job.pk}"
    )


# --- A new product ---


def test_new_product_is_added(client: Client) -> None:
    assert 'name="price" value="0.00"' in page(client, "/products/new/")
    sent = {"sku": " MUG ", "name": "Mug", "description": "", "price": "7.5", "is_active": "false"}
    response = client.post("/products/new/", sent, follow=True)
    assert "Product added" in response.content.decode()
    mug = Product.objects.get()
    assert (mug.sku, mug.name, mug.price, mug.is_active) == ("MUG", "Mug", Decimal("7.50"), False)


def test_new_product_that_is_refused_keeps_what_was_typed(client: Client) -> None:
    make_product(sku="mug")
    sent = {"sku": "MUG", "name": "My mug", "description": "", "price": "1", "is_active": "false"}
    response = client.post("/products/new/", sent)
    assert response.status_code == 422
    assert 'value="My mug"' in response.content.decode()
    assert "Another product already has the SKU" in response.content.decode()
    assert Product.objects.count() == 1


# --- Many at once ---


def test_question_names_the_exact_number(client: Client) -> None:
    make_product(sku="MUG"), make_product(sku="MUG-2", is_active=False), make_product(sku="PEN")
    asked = "/products/confirm/?scope=filter&q=mug&action="
    assert "Delete 2 products?" in page(client, f"{asked}delete")
    shown = page(client, f"{asked}deactivate")
    assert "Deactivate 1 product?" in shown
    assert "1 is already inactive." in shown
    assert "Activate 1 product?" in page(client, f"{asked}activate")
    assert Product.objects.filter(is_active=True).count() == 2


def test_question_about_the_selection_names_it(client: Client) -> None:
    mug, pen = make_product(sku="MUG"), make_product(sku="PEN")
    shown = page(client, f"/products/confirm/?scope=selection&action=delete&id={mug.pk}&id={pen.pk}")
    assert "Delete 2 products?" in shown
    assert "MUG</span>, <span" in shown
    assert f'name="id" value="{mug.pk}"' in shown


def test_question_about_nothing_says_so(client: Client) -> None:
    mug = make_product()
    assert "Select products first" in page(client, "/products/confirm/?scope=selection&action=delete")
    shown = page(client, f"/products/confirm/?scope=selection&action=activate&id={mug.pk}")
    assert "Nothing to activate" in shown
    assert "<form method" not in shown


def test_question_about_everything_says_that(client: Client) -> None:
    make_product(), make_product()
    shown = page(client, "/products/confirm/?scope=filter&action=delete")
    assert "Delete 2 products?" in shown
    assert "All products." in shown


def test_filter_is_applied_and_leads_back(client: Client) -> None:
    make_product(sku="MUG"), make_product(sku="PEN")
    shown = apply(client, action="deactivate", scope="filter", q="mug", confirmed=1)
    assert "1 product deactivated" in shown
    assert 'href="/products/?q=mug">Back to products</a>' in shown
    assert Product.objects.get(is_active=False).sku == "MUG"


def test_selection_is_deleted(client: Client) -> None:
    mug, pen = make_product(sku="MUG"), make_product(sku="PEN")
    assert "1 product deleted" in apply(client, action="delete", scope="selection", id=[mug.pk], confirmed=1)
    assert Product.objects.get() == pen


def test_deletion_of_many_needs_their_number_typed(client: Client) -> None:
    Product.objects.bulk_create(Product(sku=f"MUG-{number}", name="Mug") for number in range(101))
    assert "Type 101 to confirm" in page(client, "/products/confirm/?scope=filter&action=delete")
    for typed in ({}, {"typed": "100"}, {"typed": "all"}):
        sent = {"action": "delete", "scope": "filter", "confirmed": 101} | typed
        response = client.post("/products/apply/", sent, headers=BROWSER)
        assert response.status_code == 422
        assert "This is not the number of products." in response.content.decode()
    assert Product.objects.count() == 101


def test_typed_number_may_be_grouped(client: Client) -> None:
    Product.objects.bulk_create(Product(sku=f"MUG-{number}", name="Mug") for number in range(1001))
    shown = apply(client, action="delete", scope="filter", confirmed=1001, typed=" 1.001")
    assert "1,001 products deleted" in shown


def test_hundred_products_are_deleted_without_typing(client: Client) -> None:
    Product.objects.bulk_create(Product(sku=f"MUG-{number}", name="Mug") for number in range(100))
    assert "Type" not in page(client, "/products/confirm/?scope=filter&action=delete")
    assert "100 products deleted" in apply(client, action="delete", scope="filter", confirmed=100)


def test_many_products_are_deactivated_without_typing(client: Client) -> None:
    Product.objects.bulk_create(Product(sku=f"MUG-{number}", name="Mug") for number in range(101))
    assert "101 products deactivated" in apply(client, action="deactivate", scope="filter", confirmed=101)


def test_filter_that_finds_another_number_by_now_is_not_applied(client: Client) -> None:
    make_product(sku="MUG"), make_product(sku="MUG-2")
    shown = apply(client, action="delete", scope="filter", q="mug", confirmed=1)
    assert "it now has 2 products, not the 1 you confirmed. Nothing was changed" in shown
    assert Product.objects.count() == 2


@pytest.mark.parametrize(
    "sent",
    [
        {"price_min": "abc"},
        {"action": "burn"},
        {"scope": "all"},
        {"confirmed": ""},
        {"confirmed": "-1"},
        {"id": "x"},
        {"id": "9" * 30},
        {"is_active": "odd"},
    ],
)
def test_what_cannot_be_read_does_nothing(client: Client, sent: dict[str, str]) -> None:
    make_product()
    asked = {"action": "delete", "scope": "filter", "confirmed": "1"} | sent
    assert client.post("/products/apply/", asked, headers=BROWSER).status_code == 404
    assert Product.objects.count() == 1


def test_reading_changes_nothing(client: Client) -> None:
    make_product()
    assert client.get("/products/apply/?action=delete&scope=filter&confirmed=1").status_code == 405
    assert client.post("/products/confirm/", {"action": "delete", "scope": "filter"}).status_code == 405
    assert Product.objects.count() == 1
