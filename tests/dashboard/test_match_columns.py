"""The step Match columns of the upload form, as the server renders it."""

import re
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from imports.models import ImportJob, StoredFile
from tests.factories import make_csv, make_import, make_profile, make_staff
from tests.imports.packing import Cell, make_sheets, make_workbook

pytestmark = pytest.mark.django_db(transaction=True)

LIST = b"Artikelnr;Bezeichnung;VK netto;VK brutto;Bestand\nA-1;Chair;10,00;11,90;7\nA-2;Table;20,00;23,80;0\n"


def match(client: Client, content: bytes, status: int = 200, **options: str) -> str:
    file = SimpleUploadedFile("list.csv", content)
    response = client.post("/imports/match/", {"file": file, **options}, headers={"Accept": "text/html"})
    assert response.status_code == status
    return unescape(" ".join(response.content.decode().split()))


def radios(shown: str) -> list[tuple[str, str]]:
    return re.findall(r'<input type="radio" id="\S+" name="(\S+)" value="(.*?)" form=', shown)


def line(shown: str, header: str) -> str:
    """The text of the line of a column, with the field that is selected."""
    row = re.search(f'<th scope="row"[^>]*>{header}</th>.*?</tr>', shown)
    assert row
    selected = re.sub(r"<option value=\"\w*\">[^<]*</option>", "", row[0])
    return " | ".join(part.strip() for part in re.split("<[^>]*>", selected) if part.strip())


def test_clear_file_is_a_sentence(client: Client) -> None:
    shown = match(client, make_csv("A-1,Anvil,12.50,4", header="sku,name,price,EAN"))
    assert (
        '<p id="match-summary">All columns matched: SKU, Name, Price. 1 column is not imported.</p>' in shown
    )
    assert '<details id="match-columns"> <summary>Change</summary>' in shown
    assert radios(shown) == []


def test_column_is_matched_by_the_profile(client: Client) -> None:
    make_profile("Nordwind", mapping={"VK brutto": "price"})
    shown = match(client, LIST, profile="Nordwind")
    assert line(shown, "VK brutto").endswith("By profile")
    assert radios(shown) == []


def test_question_has_a_button_for_each_candidate_and_none(client: Client) -> None:
    shown = match(client, LIST)
    assert (
        "<legend>Which column has the price? Without one, new products get the price 0.00.</legend>" in shown
    )
    assert radios(shown) == [
        ("answer-price", '{"VK netto": "price"}'),
        ("answer-price", '{"VK brutto": "price"}'),
        ("answer-price", '{"VK netto": "", "VK brutto": ""}'),
    ]
    assert '<span class="samples"><span>11,90</span><span>23,80</span></span>' in shown


def test_line_of_a_candidate_leads_to_its_question(client: Client) -> None:
    assert line(match(client, LIST), "VK netto").endswith("| See the question above")


def test_lines_say_how_a_column_was_matched(client: Client) -> None:
    shown = match(client, LIST, mapping='{"VK brutto": "price"}')
    assert line(shown, "Artikelnr") == "Artikelnr | A-1 | A-2 | SKU | By name | Certain"
    assert line(shown, "VK brutto") == "VK brutto | 11,90 | 23,80 | Price | Your choice"
    assert line(shown, "Bestand").endswith("| Not a product field")


def test_missing_sku_has_to_be_chosen_from_the_lines(client: Client) -> None:
    shown = match(client, b"colour,price\nred,1.50\n")
    assert "<legend>Which column has the SKU?</legend>" in shown
    assert "No column looks like it. Choose it in the list below." in shown
    assert 'data-key="colour"' in shown


@pytest.mark.parametrize(
    ("mode", "is_said"), [("upsert", True), ("create_only", True), ("update_only", False)]
)
def test_price_of_zero_is_said_where_products_may_be_new(client: Client, mode: str, is_said: bool) -> None:
    shown = match(client, make_csv("A-1,Anvil", header="sku,name"), mode=mode)
    assert ("No column is imported as Price. New products get the price 0.00." in shown) is is_said


def test_what_was_detected_can_be_corrected(client: Client) -> None:
    shown = match(client, "Artikelnr;Größe\nA-1;groß\n".encode("cp1252"))
    assert '<option value="" selected>Windows-1252, Western European (a guess)</option>' in shown
    assert '<option value="" selected>Semicolon</option>' in shown
    assert 'name="header_row" min="1" value="" placeholder="1"' in shown


