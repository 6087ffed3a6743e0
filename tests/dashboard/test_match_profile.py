"""Profiles in the step Match columns, as the server renders it."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from dashboard.forms.profile_use import suggested
from imports.models import ImportJob, Profile, ProfileVersion
from tests.factories import make_profile, make_staff
from tests.imports.packing import make_workbook

pytestmark = pytest.mark.django_db(transaction=True)

LIST = b"Artikelnr;Bezeichnung;VK netto;VK brutto\nA-1;Chair;10,00;11,90\nA-2;Table;20,00;23,80\n"
RENAMED = b"Artikelnr;Bezeichnung;VK netto;Endbetrag\nA-1;Chair;10,00;11,90\nA-2;Table;20,00;23,80\n"
HEADER = ["Artikelnr", "Bezeichnung", "VK netto", "VK brutto"]
SETTLED = {"Artikelnr": "sku", "Bezeichnung": "name", "VK brutto": "price", "VK netto": ""}


def match(client: Client, content: bytes, name: str = "list.csv", **options: str) -> str:
    """The step after the file was chosen, or after the choice of a profile."""
    sent = options if "profile" in options else {"find_profile": "true", **options}
    file = SimpleUploadedFile(name, content)
    response = client.post("/imports/match/", {"file": file, **sent}, headers={"Accept": "text/html"})
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def chips(shown: str) -> str:
    """The options of the chip of profiles."""
    found = re.search(r'<select id="reading-profile".*?</select>', shown)
    return unescape(found[0]) if found else ""


def use(shown: str, name: str) -> str:
    found = re.search(f'<template id="profile-use" .*?data-{name}="(.*?)"', shown)
    assert found
    return unescape(found[1])


def supplier_profile(**options: object) -> ProfileVersion:
    return make_profile("Nordwind", HEADER, mapping=SETTLED, **options)


def test_file_is_matched_by_the_profile_that_fits(client: Client) -> None:
    supplier_profile()
    shown = match(client, LIST)
    assert "All columns matched by profile: SKU, Name, Price. 1 column is not imported." in shown
    assert (
        '<option value="Nordwind" selected>Nordwind, version 1</option><option value="">None</option>'
        in chips(shown)
    )
    assert 'type="radio"' not in shown


def test_nothing_is_said_about_profiles_where_none_fits(client: Client) -> None:
    make_profile("Atlas", ["EAN"], mapping={"EAN": "sku"})
    assert chips(match(client, LIST)) == ""


def test_profile_can_be_put_aside(client: Client) -> None:
    supplier_profile()
    shown = match(client, LIST, profile="")
    assert '<option value="" selected>None</option>' in chips(shown)
    assert "Which column has the price?" in shown


def test_settings_of_the_profile_are_shown(client: Client) -> None:
    supplier_profile(blank="clear", mode="update_only", max_errors="5%")
    shown = match(client, LIST)
    settings = re.search(r'<ul class="readings" id="profile-settings".*?</ul>', shown)
    assert settings
    assert re.findall(r'<span class="muted">(.*?)</span> (.*?)</li>', settings[0]) == [
        ("Mode", "Only update existing products"),
        ("Error limit", "5%"),
        ("Empty cells", "Clear the value"),
    ]


def test_form_gets_the_settings_of_the_profile_or_the_defaults(client: Client) -> None:
    supplier_profile(blank="clear", dry_run=False)
    assert json.loads(use(match(client, LIST), "values"))["blank"] == "clear"
    values = json.loads(use(match(client, LIST, profile=""), "values"))
    assert (values["blank"], values["mode"], "dry_run" in values) == ("keep", "upsert", False)


def test_what_a_profile_reads_is_no_choice_of_the_reader(client: Client) -> None:
    supplier_profile(delimiter=";", decimal=",")
    shown = match(client, LIST)
    assert '<option value="" selected>Semicolon</option>' in shown
    assert '<option value="" selected>Comma: 1.234,56</option>' in shown


def test_reading_of_the_reader_wins_over_the_profile(client: Client) -> None:
    supplier_profile(decimal=",")
    assert '<option value="." selected>Point: 1,234.56</option>' in match(client, LIST, decimal=".")


def test_mapping_of_the_reader_wins_over_the_profile(client: Client) -> None:
    supplier_profile()
    shown = match(client, LIST, profile="Nordwind", mapping='{"VK netto": "price"}')
    row = re.search(r'<th scope="row"[^>]*>VK netto</th>.*?</tr>', shown)
    assert row
    assert "Your choice" in row[0]
    assert "All columns matched: SKU, Name, Price." in shown


def test_column_that_is_gone_is_a_question_with_its_old_name(client: Client) -> None:
    supplier_profile()
    shown = unescape(match(client, RENAMED))
    legend = (
        "Which column has the price? In the profile “Nordwind” it was “VK brutto”, which is not in this file."
    )
    assert f"<legend>{legend}</legend>" in shown
    answers = re.findall(r'<input type="radio" id="\S+" name="answer-price" value="(.*?)" form=', shown)
    assert answers == ['{"Endbetrag": "price"}', '{"VK brutto": "", "Endbetrag": ""}']
    assert '<option value="Nordwind" selected>Nordwind, version 1 (columns differ)</option>' in chips(shown)


def test_column_that_is_gone_without_a_new_one_can_be_answered(client: Client) -> None:
    supplier_profile()
    shown = unescape(match(client, b"Artikelnr;Bezeichnung;VK netto\nA-1;Chair;10,00\n", profile="Nordwind"))
    assert """name="answer-price" value='{"VK brutto": ""}'""".replace("'", '"') in shown
    assert "No column has it now" in shown


def test_profile_that_cannot_be_used_says_why_and_the_file_is_read_without(client: Client) -> None:
    supplier_profile(header_row=9)
    shown = match(client, LIST)
    assert "The profile “Nordwind” was not used. No row begins in line 9, which header_row names." in shown
    assert '<option value="" selected>None</option>' in chips(shown)


def test_chosen_profile_that_cannot_be_used_can_be_put_aside(client: Client) -> None:
    supplier_profile(header_row=9)
    shown = match(client, LIST, profile="Nordwind")
    assert 'id="match-failure">No row begins in line 9' in shown
    assert '<option value="Nordwind" selected>Nordwind</option><option value="">None</option>' in chips(shown)
    assert "Detect again</button>" in shown


def test_profile_that_was_deleted_is_a_failure_that_can_be_mended(client: Client) -> None:
    shown = unescape(match(client, LIST, profile="Nordwind"))
    assert "There is no profile named 'Nordwind'." in shown
    assert "Detect again</button>" in shown


def test_sheet_that_is_read_in_place_of_that_of_the_profile_is_sent_along(client: Client) -> None:
    supplier_profile(sheet="May")
    shown = match(client, make_workbook([*HEADER], ["A-1", "Chair", "10.00", "11.90"]))
    assert '<option value="Sheet" selected>Sheet</option>' in shown
    assert "matched by profile" in shown


# --- Without JavaScript ---


def test_refused_upload_keeps_the_chosen_profile(client: Client) -> None:
    supplier_profile()
    file = SimpleUploadedFile("list.csv", RENAMED)
    response = client.post(
        "/imports/upload/", {"profile": "Nordwind", "file": file}, headers={"Accept": "text/html"}
    )
    shown = unescape(response.content.decode())
    assert (response.status_code, ImportJob.objects.count()) == (422, 0)
    assert "Missing: 'VK brutto'. New: 'Endbetrag'." in shown
    assert '<option value="Nordwind" selected>Nordwind</option>' in shown


# --- What saving keeps ---


def test_what_was_settled_can_be_saved_as_it_is(client: Client) -> None:
    shown = match(client, LIST, profile="", mapping=json.dumps({"VK brutto": "price", "VK netto": ""}))
    kept = json.loads(use(shown, "content"))
    answer = client.post(
        "/api/imports/profiles/", json.dumps({"name": "Nordwind", **kept}), content_type="application/json"
    )
    assert answer.status_code == 201
    version = ProfileVersion.objects.get()
    assert (version.header, version.options["mapping"], version.options["recipe"]) == (
        HEADER,
        SETTLED,
        "none",
    )


def test_nothing_can_be_saved_before_all_is_answered(client: Client) -> None:
    assert use(match(client, LIST), "content") == ""


def test_name_comes_from_the_file_or_from_the_profile_in_use(client: Client) -> None:
    supplier_profile()
    assert use(match(client, LIST, "nordwind_2026-11.csv", profile=""), "name") == "nordwind 2"
    shown = match(client, LIST, "other.csv")
    assert (use(shown, "name"), use(shown, "profile")) == ("Nordwind", str(Profile.objects.get().pk))


@pytest.mark.parametrize(
    ("filename", "name"),
    [
        ("Nordwind.csv", "Nordwind"),
        ("preisliste_nordwind_2026-11-30.csv.gz", "preisliste nordwind"),
        ("2026-11.xlsx", "Supplier"),
        (f"{'x' * 200}.csv", "x" * 90),
    ],
)
def test_suggested_name_has_the_words_of_the_file(filename: str, name: str) -> None:
    assert suggested(filename) == name


def test_nothing_is_stored_by_matching(client: Client) -> None:
    supplier_profile()
    match(client, LIST)
    assert (ImportJob.objects.count(), ProfileVersion.objects.count()) == (0, 1)


def test_settings_can_be_saved_by_who_may_add_profiles(settings: Any) -> None:
    settings.DEBUG = False
    permissions = ["imports.view_importjob", "imports.add_importjob"]
    page = make_staff(*permissions, Accept="text/html").get("/imports/").content.decode()
    assert 'id="keep"' not in page
    page = (
        make_staff(*permissions, "imports.add_profile", Accept="text/html").get("/imports/").content.decode()
    )
    assert 'id="keep"' in page
