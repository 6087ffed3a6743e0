"""The pages of imports: the list with its upload, and one import in every state."""

import codecs
import re
from decimal import Decimal
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries

from catalog.models import Product
from dashboard.forms.import_options import FIELD_LABELS, OF_THE_FILE, WORDS, option_fields
from imports import jobs
from imports.models import ImportJob
from imports.options import FIELDS, Options
from imports.pipeline import runner
from lib import limits
from tests.factories import make_csv, make_import, make_job, make_product, make_undone

pytestmark = pytest.mark.django_db(transaction=True)

BROWSER = {"Accept": "text/html"}
BAD = "B-2,Bucket,,cheap,true"
GOOD = "A-1,Anvil,,12.50,true"


def page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address, headers=BROWSER)
    assert response.status_code == status
    return " ".join(response.content.decode().split())


def one(client: Client, job: ImportJob, query: str = "") -> str:
    return page(client, f"/imports/{job.pk}/{query}")


def act(client: Client, job: ImportJob, action: str) -> str:
    """The page that the button leads to."""
    response = client.post(f"/imports/{job.pk}/{action}/", headers=BROWSER, follow=True)
    return " ".join(response.content.decode().split())


# --- The list ---


def test_empty_list_says_what_to_do(client: Client) -> None:
    assert "No imports yet" in page(client, "/imports/")


def test_template_is_offered_in_every_format_of_an_upload(client: Client) -> None:
    shown = page(client, "/imports/")
    for address in (
        "/api/imports/template.xlsx",
        "/api/imports/template.csv",
        "/api/imports/template.csv?format=csv-eu",
    ):
        assert f'<li><a href="{address}">' in shown
        assert client.get(address).status_code == 200


def test_list_shows_imports(client: Client) -> None:
    job = make_import(make_csv(GOOD, BAD))
    shown = page(client, "/imports/")
    assert f'href="/imports/{job.pk}/">products.csv</a>' in shown
    assert '<td data-label="Errors" class="num is-bad">1</td>' in shown


def test_list_is_filtered_by_status(client: Client) -> None:
    make_import(make_csv(GOOD))
    assert "products.csv" in page(client, "/imports/?status=completed")
    assert "No imports with this status" in page(client, "/imports/?status=failed")


@pytest.mark.parametrize(
    ("typed", "found"), [("artikel 2026", 1), ("grunhof", 1), ("2026", 2), ("%", 0), ("\0", 2)]
)
def test_list_is_searched_by_filename(client: Client, typed: str, found: int) -> None:
    make_job(make_csv(), "2026 Grünhof Artikel.csv"), make_job(make_csv(), "2026.csv")
    shown = page(client, f"/imports/?q={quote(typed)}")
    assert shown.count('class="row-link"') == found
    assert ("No imports found" in shown) == (found == 0)


def test_list_has_pages(client: Client) -> None:
    for _ in range(26):
        make_job(make_csv())
    assert "1\N{EN DASH}25 of 26 imports" in page(client, "/imports/")
    second = page(client, "/imports/?page=2")
    assert "26 of 26 imports" in second
    assert 'rel="prev" href="/imports/?page=1"' in second


@pytest.mark.parametrize("query", ["page=0", "page=x", "page=99999999999999999999", "page=²", "status=odd"])
def test_nonsense_in_the_address_is_not_found(client: Client, query: str) -> None:
    page(client, f"/imports/?{query}", status=404)


def test_page_past_the_end_leads_back(client: Client) -> None:
    make_job(make_csv())
    assert "Page 9 doesn't exist" in page(client, "/imports/?page=9")