def test_correction_is_kept(client: Client) -> None:
    shown = match(client, b"A;B\nsku,name\nA-1,Mug\n", delimiter=",", header_row="2")
    assert '<option value="," selected>Comma</option>' in shown
    assert 'value="2" placeholder="2"' in shown
    assert "All columns matched: SKU, Name." in shown


def test_other_sheets_can_be_chosen(client: Client) -> None:
    shown = match(client, make_workbook(["sku", "name"], ["A1", "Mug"]))
    assert "</span> Excel</li>" in shown
    assert 'name="encoding"' not in shown


def test_other_sheets_can_be_imported_too(client: Client) -> None:
    header: list[Cell] = ["sku", "name", "price"]
    content = make_sheets(Nord=[header, ["N1", "Boot", 1]], Süd=[header, ["S1", "Sock", 2]])
    shown = match(client, content)
    assert '<option value="ignore" selected>Not imported: Süd</option>' in shown
    assert "Sheets with the same columns are not imported: Süd. Choose at “Other sheets”" in shown
    shown = match(client, content, other_sheets="import")
    assert '<option value="import" selected>Imported too: Süd</option>' in shown
    assert "are not imported" not in shown


def test_sheets_with_other_columns_are_not_offered(client: Client) -> None:
    content = make_sheets(Nord=[["sku", "name"], ["N1", "Boot"]], Cover=[["Our prices"]])
    assert 'name="other_sheets"' not in match(client, content)


def test_file_that_cannot_be_read_says_why_and_can_be_corrected(client: Client) -> None:
    shown = match(client, b"sku,name\nA-1,Mug\n", header_row="9")
    assert 'id="match-failure">No row begins in line 9, which header_row names.</p>' in shown
    assert 'value="9"' in shown
    assert "Detect again</button>" in shown


def test_invalid_choice_says_what_is_allowed(client: Client) -> None:
    shown = match(client, b"sku,name\nA-1,Mug\n", header_row="0")
    assert "header_row must be greater than or equal to 1." in shown
    assert "Detect again</button>" in shown


def test_file_that_is_no_table_offers_nothing_to_try(client: Client) -> None:
    shown = match(client, b"\x89PNG\r\n")
    assert "The file is a PNG image, not a CSV file." in shown
    assert "Detect again" not in shown


def test_nothing_is_stored(client: Client) -> None:
    match(client, LIST)
    match(client, make_workbook(["sku", "name"], ["A1", "Mug"]))
    assert (ImportJob.objects.count(), StoredFile.objects.count()) == (0, 0)


def test_matching_needs_the_permission_to_import(settings: Any) -> None:
    settings.DEBUG = False
    match(make_staff("imports.view_importjob"), LIST, status=403)
    assert "VK brutto" in match(make_staff("imports.add_importjob"), LIST)


def test_matching_needs_the_token_of_the_page() -> None:
    match(Client(enforce_csrf_checks=True), make_workbook(["sku"], ["A-1"]), status=403)
    assert StoredFile.objects.count() == 0


def test_columns_after_the_first_hundred_are_shown_on_request(client: Client) -> None:
    header = ["sku", *(f"Attribute {number}" for number in range(150))]
    shown = match(client, make_csv(",".join(["A-1"] + ["x"] * 150), header=",".join(header)))
    before, _, more = shown.partition('<template id="match-more">')
    assert (before.count('<select id="column-'), more.count('<select id="column-')) == (101, 50)
    assert "Show all 150 columns</button>" in more


# --- Without JavaScript ---


def upload(client: Client, content: bytes, **fields: str) -> tuple[int, str]:
    """The status of the response, and its page or where it leads."""
    file = SimpleUploadedFile("list.csv", content)
    response = client.post("/imports/upload/", {**fields, "file": file}, headers={"Accept": "text/html"})
    return response.status_code, unescape(response.headers.get("Location") or response.content.decode())


def test_upload_without_javascript_leads_to_the_import(client: Client) -> None:
    status, where = upload(client, make_csv("A-1,Anvil,,1,true"), dry_run="true")
    job = ImportJob.objects.get()
    assert (status, where) == (302, f"/imports/{job.pk}/")
    assert (job.filename, job.parsed_options.dry_run) == ("list.csv", True)


