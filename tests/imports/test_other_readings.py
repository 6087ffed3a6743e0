"""imports.other_readings: other sheets and encodings in which a stored file can be read."""

import gzip

import pytest

from imports.models import ImportJob
from imports.other_readings import other_encodings, other_sheets
from tests.factories import make_job
from tests.imports.packing import Cell, Sheets, make_sheets, make_workbook, make_zip

pytestmark = pytest.mark.django_db(transaction=True)

HEADER: list[Cell] = ["sku", "name"]


def make_text(name: str, encoding: str) -> bytes:
    return f"sku,name,description,price\nA-1,{name},A text in ASCII,1\n".encode(encoding)


def samples(job: ImportJob) -> dict[str, str]:
    return {reading.encoding: reading.sample for reading in other_encodings(job)}


def test_encodings_come_with_a_line_as_it_reads_in_them() -> None:
    found = samples(make_job(make_text("Größe", "cp1252")))
    assert found["cp1251"] == "A-1,GrцЯe,A text in ASCII,1"
    assert "cp1250" not in found, "It reads the same there."
    assert len(found) == 4


def test_plausible_encodings_come_first() -> None:
    job = make_job(make_text("Größe", "mac-roman"), encoding="cp1252")
    assert next(iter(samples(job).values())) == "A-1,Größe,A text in ASCII,1"


def test_long_line_is_shown_from_a_little_before_the_letters_in_doubt() -> None:
    found = samples(make_job(make_text(f"{'x' * 100}ö{'y' * 100}", "cp1252")))
    assert found["cp1251"] == f"…{'x' * 20}ц{'y' * 39}…"


def test_text_is_looked_at_inside_of_gzip() -> None:
    assert "cp1251" in samples(make_job(gzip.compress(make_text("Größe", "cp1252"))))


@pytest.mark.parametrize(
    "content",
    [
        make_text("Größe", "utf-16"),
        make_zip(("a.csv", make_text("Größe", "cp1252"))),
        make_text("Size", "ascii"),
    ],
)
def test_nothing_is_offered_where_nothing_is_in_doubt_or_known(content: bytes) -> None:
    assert samples(make_job(content)) == {}


def test_file_that_was_removed_has_no_other_readings() -> None:
    job, book = make_job(make_text("Größe", "cp1252")), make_job(make_workbook(HEADER, ["A1", "Mug"]))
    ImportJob.objects.update(stored_as="gone")
    for one in (job, book):
        one.refresh_from_db()
    assert (other_encodings(job), other_sheets(book)) == ([], [])


def test_other_sheets_have_their_header() -> None:
    sheets: Sheets = {"One": [HEADER, ["A1", "Mug"]], "Two": [["sku", "price"], ["B2", 1]]}
    job = make_job(make_sheets(**sheets), sheet="One")
    assert [(sheet.name, sheet.header) for sheet in other_sheets(job)] == [("Two", ["sku", "price"])]
