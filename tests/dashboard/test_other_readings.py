"""The page of an import offers other ways to read its file, and the form of its settings asks what they leave unclear."""

import json
import re
from html import unescape

import pytest
from django.test import Client

from catalog.models import Product
from imports.models import ImportJob, Status
from imports.pipeline import runner
from tests.factories import make_csv, make_import, make_staff
from tests.imports.packing import Cell, Sheets, make_sheets

pytestmark = pytest.mark.django_db(transaction=True)

AMBIGUOUS = make_csv('A-1,Anvil,,"1,234",')
GERMAN = "sku,name\nA-1,Größe\n".encode("cp1252")
HEADER: list[Cell] = ["sku", "name"]
TWO_SHEETS: Sheets = {"Old": [HEADER, ["A-1", "Anvil"]], "New": [HEADER, ["B-2", "Bucket"]]}
TWO_PRICES = b"sku,name,Preis A,Preis B\nA-1,Anvil,1.00,2.00\nB-2,Bucket,3.00,4.00\n"


def one(client: Client, job: ImportJob, part: str = "") -> str:
    return unescape(" ".join(client.get(f"/imports/{job.pk}/{part}").content.decode().split()))


def buttons(shown: str) -> list[tuple[str, str, str]]:
    """The option, value and label of each button that reads the file in another way."""
    return re.findall(r'<button class="button small" name="(\w+)" value="([^"]*)">([^<]*)</button>', shown)


def send(client: Client, job: ImportJob, **fields: str) -> tuple[int, str]:
    """The status of the settings, sent, and their page or where they lead."""
    response = client.post(f"/imports/{job.pk}/settings/", {"dry_run": "true", **fields})
    return response.status_code, unescape(" ".join(response.content.decode().split()))


def again(job: ImportJob) -> ImportJob:
    """The import that came of the settings, run."""
    new = ImportJob.objects.get(retry_of=job)
    runner.run(new.pk)
    new.refresh_from_db()
    return new


# --- The page of an import ---


def test_price_with_two_meanings_is_offered_in_both(client: Client) -> None:
    shown = one(client, make_import(AMBIGUOUS))
    assert '<summary class="wrap-anywhere">1,234 can be read in two ways.</summary>' in shown
    assert buttons(shown) == [
        ("decimal", ".", "Read 1,234 as 1234.00"),
        ("decimal", ",", "Read 1,234 as 1.234"),
    ]


def test_price_with_a_point_is_offered_in_both(client: Client) -> None:
    shown = one(client, make_import(make_csv("A-1,Anvil,,1.234,")))
    assert buttons(shown) == [
        ("decimal", ",", "Read 1.234 as 1234.00"),
        ("decimal", ".", "Read 1.234 as 1.234"),
    ]


def test_failed_import_offers_its_readings(client: Client) -> None:
    job = make_import(AMBIGUOUS, on_error="reject")
    assert job.status == Status.FAILED
    assert [option for option, *_ in buttons(one(client, job))] == ["decimal", "decimal", "on_error"]


def test_chosen_reading_is_previewed(client: Client) -> None:
    job = make_import(AMBIGUOUS)
    assert send(client, job, decimal=".")[0] == 302
    preview = again(job)
    assert (preview.status, preview.counts["created"]) == (Status.READY, 1)
    assert Product.objects.count() == 0


def test_guessed_encoding_offers_others_in_place_of_its_warning(client: Client) -> None:
    shown = one(client, make_import(GERMAN))
    assert (
        "The text was read as Windows-1252, Western European, which is a guess. Are letters wrong?" in shown
    )
    assert ("encoding", "cp1251", "Windows-1251, Cyrillic") in buttons(shown)
    assert '<span class="samples"><span>A-1,GrцЯe</span></span>' in shown
    assert "upload the file again with the option encoding" not in shown


def test_rows_with_invalid_bytes_offer_encodings(client: Client) -> None:
    content = "sku,name\nA-1,Größe\nB-2,Länge\n".encode() + "C-3,Höhe\n".encode("cp1252")
    job = make_import(content)
    assert job.rejected.get().code == "cell.encoding"
    assert ("encoding", "cp1252", "Windows-1252, Western European") in buttons(one(client, job))


def test_other_sheets_are_offered_by_name(client: Client) -> None:
    job = make_import(make_sheets(**TWO_SHEETS))
    assert f'hx-get="/imports/{job.pk}/sheets/" hx-trigger="load"' in one(client, job)
    shown = one(client, job, "sheets/")
    assert "The sheet “Old” was read. Import another one?" in shown
    assert buttons(shown) == [("sheet", "New", "New")]
    send(client, job, sheet="New")
    assert again(job).file_sheet == "New"


def test_failed_import_of_a_workbook_offers_its_sheets_at_once(client: Client) -> None:
    job = make_import(
        make_sheets(Old=[HEADER, ["A-1", None]], New=TWO_SHEETS["New"]), on_error="reject", sheet="Old"
    )
    assert (job.status, "/sheets/" in one(client, job)) == (Status.FAILED, True)
    assert 'class="notice is-bad offer" open>' in one(client, job, "sheets/")


def test_workbook_of_one_sheet_offers_none(client: Client) -> None:
    job = make_import(make_sheets(Old=TWO_SHEETS["Old"]))
    assert ("/sheets/" in one(client, job), one(client, job, "sheets/")) == (False, "")


