"""catalog.prices: a price in any usual spelling to its number, exactly or as ambiguous, and never rounded."""

import math
import re
from decimal import Decimal

import pytest
from babel.numbers import get_currency_symbol
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog import prices
from catalog.currencies import CODES, local_symbols
from catalog.prices import DecimalMark
from catalog.validation import FieldError
from tests.imports import oracle


@pytest.fixture(scope="module", autouse=True)
def currencies_read() -> None:
    """Reading them takes longer than a test of Hypothesis may."""
    local_symbols()


NBSP, NARROW, THIN = "\u00a0", "\u202f", "\u2009"


def number(cell: str, decimal: DecimalMark = "auto") -> Decimal:
    value, ambiguous_price, _ = prices.read(cell, decimal)
    assert ambiguous_price is None
    return Decimal(str(value))


def code(cell: str, decimal: DecimalMark = "auto") -> str:
    with pytest.raises(FieldError) as refusal:
        prices.read(cell, decimal)
    return refusal.value.code


@pytest.mark.parametrize(
    "cell",
    ["1234.5", "1234.50", "1234.500", "01234.5", "1,234.50", "1.234,50", "1.234,5", "1234,5", "1 234,50", "1 234.50",
     f"1{NBSP}234,50", f"1{NARROW}234,50", f"1{THIN}234,50", "1'234.50", "1\u2019234.50", " 1234.50 ", "\t1234.50\n",
     f"{NBSP}1234,50{NBSP}"],
)  # fmt: skip
def test_spelling_of_a_number_is_understood(cell: str) -> None:
    assert number(cell) == Decimal("1234.50")


@pytest.mark.parametrize(
    "cell",
    ["$5.00", "$ 5.00", "5.00 $", "5,00 €", f"5,00{NBSP}€", "€5.00", "EUR 5.00", "5.00EUR", "5,00 eur", "£5", "¥5", "CHF 5.00",
     "US$ 5.00", "$5.00 USD", "R$ 5,00", "5,00 kr", "5,00 kr.", "Kč 5,00", "5,00 zł", "Fr. 5.00", "₹5.00", "5.00 gbp",
     "5,00 руб.", "5 р.", "R5.00", "R 5", "RM5.00", "Rp 5", "5,00 TL", "5元", "5円", "NT$5", "S/ 5.00", "R$ 5,00", "5 ZŁ", "5 лв.", "5 лв",
     "S$5", "HK$5", "CA$5", "5 ₺", "₫5", "￥5", "\u200f5.00 د.إ.\u200f", "5,00 KM", "5 F CFA", f"5{NARROW}F{NARROW}CFA", "Bs. 5",
     "5 Euro", "5 BGN"],
)  # fmt: skip
def test_currency_before_or_behind_is_passed_over(cell: str) -> None:
    assert number(cell) == 5


@pytest.mark.parametrize("cell", [". 5", ", 50", "EUR. 50", "$. 5"])
def test_decimal_mark_stands_at_its_digits(cell: str) -> None:
    assert code(cell) == "price.invalid"


@pytest.mark.parametrize(
    "cell",
    ["5 kg", "5 Kg.", "5 m", "5 g", "5 km", "5 l", "99¢", "5 Stk", "12,50 EUR/Stk", "EUR 5/kg", "5 e", "r 5"],
)
def test_unit_is_no_currency(cell: str) -> None:
    assert code(cell) == "price.invalid"


def test_currencies_are_those_of_the_unicode_cldr() -> None:
    for language, currency in (
        ("pl", "PLN"),
        ("tr", "TRY"),
        ("ar_AE", "AED"),
        ("en_ZA", "ZAR"),
        ("pt_BR", "BRL"),
        ("hi_IN", "INR"),
    ):
        assert number(f"{get_currency_symbol(currency, locale=language)} 5") == 5


def test_codes_are_those_of_currencies_in_use() -> None:
    assert {"EUR", "BGN", "HRK", "ZWG", "RMB"} <= set(CODES.split())
    assert not {"DEM", "ITL", "XXX"} & set(CODES.split())


