"""The pages of profiles: the list, one with its versions and imports, and saving one from an import."""

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from imports import profiles
from imports.models import ImportJob, Profile, ProfileVersion
from imports.options import Options, UploadOptions
from imports.profiles import Content
from imports.upload.handler import accept_body
from imports.upload.profile import with_profile
from tests.factories import make_job, make_profile, make_staff

pytestmark = pytest.mark.django_db(transaction=True)

BROWSER = {"Accept": "text/html"}
LIST = b"Artikelnr;Bezeichnung;VK netto;VK brutto\nA-1;Chair;10,00;11,90\nA-2;Table;20,00;23,80\n"
HEADER = ["Artikelnr", "Bezeichnung", "VK netto", "VK brutto"]
SETTLED = {"Artikelnr": "sku", "Bezeichnung": "name", "VK brutto": "price", "VK netto": ""}
CHOSEN = {"VK brutto": "price", "VK netto": ""}


def page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address, headers=BROWSER)
    assert response.status_code == status
    return words(response)


def send(client: Client, address: str, status: int = 200, **form: object) -> str:
    """The page that the form leads to."""
    response = client.post(f"/imports/profiles/{address}", form, headers=BROWSER, follow=True)
    assert response.status_code == status
    return words(response)


def words(response: Any) -> str:
    return unescape(" ".join(response.content.decode().split()))


def texts(shown: str) -> list[str]:
    """The text of each row of each table body."""
    rows = re.findall(r"<tr>(.*?)</tr>", shown[shown.index("<tbody>") :])
    return [" | ".join(part.strip() for part in re.split("<[^>]*>", row) if part.strip()) for row in rows]


def supplier_profile(name: str = "Nordwind", **options: object) -> ProfileVersion:
    return make_profile(name, HEADER, mapping=SETTLED, **options)


def upload_with(name: str) -> ImportJob:
    return accept_body("may.csv", [LIST], with_profile(UploadOptions(profile=name)))


# --- The list ---


def test_empty_list_says_what_a_profile_is_for(client: Client) -> None:
    shown = page(client, "/imports/profiles/")
    assert "No profiles yet" in shown
    assert "A profile keeps what you settled for a supplier's file" in shown


def test_list_has_columns_version_and_use_of_each_profile(client: Client) -> None:
    supplier_profile()
    make_profile("Atlas")
    profiles.save("Nordwind", Content(Options(mapping=SETTLED, blank="clear"), HEADER))
    upload_with("Nordwind")
    atlas, nordwind = texts(page(client, "/imports/profiles/"))
    assert atlas == "Atlas | Matched in each file | 1 | 0 | Never"
    columns = "Artikelnr → SKU, Bezeichnung → Name, VK brutto → Price"
    assert nordwind.startswith(f"Nordwind | {columns} | 2 | 1 | ")


def test_imports_lead_to_profiles(client: Client) -> None:
    assert '<a class="button" href="/imports/profiles/">Profiles</a>' in page(client, "/imports/")


def test_list_counts_the_imports_of_every_version(client: Client) -> None:
    supplier_profile()
    upload_with("Nordwind")
    profiles.save("Nordwind", Content(Options(mapping=SETTLED, blank="clear"), HEADER))
    upload_with("Nordwind")
    assert "| 2 | 2 | " in texts(page(client, "/imports/profiles/"))[0]


# --- One profile ---


def one(client: Client, version: ProfileVersion) -> str:
    return page(client, f"/imports/profiles/{version.profile_id}/")


def test_profile_has_its_columns_and_settings_in_words(client: Client) -> None:
    shown = one(client, supplier_profile(blank="clear", delimiter=";"))
    assert texts(shown)[:3] == ["Artikelnr | SKU", "Bezeichnung | Name", "VK brutto | Price"]
    assert '<summary>1 column not imported</summary><p class="muted wrap-anywhere">VK netto</p>' in shown
    assert "<dt>Empty cells</dt><dd>Clear the value</dd>" in shown
    assert "<dt>Separator</dt><dd>Semicolon</dd>" in shown
    assert "<dt>HTML in descriptions</dt>" not in shown


def test_profile_without_a_header_has_the_columns_it_names(client: Client) -> None:
    shown = one(client, make_profile("Atlas", mapping={"Stock": "", "EAN": "sku"}))
    assert texts(shown)[0] == "EAN | SKU"
    assert '<summary>1 column not imported</summary><p class="muted wrap-anywhere">Stock</p>' in shown
    assert "All settings have their defaults." in shown


