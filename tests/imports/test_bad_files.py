"""Every kind of bad file on its whole way, from POST /upload to what the job reports: the exact answer to each.

A file is refused at the upload where that is cheap to know. Otherwise its good rows are imported, and each bad one is
told with row, line, column, code, message and value."""

from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from catalog.models import Product
from imports.formats.csv_reader import CELL_LIMIT
from imports.models import ImportJob, StoredFile
from imports.pipeline import runner

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = b"sku,name,description,price,is_active\n"
GOOD = b"Z9,Good,,1,\n"
# A file as others make them: a PNG image of one pixel.
IMAGE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c63606060f80f0001040100b0a1c6e00000000049454e44ae426082"
)


def send(client: Client, content: bytes, filename: str, **options: str) -> tuple[int, dict[str, Any]]:
    answer = client.post("/api/upload", {"file": SimpleUploadedFile(filename, content), **options})
    return answer.status_code, answer.json()


def imported(client: Client, content: bytes, **options: str) -> dict[str, Any]:
    """The job of the file, after its import."""
    status, answer = send(client, content, "products.csv", **options)
    assert status == 202, answer
    runner.run(UUID(answer["job_id"]))
    return dict(client.get(f"/api/jobs/{answer['job_id']}").json())


def counters(told: dict[str, Any]) -> tuple[str, int, int, int]:
    assert told["processed_rows"] == told["total_rows"]
    return told["status"], told["total_rows"], told["success_count"], told["error_count"]


def error(
    row: int | None, line: int | None, column: str | None, code: str, message: str, value: str | None = ""
) -> dict[str, object]:
    return {"row": row, "line": line, "column": column, "code": code, "message": message, "value": value}


def refused(client: Client, content: bytes, filename: str = "products.csv") -> tuple[int, str, str]:
    """Status, code and sentence of an upload that leaves nothing behind."""
    status, problem = send(client, content, filename)
    assert not ImportJob.objects.exists()
    assert not StoredFile.objects.exists()
    return status, problem["type"].removeprefix("urn:problem:"), problem["detail"]


def catalog() -> list[tuple[str, str, str]]:
    return list(Product.objects.order_by("sku").values_list("sku", "name", "description"))


# --- What looks odd and is fine ---


@pytest.mark.parametrize(
    ("content", "products"),
    [
        pytest.param(b"\xef\xbb\xbfsku,name\nA1,Mug\n", [("A1", "Mug", "")], id="a byte order mark"),
        pytest.param(b'\xef\xbb\xbf"sku","name"\nA1,Mug\n', [("A1", "Mug", "")], id="a mark before a quote"),
        pytest.param(b'sku,name\nA1,"Mug, blue"\n', [("A1", "Mug, blue", "")], id="a comma in quotes"),
        pytest.param(
            b'sku,name,description\nA1,Mug,"Blue\nand white"\n',
            [("A1", "Mug", "Blue\nand white")],
            id="a newline in quotes",
        ),
        pytest.param(b'sku,name\nA1,"3/4"" bolt"\n', [("A1", '3/4" bolt', "")], id="a doubled quote"),
        pytest.param(b'sku,name\nA1,5" pipe\n', [("A1", '5" pipe', "")], id="a quote in a bare cell"),
        pytest.param(b"sku,name\r\nA1,Mug\r\n", [("A1", "Mug", "")], id="CRLF"),
        pytest.param(b"sku,name\rA1,Mug\r", [("A1", "Mug", "")], id="CR alone"),
        pytest.param(b"sku,name\r\nA1,Mug\nB2,Cup\r", [("A1", "Mug", ""), ("B2", "Cup", "")], id="mixed ends"),
        pytest.param(b"sku,name\nA1,Mug", [("A1", "Mug", "")], id="no end of the last line"),
        pytest.param(b"Name, SKU \nMug,A1\n", [("A1", "Mug", "")], id="another order and case"),
        pytest.param(b"sku;name\nA1;Mug\n", [("A1", "Mug", "")], id="semicolons"),
        pytest.param(b"sku\tname\nA1\tMug\n", [("A1", "Mug", "")], id="tabs"),
        pytest.param(b"sku|name\nA1|Mug\n", [("A1", "Mug", "")], id="bars"),
        pytest.param(b"sku,name\n\n  \n,\nA1,Mug\n\n", [("A1", "Mug", "")], id="blank lines"),
        pytest.param(b"sku,name\nA1,=1+1\n", [("A1", "=1+1", "")], id="a formula"),
        pytest.param(b"sku,name\nA1,\\.\n\\.,Mug\n", [("A1", "\\.", ""), ("\\.", "Mug", "")], id="the end of COPY"),
        pytest.param(b"sku,name\nNULL,null\n", [("NULL", "null", "")], id="the word NULL"),
        pytest.param("sku,name\nÄ1,Müg 🎁\n".encode(), [("Ä1", "Müg 🎁", "")], id="letters of all kinds"),
    ],
)  # fmt: skip
def test_odd_file_is_imported_whole(
    client: Client, content: bytes, products: list[tuple[str, str, str]]
) -> None:
    told = imported(client, content)
    assert told["errors"] == []
    assert counters(told) == ("completed", len(products), len(products), 0)
    assert catalog() == products


