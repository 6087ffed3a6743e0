"""Every change of a product becomes an event, whoever makes it, and with the same transaction."""

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from catalog import products
from catalog.models import Product
from catalog.validation import FieldError, read_description, read_name, read_sku
from hooks import outbox
from hooks.models import Batch, Event
from tests.factories import make_product, make_webhook

pytestmark = pytest.mark.django_db

UPSERT = """
INSERT INTO catalog_product (sku, name) VALUES ('a', 'a'), ('new', 'new')
ON CONFLICT (lower(sku) COLLATE "C") DO UPDATE SET name = excluded.name
"""
MERGE = """
MERGE INTO catalog_product USING (VALUES ('a'), ('new')) AS source (sku) ON lower(catalog_product.sku) = lower(source.sku)
WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (sku, name) VALUES (source.sku, 'merged')
"""


def sql(statement: str) -> Callable[[], None]:
    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    return run


def copy() -> None:
    with connection.cursor() as cursor, cursor.copy("COPY catalog_product (sku, name) FROM STDIN") as rows:
        rows.write_row(("c-1", "One")), rows.write_row(("c-2", "Two"))


def written() -> list[tuple[str, str]]:
    """What happened to which SKU, in the order it was written."""
    events = Event.objects.order_by("id")
    return [(event.event_type, json.loads(event.body)["data"]["sku"]) for event in events]


# Each of them on a catalog of A (active) and B (inactive).
WRITES: dict[str, tuple[Callable[[], object], list[tuple[str, str]]]] = {
    "create": (lambda: products.create(sku="C", name="C"), [("product.created", "C")]),
    "save": (lambda: Product(sku="C", name="C").save(), [("product.created", "C")]),
    "bulk_create": (
        lambda: Product.objects.bulk_create([Product(sku="C", name="C"), Product(sku="D", name="D")]),
        [("product.created", "C"), ("product.created", "D")],
    ),
    "COPY": (copy, [("product.created", "c-1"), ("product.created", "c-2")]),
    "queryset update": (
        lambda: Product.objects.update(price=Decimal("9.90")),
        [("product.updated", "A"), ("product.updated", "B")],
    ),
    "activation": (lambda: Product.objects.all().set_active(True), [("product.updated", "B")]),
    "delete one": (lambda: Product.objects.get(sku="A").delete(), [("product.deleted", "A")]),
    "delete all": (products.remove_all, [("product.deleted", "A"), ("product.deleted", "B")]),
    "raw update": (sql("UPDATE catalog_product SET sku = 'E' WHERE sku = 'A'"), [("product.updated", "E")]),
    "raw delete": (sql("DELETE FROM catalog_product WHERE sku = 'B'"), [("product.deleted", "B")]),
    "upsert": (sql(UPSERT), [("product.updated", "A"), ("product.created", "new")]),
    "MERGE": (sql(MERGE), [("product.created", "new"), ("product.deleted", "A")]),
    "TRUNCATE": (sql("TRUNCATE catalog_product"), [("product.deleted", "A"), ("product.deleted", "B")]),
    "same values": (sql("UPDATE catalog_product SET name = name, price = price"), []),
    "another column": (sql("UPDATE catalog_product SET updated_at = now()"), []),
    "nothing": (lambda: Product.objects.filter(sku="none").delete(), []),
}


@pytest.mark.parametrize(("write", "expected"), WRITES.values(), ids=WRITES.keys())
def test_a_change_is_an_event_whoever_makes_it(
    write: Callable[[], object], expected: list[tuple[str, str]]
) -> None:
    make_product(sku="A"), make_product(sku="B", is_active=False)
    make_webhook()
    write()
    assert sorted(written()) == sorted(expected)


def test_the_body_is_what_the_contract_says() -> None:
    make_webhook()
    product = make_product(
        sku="SKU001", name="Product Name", description="Product description", price=Decimal("29.99")
    )
    event = Event.objects.get()
    assert event.body == (
        f'{{"event_type":"product.created","timestamp":"{event.occurred_at:%Y-%m-%dT%H:%M:%SZ}",'
        f'"data":{{"id":{product.pk},"sku":"SKU001","name":"Product Name","description":"Product description",'
        '"price":29.99,"is_active":true}}'
    )
    assert (event.event_type, event.object_id) == ("product.created", product.pk)


def test_a_deleted_product_is_told_as_it_was() -> None:
    product = make_product(name="Mug", price=Decimal("7.50"))
    make_webhook()
    products.remove(product.pk)
    data = json.loads(Event.objects.get().body, parse_float=Decimal)["data"]
    assert (data["id"], data["name"], data["price"]) == (product.pk, "Mug", Decimal("7.50"))


def test_a_product_with_a_new_id_went_and_came() -> None:
    product = make_product()
    make_webhook()
    Product.objects.filter(pk=product.pk).update(id=product.pk + 1000)
    assert sorted(Event.objects.values_list("event_type", "object_id")) == [
        ("product.created", product.pk + 1000),
        ("product.deleted", product.pk),
    ]


def test_nobody_who_wants_it_no_event() -> None:
    make_webhook(event_types=["product.deleted"]), make_webhook(is_enabled=False)
    make_product()
    assert not Event.objects.exists()
    assert not Batch.objects.exists()


@pytest.mark.parametrize("wanted", ["product.created", "product.*", "*"])
def test_a_wildcard_wants_it_too(wanted: str) -> None:
    make_webhook(event_types=[wanted])
    make_product()
    assert Event.objects.count() == 1