def test_queries_of_the_list_do_not_grow(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(20):
        make_job(make_csv())
    # Two for the list, and one for the profiles of the form.
    with django_assert_max_num_queries(3):
        page(client, "/imports/")


def test_form_has_every_option_that_does_not_depend_on_the_file(client: Client) -> None:
    shown = page(client, "/imports/")
    fields = option_fields()
    assert {*(field.name for field in fields), *OF_THE_FILE} == set(Options.model_fields)
    for field in fields:
        assert f"{field.label}</l" in shown
        assert f'id="about-{field.name}"' in shown
    assert '<option value="update_only">Only update existing products</option>' in shown


def test_every_choice_of_an_option_has_its_words() -> None:
    schemas = Options.model_json_schema()["properties"]
    for option in option_fields():
        if option.control == "choice":
            assert [value for value, _ in option.choices] == schemas[option.name]["enum"], option.name
    for name in ("delimiter", "decimal"):
        assert ["auto", *WORDS[name].choices] == schemas[name]["enum"]
    assert list(FIELD_LABELS) == list(FIELDS)


def test_listed_encodings_are_known() -> None:
    for name in WORDS["encoding"].choices:
        assert codecs.lookup(Options.model_validate({"encoding": name}).encoding) == codecs.lookup(name)


@pytest.mark.parametrize(
    ("name", "control"),
    [
        ("dry_run", "check"),
        ("mode", "choice"),
        ("max_errors", "number_or_share"),
        ("max_missing", "number"),
    ],
)
def test_option_has_the_control_of_its_type(name: str, control: str) -> None:
    assert {field.name: field.control for field in option_fields()}[name] == control


def test_words_of_options_are_for_people() -> None:
    for option in option_fields():
        text = f"{option.label} {option.help}"
        assert not [name for name in Options.model_fields if "_" in name and name in text]
        assert not re.search(r"`|POST|JSON", text.replace("`[clear]`", "")), text


# --- One import ---


def test_unknown_import_is_not_found(client: Client) -> None:
    page(client, f"/imports/{uuid4()}/", status=404)


def test_waiting_import_can_be_cancelled(client: Client) -> None:
    job = make_job(make_csv(GOOD))
    shown = one(client, job)
    assert f'data-job="{job.pk}"' in shown
    assert '<p data-fact="written">Nothing has been imported yet.</p>' in shown
    assert ">Cancel import</button>" in shown
    assert "Cancelled. Nothing was imported." in act(client, job, "cancel")
    assert ImportJob.objects.get().status == "cancelled"


def cut_short(**changes: object) -> ImportJob:
    """An import of three rows of which two were written."""
    job = make_import(make_csv(GOOD, "C-3,Cup,,1,true"))
    ImportJob.objects.update(**{"status": "cancelled", "total_rows": 3, **changes})
    return job


def test_question_about_a_running_import_says_what_would_be_kept(client: Client) -> None:
    job = cut_short(status="processing", phase="applying", completed_at=None)
    kept = "2 products have been imported so far and are kept. You can undo this afterwards."
    assert kept in one(client, job)
    assert "Cancelling. What has been imported is kept" in act(client, job, "cancel")


def test_cancelled_import_says_what_was_written_and_offers_to_undo_it_first(client: Client) -> None:
    shown = one(client, cut_short())
    assert "Cancelled after 2 of 3 rows. Kept: 2 products created, 0 products changed." in shown
    assert shown.index('class="button danger primary" data-opens="undo"') < shown.index(">Retry</button>")
    assert '<button class="button">Retry</button>' in shown


def test_import_that_no_worker_will_take_says_so(client: Client) -> None:
    assert "No workers are running." in one(client, make_job(make_csv(GOOD)))
    assert "No workers are running." not in one(client, make_import(make_csv(GOOD)))


def test_running_import_tells_how_far_it_is(client: Client) -> None:
    job = make_job(make_csv(GOOD))
    ImportJob.objects.update(
        status="processing",
        phase="applying",
        progress=42,
        total_rows=2000,
        updated_count=1000,
        started_at=now(),
    )
    shown = one(client, job)
    assert "1,000 of 2,000" in shown
    assert '<li aria-current="step">Importing</li>' in shown


def test_dry_run_shows_what_would_change(client: Client) -> None:
    make_product(sku="A-1", name="Anvil", price=Decimal(10))
    job = make_import(make_csv(GOOD, "C-3,Cup,,1,true"), dry_run=True)
    shown = one(client, job)
    assert '<del class="old"><span class="visually-hidden">before: </span>10.00</del>' in shown
    assert "12.50</ins>" in shown
    assert "Import 2 changes" in shown
    assert Product.objects.get().price == 10


def test_preview_is_narrowed_to_a_kind(client: Client) -> None:
    make_product(sku="A-1", name="Anvil")
    shown = one(client, make_import(make_csv(GOOD, "C-3,Cup,,1,true"), dry_run=True), "?kind=created")
    assert "C-3" in shown
    assert "A-1" not in shown


def test_preview_leads_to_what_is_worth_checking(client: Client) -> None:
    job = make_import(make_csv(GOOD, "C-3,Cup,,0,true"), dry_run=True)
    shown = one(client, job)
    assert f'<a href="/imports/{job.pk}/?flag=new_at_zero#changes"' in shown
    assert ">1 new at 0.00</a>" in shown
    shown = one(client, job, "?flag=new_at_zero")
    assert ("C-3" in shown, "A-1" in shown) == (True, False)


def test_preview_with_nothing_worth_checking_says_nothing_of_it(client: Client) -> None:
    assert "Worth checking" not in one(client, make_import(make_csv(GOOD), dry_run=True))


def test_changes_are_searched_by_sku(client: Client) -> None:
    job = make_import(make_csv(GOOD, "C-3,Cup,,1,true"), dry_run=True)
    shown = one(client, job, "?sku=c")
    assert ("C-3" in shown, "A-1" in shown) == (True, False)
    assert "No changes found." in one(client, job, "?sku=z")


def test_changes_are_sorted_by_the_size_of_the_price_change(client: Client) -> None:
    for sku in ("A-1", "C-3"):
        make_product(sku=sku, name="Anvil", price=Decimal(10))
    job = make_import(make_csv("A-1,,,11,", "C-3,,,99,"), dry_run=True)
    shown = one(client, job, "?order=price_change")
    assert shown.index("C-3</a>") < shown.index("A-1</a>")


@pytest.mark.parametrize("query", ["flag=x", "order=x", "kind=x", "sku=%00"])
def test_unknown_filter_of_changes_is_not_found(client: Client, query: str) -> None:
    job = make_import(make_csv(GOOD), dry_run=True)
    assert "Unknown " in page(client, f"/imports/{job.pk}/?{query}", 404)


def test_preview_has_pages(client: Client) -> None:
    rows = [f"A-{number:02},Anvil,,1,true" for number in range(30)]
    shown = one(client, make_import(make_csv(*rows), dry_run=True), "?page=2")
    assert "26\N{EN DASH}30 of 30 changes" in shown
    assert "A-29" in shown


def test_dry_run_that_changes_nothing_has_nothing_to_confirm(client: Client) -> None:
    make_import(make_csv(GOOD))
    shown = one(client, make_import(make_csv(GOOD), dry_run=True))
    assert "Nothing to import. The products already match the file." in shown
    assert '<span class="badge is-off">No changes</span>' in shown
    assert "Import 0" not in shown


def test_confirmed_dry_run_goes_on(client: Client) -> None:
    job = make_import(make_csv(GOOD), dry_run=True)
    assert '<span class="badge is-wait">Queued</span>' in act(client, job, "confirm")
    assert ImportJob.objects.get().status == "pending"


def test_dry_run_is_not_confirmed_twice(client: Client) -> None:
    job = make_import(make_csv(GOOD), dry_run=True)
    act(client, job, "confirm")
    assert "Only a preview that is ready can be confirmed" in act(client, job, "confirm")


def figures(shown: str) -> dict[str, str]:
    return dict(re.findall(r'<div class="stat"><dt>([^<]*)</dt><dd class="figure">([^<]*)</dd>', shown))


def test_import_that_changed_nothing_shows_no_zeros(client: Client) -> None:
    failed = make_import(make_csv(GOOD, BAD), on_error="reject")
    assert figures(one(client, failed)) == {"Rows with errors": "1"}
    ImportJob.objects.filter(pk=failed.pk).update(error_count=0)
    assert figures(one(client, failed)) == {}


def test_completed_import_shows_zeros_too(client: Client) -> None:
    assert figures(one(client, make_import(make_csv(GOOD)))) == {
        "New products": "1",
        "Updated products": "0",
        "Already up to date": "0",
        "Duplicates": "0",
        "Rows with errors": "0",
    }


def test_lines_are_shown_while_they_are_known(client: Client) -> None:
    line = '<th scope="col" class="num">Line</th>'
    job = make_import(make_csv(GOOD), dry_run=True)
    assert line in one(client, job)
    jobs.confirm(job.pk)
    runner.run(job.pk)
    assert line not in one(client, job)


def test_markup_in_a_file_is_text(client: Client) -> None:
    shown = one(
        client,
        make_import(make_csv('A-1,"<script>alert(1)</script>",,1,true', "B-2,<b>,,<i>,true"), dry_run=True),
    )
    assert "<script>alert" not in shown
    assert "<i>" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown


def test_errors_are_told_by_code_with_examples(client: Client) -> None:
    bad = [f"B-{number},Bucket,,cheap,true" for number in range(5)]
    shown = one(client, make_import(make_csv(*bad, ",Cup,,1,true")))
    assert shown.index("price.invalid") < shown.index("sku.required")
    assert '<span class="muted">5 rows</span>' in shown
    assert shown.count("&#x27;cheap&#x27; is not a price.") == 3
    assert "/errors.csv" in shown


def test_changes_stand_before_errors_while_somebody_decides(client: Client) -> None:
    job = make_import(make_csv(GOOD, BAD), dry_run=True)
    shown = one(client, job)
    assert '1 row has errors and will be skipped. <a href="#errors">View errors</a>' in shown
    assert shown.index('id="changes"') < shown.index('id="errors"')


def test_errors_stand_before_changes_afterwards(client: Client) -> None:
    shown = one(client, make_import(make_csv(GOOD, BAD)))
    assert shown.index('id="errors"') < shown.index('id="changes"')


def test_failed_import_tells_why_and_what_to_do(client: Client) -> None:
    shown = one(client, make_import(make_csv(GOOD, BAD), on_error="reject"))
    assert "1 row is invalid, so nothing was imported." in shown
    assert "Correct those rows and upload the file again" in shown


def test_import_that_a_setting_made_fail_offers_to_change_it(client: Client) -> None:
    job = make_import(make_csv(GOOD, BAD), on_error="reject")
    shown = one(client, job)
    assert f'href="/imports/{job.pk}/settings/">Change settings and run again</a>' in shown
    assert ">Retry</button>" not in shown


def test_import_that_a_crash_made_fail_offers_to_retry_it(client: Client) -> None:
    job = make_import(make_csv(GOOD, BAD), on_error="reject")
    ImportJob.objects.filter(pk=job.pk).update(failure_code="job.crash_loop")
    assert ">Retry</button>" in one(client, job)


def test_settings_are_prefilled(client: Client) -> None:
    job = make_import(make_csv(GOOD), blank="clear", decimal=",")
    shown = page(client, f"/imports/{job.pk}/settings/")
    assert '<option value="clear" selected>Clear the value</option>' in shown
    assert '<option value="," selected>' in shown
    assert 'name="dry_run" value="true" autocomplete' in shown


def test_changed_settings_lead_to_the_new_import(client: Client) -> None:
    job = make_import(make_csv(GOOD, BAD), on_error="reject")
    response = client.post(f"/imports/{job.pk}/settings/", {"on_error": "skip", "dry_run": "true"})
    again = ImportJob.objects.get(retry_of=job)
    assert response["Location"] == f"/imports/{again.pk}/"
    options = again.parsed_options
    assert (options.on_error, options.dry_run, options.mode) == ("skip", True, "upsert")


def test_settings_that_make_a_file_unclear_are_asked_about(client: Client) -> None:
    content = b"sku,name,Preis A,Preis B\nA-1,Anvil,1.00,2.00\nB-2,Bucket,3.00,4.00\n"
    job = make_import(content, mapping={"Preis A": "price", "Preis B": ""})
    address = f"/imports/{job.pk}/settings/"
    response = client.post(address, {"mapping": "{}", "mode": "create_only"})
    shown = " ".join(response.content.decode().split())
    assert (response.status_code, "Preis A" in shown) == (422, True)
    assert '<option value="create_only" selected>' in shown
    client.post(address, {"mapping": "{}", "answer-price": '{"Preis B": "price"}'})
    assert ImportJob.objects.get(retry_of=job).parsed_options.mapping == {"Preis B": "price"}


def test_setting_that_is_invalid_is_told(client: Client) -> None:
    job = make_import(make_csv(GOOD))
    response = client.post(f"/imports/{job.pk}/settings/", {"max_errors": "many"})
    assert (response.status_code, "max_errors must be" in response.content.decode()) == (422, True)


def test_corrected_file_is_uploaded_from_the_page_of_the_import(client: Client) -> None:
    job = make_import(make_csv(GOOD, BAD), blank="clear")
    assert f'href="/imports/{job.pk}/corrected/">Upload the corrected file</a>' in one(client, job)
    form = page(client, f"/imports/{job.pk}/corrected/")
    assert f'<input type="hidden" name="corrects" value="{job.pk}">' in form
    file = SimpleUploadedFile("fixed.csv", make_csv("B-2,Bucket,,5,true"))
    client.post("/imports/upload/", {"corrects": str(job.pk), "dry_run": "true", "file": file})
    corrected = ImportJob.objects.get(corrects=job)
    assert corrected.parsed_options.blank == "clear"
    assert f'corrects <a href="/imports/{job.pk}/">an earlier import</a>' in one(client, corrected)


def test_import_without_errors_needs_no_corrected_file(client: Client) -> None:
    assert "Upload the corrected file" not in one(client, make_import(make_csv(GOOD)))


def test_retry_leads_to_the_new_import(client: Client) -> None:
    job = make_import(make_csv(GOOD, BAD), on_error="reject")
    response = client.post(f"/imports/{job.pk}/retry/")
    again = ImportJob.objects.get(retry_of=job)
    assert response.headers["Location"] == f"/imports/{again.pk}/"


def test_import_that_succeeded_is_not_retried(client: Client) -> None:
    job = make_import(make_csv(GOOD))
    assert "Only a failed or cancelled job can be retried" in act(client, job, "retry")
    assert ImportJob.objects.count() == 1


def test_undo_is_asked_for_with_the_number(client: Client) -> None:
    job = make_import(make_csv(GOOD, "C-3,Cup,,1,true"))
    assert "<strong>2 products</strong> it added will be deleted." in one(client, job)
    assert Product.objects.count() == 2


def test_undone_import_is_told(client: Client) -> None:
    job = make_undone(make_import(make_csv(GOOD)))
    shown = one(client, job)
    assert '<span class="badge is-off">Undone</span>' in shown
    assert ": 1 product reverted." in shown
    assert "View products" not in shown
    assert "already been undone" in act(client, job, "undo")


def test_undone_import_says_how_many_products_were_kept(client: Client) -> None:
    job = make_import(make_csv(GOOD, "C-3,Cup,,1,true"))
    Product.objects.get(sku="C-3").change({"name": "Jar"})
    assert ": 1 product reverted, 1 kept because it changed since." in one(client, make_undone(job))


def test_undo_under_way_is_followed_and_offers_no_second(client: Client) -> None:
    job = make_import(make_csv(GOOD))
    shown = act(client, job, "undo")
    assert '<span class="badge is-wait">Undo queued</span>' in shown
    assert f'data-job="{job.pk}" data-phase="undo pending"' in shown
    assert "0 of 1 done" in shown
    assert not any(words in shown for words in ("Undo this import?", "Delete this import?"))
    assert Product.objects.count() == 1


def test_undo_that_no_worker_will_take_says_so(client: Client) -> None:
    assert "No workers are running." in act(client, make_import(make_csv(GOOD)), "undo")


def test_undo_that_failed_says_why_and_is_offered_again(client: Client) -> None:
    job = make_import(make_csv(GOOD, "C-3,Cup,,1,true"))
    ImportJob.objects.update(
        undo_status="failed",
        undo_requested_at=now(),
        undo_failure_code="undo.storage_full",
        undo_failure_message="The database server ran out of disk space.",
        reverted_count=1,
    )
    shown = one(client, job)
    assert "The database server ran out of disk space.</strong> 1 product was reverted before." in shown
    assert "undo the import again: it continues where it stopped" in shown
    assert "The undo continues where it stopped: 1 of 2 products is done." in shown


def test_changes_that_are_not_kept_any_more_are_told_so(client: Client) -> None:
    job = make_import(make_csv(GOOD))
    job.created.all().delete()
    assert "Details are no longer available. Totals are kept." in one(client, job)


def test_deleting_is_asked_for_and_says_what_stays(client: Client) -> None:
    job = make_import(make_csv(GOOD))
    assert "After that, the import can't be undone." in one(client, job)
    shown = act(client, job, "delete")
    assert "Import deleted. Its products were kept." in shown
    assert (ImportJob.objects.count(), Product.objects.count()) == (0, 1)


def test_import_that_has_not_ended_is_not_deleted(client: Client) -> None:
    job = make_job(make_csv(GOOD))
    assert "Delete import" not in one(client, job)
    assert "Only a job that has ended can be deleted" in act(client, job, "delete")
    assert ImportJob.objects.get() == job


def test_import_of_which_not_all_errors_are_listed_says_so(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LISTED_ROWS", 1)
    job = make_import(make_csv(*(f"B-{number},Bucket,,cheap,true" for number in range(5))))
    assert "Only the first 1 of 5 rejected rows are listed." in one(client, job)


def test_import_whose_errors_were_removed_says_so(client: Client) -> None:
    job = make_import(make_csv(GOOD, BAD))
    job.rejected.all().delete()
    ImportJob.objects.update(listed_count=0)
    shown = one(client, job)
    assert "were deleted because it ended long ago; only their number is known" in shown
    assert "errors.csv" not in shown


@pytest.mark.parametrize("action", ["cancel", "confirm", "retry", "undo", "delete"])
def test_reading_changes_nothing(client: Client, action: str) -> None:
    job = make_job(make_csv(GOOD))
    assert client.get(f"/imports/{job.pk}/{action}/", headers=BROWSER).status_code == 405


def test_queries_of_an_import_do_not_grow(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [f"A-{number},Anvil,,1,true" for number in range(50)]
    job = make_import(make_csv(*rows, *[f"B-{number},Bucket,,cheap,true" for number in range(50)]))
    with django_assert_max_num_queries(8):
        one(client, job)


def test_settings_are_in_the_words_of_the_form(client: Client) -> None:
    content = make_csv("A-1,Anvil", header="Nr,name")
    shown = one(client, make_import(content, mapping={"Nr": "sku"}, mode="create_only"))
    assert "<dt>What should this import do?</dt><dd>Only add new products</dd>" in shown
    assert "<dt>Column “Nr”</dt><dd>SKU</dd>" in shown
    assert "Safety limit" not in shown


def test_settings_of_a_replacement_are_those_in_effect(client: Client) -> None:
    shown = one(client, make_import(make_csv(GOOD), mode="sync", on_error="skip"))
    assert "<dt>Review changes before importing</dt><dd>Yes</dd>" in shown
    assert "<dt>Rows with errors</dt><dd>Cancel the whole import</dd>" in shown
    assert "<dt>Safety limit for deactivations (%)</dt><dd>10</dd>" in shown


def test_columns_that_were_not_imported_are_listed_in_one_sentence(client: Client) -> None:
    shown = one(client, make_import(make_csv("A-1,Anvil,x,y", header="sku,name,EAN,Stock")))
    assert "2 columns weren&#x27;t imported: EAN, Stock" in shown


def test_preview_without_confirmation_is_discarded(client: Client) -> None:
    job = make_import(make_csv(GOOD), dry_run=True)
    assert "Cancelled. Nothing was imported." in act(client, job, "cancel")