def test_column_that_the_profile_does_not_name_is_matched_in_each_file(client: Client) -> None:
    shown = one(client, make_profile("Atlas", ["EAN", "Title"], mapping={"EAN": "sku"}))
    assert texts(shown)[0] == "EAN | SKU"
    assert '<summary>1 column matched in each file</summary><p class="muted wrap-anywhere">Title</p>' in shown


def test_versions_say_what_changed(client: Client) -> None:
    made = supplier_profile()
    changed = {"Artikelnr": "sku", "VK netto": "price", "VK brutto": ""}
    profiles.save("Nordwind", Content(Options(mapping=changed, blank="clear"), HEADER))
    second, first = texts(one(client, made))[3:5]
    assert second.startswith(
        "2 | current | “VK netto”: Price, was Not imported | “VK brutto”: Not imported, was Price | "
        "“Bezeichnung”: removed | Empty cells: Clear the value, was Keep the current value | 0 | "
    )
    assert first.startswith("1 | First version | 0 | ")


def test_profile_lists_its_imports(client: Client) -> None:
    made = supplier_profile()
    job = upload_with("Nordwind")
    shown = one(client, made)
    assert f'<a class="row-link" href="/imports/{job.pk}/">may.csv</a>' in shown
    assert texts(shown)[-1].startswith("may.csv | Queued | 1 | ")


def test_unknown_profile_is_404(client: Client) -> None:
    assert "Profile 7 was not found." in page(client, "/imports/profiles/7/", 404)


# --- Rename ---


def test_profile_is_renamed(client: Client) -> None:
    made = supplier_profile()
    shown = send(client, f"{made.profile_id}/rename/", name=" Nordwind GmbH ")
    assert "Profile renamed" in shown
    assert [(profile.name, profile.versions.count()) for profile in Profile.objects.all()] == [
        ("Nordwind GmbH", 1)
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "Name must not be blank or have invisible characters."),
        ("x" * 101, "Name must have at most 100 characters."),
        ("ATLAS", "Another profile has this name."),
    ],
)
def test_name_that_cannot_be_is_answered_beside_the_field(client: Client, name: str, message: str) -> None:
    make_profile("Atlas")
    made = supplier_profile()
    shown = send(client, f"{made.profile_id}/rename/", 422, name=name)
    assert f'<p class="error" id="error-name">{message}</p>' in shown
    assert f'name="name" value="{name}"' in shown
    assert 'id="rename" aria-labelledby="rename-title" data-open' in shown
    assert Profile.objects.filter(name="Nordwind").exists()


# --- Earlier versions ---


def test_earlier_version_becomes_the_next_one(client: Client) -> None:
    made = supplier_profile()
    profiles.save("Nordwind", Content(Options(blank="clear")))
    shown = send(client, f"{made.profile_id}/revert/", version="1")
    assert "Saved as version 3" in shown
    assert profiles.get(made.profile_id).options == made.options


def test_version_that_is_the_same_saves_nothing(client: Client) -> None:
    made = supplier_profile()
    assert "Nothing to save: version 1 is the same." in send(
        client, f"{made.profile_id}/revert/", version="1"
    )
    assert ProfileVersion.objects.count() == 1


@pytest.mark.parametrize("version", ["2", "", "x", "²", "9" * 30])
def test_version_that_does_not_exist_is_404(client: Client, version: str) -> None:
    made = supplier_profile()
    send(client, f"{made.profile_id}/revert/", 404, version=version)
    assert ProfileVersion.objects.count() == 1


# --- Delete ---


def test_deletion_asks_with_the_number_of_imports(client: Client) -> None:
    made = supplier_profile()
    upload_with("Nordwind")
    assert "1 import made with it keeps its settings and columns." in one(client, made)


def test_profile_is_deleted_and_its_imports_keep_their_settings(client: Client) -> None:
    made = supplier_profile()
    upload_with("Nordwind")
    assert "Profile deleted. Its imports keep their settings." in send(client, f"{made.profile_id}/delete/")
    assert (Profile.objects.count(), ImportJob.objects.get().options["mapping"]) == (0, SETTLED)


def test_profile_that_was_deleted_in_the_meantime_is_a_message(client: Client) -> None:
    assert "Profile 7 was not found." in send(client, "7/delete/")