def test_upload_without_javascript_is_asked_about(client: Client) -> None:
    status, shown = upload(client, LIST)
    assert status == 422
    assert "Something about list.csv is unclear. Nothing was imported." in shown
    assert """name="answer-price" value="{"VK brutto": "price"}" required""" in shown
    assert (ImportJob.objects.count(), StoredFile.objects.count()) == (0, 0)


def test_answer_without_javascript_is_taken(client: Client) -> None:
    answer = {"answer-price": '{"VK brutto": "price"}', "mapping": '{"Bestand": ""}'}
    assert upload(client, LIST, **answer)[0] == 302
    assert ImportJob.objects.get().parsed_options.mapping == {"Bestand": "", "VK brutto": "price"}


def test_refused_upload_without_javascript_says_why_and_asks_for_another_file(client: Client) -> None:
    status, shown = upload(client, b"colour\nred\n")
    assert status == 422
    assert "No column is named sku or one of its aliases." in shown
    assert '<input type="file" id="plain-file"' in shown


def test_refused_text_is_read_in_another_way_without_javascript(client: Client) -> None:
    content = b"Prices\nsku,name\nA-1,Anvil\n"
    status, shown = upload(client, content, header_row="9")
    assert (status, "Read the file differently" in shown) == (422, True)
    assert 'name="header_row" min="1" max="100" value="9"' in shown
    assert upload(client, content, header_row="2", encoding="auto", delimiter=",")[0] == 302


def test_upload_without_javascript_needs_the_token_of_the_page() -> None:
    assert upload(Client(enforce_csrf_checks=True), make_csv("A-1,Anvil,,1,true"))[0] == 403
    assert StoredFile.objects.count() == 0


# --- An import's page ---


def test_page_of_an_import_shows_its_columns_as_they_were_read(client: Client) -> None:
    job = make_import(make_csv("A-1,Anvil,7", header="Nr,name,Stock"), mapping={"Nr": "sku"})
    shown = " ".join(client.get(f"/imports/{job.pk}/").content.decode().split())
    shown = shown[shown.index('id="as-read"') :]
    assert "<dt>Header row</dt><dd>1</dd>" in shown
    assert "<dt>Separator</dt><dd><code>,</code></dd>" in shown
    assert (
        'Nr</th><td data-label="Imported as">SKU</td><td data-label="Matched" class="muted">Your choice</td>'
        in shown
    )
    assert (
        'name</th><td data-label="Imported as">Name</td><td data-label="Matched" class="muted">By name, certain</td>'
        in shown
    )
    assert 'Stock</th><td data-label="Imported as"><span class="muted">Not imported</span></td>' in shown


def test_page_of_an_import_names_the_sheet(client: Client) -> None:
    job = make_import(make_workbook(["sku", "name"], ["A1", "Mug"]))
    assert (
        '<dt>Sheet</dt><dd class="wrap-anywhere">Sheet</dd>'
        in client.get(f"/imports/{job.pk}/").content.decode()
    )


def test_page_of_an_import_names_all_sheets_and_the_rows_in_them(client: Client) -> None:
    header: list[Cell] = ["sku", "name", "price"]
    content = make_sheets(
        Nord=[header, ["N1", "Boot", 1]], Süd=[header, ["n1", "Sock", 2], ["S2", "Mug", "x"]]
    )
    job = make_import(content, other_sheets="import", dry_run=True)
    shown = unescape(client.get(f"/imports/{job.pk}/").content.decode())
    assert '<dt>Sheets</dt><dd class="wrap-anywhere">Nord, Süd</dd>' in shown
    assert "Replaced by Süd, row 2" in shown
    assert '<td data-label="Line" class="num shrink">Süd, row 3</td>' in shown


def test_other_sheets_can_be_imported_afterwards(client: Client) -> None:
    content = make_sheets(Nord=[["sku", "name"], ["N1", "Boot"]], Süd=[["sku", "name"], ["S1", "Sock"]])
    with_others, alone = make_import(content), make_import(make_workbook(["sku", "name"], ["A1", "Mug"]))
    assert 'name="other_sheets"' in client.get(f"/imports/{with_others.pk}/settings/").content.decode()
    assert 'name="other_sheets"' not in client.get(f"/imports/{alone.pk}/settings/").content.decode()
