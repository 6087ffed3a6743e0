"""Profiles as a person meets them: the second file of a supplier takes no clicks in matching."""

from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from catalog.models import Product
from imports.models import ImportJob, Profile, ProfileVersion
from tests.browser.axe import violations_in_every_dress
from tests.browser.conftest import Visit
from tests.browser.test_match_columns import Person, match, send_plainly
from tests.factories import make_job, make_profile

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("left_empty"),
]

MAY = b"Field A,Field B,Field C,Field D\nA-1,Red chair,10.00,12.50\nB-2,Small table,80.00,99.00\nC-3,Bench,38.00,45.90\n"
JUNE = b"Field A,Field B,Field C,Field D\nD-4,Stool,20.00,24.00\nE-5,Sofa,400.00,480.00\n"
JULY = b"Field A,Field B,Field C,Retail\nD-4,Stool,21.00,25.00\nE-5,Sofa,410.00,490.00\n"
HEADER = ["Field A", "Field B", "Field C", "Field D"]
MAPPING = {"Field A": "sku", "Field B": "name", "Field C": "", "Field D": "price"}
SAVE = "Save these settings for the next file from this supplier"


@pytest.fixture
def person(visit: Visit) -> Person:
    visit.page.goto(f"{visit.site}/imports/")
    return Person(visit.page)


def answer_everything(person: Person) -> None:
    person.answer("Which column has the SKU?", "Field A")
    person.answer("Which column has the product name?", "Field B")
    person.answer("Which column has the price?", "Field D")


def summary(page: Page, text: str) -> None:
    expect(page.locator("#match-summary")).to_contain_text(text)


def preview(page: Page) -> None:
    page.get_by_role("button", name="Preview import").click()


@pytest.mark.usefixtures("worker")
def test_second_file_of_a_supplier_takes_no_clicks_in_matching(person: Person, visit: Visit) -> None:
    person.drop(MAY, "nordwind-05.csv")
    answer_everything(person)
    summary(person.page, "All columns matched: SKU, Name, Price.")
    person.click(person.page.get_by_label(SAVE))
    person.preview_and_import(3)
    assert (person.clicks, Profile.objects.get().name) == (6, "nordwind")

    visit.page.goto(f"{visit.site}/imports/")
    person.clicks = 0
    person.drop(JUNE, "nordwind-06.csv")
    summary(person.page, "All columns matched by profile: SKU, Name, Price.")
    person.preview_and_import(2)
    # One for the preview, and one to confirm it.
    assert person.clicks == 2
    found = {product.sku: (product.name, product.price) for product in Product.objects.all()}
    assert found["B-2"] == ("Small table", Decimal("99.00"))
    assert found["E-5"] == ("Sofa", Decimal("480.00"))
    expect(person.page.get_by_role("link", name="nordwind, version 1")).to_be_visible()


def test_file_is_uploaded_with_the_profile_that_was_saved(person: Person) -> None:
    person.drop(MAY, "nordwind.csv")
    answer_everything(person)
    person.page.get_by_label(SAVE).check()
    person.page.get_by_label("Profile name").fill("Nordwind GmbH")
    preview(person.page)
    expect(person.page.locator("h1")).to_contain_text("nordwind.csv")
    job, version = ImportJob.objects.get(), ProfileVersion.objects.get()
    assert (version.name, version.header, version.options["mapping"]) == ("Nordwind GmbH", HEADER, MAPPING)
    assert (job.profile_version, job.options["mapping"], job.options["dry_run"]) == (version, MAPPING, True)


def test_open_question_comes_before_saving(person: Person) -> None:
    person.drop(MAY)
    person.page.get_by_label(SAVE).check()
    preview(person.page)
    expect(person.page.locator("[data-unanswered]").first).to_have_text("Answer this question first.")
    assert (Profile.objects.count(), ImportJob.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("name", "message"),
    [(" ", "name must not be blank"), ("x" * 101, "name must have at most 100 characters")],
)
def test_invalid_name_is_answered_beside_it(person: Person, visit: Visit, name: str, message: str) -> None:
    person.drop(MAY)
    answer_everything(person)
    person.page.get_by_label(SAVE).check()
    person.page.get_by_label("Profile name").fill(name)
    preview(person.page)
    expect(person.page.locator("#profile-name-error")).to_contain_text(message)
    expect(person.page.get_by_label("Profile name")).to_have_value(name)
    visit.expect_refusal(422)
    assert (Profile.objects.count(), ImportJob.objects.count()) == (0, 0)


def test_taken_name_offers_to_save_a_new_version(person: Person, visit: Visit) -> None:
    make_profile("Atlas", ["EAN"], mapping={"EAN": "sku"})
    person.drop(MAY)
    answer_everything(person)
    person.page.get_by_label(SAVE).check()
    person.page.get_by_label("Profile name").fill("ATLAS")
    preview(person.page)
    expect(person.page.locator("#profile-name-error")).to_have_text("A profile named “Atlas” already exists.")
    visit.expect_refusal(409)
    person.page.get_by_role("button", name="Save as version 2 of it").click()
    expect(person.page.locator("h1")).to_contain_text("list.csv")
    version = ProfileVersion.objects.get(number=2)
    assert (version.name, version.options["mapping"]) == ("Atlas", MAPPING)
    assert ImportJob.objects.get().profile_version == version