def test_blank_lines_are_no_rows_but_count_as_lines(client: Client) -> None:
    told = imported(client, b"sku,price\n\n\nA1,x\n")
    assert told["errors"] == [error(1, 4, "price", "price.invalid", "'x' is not a price.", "x")]


def test_newline_in_quotes_counts_as_a_line(client: Client) -> None:
    told = imported(client, b'sku,name,description,price\nA1,Mug,"two\nlines",1\nB2,Cup,,x\n')
    assert told["errors"] == [error(2, 4, "price", "price.invalid", "'x' is not a price.", "x")]


def test_missing_column_is_no_error_of_known_products(client: Client) -> None:
    Product.objects.create(sku="A1", name="Mug")
    told = imported(client, b"sku,price\nA1,2\n")
    assert counters(told) == ("completed", 1, 1, 0)
    assert catalog() == [("A1", "Mug", "")]


def test_missing_name_column_is_reported_of_every_new_product(client: Client) -> None:
    told = imported(client, b"sku,price\nA1,2\n")
    message = "New products need a name."
    assert told["errors"] == [error(1, 2, "name", "name.required", message)]
    assert counters(told) == ("completed", 1, 0, 1)


def test_unknown_column_is_left_out_with_a_warning(client: Client) -> None:
    told = imported(client, b"sku,name,price,Colour,_note\nA1,Mug,1,red,x\n")
    message = "The column was not recognized and was ignored."
    assert told["warnings"] == [{"column": "Colour", "code": "header.unknown", "message": message}]
    assert counters(told) == ("completed", 1, 1, 0)


def test_warning_shows_the_beginning_of_a_long_name(client: Client) -> None:
    told = imported(client, f"sku,name,price,{'x' * 60_000}\nA1,Mug,1,\0\n".encode())
    assert [warning["column"] for warning in told["warnings"]] == ["x" * 99 + "…"]
    assert [error["column"] for error in told["errors"]] == ["x" * 99 + "…"]


def test_header_alone_is_an_import_of_nothing(client: Client) -> None:
    told = imported(client, HEADER)
    assert (counters(told), told["progress"]) == (("completed", 0, 0, 0), 100)


# --- Bad rows between good ones ---