@pytest.mark.parametrize(
    ("cell", "value"), [("Fr.5", "5"), ("kr.50", "50"), ("EUR.50", "0.5"), ("$,50", "0.5")]
)
def test_point_behind_a_currency_is_part_of_it_or_of_the_number(cell: str, value: str) -> None:
    assert number(cell) == Decimal(value)


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1,23,456.78", "123456.78"), ("₹1,29,999.00", "129999"), ("Rs 1,29,999", "129999"), ("Rs. 12,34,567", "1234567"),
     ("1,00,00,000", "10000000"), ("12,34,56,789.5", "123456789.5")],
)  # fmt: skip
def test_indian_groups_are_understood(cell: str, value: str) -> None:
    assert number(cell) == Decimal(value)


@pytest.mark.parametrize(
    "cell", ["1.23.456,78", "123,45,678", "1,2,345", "1,23,45", "0,12,345", "1 23 456", "1,23,456,7"]
)
def test_groups_of_two_digits_are_indian_or_invalid(cell: str) -> None:
    assert code(cell) == "price.invalid"


@pytest.mark.parametrize(
    ("cell", "value"),
    [("544.8099999999999", "544.81"), ("19.990000000000002", "19.99"), ("21.589999999999996", "21.59"), ("544,8099999999999", "544.81"),
     ("€ 0.30000000000000004", "0.3"), ("19.989999999999998436805981327789591083526611328125", "19.99"), ("1.000000000000000000", "1")],
)  # fmt: skip
def test_noise_of_a_binary_fraction_is_rounded(cell: str, value: str) -> None:
    assert number(cell) == Decimal(value)


@given(st.integers(0, 10**9).map(lambda cents: cents / 100), st.sampled_from([-1, 1]))
def test_any_price_with_the_noise_of_a_double_is_read_exactly(price: float, way: int) -> None:
    noisy = math.nextafter(price, way * math.inf)
    if noisy >= 0.01:
        assert number(f"{Decimal(repr(noisy)):f}") == round(Decimal(price), 2)


@pytest.mark.parametrize(
    "cell", ["19.9912", "1.2345678", "19.9900000000001", "0.1250000000000001", "0.000000000000000001"]
)
def test_more_decimals_are_not_noise(cell: str) -> None:
    assert code(cell) == "price.too_precise"


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1２３", "123"), ("１２．５０", "12.5"), ("１，２３４．５", "1234.5"), ("١٢٫٥", "12.5"), ("١٬٢٣٤", "1234"), ("١٬٢٣٤٫٥٠", "1234.5"), ("۱۲۳", "123"),
     ("१२३.५०", "123.5"), ("٣", "3"), ("0٫500", "0.5")],
)  # fmt: skip
def test_digits_and_marks_of_other_scripts_are_understood(cell: str, value: str) -> None:
    assert number(cell) == Decimal(value)


@pytest.mark.parametrize("cell", ["5²", "½", "①", "Ⅴ", "五", "5\u0660\u200b0"])
def test_sign_that_is_no_digit_is_rejected(cell: str) -> None:
    assert code(cell) == "price.invalid"


def test_arabic_mark_is_decimal_whatever_the_option() -> None:
    assert prices.read("١٢٫٥", ",") == prices.read("١٢٫٥", ".") == ("12.5", None, "")


@pytest.mark.parametrize("cell", ["5.-", "5,-", "5.--", "5,–", "5.—", "CHF 5.-", "5,- €", "Fr. 5.-"])
def test_dash_in_place_of_the_cents_is_no_minus(cell: str) -> None:
    assert number(cell) == 5


@pytest.mark.parametrize(
    ("cell", "value"),
    [("5.", "5"), ("5,", "5"), (".5", "0.5"), (",5", "0.5"), ("0", "0"), ("-0", "0"), ("(0.00)", "0"), ("0,500", "0.5"),
     ("0.500", "0.5"), ("1.5000", "1.5"), ("1234,500", "1234.5"), ("1,234,567", "1234567"), ("1.234.567", "1234567"),
     ("1 234", "1234"), ("1'234", "1234"), ("1'234'567,8", "1234567.8"), ("0009999999999.99", "9999999999.99")],
)  # fmt: skip
def test_number_is_unambiguous(cell: str, value: str) -> None:
    assert number(cell) == Decimal(value)