def test_choice_of_the_reader_wins_and_may_be_saved_as_the_next_version(person: Person) -> None:
    make_profile("Nordwind", HEADER, mapping=MAPPING)
    person.drop(JUNE)
    summary(person.page, "matched by profile")
    expect(person.page.locator("#keep")).to_be_hidden()
    person.page.get_by_text("Change", exact=True).click()
    person.page.get_by_text("1 column not imported").click()
    person.choose("Field C", "Price")
    summary(person.page, "All columns matched: SKU, Name, Price.")
    person.page.get_by_label(SAVE).check()
    expect(person.page.get_by_label("Profile name")).to_have_value("Nordwind")
    preview(person.page)
    expect(person.page.locator("h1")).to_contain_text("list.csv")
    job = ImportJob.objects.get()
    version = ProfileVersion.objects.get(number=2)
    assert (job.profile_version, job.options["mapping"]["Field C"]) == (version, "price")


def test_profile_fills_in_its_settings_and_gives_them_back(person: Person) -> None:
    make_profile("Nordwind", HEADER, mapping=MAPPING, blank="clear", mode="update_only")
    person.drop(JUNE)
    mode = person.page.get_by_label("What should this import do?")
    expect(mode).to_have_value("update_only")
    expect(match(person.page)).to_contain_text("Empty cells Clear the value")
    match(person.page).get_by_label("Profile", exact=True).select_option(label="None")
    expect(mode).to_have_value("upsert")
    expect(match(person.page)).to_contain_text("Which column has the SKU?")


def test_setting_of_the_reader_is_kept(person: Person) -> None:
    make_profile("Nordwind", HEADER, mapping=MAPPING, blank="clear", mode="update_only")
    person.page.get_by_label("What should this import do?").select_option("create_only")
    person.drop(JUNE)
    summary(person.page, "matched by profile")
    expect(person.page.locator("[data-setting=mode]")).to_be_hidden()
    preview(person.page)
    expect(person.page.locator("h1")).to_contain_text("list.csv")
    options = ImportJob.objects.get().parsed_options
    assert (options.mode, options.blank) == ("create_only", "clear")


def test_box_that_is_not_checked_wins_over_the_profile(person: Person) -> None:
    make_profile("Nordwind", HEADER, mapping=MAPPING, dry_run=True)
    person.drop(JUNE)
    summary(person.page, "matched by profile")
    person.page.get_by_label("Review changes before importing").uncheck()
    person.page.get_by_role("button", name="Import now").click()
    expect(person.page.locator("h1")).to_contain_text("list.csv")
    assert ImportJob.objects.get().parsed_options.dry_run is False


def test_column_that_was_renamed_is_asked_about(person: Person) -> None:
    make_profile("Nordwind", HEADER, mapping=MAPPING)
    person.drop(JULY)
    person.answer("it was “Field D”, which is not in this file", "Retail")
    summary(person.page, "All columns matched: SKU, Name, Price.")
    preview(person.page)
    expect(person.page.locator("h1")).to_contain_text("list.csv")
    job = ImportJob.objects.get()
    version = ProfileVersion.objects.get()
    assert (job.profile_version, job.options["mapping"]["Retail"]) == (version, "price")


def test_column_that_is_gone_may_have_no_other_one(person: Person) -> None:
    make_profile("Nordwind", HEADER, mapping=MAPPING)
    person.drop(JULY)
    person.answer("it was “Field D”, which is not in this file", "None of them")
    expect(match(person.page)).to_contain_text("New products get the price 0.00.")
    preview(person.page)
    expect(person.page.locator("h1")).to_contain_text("list.csv")
    assert "price" not in ImportJob.objects.get().options["mapping"].values()


def test_profile_is_renamed_with_the_keyboard(visit: Visit) -> None:
    version = make_profile("Nordwind", HEADER, mapping=MAPPING)
    visit.page.goto(f"{visit.site}/imports/profiles/{version.profile_id}/")
    visit.page.get_by_role("button", name="Rename …").press("Enter")
    name = visit.page.get_by_label("Name", exact=True)
    expect(name).to_be_focused()
    name.fill("Nordwind GmbH")
    name.press("Enter")
    expect(visit.page.get_by_role("heading", name="Nordwind GmbH")).to_be_visible()


def test_profile_is_saved_from_an_import_and_used_without_javascript(browser: Browser, site: str) -> None:
    job = make_job(MAY, mapping=MAPPING)
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{site}/imports/{job.pk}/")
    page.get_by_role("link", name="Save as profile").click()
    page.get_by_label("Name", exact=True).fill("Nordwind")
    page.get_by_role("button", name="Save profile").click()
    expect(page.locator("h1")).to_have_text("Nordwind")
    page.goto(f"{site}/imports/")
    page.get_by_label("Profile", exact=True).select_option("Nordwind")
    send_plainly(page, JUNE)
    expect(page.locator("h1")).to_contain_text("list.csv")
    page.close()
    assert ImportJob.objects.latest("created_at").profile_version == ProfileVersion.objects.get()


def test_pages_are_for_everybody(visit: Visit) -> None:
    version = make_profile("Nordwind", HEADER, mapping=MAPPING, blank="clear")
    for address in ("", f"{version.profile_id}/", f"new/?job={make_job(MAY, mapping=MAPPING).pk}"):
        visit.page.goto(f"{visit.site}/imports/profiles/{address}")
        assert violations_in_every_dress(visit.page) == []


def test_step_with_a_profile_is_for_everybody(person: Person) -> None:
    make_profile("Nordwind", HEADER, mapping=MAPPING, blank="clear")
    person.drop(JULY)
    person.answer("it was “Field D”, which is not in this file", "Retail")
    summary(person.page, "All columns matched: SKU, Name, Price.")
    person.page.get_by_label(SAVE).check()
    assert violations_in_every_dress(person.page) == []
