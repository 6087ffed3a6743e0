"""Profiles: what was settled for a supplier's file is kept, and chosen for the next one."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from imports import jobs, profiles
from imports.matching.saved_columns import fingerprint
from imports.models import ImportJob, Profile, ProfileVersion
from imports.options import Options, UploadOptions
from imports.pipeline import runner
from imports.upload.handler import accept_body
from imports.upload.profile import fitting_profiles, with_profile
from tests.factories import make_import, make_job, make_profile
from tests.imports.packing import make_workbook

pytestmark = pytest.mark.django_db(transaction=True)

PROFILES = "/api/imports/profiles/"
LIST = b"Artikelnr;Bezeichnung;VK netto;VK brutto\nA-1;Chair;10,00;11,90\nA-2;Table;20,00;23,80\n"
HEADER = ["Artikelnr", "Bezeichnung", "VK netto", "VK brutto"]
MAPPING = {"VK brutto": "price", "VK netto": ""}
SETTLED = {"Artikelnr": "sku", "Bezeichnung": "name", "VK brutto": "price", "VK netto": ""}


def send(client: Client, method: str, path: str, **body: object) -> Any:
    return client.generic(method, path, json.dumps(body), content_type="application/json")


def upload(client: Client, content: bytes, **options: str) -> Any:
    return client.post("/api/upload", {"file": SimpleUploadedFile("list.csv", content), **options})


def inspected(client: Client, content: bytes, **options: str) -> Any:
    return client.post("/api/imports/inspect", {"file": SimpleUploadedFile("list.csv", content), **options})


def problem(answer: Any) -> tuple[int, str, str]:
    told = answer.json()
    return answer.status_code, told["type"].removeprefix("urn:problem:"), told["detail"]


def supplier_profile(**options: object) -> ProfileVersion:
    return make_profile("Nordwind", HEADER, mapping=SETTLED, **options)


# --- Create ---


def test_profile_is_created_from_options(client: Client) -> None:
    told = send(client, "POST", PROFILES, name="Nordwind", header=HEADER, options={"mapping": SETTLED}).json()
    assert (told["name"], told["version"], told["header"]) == ("Nordwind", 1, HEADER)
    assert (told["options"]["mapping"], told["options"]["mode"]) == (SETTLED, "upsert")


def test_profile_is_created_from_a_job_with_its_columns_as_they_were_read(client: Client) -> None:
    job = make_job(LIST, mapping=MAPPING, blank="clear")
    told = send(client, "POST", PROFILES, name="Nordwind", from_job=str(job.pk)).json()
    assert (told["header"], told["options"]["mapping"]) == (HEADER, SETTLED)
    assert (told["options"]["blank"], told["options"]["recipe"]) == ("clear", "none")


def test_profile_of_a_preview_is_no_preview(client: Client) -> None:
    job = make_job(LIST, mapping=MAPPING, dry_run=True)
    told = send(client, "POST", PROFILES, name="Nordwind", from_job=str(job.pk)).json()
    assert told["options"]["dry_run"] is False


def test_options_beside_the_job_win(client: Client) -> None:
    job = make_job(LIST, mapping=MAPPING, blank="clear")
    body = {"name": "Nordwind", "from_job": str(job.pk), "options": {"mode": "update_only"}}
    told = send(client, "POST", PROFILES, **body).json()["options"]
    assert (told["mode"], told["blank"], told["mapping"]) == ("update_only", "clear", SETTLED)


def test_columns_without_a_name_of_their_own_are_saved_by_number() -> None:
    job = make_job(b"sku,Preis,Preis\nA-1,1.50,2.50\n", mapping={"column 3": "price", "column 2": ""})
    assert profiles.mapping_of(job) == {"sku": "sku", "column 3": "price", "column 2": ""}


def test_notes_of_a_job_are_not_saved() -> None:
    job = make_job(b"_line,sku,name\n2,A-1,Chair\n")
    assert profiles.mapping_of(job) == {"sku": "sku", "name": "name"}


def test_mapping_of_a_job_leaves_out_the_last_ignored_columns_of_too_many() -> None:
    names = ",".join(f"x{number}" for number in range(1_200))
    mapping = profiles.mapping_of(make_job(f"{names},sku\n{',' * 1_200}A-1\n".encode()))
    assert (len(mapping), next(iter(mapping.items())), "x998" in mapping) == (1_000, ("sku", "sku"), True)


def test_unknown_job_is_404(client: Client) -> None:
    job_id = "0b0f6c0e-5c55-4b0a-9d0e-0a3f1f3f7c11"
    answer = send(client, "POST", PROFILES, name="Nordwind", from_job=job_id)
    assert problem(answer) == (404, "job.not_found", f"No job has the ID {job_id}.")


def test_name_is_taken_in_any_case(client: Client) -> None:
    make_profile("Nordwind")
    answer = send(client, "POST", PROFILES, name="NORDWIND")
    assert problem(answer) == (
        409,
        "profile.name_taken",
        "Another profile has the name 'NORDWIND'; upper and lower case make no difference.",
    )


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 101])
def test_name_must_be_a_short_line(client: Client, name: str) -> None:
    answer = send(client, "POST", PROFILES, name=name)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "name.invalid")


def test_name_is_saved_without_spaces_around_it(client: Client) -> None:
    assert send(client, "POST", PROFILES, name=" Nordwind ").json()["name"] == "Nordwind"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"mapping": {"Preis": "price"}}, "mapping.unknown_header"),
        ({"mapping": {"VK netto": "cost"}}, "mapping.unknown_field"),
        ({"mapping": {"VK netto": "price", "VK brutto": "price"}}, "mapping.duplicate"),
        ({"recipe": "nothing"}, "recipe.unknown"),
    ],
)
def test_options_that_no_file_could_have_are_rejected(
    client: Client, options: dict[str, object], code: str
) -> None:
    answer = send(client, "POST", PROFILES, name="Nordwind", header=HEADER, options=options)
    assert (answer.status_code, answer.json()["type"]) == (422, f"urn:problem:{code}")
    assert not Profile.objects.exists()


def test_mapping_is_checked_without_a_header_too(client: Client) -> None:
    answer = send(client, "POST", PROFILES, name="Nordwind", options={"mapping": {"VK": "cost"}})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:problem:mapping.unknown_field")


def test_profile_has_no_profile_of_its_own(client: Client) -> None:
    answer = send(client, "POST", PROFILES, name="Nordwind", options={"profile": "Südwind"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/options/profile")


# --- Read ---


def test_profiles_are_listed_by_name(client: Client) -> None:
    make_profile("Nordwind")
    make_profile("Atlas")
    told = client.get(PROFILES).json()
    assert (told["count"], [profile["name"] for profile in told["results"]]) == (2, ["Atlas", "Nordwind"])


def test_list_has_the_current_versions_in_three_queries(client: Client) -> None:
    for name in ("Atlas", "Nordwind"):
        profiles.save(make_profile(name).name, profiles.Content(Options(blank="clear")))
    with CaptureQueriesContext(connection) as asked:
        told = client.get(PROFILES).json()
    assert [profile["version"] for profile in told["results"]] == [2, 2]
    assert len([query for query in asked.captured_queries if "imports_profile" in query["sql"]]) == 2


def test_unknown_profile_is_404(client: Client) -> None:
    assert problem(client.get(f"{PROFILES}7/")) == (404, "profile.not_found", "Profile 7 was not found.")


def test_versions_are_listed_newest_first(client: Client) -> None:
    made = make_profile("Nordwind", mode="create_only")
    profiles.save("nordwind", profiles.Content(Options(mode="update_only")))
    told = client.get(f"{PROFILES}{made.profile_id}/versions/").json()
    assert [(version["version"], version["options"]["mode"]) for version in told["results"]] == [
        (2, "update_only"),
        (1, "create_only"),
    ]


# --- Change ---


def test_put_saves_the_next_version_with_defaults_for_the_rest(client: Client) -> None:
    made = make_profile("Nordwind", mode="create_only")
    told = send(
        client, "PUT", f"{PROFILES}{made.profile_id}/", name="Nordwind", options={"blank": "clear"}
    ).json()
    assert (told["version"], told["options"]["mode"], told["options"]["blank"]) == (2, "upsert", "clear")


def test_patch_saves_the_next_version_and_keeps_the_rest(client: Client) -> None:
    made = supplier_profile(mode="create_only")
    told = send(client, "PATCH", f"{PROFILES}{made.profile_id}/", options={"blank": "clear"}).json()
    assert (told["version"], told["options"]["mode"], told["options"]["blank"]) == (2, "create_only", "clear")
    assert (told["header"], told["options"]["mapping"]) == (HEADER, SETTLED)


def test_patch_takes_the_columns_of_a_job(client: Client) -> None:
    made, job = supplier_profile(), make_job(b"sku,name\nA-1,Chair\n")
    told = send(client, "PATCH", f"{PROFILES}{made.profile_id}/", from_job=str(job.pk)).json()
    assert (told["version"], told["options"]["mapping"]) == (2, {"sku": "sku", "name": "name"})


def test_new_name_saves_no_version(client: Client) -> None:
    made = make_profile("Nordwind")
    told = send(client, "PATCH", f"{PROFILES}{made.profile_id}/", name="Nordwind GmbH").json()
    assert (told["name"], told["version"]) == ("Nordwind GmbH", 1)


def test_name_may_change_its_case(client: Client) -> None:
    made = make_profile("Nordwind")
    assert (
        send(client, "PATCH", f"{PROFILES}{made.profile_id}/", name="NORDWIND").json()["name"] == "NORDWIND"
    )


def test_name_of_another_profile_is_refused(client: Client) -> None:
    make_profile("Atlas")
    answer = send(client, "PATCH", f"{PROFILES}{make_profile('Nordwind').profile_id}/", name="atlas")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:problem:profile.name_taken")


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_response_of_get_is_sent_back_and_saves_nothing(client: Client, method: str) -> None:
    path = f"{PROFILES}{supplier_profile().profile_id}/"
    told = client.get(path).json()
    assert send(client, method, path, **told).json() == told
    assert ProfileVersion.objects.count() == 1


def test_id_of_another_profile_is_refused(client: Client) -> None:
    made = make_profile()
    answer = send(client, "PATCH", f"{PROFILES}{made.profile_id}/", id=made.profile_id + 1)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:problem:field.read_only")


def test_version_is_never_changed() -> None:
    make_profile()
    with pytest.raises(ProgrammingError, match="Cannot update rows"), transaction.atomic():
        ProfileVersion.objects.update(number=2)


def test_versions_count_from_1() -> None:
    made = make_profile()
    with pytest.raises(IntegrityError, match="profileversion_number_counts_from_1"), transaction.atomic():
        ProfileVersion.objects.create(profile_id=made.profile_id, number=0, options={})


# --- Delete ---


def test_profile_is_deleted_with_its_versions_and_its_jobs_stay(client: Client) -> None:
    made = supplier_profile()
    upload(client, LIST, profile="Nordwind")
    assert client.delete(f"{PROFILES}{made.profile_id}/").status_code == 204
    job = ImportJob.objects.get()
    assert (job.profile_version, job.options["mapping"], ProfileVersion.objects.count()) == (None, SETTLED, 0)


# --- Upload with a profile ---


def test_file_of_the_same_header_is_imported_without_a_question(client: Client) -> None:
    supplier_profile()
    assert upload(client, LIST, profile="nordwind").status_code == 202
    columns = [(column["header"], column["field"]) for column in ImportJob.objects.get().file_columns]
    assert columns == [
        ("Artikelnr", "sku"),
        ("Bezeichnung", "name"),
        ("VK netto", None),
        ("VK brutto", "price"),
    ]


def test_file_can_be_the_body(client: Client) -> None:
    supplier_profile()
    answer = client.post("/api/upload?profile=Nordwind", LIST, content_type="text/csv")
    assert answer.status_code == 202


def test_job_tells_the_profile_and_the_version_it_ran_with(client: Client) -> None:
    supplier_profile()
    job_id = upload(client, LIST, profile="nordwind").json()["job_id"]
    profiles.save("Nordwind", profiles.Content(Options(blank="clear")))
    assert client.get(f"/api/jobs/{job_id}").json()["profile"] == {"name": "Nordwind", "version": 1}
    assert client.get("/api/jobs").json()["results"][0]["profile"] == {"name": "Nordwind", "version": 1}


def test_job_without_a_profile_tells_none(client: Client) -> None:
    job_id = upload(client, b"sku,name\nA-1,Chair\n").json()["job_id"]
    assert client.get(f"/api/jobs/{job_id}").json()["profile"] is None


def test_retry_runs_with_the_same_version(client: Client) -> None:
    version = supplier_profile()
    job_id = upload(client, LIST, profile="Nordwind").json()["job_id"]
    jobs.cancel(job_id)
    assert jobs.retry(job_id).profile_version == version


def test_options_of_the_profile_are_the_defaults_and_given_ones_win(client: Client) -> None:
    supplier_profile(mode="create_only", blank="clear", delimiter=";")
    upload(client, LIST, profile="Nordwind", mode="upsert")
    options = ImportJob.objects.get().parsed_options
    assert (options.mode, options.blank, options.delimiter) == ("upsert", "clear", ";")


def test_given_mapping_wins_and_the_other_columns_stay(client: Client) -> None:
    supplier_profile()
    upload(client, LIST, profile="Nordwind", mapping='{"VK netto": "price"}')
    assert ImportJob.objects.get().options["mapping"] == {
        "Artikelnr": "sku",
        "Bezeichnung": "name",
        "VK brutto": "",
        "VK netto": "price",
    }


def test_column_is_told_to_be_mapped_by_the_profile(client: Client) -> None:
    supplier_profile()
    told = inspected(client, LIST, profile="Nordwind", mapping='{"Bezeichnung": "name"}').json()
    reasons = [column["reason"] for column in told["columns"]]
    assert reasons == ["profile", "mapping", "profile", "profile"]


def test_unknown_profile_is_refused_with_near_names(client: Client) -> None:
    make_profile("Nordwind")
    answer = upload(client, LIST, profile="nordwand")
    detail = "There is no profile named 'nordwand'. Did you mean 'Nordwind'?"
    assert problem(answer) == (422, "profile.unknown", detail)
    assert answer.json()["profiles"] == ["Nordwind"]


def test_name_with_invisible_characters_is_unknown(client: Client) -> None:
    answer = upload(client, LIST, profile="Nord\0wind")
    assert problem(answer) == (422, "profile.unknown", "There is no profile named 'Nord\\x00wind'.")


def test_upload_is_repeated_under_its_key(client: Client) -> None:
    supplier_profile()
    first, second = (
        client.post(
            "/api/upload?profile=Nordwind", LIST, content_type="text/csv", headers={"Idempotency-Key": "a"}
        )
        for _ in range(2)
    )
    assert first.json()["job_id"] == second.json()["job_id"]


def saved_from(job: ImportJob) -> ProfileVersion:
    return profiles.create("Nordwind", profiles.content_of_job(job.pk))


def test_file_of_a_recipe_is_read_by_it_again() -> None:
    header = "Handle,Title,Body (HTML),Variant SKU,Variant Price,Status,Image Src"
    content = f"{header}\nmug,Mug,Blue,M-1,5.00,active,\nmug,,,M-2,6.00,,\n".encode()
    first = make_import(content)
    saved_from(first)
    job = accept_body("again.csv", [content], with_profile(UploadOptions(profile="Nordwind")))
    runner.run(job.pk)
    job.refresh_from_db()
    assert (first.file_recipe, job.file_recipe) == ("shopify", "shopify")
    assert (first.created_count, job.unchanged_count, job.error_count) == (2, 2, 0)


def test_file_of_orders_is_not_asked_about_again(client: Client) -> None:
    content = b"Order ID,sku,name,price\n1001,A-1,Chair,5.00\n1002,A-2,Table,6.00\n"
    confirmed = {"Order ID": "", "sku": "sku", "name": "name", "price": "price"}
    saved_from(make_job(content, mapping=confirmed))
    assert upload(client, content, profile="Nordwind").status_code == 202


def test_sheet_with_the_columns_of_the_profile_is_read(client: Client) -> None:
    supplier_profile()
    workbook = make_workbook([*HEADER], ["A-1", "Chair", "10.00", "11.90"])
    assert upload(client, workbook, profile="Nordwind").status_code == 202
    assert ImportJob.objects.get().file_columns[3]["field"] == "price"


# --- A header that has changed ---


def test_missing_column_is_refused_with_its_name_and_the_new_ones(client: Client) -> None:
    supplier_profile()
    changed = b"Artikelnr;Bezeichnung;VK netto;VK inkl. MwSt\nA-1;Chair;10,00;11,90\n"
    detail = (
        "The file does not have the columns of the profile 'Nordwind', version 1. Missing: 'VK brutto'. "
        "New: 'VK inkl. MwSt'."
    )
    assert problem(upload(client, changed, profile="Nordwind")) == (422, "profile.header_changed", detail)
    assert problem(inspected(client, changed, profile="Nordwind")) == (422, "profile.header_changed", detail)


def test_mapping_beside_the_profile_names_the_column_instead(client: Client) -> None:
    supplier_profile()
    changed = b"Artikelnr;Bezeichnung;VK netto;VK inkl. MwSt\nA-1;Chair;10,00;11,90\n"
    answer = upload(client, changed, profile="Nordwind", mapping='{"VK inkl. MwSt": "price"}')
    assert answer.status_code == 202
    assert ImportJob.objects.get().file_columns[3]["field"] == "price"


def test_ignored_column_may_be_missing_and_the_order_may_change(client: Client) -> None:
    supplier_profile()
    changed = b"VK brutto;Bezeichnung;artikelnr\n11,90;Chair;A-1\n"
    assert upload(client, changed, profile="Nordwind").status_code == 202
    assert ImportJob.objects.get().options["mapping"] == {
        "Artikelnr": "sku",
        "Bezeichnung": "name",
        "VK brutto": "price",
    }


def test_column_that_is_there_twice_now_is_refused(client: Client) -> None:
    supplier_profile()
    changed = b"Artikelnr;Bezeichnung;VK brutto;VK brutto\nA-1;Chair;10,00;11,90\n"
    answer = upload(client, changed, profile="Nordwind")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:problem:header.duplicate")


def test_number_of_a_column_means_nothing_in_a_file_of_another_header(client: Client) -> None:
    make_profile("Nordwind", ["sku", "Preis", "Preis"], mapping={"sku": "sku", "column 3": "price"})
    changed = b"sku,Lager,Preis,Preis\nA-1,5,1.50,2.50\n"
    detail = "The file does not have the columns of the profile 'Nordwind', version 1. Missing: 'column 3'. New: 'Lager'."
    assert problem(upload(client, changed, profile="Nordwind")) == (422, "profile.header_changed", detail)


def test_number_of_a_column_holds_in_a_file_of_the_same_header(client: Client) -> None:
    make_profile("Nordwind", ["sku", "Preis", "Preis"], mapping={"sku": "sku", "column 3": "price"})
    assert upload(client, b"SKU,Preis,preis\nA-1,1.50,2.50\n", profile="Nordwind").status_code == 202
    assert [column["field"] for column in ImportJob.objects.get().file_columns] == ["sku", None, "price"]


# --- Profiles that fit ---


def fits(*header: str) -> list[tuple[str, str]]:
    return [(found.name, found.fits) for found in fitting_profiles(header)]


def test_inspection_lists_the_profiles_that_fit(client: Client) -> None:
    made = supplier_profile()
    assert inspected(client, LIST).json()["profiles"] == [
        {"id": made.profile_id, "name": "Nordwind", "version": 1, "fits": "same header"}
    ]


def test_same_header_comes_before_more_columns() -> None:
    make_profile("Wide", ["sku", "name", "price"], mapping={"sku": "sku", "name": "name", "price": "price"})
    make_profile("Narrow", ["sku"], mapping={"sku": "sku"})
    make_profile("Same", ["price", "sku", "name"], mapping={"sku": "sku"})
    assert fits("Price", "SKU", "Name", "") == [
        ("Same", "same header"),
        ("Wide", "has its columns"),
        ("Narrow", "has its columns"),
    ]


def test_profile_with_a_missing_column_does_not_fit() -> None:
    make_profile("Nordwind", ["sku", "Preis"], mapping={"sku": "sku", "Preis": "price"})
    assert fits("sku", "name") == []


def test_profile_without_columns_fits_no_file() -> None:
    make_profile("Nordwind")
    assert fits("sku", "name") == []


def test_only_the_current_version_fits() -> None:
    make_profile("Nordwind", ["sku"], mapping={"sku": "sku"})
    profiles.save("Nordwind", profiles.Content(Options(mapping={"EAN": "sku"}), ["EAN"]))
    assert (fits("sku"), fits("EAN")) == ([], [("Nordwind", "same header")])


def test_fitting_profiles_take_one_query() -> None:
    make_profile("Atlas", ["sku"], mapping={"sku": "sku"})
    make_profile("Nordwind", ["sku"], mapping={"sku": "sku"})
    with CaptureQueriesContext(connection) as asked:
        assert len(fits("sku")) == 2
    assert len(asked.captured_queries) == 1


def test_fingerprint_ignores_case_separators_and_blank_names_at_the_end() -> None:
    assert fingerprint(["Unit-Price", "SKU", " "]) == fingerprint(["unit price", "sku"])
    assert fingerprint(["sku", "unit price"]) != fingerprint(["unit price", "sku"])
