"""Files whose rows, quotes and header have the shape that spreadsheets and programs give them, from upload to catalog."""

import pytest

from catalog.models import Product
from imports.models import ImportJob
from tests.factories import make_import

pytestmark = pytest.mark.django_db(transaction=True)


def names() -> dict[str, str]:
    return dict(Product.objects.values_list("sku", "name"))


def errors(job: ImportJob) -> list[tuple[int, str]]:
    return list(job.rejected.order_by("line").values_list("line", "code"))


@pytest.mark.parametrize("header_end", ["", ",", ",,"])
@pytest.mark.parametrize("row_end", ["", ",", ", "])
def test_delimiters_at_the_end_of_header_and_rows_are_nothing(header_end: str, row_end: str) -> None:
    job = make_import(f"sku,name,price{header_end}\nA1,Tray,5.00{row_end}\nB2,Cup,6.00{row_end}\n".encode())
    assert errors(job) == []
    assert names() == {"A1": "Tray", "B2": "Cup"}


def test_rows_without_their_blank_end_are_imported() -> None:
    rows = [f"E{number},Item {number},3.00{',,' * (number < 16)}\n" for number in range(24)]
    job = make_import(("sku,name,price,description,is_active\n" + "".join(rows)).encode())
    assert (job.created_count, job.error_count) == (24, 0)


def test_blank_end_that_is_left_out_keeps_the_values_of_a_product() -> None:
    Product.objects.create(sku="A1", name="Mug", description="Blue", is_active=False)
    make_import(b"sku,name,price,description,is_active\nA1,Cup,3.00\n")
    product = Product.objects.get()
    assert (product.name, product.description, product.is_active) == ("Cup", "Blue", False)


def test_blank_end_that_is_left_out_does_not_clear_a_value() -> None:
    Product.objects.create(sku="A1", name="Mug", description="Blue", is_active=False)
    job = make_import(b"sku,name,price,description,is_active\nA1,Cup,3.00\n", blank="clear")
    assert errors(job) == [(2, "row.too_few_cells")]
    assert Product.objects.get().description == "Blue"


def test_lines_of_an_unquoted_text_and_a_footer_are_no_products() -> None:
    rows = "A1,Mug,3.00,Warm\nSocks, wool\nas soft, as 5, 7\nB2,Cup,4.00,Cold\nTotal: 12 articles\nTotal of all,2,7.00\n"
    job = make_import(f"sku,name,price,description\n{rows}".encode())
    assert errors(job) == [(line, "row.too_few_cells") for line in (3, 4, 6, 7)]
    assert names() == {"A1": "Mug", "B2": "Cup"}


def test_rows_of_blank_cells_are_no_rows() -> None:
    job = make_import('sku,name,price\nA1,Bowl,5.00\n , , \n\t,,\n\xa0,\xa0,\xa0\n,,\n"",""\n'.encode())
    assert (job.total_rows, job.error_count, job.created_count) == (1, 0, 1)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_spaces_before_quotes_are_no_part_of_header_sku_and_name(delimiter: str) -> None:
    rows = '"sku", "name", "price"\n"A1", "Socks", 7.97\n"B2" , "Socks; wool",2.97\n'.replace(",", delimiter)
    job = make_import(rows.encode())
    assert errors(job) == []
    assert names() == {"A1": "Socks", "B2": "Socks; wool"}


@pytest.mark.parametrize("start", ["\n\ufeff", "\r\n\r\n\ufeff", "\ufeff\ufeff"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_byte_order_mark_is_no_part_of_a_mapped_header(start: str, encoding: str) -> None:
    content = f"{start}Nr,Titel,Preis\nA1,Bowl,5.00\n".encode(encoding)
    make_import(content, mapping={"Nr": "sku"})
    assert names() == {"A1": "Bowl"}


def test_backslash_before_a_quote_rejects_its_row_alone() -> None:
    rows = 'A1,Hose,"fine",5\nB2,"Hose 5\\"",,6\nC3,Hose,"5\\" long, green",6\nD4,Hose,"a ""good"" one",7\n'
    job = make_import(f"sku,name,description,price\n{rows}".encode())
    assert errors(job) == [(3, "csv.text_after_quote"), (4, "csv.text_after_quote")]
    assert dict(Product.objects.values_list("sku", "description")) == {"A1": "fine", "D4": 'a "good" one'}


@pytest.mark.parametrize("columns", [200, 201, 300, 2_000])
def test_file_with_many_columns_is_imported(columns: int) -> None:
    others, values = ",".join(f"Meta: field_{number}" for number in range(columns - 3)), ",x" * (columns - 3)
    job = make_import(f"sku,{others},name,price\nA1{values},Mixer,80.00\nB2{values},Cup,x\n".encode())
    assert errors(job) == [(3, "price.invalid")]
    assert names() == {"A1": "Mixer"}


def test_lines_are_counted_by_their_ends_alone() -> None:
    rows = 'A1,"a\rb",1,Mug\rB2,c\x0cd\x85e,2,Cup\r\nC3,f\n\x0c\nD4,g'
    job = make_import(f"sku,description,price,name\r\n{rows}".encode())
    assert errors(job) == [(5, "row.too_few_cells"), (7, "row.too_few_cells")]
    assert dict(Product.objects.values_list("sku", "description")) == {"A1": "a\rb", "B2": "c\x0cd\x85e"}
