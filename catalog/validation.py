"""Validate the fields of a product: each function takes an untrusted value and returns the one to store."""

import re
import unicodedata
from decimal import Decimal

from lib.limits import (
    DESCRIPTION_MAX_LENGTH,
    NAME_MAX_LENGTH,
    SKU_MAX_CHARACTERS_WRITTEN,
    SKU_MAX_LENGTH,
)

# ASCII digits only: Decimal() also accepts underscores, exponents and digits of every script.
PLAIN_DECIMAL = re.compile(r"(?P<minus>-?)(?P<whole>[0-9]*)(?:\.(?P<decimals>[0-9]*))?")
PRICE_DIGITS = 10
VALUE_SHOWN = 40

# Unicode categories: control characters and surrogates; for SKUs also format characters, such as zero-width ones.
INVALID_IN_NAME = {"Cc", "Cs"}
INVALID_IN_SKU = {*INVALID_IN_NAME, "Cf"}


class FieldError(ValueError):
    """An invalid value of a field, with the reason as a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def read_sku(value: object) -> str:
    written = read_text(value, "sku", "SKU").strip()
    # Checked first, because normalising takes quadratic time.
    if len(written) > SKU_MAX_CHARACTERS_WRITTEN:
        raise too_long_sku(len(written))
    # Normalised, because an accented letter has two encodings that look the same.
    sku = unicodedata.normalize("NFC", written)
    if not sku:
        raise FieldError("sku.required", "The SKU is blank.")
    if has_character(sku, INVALID_IN_SKU):
        raise FieldError("sku.invalid", "The SKU contains a control or invisible character.")
    if len(sku) > SKU_MAX_LENGTH:
        raise too_long_sku(len(sku))
    return sku


def too_long_sku(length: int) -> FieldError:
    return FieldError(
        "sku.too_long", f"The SKU is {length} characters long; the maximum is {SKU_MAX_LENGTH}."
    )


def read_name(value: object) -> str:
    name = read_text(value, "name", "name").strip()
    if not name:
        raise FieldError("name.required", "The name is blank.")
    if len(name) > NAME_MAX_LENGTH:
        raise FieldError(
            "name.too_long", f"The name is {len(name)} characters long; the maximum is {NAME_MAX_LENGTH}."
        )
    if has_character(name, INVALID_IN_NAME):
        raise FieldError("name.invalid", "The name contains a control character.")
    return name


def read_description(value: object) -> str:
    description = read_text(value, "description", "description")
    if len(description) > DESCRIPTION_MAX_LENGTH:
        message = f"The description is {len(description):,} characters long; the maximum is {DESCRIPTION_MAX_LENGTH:,}."
        raise FieldError("description.too_long", message)
    if not is_storable(description):
        raise FieldError(
            "description.invalid", "The description contains a NUL character or an unpaired surrogate."
        )
    return description


def read_price(value: object) -> Decimal:
    written = PLAIN_DECIMAL.fullmatch(number_text(value))
    if written is None or not (written["whole"] or written["decimals"]):
        raise FieldError("price.invalid", f"{quote(value)} is not a price.")
    whole, decimals = written["whole"].lstrip("0"), (written["decimals"] or "").rstrip("0")
    if written["minus"] and (whole or decimals):
        raise FieldError("price.negative", f"{quote(value)} is negative.")
    if len(whole) > PRICE_DIGITS:
        raise FieldError(
            "price.too_large", f"{quote(value)} has more than ten digits before the decimal point."
        )
    if len(decimals) > 2:
        raise FieldError("price.too_precise", f"{quote(value)} has more than two decimals.")
    return Decimal(f"{whole or 0}.{decimals:0<2}")


def read_is_active(value: object) -> bool:
    if not isinstance(value, bool):
        raise FieldError("is_active.invalid", f"{quote(value)} is not true or false.")
    return value


def read_text(value: object, field: str, noun: str) -> str:
    if not isinstance(value, str):
        raise FieldError(f"{field}.invalid", f"The {noun} must be text; {quote(value)} is not.")
    return value


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can store the text: it has no NUL and no unpaired surrogate."""
    return "\0" not in text and not has_character(text, {"Cs"})


def has_character(text: str, categories: set[str]) -> bool:
    return not text.isprintable() and any(unicodedata.category(character) in categories for character in text)


def number_text(value: object) -> str:
    """The digits of a number given as text or as a JSON number; "" for anything else."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return ""
    # Text must not have an exponent; a JSON number may, and Python adds one to large numbers.
    return f"{Decimal(str(value)):f}"


def quote(value: object) -> str:
    """The value as quoted in a message."""
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    if isinstance(value, (list, dict)):
        return "a list" if isinstance(value, list) else "an object"
    text = str(value)
    text = text if len(text) <= VALUE_SHOWN else text[: VALUE_SHOWN - 1] + "…"
    printable = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
    return f"'{printable}'"