@pytest.mark.parametrize(
    "cell",
    ["abc", "", "€", ".", ",", ".,", "1e3", "1E+03", "1.5e3", "NaN", "Infinity", "-Infinity", "0x1F", "1_000",
     "+5", "--5", "-(5)", "(5", "5)", "-5-", "5%", "5 pcs", "5 EUR 5", "1.2.3", "12,34.5", "1,2345.6",
     "1,234.5.6", "1.234,5,6", "1 23", "1 2345", "1' 234", "1'234 567", "12 345 6", "1,234,", "1\n234", "5 . 00", "0,123,456", "0 125", "0'125.00"],
)  # fmt: skip
def test_what_is_no_price_is_rejected(cell: str) -> None:
    assert code(cell) == "price.invalid"


@pytest.mark.parametrize(
    "cell",
    ["-5", "5-", "(5.00)", "($5.00)", "-$5.00", "$-5.00", "$ -5", "5,00- €", "5,00 €-", "\u22125", "-1,234", "(1.234)"],
)  # fmt: skip
def test_price_below_zero_is_rejected_in_any_spelling(cell: str) -> None:
    assert code(cell) == "price.negative"


@pytest.mark.parametrize(
    "cell", ["0.005", "0,005", "01.005", "1234.567", "1 234,567", "1,234.567", "12.3456", ".001"]
)
def test_price_is_never_rounded(cell: str) -> None:
    assert code(cell) == "price.too_precise"


@pytest.mark.parametrize("cell", ["12345678901", "12,345,678,901.00", "12 345 678 901", "9" * 100_000])
def test_price_with_more_than_ten_digits_is_rejected(cell: str) -> None:
    assert code(cell) == "price.too_large"


@pytest.mark.parametrize(
    ("cell", "ambiguous_price"),
    [("1,234", "1,234"), ("1.234", "1.234"), ("999,999", "999,999"), ("1,000", "1,000"), ("€ 1.234", "1.234"),
     (" 12,345 kr. ", "12,345")],
)  # fmt: skip
def test_price_that_can_be_read_in_two_ways_is_ambiguous(cell: str, ambiguous_price: str) -> None:
    assert prices.read(cell, "auto") == (None, ambiguous_price, "")


@pytest.mark.parametrize(
    ("cell", "mark"),
    [("1.5", "."), ("1,5", ","), ("1,234.56", "."), ("1.234,56", ","), ("1,234,567", "."), ("1.234.567", ","),
     ("1 234,5", ","), ("0,500", ","), ("5,-", ","), ("12", ""), ("1 234", ""), ("12345678.90", ".")],
)  # fmt: skip
def test_price_reports_its_decimal_mark(cell: str, mark: str) -> None:
    assert prices.read(cell, "auto")[2] == mark


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [("1,234", ".", "1234"), ("1.234", ",", "1234"), ("1.230", ".", "1.23"), ("1,230", ",", "1.23"), ("1,5", ",", "1.5"),
     ("1,234.5", ".", "1234.5"), ("1.234,5", ",", "1234.5"), ("1 234,5", ",", "1234.5"), ("12", ",", "12")],
)  # fmt: skip
def test_option_decides_which_mark_is_the_decimal_one(cell: str, decimal: DecimalMark, value: str) -> None:
    assert number(cell, decimal) == Decimal(value)


@pytest.mark.parametrize(
    ("cell", "decimal"),
    [
        ("1.5", ","),
        ("1,5", "."),
        ("12.50", ","),
        ("1.234,5", "."),
        ("1,234.5", ","),
        ("1234,567", "."),
        ("1.2345", ","),
        ("0.125", ","),
        ("0,125", "."),
        ("01,234.5", "."),
    ],
)
def test_other_mark_only_groups_three_digits(cell: str, decimal: DecimalMark) -> None:
    assert code(cell, decimal) == "price.invalid"


def test_price_against_the_option_is_reported_with_it() -> None:
    with pytest.raises(FieldError) as refusal:
        prices.read("1.5", ",")
    message = "'1.5' is not a price with a decimal comma, which the option decimal requires."
    assert refusal.value.message == message


def test_long_cell_takes_no_long_time() -> None:
    for cell in ("(" + " " * 10**6, "1" + " " * 10**6 + "x", "1," * 10**6, "EUR" + "\t" * 10**6 + "("):
        assert code(cell) == "price.invalid"


# --- Whatever the number and its spelling ---


