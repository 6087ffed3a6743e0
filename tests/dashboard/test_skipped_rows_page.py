"""The page on which skipped rows are corrected, and what the page of their import says about them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import Settings

from imports import jobs
from imports.corrections import skipped_rows
from imports.models import ImportJob
from imports.pipeline import runner
from lib import limits
from tests.factories import make_csv, make_import, make_staff, make_undone

pytestmark = pytest.mark.django_db(transaction=True)

BROWSER = {"Accept": "text/html"}
TWO_BAD = make_csv("A-1,Anvil,,12.50,true", "B-2,Bucket,,cheap,true", ",Cup,,1,true")
VALID = {"cell-3-3": "5", "cell-4-0": "C-3"}


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def page(client: Client, job: ImportJob, address: str = "rows/", status: int = 200) -> str:
    response = client.get(f"/imports/{job.pk}/{address}", headers=BROWSER)
    assert response.status_code == status
    return text(response)


def send(client: Client, job: ImportJob, lines: str = "3 4", **fields: str) -> Any:
    form = {"lines": lines, "dry_run": "false", **fields}
    return client.post(f"/imports/{job.pk}/rows/", form, headers=BROWSER)


def as_script_sends_it(cells: Mapping[str, Mapping[str, str]], dropped: Sequence[int] = ()) -> str:
    return json.dumps({"cells": cells, "dropped": dropped})


# --- The table ---


def test_import_leads_to_its_skipped_rows(client: Client) -> None:
    job = make_import(TWO_BAD)
    assert f'href="/imports/{job.pk}/rows/">Correct skipped rows</a>' in page(client, job, "")


def test_error_stands_at_its_cell(client: Client) -> None:
    shown = page(client, make_import(TWO_BAD))
    cell = 'name="cell-3-3" value="cheap" autocomplete="off" aria-label="price, line 3" aria-invalid="true"'
    assert f'{cell} aria-describedby="error-cell-3-3">' in shown
    assert 'id="error-cell-3-3">&#x27;cheap&#x27; is not a price with a decimal point.</p>' in shown
    assert shown.count("aria-invalid") == 2


def test_only_imported_columns_have_inputs(client: Client) -> None:
    shown = page(client, make_import(b"Shelf,sku,name,price\n7,A1,Mug,x\n"))
    assert 'name="cell-2-1"' in shown
    assert 'name="cell-2-0"' not in shown


def test_both_readings_of_a_price_are_offered(client: Client) -> None:
    shown = page(client, make_import(make_csv('A-1,Anvil,,"1,234",true')))
    assert "Is this 1234.00 or 1.23 rounded?" in shown
    assert 'data-text="1234.00"' in shown
    assert 'data-text="1.23"' in shown


def test_text_of_several_lines_keeps_them(client: Client) -> None:
    job = make_import(make_csv('A-1,"Anvil\nbig",,1,true'))
    response = client.get(f"/imports/{job.pk}/rows/", headers=BROWSER)
    assert ">\nAnvil\nbig</textarea>" in response.content.decode()


def test_cells_beyond_the_last_column_are_shown(client: Client) -> None:
    shown = page(client, make_import(b"sku,name\nA1,Mug,big,<b>\n"))
    assert "The row has too many cells. Enter each value in its column." in shown
    assert "<code>big</code>, <code>&lt;b&gt;</code>" in shown


def test_rows_whose_text_was_not_kept_are_named(client: Client) -> None:
    shown = page(client, make_import(make_csv("B-2,Bucket,,cheap,true", 'C-3,"Cup" x,,1,true')))
    assert "1 skipped row can't be corrected here, because its text wasn't kept: line 3." in shown


def test_field_without_a_column_is_named(client: Client) -> None:
    shown = page(client, make_import(b"sku,price\nA1,5\n"))
    assert "New products need a name. No column is imported as Name." in shown


def test_markup_in_cells_is_text(client: Client) -> None:
    nasty = '"\'""><script>alert(1)</script>"'
    job = make_import(make_csv(f"{nasty},{nasty},</textarea><script>,<i>,<b>"))
    for shown in (page(client, job), text(send(client, job, "2", **{"cell-2-3": "<script>"}))):
        assert "<script>alert" not in shown
        assert "</textarea><script>" not in shown
        assert 'value="<' not in shown


@pytest.mark.parametrize(("rows", "can_be_sent"), [(165, True), (166, False)])
def test_more_cells_than_a_form_has_need_a_script(client: Client, rows: int, can_be_sent: bool) -> None:
    shown = page(client, make_import(make_csv(*(f"B-{number},Cup,,x,true" for number in range(rows)))))
    assert ("A browser without JavaScript can't send this many rows." not in shown) == can_be_sent
    assert ('class="form-foot is-sticky">' in shown) == can_be_sent


@pytest.mark.parametrize(("is_preview", "first"), [(True, "Preview 2 rows"), (False, "Import 2 rows")])
def test_first_button_does_what_the_first_import_did(client: Client, is_preview: bool, first: str) -> None:
    job = make_import(TWO_BAD, dry_run=is_preview)
    if is_preview:
        jobs.confirm(job.pk)
        runner.run(job.pk)
    assert f'data-verb="{first.split()[0]}">{first}</button>' in page(client, job)


# --- Sent ---


def test_rows_lead_to_their_import(client: Client) -> None:
    job = make_import(TWO_BAD)
    response = send(client, job, **VALID)
    made = ImportJob.objects.get(corrects=job)
    assert (response.status_code, response["Location"]) == (302, f"/imports/{made.pk}/")
    assert (made.corrected_lines, made.parsed_options.dry_run) == ([3, 4], False)


def test_preview_is_the_other_button(client: Client) -> None:
    job = make_import(TWO_BAD)
    send(client, job, **{**VALID, "dry_run": "true"})
    assert ImportJob.objects.get(corrects=job).parsed_options.dry_run


def test_script_sends_the_changes_as_one_field(client: Client) -> None:
    job = make_import(TWO_BAD)
    send(client, job, changes=as_script_sends_it({"3": {"3": "5"}}, [4]))
    assert ImportJob.objects.get(corrects=job).corrected_lines == [3]


def test_row_is_not_imported_without_a_script_either(client: Client) -> None:
    job = make_import(TWO_BAD)
    send(client, job, **VALID, drop="4")
    assert ImportJob.objects.get(corrects=job).corrected_lines == [3]


def test_what_was_typed_is_shown_again_with_what_is_wrong(client: Client) -> None:
    job = make_import(TWO_BAD)
    response = send(client, job, **{"cell-3-3": "dear", "cell-3-1": "Pail", "cell-4-0": "C-3"})
    shown = text(response)
    assert (response.status_code, ImportJob.objects.count()) == (422, 1)
    assert "1 row still has errors. Nothing was imported." in shown
    assert "&#x27;dear&#x27; is not a price with a decimal point." in shown
    assert 'value="Pail" autocomplete="off" aria-label="name, line 3" data-stored="Bucket"' in shown
    assert 'value="C-3"' in shown


def test_no_row_is_nothing_to_import(client: Client) -> None:
    job = make_import(TWO_BAD)
    response = send(client, job, changes=as_script_sends_it({}, [3, 4]))
    assert (response.status_code, "No row is left to import." in text(response)) == (422, True)
    assert text(response).count('value="3" autocomplete="off" checked') == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"lines": "x"},
        {"lines": " ".join(["3"] * (limits.CORRECTED_ROWS_MAX + 1))},
        {"cell-3": "x"},
        {"cell-x-3": "x"},
        {"drop": "-1"},
        {"changes": "{"},
        {"changes": '{"cells": {"3": {"3": 5}}, "dropped": []}'},
        {"changes": as_script_sends_it({"3": {"1": "\0"}})},
        {"changes": '{"cells": {"3": {"1": "\\ud800"}}, "dropped": []}'},
        {"cell-3-99": "x"},
        {"lines": "2"},
        {"lines": "9" * 18},
    ],
)
def test_form_that_no_page_has_is_refused(client: Client, fields: dict[str, str]) -> None:
    job = make_import(TWO_BAD)
    assert send(client, job, **fields).status_code == 422
    assert not job.corrections.exists()


def test_full_storage_loses_nothing_that_was_typed(client: Client, settings: Settings) -> None:
    job = make_import(TWO_BAD)
    settings.UPLOAD_TOTAL_BYTES = 1
    shown = text(send(client, job, **VALID))
    assert "This file would exceed the 1 bytes for all stored files." in shown
    assert 'value="C-3"' in shown


@pytest.mark.parametrize("method", ["get", "post"])
def test_import_that_is_gone_is_not_found(client: Client, method: str) -> None:
    assert getattr(client, method)(f"/imports/{uuid4()}/rows/", headers=BROWSER).status_code == 404


@pytest.mark.parametrize("method", ["get", "post"])
def test_import_that_was_undone_meanwhile_says_so(client: Client, method: str) -> None:
    job = make_import(TWO_BAD)
    make_undone(job)
    response = getattr(client, method)(
        f"/imports/{job.pk}/rows/", {"lines": "3", "cell-3-3": "5"}, headers=BROWSER, follow=True
    )
    assert "The import was undone. Import the whole file again." in text(response)
    assert not job.corrections.exists()


# --- The page of the import ---


def test_import_tells_how_many_rows_were_corrected_and_where(client: Client) -> None:
    job = make_import(TWO_BAD)
    send(client, job, **VALID)
    made = ImportJob.objects.get(corrects=job)
    link = f'<a class="wrap-anywhere" href="/imports/{made.pk}/">products (2 corrected rows).csv</a>.'
    assert f"2 of 2 skipped rows are being corrected in {link}" in page(client, job, "")
    runner.run(made.pk)
    shown = page(client, job, "")
    assert f"2 of 2 skipped rows were corrected in {link}" in shown
    assert "Correct skipped rows</a>" not in shown
    assert "All skipped rows that can be corrected here have been corrected already." in shown


def test_row_that_is_skipped_again_is_to_be_corrected_there(client: Client) -> None:
    job = make_import(make_csv("B-2,Bucket,,cheap,true", "C-3,Cup,,cheap,true"), mode="create_only")
    send(client, job, "2 3", **{"cell-2-3": "1", "cell-3-3": "1"})
    made = ImportJob.objects.get(corrects=job)
    make_import(make_csv("C-3,Cup,,1,true"))
    runner.run(made.pk)
    assert "1 row was skipped again and can be corrected there." in page(client, job, "")
    assert f'href="/imports/{made.pk}/rows/"' in page(client, made, "")


def test_too_many_rows_are_downloaded_instead(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_import(TWO_BAD)
    monkeypatch.setattr(limits, "CORRECTED_ROWS_MAX", 1)
    shown = page(client, job, "")
    assert "More than 1 rows were skipped, which is too many to correct them here." in shown
    assert f'href="/imports/{job.pk}/rows/"' not in shown
    assert f'href="/api/jobs/{job.pk}/errors.csv"' in shown


def test_import_that_is_not_completed_offers_the_file_alone(client: Client) -> None:
    shown = page(client, make_import(TWO_BAD, dry_run=True), "")
    assert "Correct skipped rows" not in shown
    assert "upload the file</a>" in shown


# --- Permissions ---


def test_account_that_may_only_look_is_offered_nothing(settings: Settings) -> None:
    settings.DEBUG = False
    job, staff = make_import(TWO_BAD), make_staff("imports.view_importjob")
    assert "Correct skipped rows</a>" not in page(staff, job, "")
    assert "This account may not import anything." in page(staff, job)
    assert send(staff, job, **VALID).status_code == 403
    assert not job.corrections.exists()


def test_account_that_may_change_imports_corrects_their_rows(settings: Settings) -> None:
    settings.DEBUG = False
    job = make_import(TWO_BAD)
    staff = make_staff("imports.view_importjob", "imports.change_importjob")
    assert "Correct skipped rows</a>" in page(staff, job, "")
    assert send(staff, job, **VALID).status_code == 302


def test_queries_do_not_grow_with_the_rows(client: Client, django_assert_max_num_queries: Any) -> None:
    job = make_import(make_csv(*(f"B-{number},Bucket,,cheap,true" for number in range(200))))
    assert len(skipped_rows.uncorrected_rows(job)) == 200
    with django_assert_max_num_queries(8):
        page(client, job)
