"""A price as a person types it, in any spelling that an import reads: 12,50 and 1.234,50 EUR too."""

from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError

from catalog import prices
from catalog.validation import FieldError, quote, read_price


def read_typed_price(text: str) -> Decimal:
    """Raises FieldError, also for a price that can be read in two ways."""
    price, ambiguous, _ = prices.read(text, "auto")
    if ambiguous is not None:
        raise ambiguous_price(text, ambiguous)
    return read_price(price)


def ambiguous_price(text: str, number: str) -> FieldError:
    whole = number.replace(",", "").replace(".", "")
    message = (
        f"{quote(text)} can mean {whole} or {number.replace(',', '.')}. "
        f"Enter the price with two decimals, such as {whole}.00."
    )
    return FieldError("price.ambiguous", message)


class PriceField(forms.Field):
    def to_python(self, value: object) -> Decimal | None:
        if value in self.empty_values:
            return None
        try:
            return read_typed_price(str(value))
        except FieldError as error:
            raise ValidationError(error.message, error.code) from None