amounts = st.integers(0, 10**12 - 1).map(lambda cents: Decimal(cents) / 100)
groups = st.sampled_from(["", " ", "'", "\u2019", NBSP, NARROW])
around = st.sampled_from(
    [
        ("", ""),
        ("€", ""),
        ("$ ", ""),
        ("CHF ", ""),
        ("", " €"),
        ("", f"{NBSP}kr."),
        (" ", "\t"),
        ("Fr. ", " "),
    ]
)
marks: st.SearchStrategy[DecimalMark] = st.sampled_from([".", ","])


def spelled(amount: Decimal, mark: str, group: str) -> str:
    whole, _, decimals = f"{amount:,.2f}".partition(".")
    return whole.replace(",", group) + mark + decimals


def other(mark: str) -> str:
    return ".,".replace(mark, "")


@given(amounts, marks, groups, around)
def test_price_with_cents_is_read_exactly(
    amount: Decimal, mark: str, group: str, around: tuple[str, str]
) -> None:
    for between in (group, other(mark)):
        value, ambiguous_price, shown = prices.read(spelled(amount, mark, between).join(around), "auto")
        assert (Decimal(str(value)), ambiguous_price, shown) == (amount, None, mark)


@given(amounts, marks, groups, around)
def test_price_is_read_exactly_by_the_option(
    amount: Decimal, mark: DecimalMark, group: str, around: tuple[str, str]
) -> None:
    for between in (group, other(mark)):
        assert number(spelled(amount, mark, between).join(around), mark) == amount
        whole = amount // 1
        assert number(f"{whole:,}".replace(",", between).join(around), mark) == whole


@given(st.integers(0, 10**10 - 1), marks)
def test_whole_price_in_groups_is_read_exactly_or_ambiguous(whole: int, mark: str) -> None:
    written = f"{whole:,}".replace(",", mark)
    value, ambiguous_price, _ = prices.read(written, "auto")
    if 1_000 <= whole < 1_000_000:
        assert (value, ambiguous_price) == (None, written)
    else:
        assert (Decimal(str(value)), ambiguous_price) == (Decimal(whole), None)


@given(st.text("0123456789.,'- €$()EURkr\u2212\u00a0", max_size=14), st.sampled_from(["auto", ".", ","]))
def test_price_keeps_every_digit(cell: str, decimal: DecimalMark) -> None:
    try:
        value, ambiguous_price, _ = prices.read(cell, decimal)
    except FieldError:
        return
    assert digits(value or ambiguous_price or "") == digits(cell)


def digits(text: str) -> str:
    return re.sub("[^0-9]", "", text).strip("0")


@given(st.text(), st.sampled_from(["auto", ".", ","]))
def test_any_text_is_a_price_or_rejected(cell: str, decimal: DecimalMark) -> None:
    try:
        value, ambiguous_price, _ = prices.read(cell, decimal)
    except FieldError as error:
        assert error.code.startswith("price.")
    else:
        assert (value is None) == (ambiguous_price is not None)
        assert value is None or 0 <= Decimal(value) < 10**10


PIECES = [
    *"1.,'-()$€ ",
    "12",
    "123",
    "234",
    "00",
    "005",
    NBSP,
    "\u2019",
    "\u2212",
    "EUR",
    "chf",
    "kr.",
    "US$",
    "--",
    "+",
    "e",
    "x",
]


@settings(max_examples=500)
@given(
    st.lists(st.sampled_from(PIECES), max_size=7).map("".join).filter(str.strip),
    st.sampled_from(["auto", ".", ","]),
)
def test_price_is_what_the_oracle_makes_of_it(cell: str, decimal: DecimalMark) -> None:
    assert outcome(cell, decimal) == expected(cell.strip(), decimal)


def outcome(cell: str, decimal: DecimalMark) -> object:
    try:
        value, *_ = prices.read(cell, decimal)
    except FieldError as error:
        return error.code
    return "ambiguous_price" if value is None else Decimal(value)


def expected(text: str, decimal: DecimalMark) -> object:
    try:
        price = oracle.read_price(text, decimal)
    except oracle.Wrong as wrong:
        return wrong.code
    return "ambiguous_price" if isinstance(price, oracle.Doubt) else price


@given(amounts.map(lambda amount: f"{amount:.2f}") | st.integers(0, 10**10 - 1).map(str))
def test_price_that_is_plain_is_read_as_any_other(cell: str) -> None:
    assert prices.read(cell, "auto")[0] == cell
    assert number(f" {cell}") == Decimal(cell)