def test_import_that_needs_every_row_offers_to_skip_the_invalid_ones(client: Client) -> None:
    job = make_import(make_csv("A-1,Anvil,,1,", "B-2,Bucket,,cheap,"), on_error="reject")
    shown = one(client, job)
    assert "1 row has errors, and every row has to be valid." in shown
    assert buttons(shown) == [("on_error", "skip", "Skip rows with errors, import the others")]
    send(client, job, on_error="skip")
    counts = again(job).counts
    assert (counts["created"], counts["errors"]) == (1, 1)


def test_replacement_of_the_catalog_does_not_offer_to_skip_rows(client: Client) -> None:
    job = make_import(make_csv("A-1,Anvil,,1,", "B-2,Bucket,,cheap,"), mode="sync")
    assert (job.failure_code, buttons(one(client, job))) == ("job.rejected", [])


def test_clear_file_offers_nothing(client: Client) -> None:
    assert "offer" not in one(client, make_import(make_csv("A-1,Anvil,,1,")))


def test_file_that_was_removed_offers_nothing(client: Client) -> None:
    job = make_import(AMBIGUOUS)
    ImportJob.objects.update(stored_as="")
    assert buttons(one(client, job)) == []


def test_readings_are_for_those_who_may_run_them(settings: object) -> None:
    job = make_import(AMBIGUOUS)
    settings.DEBUG = False  # type: ignore[attr-defined] # of pytest-django
    assert buttons(one(make_staff("imports.view_importjob"), job)) == []
    assert len(buttons(one(make_staff("imports.view_importjob", "imports.change_importjob"), job))) == 2


# --- The form of the settings ---


def test_columns_that_were_chosen_stay(client: Client) -> None:
    job = make_import(TWO_PRICES, mapping={"Preis A": "price", "Preis B": ""})
    send(client, job, decimal=".")
    assert again(job).parsed_options.mapping == {"Preis A": "price", "Preis B": ""}


def test_sheet_and_header_row_can_be_changed(client: Client) -> None:
    job = make_import(
        make_sheets(Old=TWO_SHEETS["Old"], New=[["Prices"], HEADER, ["B-2", "Bucket"]]), sheet="Old"
    )
    shown = " ".join(client.get(f"/imports/{job.pk}/settings/").content.decode().split())
    assert '<option value="Old" selected>Old</option>' in shown
    assert '<option value="New">New</option>' in shown
    send(client, job, sheet="New", header_row="2")
    assert (again(job).file_sheet, again(job).file_header_line) == ("New", 2)


def test_blank_setting_is_its_default(client: Client) -> None:
    job = make_import(b"Prices\nsku,name\nA-1,Anvil\n", header_row=2)
    send(client, job, header_row="", encoding="auto")
    assert again(job).parsed_options.header_row == "auto"


def test_encoding_that_the_form_does_not_list_stays(client: Client) -> None:
    job = make_import(make_csv("A-1,Anvil,,1,"), encoding="iso8859-5")
    assert (
        '<option value="iso8859-5" selected>' in client.get(f"/imports/{job.pk}/settings/").content.decode()
    )


def test_missing_sku_is_chosen_among_all_columns(client: Client) -> None:
    job = make_import(b"colour,name\nred,Anvil\n", mapping={"colour": "sku"})
    status, shown = send(client, job, match_again="true")
    assert (status, "Which column has the SKU?" in shown) == (422, True)
    assert 'name="answer-sku" value="{"colour": "sku"}"' in shown
    assert 'name="answer-sku" value="{"name": "sku"}"' in shown
    send(client, job, match_again="true", **{"answer-sku": '{"colour": "sku"}'})
    assert again(job).parsed_options.mapping == {"colour": "sku"}


def test_columns_of_another_header_are_matched_again(client: Client) -> None:
    job = make_import(b"Nr;name\nA-1;Anvil\n", mapping={"Nr": "sku"})
    status, shown = send(client, job, header_row="2")
    assert (status, "Match the columns again" in shown) == (422, True)
    assert 'name="header_row" min="1" max="100" value="2"' in shown


def test_question_about_sheets_takes_the_place_of_their_setting(client: Client) -> None:
    job = make_import(
        make_sheets(A=TWO_SHEETS["Old"], B=[["sku", "name", "price"], ["B-2", "Bucket", 1]]),
        sheet="A",
    )
    status, shown = send(client, job, sheet="")
    assert (status, shown.count('name="sheet"')) == (422, 2)
    assert "Which sheet has the products?" in shown
    send(client, job, sheet="B")
    assert again(job).file_sheet == "B"


def test_invalid_setting_is_told_at_its_field_and_nothing_typed_is_lost(client: Client) -> None:
    job = make_import(TWO_PRICES, mapping={"Preis A": "price", "Preis B": ""})
    answer = json.dumps({"Preis B": "price"})
    status, shown = send(
        client, job, max_errors="many", mode="create_only", mapping="{}", **{"answer-price": answer}
    )
    assert (status, ImportJob.objects.count()) == (422, 1)
    assert 'value="many" autocomplete="off" aria-invalid="true"' in shown
    assert 'data-error="max_errors">max_errors must be a number' in shown
    assert '<option value="create_only" selected>' in shown
    assert '"Preis B": "price"' in shown


@pytest.mark.parametrize("mapping", ["[", '{"sku": 1}'])
def test_mapping_that_no_form_sends_is_refused(client: Client, mapping: str) -> None:
    status, shown = send(client, make_import(make_csv("A-1,Anvil,,1,")), mapping=mapping)
    assert (status, "mapping must be a JSON object" in shown) == (422, True)
    assert ImportJob.objects.count() == 1
