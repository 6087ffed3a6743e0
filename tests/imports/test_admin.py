"""Imports in the admin: a history to look at, and jobs to cancel."""

import uuid
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from imports import admin, profiles
from imports.journal import undo
from imports.models import ImportJob, Profile, RejectedRow, Status, StoredFile
from imports.options import Options
from tests.factories import make_csv, make_import, make_job, make_profile

pytestmark = pytest.mark.django_db(transaction=True)

JOBS = "/admin/imports/importjob/"
ROWS = "/admin/imports/rejectedrow/"
PROFILES = "/admin/imports/profile/"


def cancel(client: Client, *jobs: ImportJob) -> str:
    """What the page says afterwards."""
    selected = {"action": "cancel", "_selected_action": [job.pk for job in jobs]}
    return client.post(JOBS, selected, follow=True).content.decode()


def statuses(*jobs: ImportJob) -> list[str]:
    """As they are now."""
    return [ImportJob.objects.get(pk=job.pk).status for job in jobs]


def rows_of(job: ImportJob) -> str:
    return f"{ROWS}?job__id__exact={job.pk}"


@pytest.fixture
def queries() -> Iterator[CaptureQueriesContext]:
    with CaptureQueriesContext(connection) as captured:
        yield captured


@pytest.fixture
def viewer(client: Client) -> Client:
    """Staff who may look at imports, and no more."""
    user = User.objects.create_user("ada", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_importjob", "view_rejectedrow"]))
    client.force_login(user)
    return client


def test_jobs_are_listed_newest_first(admin_client: Client) -> None:
    first, second = make_job(make_csv()), make_job(make_csv())
    assert list(admin_client.get(JOBS).context["cl"].result_list) == [second, first]


def test_list_shows_status_progress_and_counters(admin_client: Client) -> None:
    make_import(make_csv("A1,Mug,,,", "B2,Cup,,x,"))
    page = admin_client.get(JOBS).content.decode()
    for field, text in [
        ("status", "Completed"), ("percent", "100%"), ("rows", "2"), ("imported", "1"), ("rejected", "1"),
    ]:  # fmt: skip
        assert f'<td class="field-{field}">{text}</td>' in page


def test_jobs_are_filtered_by_status(admin_client: Client) -> None:
    make_job(make_csv())
    done = make_import(make_csv())
    listed = admin_client.get(f"{JOBS}?status__exact=completed").context["cl"].result_list
    assert list(listed) == [done]


@pytest.mark.parametrize("status", Status.values)
def test_every_status_can_be_filtered_by(admin_client: Client, status: str) -> None:
    assert f"?status__exact={status}" in admin_client.get(JOBS).content.decode()


def test_job_is_shown_with_the_way_to_its_rejected_rows(admin_client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,x,"))
    page = admin_client.get(f"{JOBS}{job.pk}/change/").content.decode()
    assert rows_of(job) in page
    assert f"/api/jobs/{job.pk}/errors.csv" in page


def test_job_without_errors_leads_to_none(admin_client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,,"))
    assert ROWS not in admin_client.get(f"{JOBS}{job.pk}/change/").content.decode()


@pytest.mark.parametrize("way", ["add/", "{job}/delete/"])
def test_jobs_are_neither_added_nor_deleted_before_they_end(admin_client: Client, way: str) -> None:
    job = make_job(make_csv())
    assert admin_client.get(JOBS + way.format(job=job.pk)).status_code == 403
    assert admin_client.post(JOBS + way.format(job=job.pk), {"post": "yes"}).status_code == 403
    assert ImportJob.objects.get() == job


def test_job_is_not_changed(admin_client: Client) -> None:
    job = make_job(make_csv())
    assert admin_client.post(f"{JOBS}{job.pk}/change/", {"status": "completed"}).status_code == 403
    assert statuses(job) == [Status.PENDING]


def test_ended_job_is_deleted_with_its_file(admin_client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,x,", "B2,Cup,,1,"))
    address = f"{JOBS}{job.pk}/delete/"
    assert admin_client.get(address).status_code == 200
    assert admin_client.post(address, {"post": "yes"}).status_code == 302
    assert not ImportJob.objects.exists()
    assert not StoredFile.objects.exists()


def delete_selected(client: Client, *jobs: ImportJob) -> None:
    selected = {"action": "delete_selected", "_selected_action": [job.pk for job in jobs], "post": "yes"}
    client.post(JOBS, selected)


def test_selected_jobs_are_deleted_if_all_have_ended(admin_client: Client) -> None:
    done, waiting = make_import(make_csv()), make_job(make_csv("A1,Mug,,1,"))
    delete_selected(admin_client, done, waiting)
    assert ImportJob.objects.count() == 2
    delete_selected(admin_client, done)
    assert ImportJob.objects.get() == waiting


def test_import_that_is_being_undone_is_not_deleted(admin_client: Client) -> None:
    job = undo.request(make_import(make_csv("A1,Mug,,1,")).pk)
    assert admin_client.post(f"{JOBS}{job.pk}/delete/", {"post": "yes"}).status_code == 403
    delete_selected(admin_client, job)
    assert ImportJob.objects.get() == job


def test_viewer_deletes_no_job(viewer: Client) -> None:
    job = make_import(make_csv())
    assert viewer.post(f"{JOBS}{job.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ImportJob.objects.get() == job


def test_selected_jobs_are_cancelled(admin_client: Client) -> None:
    job, other = make_job(make_csv(), "mugs.csv"), make_job(make_csv())
    assert "Cancelled: mugs.csv. Products already imported are kept." in cancel(admin_client, job)
    assert statuses(job, other) == [Status.CANCELLED, Status.PENDING]


def test_ended_job_is_not_cancelled_and_that_is_said(admin_client: Client) -> None:
    done, waiting = make_import(make_csv()), make_job(make_csv())
    page = cancel(admin_client, done, waiting)
    assert "Not cancelled: products.csv. The job cannot be cancelled: it is already completed." in page
    assert statuses(done, waiting) == [Status.COMPLETED, Status.CANCELLED]


def test_viewer_sees_jobs_and_cannot_cancel_them(viewer: Client) -> None:
    job = make_job(make_csv())
    assert list(viewer.get(JOBS).context["cl"].result_list) == [job]
    cancel(viewer, job)
    assert statuses(job) == [Status.PENDING]


def test_rejected_rows_of_a_job_are_listed_in_the_order_of_the_file(admin_client: Client) -> None:
    make_import(make_csv("X1,Mug,,x,"))
    job = make_import(make_csv("A1,,,1,", "B2,Cup,,x,"))
    listed = admin_client.get(rows_of(job)).context["cl"].result_list
    assert [(row.row, row.code) for row in listed] == [(1, "name.required"), (2, "price.invalid")]


def test_rejected_row_is_shown_with_its_cells(admin_client: Client) -> None:
    make_import(make_csv("A1,Mug,Blue,x,"))
    row = RejectedRow.objects.get()
    assert "Blue" in admin_client.get(f"{ROWS}{row.pk}/change/").content.decode()


def test_rejected_rows_without_a_job_lead_to_the_jobs(admin_client: Client) -> None:
    assert admin_client.get(ROWS).headers["Location"] == JOBS


def test_rejected_rows_of_no_job_lead_to_the_jobs(admin_client: Client) -> None:
    answer = admin_client.get(f"{ROWS}?job__id__exact=abc", follow=True)
    assert answer.redirect_chain[-1][0] == JOBS


def test_rejected_rows_of_an_unknown_job_are_none(admin_client: Client) -> None:
    page = admin_client.get(f"{ROWS}?job__id__exact={uuid.uuid4()}")
    assert list(page.context["cl"].result_list) == []


def test_rejected_rows_are_not_on_the_index_page(admin_client: Client) -> None:
    page = admin_client.get("/admin/").content.decode()
    assert JOBS in page
    assert ROWS not in page


def test_rejected_rows_are_counted_no_further_than_paged(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lib.admin.ROWS_PAGED", 2)
    job = make_import(make_csv(*(f"A{number},Mug,,x," for number in range(3))))
    assert admin_client.get(rows_of(job)).context["cl"].result_count == 2


def test_list_of_jobs_asks_nothing_of_the_rejected_rows(
    admin_client: Client, queries: CaptureQueriesContext
) -> None:
    make_import(make_csv("A1,Mug,,x,"))
    before = len(queries.captured_queries)
    admin_client.get(JOBS)
    asked = [query["sql"] for query in queries.captured_queries[before:]]
    assert not [sql for sql in asked if "imports_rejectedrow" in sql]


def test_many_ended_jobs_are_not_reported_one_by_one(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin, "ENDED_SHOWN", 1)
    page = cancel(admin_client, *(make_import(make_csv()) for _ in range(3)))
    assert page.count("Not cancelled: products.csv.") == 1
    assert "2 more had already finished." in page


def test_job_is_shown_with_what_became_of_it(admin_client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,1,"), dry_run=True)
    page = admin_client.get(f"{JOBS}{job.pk}/change/").content.decode()
    assert "Expires at:" in page
    assert "dry_run" in page


@pytest.mark.parametrize("table", ["storedfile", "createdproducts", "changedproducts", "supersededrow"])
def test_what_imports_keep_is_there_to_look_at(admin_client: Client, table: str) -> None:
    make_import(make_csv("A1,Mug,,1,", "A1,Mug,,3,"))
    make_import(make_csv("A1,Mug,,2,"))
    address = f"/admin/imports/{table}/"
    kept = admin_client.get(address).context["cl"].result_list[0]
    assert admin_client.get(f"{address}{kept.pk}/change/").status_code == 200
    assert admin_client.post(f"{address}{kept.pk}/delete/", {"post": "yes"}).status_code == 403


def test_journal_says_how_many_products_it_has(admin_client: Client) -> None:
    make_import(make_csv("A1,Mug,,1,", "A2,Cup,,3,"))
    page = admin_client.get("/admin/imports/createdproducts/").content.decode()
    assert '<td class="field-products">2</td>' in page


def test_list_of_the_journal_reads_no_products(admin_client: Client, queries: CaptureQueriesContext) -> None:
    make_import(make_csv("A1,Mug,,1,"))
    before = len(queries.captured_queries)
    admin_client.get("/admin/imports/createdproducts/")
    asked = [query["sql"] for query in queries.captured_queries[before:]]
    assert [sql for sql in asked if "cardinality" in sql]
    assert not [sql for sql in asked if '"product_ids",' in sql or '"product_ids" FROM' in sql]


# --- Profiles ---


def test_profiles_are_listed_with_their_current_version(admin_client: Client) -> None:
    make_profile("Nordwind")
    profiles.save("Nordwind", profiles.Content(Options(blank="clear")))
    page = admin_client.get(PROFILES).content.decode()
    assert '<td class="field-version">2</td>' in page


def test_profile_is_shown_with_its_versions_and_is_not_changed(admin_client: Client) -> None:
    address = f"{PROFILES}{make_profile('Nordwind', ['Artikelnr']).profile_id}/change/"
    page = admin_client.get(address).content.decode()
    assert "Artikelnr" in page
    assert admin_client.post(address, {"name": "Atlas"}).status_code == 403
    assert Profile.objects.get().name == "Nordwind"


def test_profile_is_deleted_with_its_versions(admin_client: Client) -> None:
    address = f"{PROFILES}{make_profile('Nordwind').profile_id}/delete/"
    assert admin_client.post(address, {"post": "yes"}).status_code == 302
    assert not Profile.objects.exists()


def test_viewer_deletes_no_profile(viewer: Client) -> None:
    address = f"{PROFILES}{make_profile('Nordwind').profile_id}/delete/"
    assert viewer.post(address, {"post": "yes"}).status_code == 403
    assert Profile.objects.exists()