def test_a_statement_is_one_batch() -> None:
    make_webhook()
    Product.objects.bulk_create(Product(sku=f"B{number}", name="B") for number in range(20))
    batch = Batch.objects.get()
    events = Event.objects.filter(pk__range=(batch.next_id, batch.last_id), batch_id=batch.pk)
    assert events.count() == Event.objects.count() == 20


def test_a_change_that_is_undone_was_no_event() -> None:
    make_webhook()
    with pytest.raises(DatabaseError), transaction.atomic():
        make_product()
        Product.objects.create(sku="", name="")
    assert not Event.objects.exists()


@pytest.mark.parametrize("importing", ["summary", "none"])
def test_an_import_may_keep_its_products_quiet(importing: outbox.EventMode) -> None:
    make_webhook()
    outbox.set_event_mode(importing)
    make_product(), make_product().delete()
    Product.objects.update(name="other")
    assert not Event.objects.exists()


def test_an_import_that_wants_each_event_gets_them() -> None:
    make_webhook()
    outbox.set_event_mode("each")
    make_product()
    assert Event.objects.count() == 1


def test_quiet_ends_with_its_transaction() -> None:
    make_webhook()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        outbox.set_event_mode("none")
        raise ZeroDivisionError
    make_product()
    assert Event.objects.count() == 1


def test_a_completed_import_is_one_event_for_whoever_wants_it() -> None:
    make_webhook(event_types=["import.completed"])
    outbox.emit_import_completed({"created": 2, "filename": "é.csv"})
    event = Event.objects.get()
    assert json.loads(event.body)["data"] == {"created": 2, "filename": "é.csv"}
    assert event.batch_id == Batch.objects.get(next_id=event.pk, last_id=event.pk).pk


def test_a_completed_import_that_nobody_wants_is_none() -> None:
    make_webhook(event_types=["product.*"])
    outbox.emit_import_completed({"created": 2})
    assert not Event.objects.exists()


def accepted_by(read: Callable[[object], str]) -> Callable[[str], bool]:
    def accepts(text: str) -> bool:
        try:
            return bool(read(text) == text)
        except FieldError:
            return False

    return accepts


@pytest.mark.parametrize(
    ("price", "told"),
    [
        ("0.1", "0.10"), ("0.10", "0.10"), ("100", "100.00"), ("1e6", "1000000.00"), ("1E+2", "100.00"),
        ("0", "0.00"), ("-0", "0.00"), ("9999999999.99", "9999999999.99"),
    ],
)  # fmt: skip
def test_a_price_is_a_number_with_two_decimals(price: str, told: str) -> None:
    make_webhook()
    make_product(price=Decimal(price))
    assert f'"price":{told},"is_active"' in Event.objects.get().body


CONTROLS = "".join(
    map(chr, [*range(1, 0x20), 0x7F, 0x80, 0x9F, 0xAD, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF])
)


@pytest.mark.parametrize(
    "text", [CONTROLS, "\U0001f600\U0010ffff\U00010000", '"\\/\\"', "</script>&<>", "\u200d\u202e\u0301"]
)
def test_every_character_is_told_as_json_has_it(text: str) -> None:
    """Written by SQL, so that what the API refuses is there too."""
    make_webhook()
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO catalog_product (sku, name, description) VALUES ('a', 'a', %s)", [text])
    body = Event.objects.get().body
    assert f'"description":{json.dumps(text, ensure_ascii=False)},"price"' in body
    assert json.loads(body)["data"]["description"] == text


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


class WrittenBySQLAndByPython(TestCase):
    @given(
        sku=st.text(min_size=1, max_size=20).filter(accepted_by(read_sku)),
        name=st.text(min_size=1, max_size=40).filter(accepted_by(read_name)),
        description=(TEXT | st.sampled_from(['"\\/\b\f\n\r\t\x01\x1f\x7f\u2028é😀</script>'])).filter(
            accepted_by(read_description)
        ),
        price=st.decimals(0, Decimal("9999999999.99"), places=2),
        is_active=st.booleans(),
    )
    @example("a", "a", "", Decimal("0.00"), True)
    @example("a", "a", "", Decimal("0.10"), True)
    @example("a", "a", "", Decimal("100.00"), True)
    @example("a", "a", "", Decimal("1000000.00"), False)
    @example("a", "a", "", Decimal("9999999999.99"), False)
    @example("\\", '"', "\n\r\t", Decimal("0.01"), True)
    @example("\U0001f600", "e\u0301", "\u2028\u2029\U0010ffff", Decimal("1.00"), True)
    def test_the_same_bytes(
        self, sku: str, name: str, description: str, price: Decimal, is_active: bool
    ) -> None:
        make_webhook()
        product = make_product(sku=sku, name=name, description=description, price=price, is_active=is_active)
        event = Event.objects.get()
        data = {
            "id": product.pk, "sku": sku, "name": name, "description": description, "price": 0, "is_active": is_active
        }  # fmt: skip
        message = {
            "event_type": "product.created",
            "timestamp": f"{event.occurred_at:%Y-%m-%dT%H:%M:%SZ}",
            "data": data,
        }
        text = json.dumps(message, separators=(",", ":"), ensure_ascii=False)
        # The price from Decimal, which json does not know: it stands before the last key.
        before, price_key, after = text.rpartition('"price":0')
        assert event.body == f'{before}"price":{price:.2f}{after}'
        assert price_key
        assert json.loads(event.body, parse_float=Decimal)["data"]["price"] == price