BAD_ROWS = [
    pytest.param(
        b"A1,Mug\n",
        [
            error(
                1,
                2,
                None,
                "row.too_few_cells",
                "The row has 2 cells; the header has 5. Add delimiters for blank cells.",
            )
        ],
        id="too short",
    ),
    pytest.param(
        b"A1,Mug,Blue, large,1,true\n",
        [
            error(
                1,
                2,
                None,
                "row.too_many_cells",
                "The row has 6 cells; the header has 5. Quote cells that contain the delimiter.",
            )
        ],
        id="too long",
    ),
    pytest.param(
        b"A1,Mu\0g,,1,\n",
        [error(1, 2, "name", "cell.nul", "The cell contains a NUL byte.", "Mu␀g")],
        id="NUL",
    ),
    pytest.param(
        b"A1,Caf\xe9,,1,\n",
        [
            error(
                1,
                2,
                "name",
                "cell.encoding",
                "The cell contains bytes that are invalid in the file's encoding.",
                "Caf�",
            )
        ],
        id="bytes that are not UTF-8",
    ),
    pytest.param(
        b"A1,\xed\xa0\x80,,1,\n",
        [
            error(
                1,
                2,
                "name",
                "cell.encoding",
                "The cell contains bytes that are invalid in the file's encoding.",
                "���",
            )
        ],
        id="half of a surrogate pair",
    ),
    pytest.param(
        b'A1,"Mug"x,,1,\n',
        [
            error(
                1,
                2,
                None,
                "csv.text_after_quote",
                "A closing quote in line 2 is followed by something other than the delimiter. "
                'Double each quote inside a quoted cell ("").',
            )
        ],
        id="text after a quote",
    ),
    pytest.param(
        b'A1,"Mug,,1,\nB2,"Cup",,1,\n',
        [
            error(
                1,
                2,
                None,
                "csv.text_after_quote",
                "A closing quote in lines 2 to 3 is followed by something other than the delimiter. "
                'Double each quote inside a quoted cell ("").',
            )
        ],
        id="a quote that the next row closes",
    ),
    pytest.param(b",Mug,,1,\n", [error(1, 2, "sku", "sku.required", "The SKU is blank.")], id="no SKU"),
    pytest.param(
        b"x" * 65 + b",Mug,,1,\n",
        [error(1, 2, "sku", "sku.too_long", "The SKU is 65 characters long; the maximum is 64.", "x" * 65)],
        id="a SKU too long",
    ),
    pytest.param(
        "A\u200b1,Mug,,1,\n".encode(),
        [error(1, 2, "sku", "sku.invalid", "The SKU contains a control or invisible character.", "A\u200b1")],
        id="an invisible character in a SKU",
    ),
    pytest.param(
        b"A1,,,1,\n",
        [error(1, 2, "name", "name.required", "New products need a name.")],
        id="no name",
    ),
    pytest.param(
        b"A1," + b"x" * 256 + b",,1,\n",
        [
            error(
                1,
                2,
                "name",
                "name.too_long",
                "The name is 256 characters long; the maximum is 255.",
                "x" * 99 + "…",
            )
        ],
        id="a name too long",
    ),
    pytest.param(
        b"A1,Mu\x07g,,1,\n",
        [error(1, 2, "name", "name.invalid", "The name contains a control character.", "Mu\x07g")],
        id="a bell in a name",
    ),
    pytest.param(
        b"A1,Mug," + b"x" * 20_001 + b",1,\n",
        [
            error(
                1,
                2,
                "description",
                "description.too_long",
                "The description is 20,001 characters long; the maximum is 20,000.",
                "x" * 99 + "…",
            )
        ],
        id="a description too long",
    ),
    pytest.param(
        b"A1,Mug,,abc,\n",
        [error(1, 2, "price", "price.invalid", "'abc' is not a price.", "abc")],
        id="no price",
    ),
    pytest.param(
        b'A1,Mug,,"1,50,0",\n',
        [error(1, 2, "price", "price.invalid", "'1,50,0' is not a price.", "1,50,0")],
        id="two decimal commas",
    ),
    pytest.param(
        b"A1,Mug,,-1,\n",
        [error(1, 2, "price", "price.negative", "'-1' is negative.", "-1")],
        id="a negative price",
    ),
    pytest.param(
        b"A1,Mug,,0.005,\n",
        [error(1, 2, "price", "price.too_precise", "'0.005' has more than two decimals.", "0.005")],
        id="a price too precise",
    ),
    pytest.param(
        b"A1,Mug,,12345678901,\n",
        [
            error(
                1,
                2,
                "price",
                "price.too_large",
                "'12345678901' has more than ten digits before the decimal point.",
                "12345678901",
            )
        ],
        id="a price too large",
    ),
    pytest.param(
        b"A1,Mug,,1,maybe\n",
        [
            error(
                1,
                2,
                "is_active",
                "is_active.invalid",
                "'maybe' is not a recognized status. Use true or false.",
                "maybe",
            )
        ],
        id="neither yes nor no",
    ),
    pytest.param(
        b",Mug,,abc,\n",
        [
            error(1, 2, "sku", "sku.required", "The SKU is blank."),
            error(1, 2, "price", "price.invalid", "'abc' is not a price.", "abc"),
        ],
        id="two errors",
    ),
]


@pytest.mark.parametrize(("bad", "errors"), BAD_ROWS)
def test_invalid_row_is_reported_and_the_good_one_imported(
    client: Client, bad: bytes, errors: list[dict[str, object]]
) -> None:
    told = imported(client, HEADER + bad + GOOD, encoding="utf-8")
    assert told["errors"] == errors
    assert counters(told) == ("completed", 2, 1, 1)
    assert catalog() == [("Z9", "Good", "")]


