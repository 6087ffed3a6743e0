"""A product as a form: what was typed, what is wrong with it, and what it changes.

views_products fills it in. The rules are those of the API (catalog.validation). Beside each field the form sends back what
it showed at first, so that only what somebody changed is written: an import may have changed the other fields since the
form was opened."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self, cast

from catalog.models import Product
from catalog.products import SkuTaken, Values
from catalog.validation import FieldError, read_description, read_name, read_price, read_sku


def read_active(text: str) -> bool:
    if text not in ("true", "false"):
        raise FieldError("is_active.invalid", "Choose active or inactive.")
    return text == "true"


READERS: dict[str, Callable[[str], object]] = {
    "sku": read_sku,
    "name": read_name,
    "description": read_description,
    "price": read_price,
    "is_active": read_active,
}
FIELDS = tuple(READERS)
LABELS = {"sku": "SKU", "name": "Name", "description": "Description", "price": "Price", "is_active": "State"}
FIELDS_OF_A_ROW = ("sku", "name", "price", "is_active")
# What stands before the name of a field in the name of the one that says what it showed.
SHOWN = "shown-"
BLANK = {"sku": "", "name": "", "description": "", "price": "0.00", "is_active": "true"}


@dataclass(frozen=True)
class Field:
    """As templates ask for it. `shown` is None in the form of a new product."""

    name: str
    label: str
    typed: str
    shown: str | None
    error: str
    # Where somebody begins, or goes on.
    is_first: bool


@dataclass(frozen=True)
class ProductForm:
    typed: Mapping[str, str]
    # Empty for a new product: there every field counts.
    shown: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    # What would be written; not all of it while there are errors.
    changes: Values = field(default_factory=Values)

    @classmethod
    def of(cls, product: Product, fields: Sequence[str] = FIELDS) -> Self:
        texts = {
            "sku": product.sku,
            "name": product.name,
            "description": product.description,
            "price": f"{product.price:.2f}",
            "is_active": "true" if product.is_active else "false",
        }
        held = {name: texts[name] for name in fields}
        return cls(typed=held, shown=held)

    @classmethod
    def read(cls, sent: Mapping[str, str], fields: Sequence[str] = FIELDS) -> Self:
        typed = {name: sent_text(sent, name) for name in fields}
        shown = {name: sent_text(sent, SHOWN + name) for name in fields if SHOWN + name in sent}
        errors, changes = dict[str, str](), dict[str, object]()
        for name in fields:
            if shown.get(name) != typed[name]:
                try:
                    changes[name] = READERS[name](typed[name])
                except FieldError as error:
                    errors[name] = error.message
        return cls(typed, shown, errors, cast(Values, changes))

    def refused(self, refusal: SkuTaken) -> Self:
        return replace(self, errors={"sku": refusal.detail})

    @property
    def fields(self) -> list[Field]:
        first = next((name for name in self.typed if not self.errors or name in self.errors), "")
        return [
            Field(name, LABELS[name], text, self.shown.get(name), self.errors.get(name, ""), name == first)
            for name, text in self.typed.items()
        ]


def sent_text(sent: Mapping[str, str], name: str) -> str:
    # A browser sends every line end as CR and LF, whatever it was.
    return sent.get(name, "").replace("\r\n", "\n")
