"""catalog.fields, from all sides."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.fields import FieldFault, read_name, read_price, read_sku, shown

CENTS = st.integers(min_value=0, max_value=10**12 - 1)


@given(CENTS)
def test_every_price_survives_text_and_json_number(cents: int) -> None:
    price = Decimal(cents) / 100
    assert read_price(f"{price:.2f}") == price
    assert read_price(float(price)) == price


@given(st.one_of(st.text(), st.floats(), st.integers(), st.none(), st.booleans()))
def test_whatever_comes_is_a_price_or_refused(value: object) -> None:
    try:
        price = read_price(value)
    except FieldFault as fault:
        assert fault.code.startswith("price.")
    else:
        assert 0 <= price < 10**10
        assert price.as_tuple().exponent == -2


@given(st.text())
def test_what_is_read_reads_as_itself(text: str) -> None:
    for read in (read_sku, read_name):
        try:
            value = read(text)
        except FieldFault:
            continue
        assert read(value) == value == value.strip() != ""


def test_zero_has_no_sign() -> None:
    assert str(read_price("-0.00")) == "0.00"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("abc", "'abc'"),
        (None, "null"),
        (True, "true"),
        ([1], "a list"),
        ({}, "an object"),
        ("a\x00b", "'a\ufffdb'"),
        ("x" * 50, f"'{'x' * 39}…'"),
    ],
)
def test_value_is_shown_so_that_a_message_can_quote_it(value: object, text: str) -> None:
    assert shown(value) == text
