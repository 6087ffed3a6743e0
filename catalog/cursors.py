"""Cursors: the start of a page of the product list.

A cursor contains the sort key and id of the last product seen, so it stays valid when that product, or any other, is
deleted. Cursors are signed, so that clients cannot make their own."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.core.signing import BadSignature, Signer
from django.db.models import F, Func, TextField, Value
from django.db.models.functions import Collate
from django.db.models.lookups import GreaterThan, LessThan

from catalog.models import Product, ProductQuerySet, sku_key
from lib.errors import Explanation, Invalid

SIGNER = Signer(salt="catalog.cursors")


class Utf8Json:
    """Django's serializer escapes non-ASCII characters, which triples long names in other scripts."""

    def dumps(self, obj: object) -> bytes:
        return json.dumps(obj, separators=(",", ":"), ensure_ascii=False).encode()

    def loads(self, data: bytes) -> Any:
        return json.loads(data)


class CursorInvalid(Invalid):
    code = "cursor.invalid"
    codes = {
        code: Explanation(
            "The cursor is invalid for this list and ordering.", "Start again with an empty one: `?cursor=`."
        )
    }
    pointer = "/query/cursor"
    detail = "The cursor is invalid for this list and ordering. Start again with an empty one: ?cursor=."


@dataclass(frozen=True)
class Cursor:
    """The start of a page and its direction."""

    ordering: str
    backwards: bool = False
    # Sort key and id of the product before the page; None for the start of the list, or its end if backwards.
    position: tuple[str, int] | None = None

    @classmethod
    def read(cls, text: str, ordering: str) -> Self:
        if not text:
            return cls(ordering)
        try:
            cursor = cls(*SIGNER.unsign_object(text, serializer=Utf8Json))
        except BadSignature as error:
            raise CursorInvalid from error
        if cursor.ordering != ordering:
            raise CursorInvalid
        return cursor

    def write(self) -> str:
        return SIGNER.sign_object([self.ordering, self.backwards, self.position], serializer=Utf8Json)

    def seek(self, products: ProductQuerySet) -> ProductQuerySet:
        """The products after the cursor, nearest first."""
        descending = self.ordering.startswith("-") != self.backwards
        if self.position:
            beyond = LessThan if descending else GreaterThan
            products = products.filter(beyond(row(*sort_keys(self.field)), row(*self.values(*self.position))))
        return products.order_by(*(key.desc() if descending else key.asc() for key in sort_keys(self.field)))

    def around(self, seen: Sequence[Product], more: bool) -> tuple[Self | None, Self | None]:
        """The cursors of the previous and next pages, given the page's products and whether there are more."""
        ahead = self.beyond(seen[-1], self.backwards) if more else None
        behind = None
        if self.position:
            # All products after the cursor may be deleted by now; then the page behind is the one at the end.
            end = type(self)(self.ordering, not self.backwards)
            behind = self.beyond(seen[0], not self.backwards) if seen else end
        return (ahead, behind) if self.backwards else (behind, ahead)

    def beyond(self, product: Product, backwards: bool) -> Self:
        return type(self)(self.ordering, backwards, (str(getattr(product, self.field)), product.pk))

    @property
    def field(self) -> str:
        return self.ordering.removeprefix("-")

    def values(self, key: str, product_id: int) -> list[Value | Collate]:
        if self.field == "id":
            return [Value(product_id)]
        return [sku_key(Value(key)) if self.field == "sku" else Value(key), Value(product_id)]


def sort_keys(field: str) -> list[F | Collate]:
    """The sort keys of the list; the id breaks ties."""
    if field == "id":
        return [F("id")]
    return [sku_key(F("sku")) if field == "sku" else F(field), F("id")]


def row(*expressions: F | Value | Collate) -> Func:
    # A row comparison is one index lookup, however many products share the key.
    return Func(*expressions, function="ROW", output_field=TextField())