@pytest.mark.parametrize(
    ("cell", "code", "shown"), [(b"re\0d", "cell.nul", "re␀d"), (b"rou\xdfe", "cell.encoding", "rou�e")]
)
def test_unreadable_cell_of_an_unknown_column_is_reported_by_the_column_of_the_file(
    client: Client, cell: bytes, code: str, shown: str
) -> None:
    told = imported(client, b"sku,name,Colour\nA1,Mug," + cell + b"\nZ9,Good,\n", encoding="utf-8")
    [error] = told["errors"]
    assert (error["column"], error["code"], error["value"]) == ("Colour", code, shown)
    assert catalog() == [("Z9", "Good", "")]


def test_character_cut_off_by_the_end_of_the_file_is_told(client: Client) -> None:
    told = imported(client, "sku,name\nZ9,Good\nA1,Café".encode()[:-1])
    message = "The cell contains bytes that are invalid in the file's encoding."
    assert told["errors"] == [error(2, 3, "name", "cell.encoding", message, "Caf�")]
    assert catalog() == [("Z9", "Good", "")]


# --- A quote that never closes ---


def test_quote_that_never_closes_takes_the_rest_of_the_file_and_says_so(client: Client) -> None:
    told = imported(client, HEADER + GOOD + b'A1,"Mug,,1,\nB2,Cup,,1,\nC3,Pot,,1,\n')
    message = "A quote in this row is never closed, so the text of lines 3 to 5 was read as one row."
    assert told["errors"] == [error(2, 3, None, "csv.unclosed_quote", message)]
    assert counters(told) == ("completed", 2, 1, 1)
    assert catalog() == [("Z9", "Good", "")]


def test_quote_that_never_closes_in_a_large_file_is_reported_so_too(client: Client) -> None:
    rest = b"B2,Cup,,1,\n" * (3 * CELL_LIMIT // 22)
    told = imported(client, HEADER + GOOD + b'A1,"Mug,,1,\n' + rest)
    assert [(error["row"], error["line"], error["code"]) for error in told["errors"]] == [
        (2, 3, "csv.unclosed_quote")
    ]
    assert counters(told) == ("completed", 2, 1, 1)


# --- Files that are rejected at the upload ---


def test_file_without_a_sku_column_is_rejected(client: Client) -> None:
    assert refused(client, b"name,price\nMug,1\n") == (
        422,
        "header.sku_missing",
        "No column is named sku or one of its aliases. The header reads: name, price",
    )


@pytest.mark.parametrize("content", [b"", b"\n\r\n  \n", b"\xef\xbb\xbf"])
def test_empty_file_is_rejected(client: Client, content: bytes) -> None:
    assert refused(client, content) == (422, "file.empty", "The file is empty.")


def test_image_named_csv_is_rejected(client: Client) -> None:
    assert refused(client, IMAGE, "products.csv") == (
        415,
        "file.not_csv",
        "The file is a PNG image, not a CSV file.",
    )


def test_file_too_large_is_rejected(client: Client, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    assert refused(client, HEADER + GOOD * 100) == (
        413,
        "file.too_large",
        "The file is larger than the maximum of 1,000 bytes.",
    )


def test_column_that_comes_twice_is_rejected(client: Client) -> None:
    assert refused(client, b"sku,Price,price\n") == (
        422,
        "header.duplicate",
        "Two columns are named 'price'. Rename or remove one.",
    )


def test_header_with_a_quote_that_never_closes_is_rejected(client: Client) -> None:
    assert refused(client, b'"sku,name\nA1,Mug\n') == (
        422,
        "csv.unclosed_quote",
        "A quote in this row is never closed, so the text of lines 1 to 2 was read as one row.",
    )


def test_header_that_is_not_of_the_encoding_is_rejected(client: Client) -> None:
    status, problem = send(client, "sku,Größe\n".encode("latin-1"), "products.csv", encoding="utf-8")
    assert (status, problem["type"]) == (422, "urn:problem:file.encoding")
    assert problem["detail"] == "The header is not valid UTF-8. Save the file as CSV UTF-8."


def test_nul_in_the_header_is_rejected(client: Client) -> None:
    assert refused(client, b"sku,na\0me\nA1,Mug\n") == (
        415,
        "file.not_csv",
        "The file is binary, not a CSV file.",
    )