# --- From an import ---


def test_import_names_its_profile_and_version(client: Client) -> None:
    made = supplier_profile()
    job = upload_with("Nordwind")
    profiles.save("Nordwind", Content(Options(blank="clear")))
    link = f'<a href="/imports/profiles/{made.profile_id}/">Nordwind, version 1</a>'
    shown = page(client, f"/imports/{job.pk}/")
    assert f"<dt>Profile</dt><dd>{link}" in shown
    assert "<dt>Column “VK brutto”</dt>" not in shown


def test_import_without_a_profile_can_be_saved_as_one(client: Client) -> None:
    job = make_job(LIST, "nordwind 2026.csv", mapping=CHOSEN)
    shown = page(client, f"/imports/{job.pk}/")
    assert f'href="/imports/profiles/new/?job={job.pk}">Save as profile</a>' in shown
    assert "Update profile" not in shown
    assert 'name="name" value="nordwind"' in page(client, f"/imports/profiles/new/?job={job.pk}")


def test_profile_is_saved_from_an_import(client: Client) -> None:
    job = make_job(LIST, mapping=CHOSEN, blank="clear")
    shown = send(client, "new/", job=job.pk, name="Nordwind")
    assert "Profile saved" in shown
    version = ProfileVersion.objects.get()
    assert (version.name, version.options["mapping"], version.options["blank"]) == (
        "Nordwind",
        SETTLED,
        "clear",
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (" ", "Name must not be blank or have invisible characters."),
        ("x" * 101, "Name must have at most 100 characters."),
    ],
)
def test_invalid_name_keeps_what_was_typed(client: Client, name: str, message: str) -> None:
    job = make_job(LIST, mapping=CHOSEN)
    shown = send(client, "new/", 422, job=job.pk, name=name)
    assert f'<p class="error" id="error-name">{message}</p>' in shown
    assert f'name="name" value="{name}"' in shown
    assert not Profile.objects.exists()


def test_taken_name_offers_a_new_version(client: Client) -> None:
    made = supplier_profile()
    job = make_job(LIST, mapping=CHOSEN, blank="clear")
    shown = send(client, "new/", 422, job=job.pk, name="nordwind")
    assert "A profile with this name already exists." in shown
    address = f"/imports/profiles/{made.profile_id}/update/"
    assert f'<button class="button" formaction="{address}">Save as version 2 of “Nordwind”</button>' in shown
    assert "Saved as version 2" in send(client, f"{made.profile_id}/update/", job=job.pk)


def test_profile_of_an_import_with_other_settings_can_be_updated(client: Client) -> None:
    made = supplier_profile()
    same, other = upload_with("Nordwind"), with_profile(UploadOptions(profile="Nordwind", blank="clear"))
    job = accept_body("june.csv", [LIST], other)
    assert "Update profile" not in page(client, f"/imports/{same.pk}/")
    assert "Update profile" in page(client, f"/imports/{job.pk}/")
    send(client, f"{made.profile_id}/update/", job=job.pk)
    assert profiles.get(made.profile_id).options["blank"] == "clear"


@pytest.mark.parametrize("import_id", ["", "x", "00000000-0000-0000-0000-000000000001"])
def test_profile_of_no_import_is_404(client: Client, import_id: str) -> None:
    page(client, f"/imports/profiles/new/?job={import_id}", 404)
    send(client, "new/", 404, job=import_id, name="Nordwind")
    assert not Profile.objects.exists()


# --- Permissions ---


def test_buttons_are_for_those_who_may_use_them(settings: Any) -> None:
    settings.DEBUG = False
    made = supplier_profile()
    job = upload_with("Nordwind")
    staff = make_staff("imports.view_profile", "imports.view_importjob", **BROWSER)
    shown = page(staff, f"/imports/profiles/{made.profile_id}/") + page(staff, f"/imports/{job.pk}/")
    for button in ("Rename", "Delete this profile", "Go back to it", "Save as profile", "Update profile"):
        assert button not in shown, button


def test_name_of_the_profile_is_no_link_for_who_may_not_open_it(settings: Any) -> None:
    settings.DEBUG = False
    supplier_profile()
    job = upload_with("Nordwind")
    shown = page(make_staff("imports.view_importjob", **BROWSER), f"/imports/{job.pk}/")
    assert "<dt>Profile</dt><dd>Nordwind, version 1" in shown
    assert "/imports/profiles/" not in shown
