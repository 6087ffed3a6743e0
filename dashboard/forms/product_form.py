"""The form of a product: input, errors and changes, by the rules of catalog.validation.

The form sends the initial value of each field along, so that only edited fields are saved: an import may have changed the
others since the form was opened."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self, cast

from catalog.models import Product
from catalog.products import SkuTaken, Values
from catalog.typed_prices import read_typed_price
from catalog.validation import FieldError, read_description, read_name, read_sku


def read_active(text: str) -> bool:
    if text not in ("true", "false"):
        raise FieldError("is_active.invalid", "Choose active or inactive.")
    return text == "true"


READERS: dict[str, Callable[[str], object]] = {
    "sku": read_sku,
    "name": read_name,
    "description": read_description,
    "price": read_typed_price,
    "is_active": read_active,
}
FIELDS = tuple(READERS)
LABELS = {"sku": "SKU", "name": "Name", "description": "Description", "price": "Price", "is_active": "Status"}
ROW_FIELDS = ("sku", "name", "price", "is_active")
# The prefix of hidden fields with initial values.
INITIAL = "initial-"
BLANK = {"sku": "", "name": "", "description": "", "price": "0.00", "is_active": "true"}


@dataclass(frozen=True)
class Field:
    """For templates. `initial` is None in the form of a new product."""

    name: str
    label: str
    typed: str
    initial: str | None
    error: str
    # The first field, or the first with an error, which gets the focus.
    is_first: bool


@dataclass(frozen=True)
class ProductForm:
    typed: Mapping[str, str]
    # Empty for a new product, where every field counts as edited.
    initial: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    # Valid edited fields only.
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
        values = {name: texts[name] for name in fields}
        return cls(typed=values, initial=values)

    @classmethod
    def read(cls, sent: Mapping[str, str], fields: Sequence[str] = FIELDS) -> Self:
        typed = {name: sent_text(sent, name) for name in fields}
        initial = {name: sent_text(sent, INITIAL + name) for name in fields if INITIAL + name in sent}
        errors, changes = dict[str, str](), dict[str, object]()
        for name in fields:
            if initial.get(name) != typed[name]:
                try:
                    changes[name] = READERS[name](typed[name])
                except FieldError as error:
                    errors[name] = error.message
        return cls(typed, initial, errors, cast(Values, changes))

    def with_error(self, error: SkuTaken) -> Self:
        return replace(self, errors={"sku": error.detail})

    @property
    def fields(self) -> list[Field]:
        first = next((name for name in self.typed if not self.errors or name in self.errors), "")
        return [
            Field(name, LABELS[name], text, self.initial.get(name), self.errors.get(name, ""), name == first)
            for name, text in self.typed.items()
        ]


def sent_text(sent: Mapping[str, str], name: str) -> str:
    # Browsers send line ends as CR LF.
    return sent.get(name, "").replace("\r\n", "\n")
