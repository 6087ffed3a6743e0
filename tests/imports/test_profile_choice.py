"""The profile that a file is read with before it is uploaded, and the questions about columns that it has lost."""

from collections.abc import Sequence

import openpyxl
import pytest

from imports import profiles
from imports.models import ProfileVersion
from imports.options import Options, UploadOptions
from imports.upload.handler import accept_body
from imports.upload.inspect import Inspection
from imports.upload.profile import fitting_profiles, with_profile
from imports.upload.profile_choice import FileRead, read_as_chosen, read_as_found
from tests.factories import make_profile
from tests.imports.packing import make_workbook, saved

pytestmark = pytest.mark.django_db(transaction=True)

LIST = b"Artikelnr;Bezeichnung;VK netto;VK brutto\nA-1;Chair;10,00;11,90\nA-2;Table;20,00;23,80\n"
HEADER = ["Artikelnr", "Bezeichnung", "VK netto", "VK brutto"]
SETTLED = {"Artikelnr": "sku", "Bezeichnung": "name", "VK brutto": "price", "VK netto": ""}
RENAMED = b"Artikelnr;Bezeichnung;VK netto;Endbetrag\nA-1;Chair;10,00;11,90\nA-2;Table;20,00;23,80\n"


def supplier_profile(name: str = "Nordwind", **options: object) -> ProfileVersion:
    return make_profile(name, HEADER, mapping=SETTLED, **options)


def inspection(content: bytes) -> Inspection:
    file = Inspection("list.csv")
    file.write(content)
    return file


def found(content: bytes, **given: object) -> FileRead:
    file = inspection(content)
    try:
        return read_as_found(file, UploadOptions.model_validate(given))
    finally:
        file.close()


def chosen(content: bytes, **given: object) -> FileRead:
    file = inspection(content)
    try:
        return read_as_chosen(file, UploadOptions.model_validate(given))
    finally:
        file.close()


def fields(read: FileRead) -> list[str | None]:
    return [column.field for column in read.info.columns]


def offered(read: FileRead) -> list[tuple[str, bool]]:
    return [(offer.name, offer.has_changed) for offer in read.offers]


# --- The profile that fits ---


def test_profile_that_fits_is_used() -> None:
    version = supplier_profile()
    read = found(LIST)
    assert (read.profile, fields(read), read.info.questions) == (version, ["sku", "name", None, "price"], ())
    assert offered(read) == [("Nordwind", False)]


def test_profile_that_fits_a_workbook_is_used() -> None:
    version = supplier_profile()
    assert found(make_workbook([*HEADER], ["A-1", "Chair", "10.00", "11.90"])).profile == version


def test_file_that_no_profile_fits_is_read_without_one() -> None:
    supplier_profile()
    read = found(b"sku,name\nA-1,Chair\n")
    assert (read.profile, offered(read), fields(read)) == (None, [], ["sku", "name"])


def test_of_those_that_fit_alike_the_last_used_one_is_first() -> None:
    used = supplier_profile("Atlas")
    supplier_profile("Nordwind")
    accept_body("list.csv", [LIST], with_profile(UploadOptions(profile="Atlas")))
    assert found(LIST).profile == used
    assert [fitting.name for fitting in fitting_profiles(HEADER)] == ["Atlas", "Nordwind"]


def test_given_options_win_over_those_of_the_profile_that_fits() -> None:
    supplier_profile(decimal=".", mode="create_only")
    read = found(LIST, decimal=",")
    assert (read.options.decimal, read.options.mode) == (",", "create_only")


def test_no_profile_is_an_answer() -> None:
    supplier_profile()
    read = chosen(LIST)
    assert (read.profile, offered(read)) == (None, [("Nordwind", False)])
    assert [question.field for question in read.info.questions] == ["price"]


def test_profile_that_is_chosen_is_offered_though_it_does_not_fit() -> None:
    make_profile("Atlas", ["EAN"], mapping={"EAN": "sku"})
    assert offered(chosen(LIST, profile="atlas")) == [("Atlas", True)]


def test_profile_that_cannot_be_used_is_named_with_the_reason() -> None:
    supplier_profile(header_row=9)
    read = found(LIST)
    assert (read.profile, [question.field for question in read.info.questions]) == (None, ["price"])
    assert read.refusal == (
        "The profile “Nordwind” was not used. No row begins in line 9, which header_row names."
    )


def test_profile_that_names_the_row_of_its_header_is_found_there() -> None:
    content = b"My prices,of May,for you\nField A,Field B,Field C\nA-1,Chair,12.50\n"
    mapping = {"Field A": "sku", "Field B": "name", "Field C": "price"}
    version = make_profile("Nordwind", list(mapping), mapping=mapping, header_row=2)
    read = found(content)
    assert (read.profile, read.info.header_line, fields(read)) == (version, 2, ["sku", "name", "price"])


def workbook(*sheets: str) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "Cover"
    book.active.append(["Nordwind GmbH"])
    for name in sheets:
        sheet = book.create_sheet(name)
        sheet.append(HEADER)
        sheet.append(["A-1", "Chair", 10, 11.9])
    return saved(book)


def test_sheet_of_another_month_is_found_by_its_columns() -> None:
    version = supplier_profile(sheet="May")
    read = found(workbook("June"))
    assert (read.profile, read.info.sheet, read.options.sheet) == (version, "June", "June")


def test_sheet_of_the_profile_is_read_where_there_is_one() -> None:
    supplier_profile(sheet="May")
    read = found(workbook("June", "May"))
    assert (read.info.sheet, read.options.sheet) == ("May", "May")


# --- Columns that are gone ---


def question(read: FileRead, place: int = 0) -> tuple[str, list[str]]:
    asked = read.info.questions[place]
    return asked.message, [candidate.header for candidate in asked.candidates]


def test_column_that_was_renamed_is_asked_about_with_its_old_name() -> None:
    version = supplier_profile()
    read = found(RENAMED)
    assert read.profile == version
    assert question(read) == (
        "Which column has the price? In the profile “Nordwind” it was “VK brutto”, which is not in this file.",
        ["Endbetrag"],
    )
    assert fields(read) == ["sku", "name", None, None]


def test_answer_is_taken_by_the_upload() -> None:
    supplier_profile()
    answer = found(RENAMED).info.questions[0]
    mapping = answer.mapping_of(answer.candidates[0])
    read = chosen(RENAMED, profile="Nordwind", mapping=mapping)
    assert (fields(read), read.info.questions) == (["sku", "name", None, "price"], ())
    job = accept_body("list.csv", [RENAMED], with_profile(UploadOptions(profile="Nordwind", mapping=mapping)))
    assert job.options["mapping"]["Endbetrag"] == "price"


def test_upload_takes_the_answer_that_no_column_has_it() -> None:
    supplier_profile()
    mapping = found(RENAMED).info.questions[0].mapping_of(None)
    assert mapping == {"VK brutto": "", "Endbetrag": ""}
    job = accept_body("list.csv", [RENAMED], with_profile(UploadOptions(profile="Nordwind", mapping=mapping)))
    assert job.options["mapping"] == {
        "Artikelnr": "sku",
        "Bezeichnung": "name",
        "VK netto": "",
        "Endbetrag": "",
    }


def test_field_may_be_written_in_any_case() -> None:
    make_profile("Nordwind", HEADER, mapping={**SETTLED, "VK brutto": " PRICE"})
    assert [asked.field for asked in found(RENAMED).info.questions] == ["price"]
    assert fields(found(LIST)) == ["sku", "name", None, "price"]


def test_every_missing_column_is_asked_about() -> None:
    supplier_profile()
    read = chosen(b"Nummer;Text;VK brutto\nA-1;Chair;11,90\n", profile="Nordwind")
    assert [asked.field for asked in read.info.questions] == ["sku", "name"]
    assert question(read, 1)[1] == ["Nummer", "Text"]


def test_file_that_is_clear_by_itself_is_read_without_a_profile_that_lacks_columns() -> None:
    supplier_profile()
    read = found(b"Artikelnr;Bezeichnung;VK netto;Preis\nA-1;Chair;10,00;11,90\n", mapping={"VK netto": ""})
    assert (read.profile, offered(read), read.info.questions) == (None, [("Nordwind", True)], ())


def test_profile_that_lacks_columns_keeps_an_ignored_column_from_being_taken() -> None:
    version = supplier_profile()
    assert fields(chosen(RENAMED)) == ["sku", "name", "price", None]
    read = found(RENAMED)
    assert (read.profile, fields(read)) == (version, ["sku", "name", None, None])


def test_profile_of_other_files_is_not_offered() -> None:
    supplier_profile()
    assert found(b"Artikelnr;Name;Preis;EAN;Lager\nA-1;Chair;10,00;4;1\n").offers == []


# --- Names and versions ---


@pytest.mark.parametrize(
    ("taken", "name"),
    [([], "Nordwind"), (["NORDWIND"], "Nordwind 2"), (["Nordwind", "Nordwind 2"], "Nordwind 3")],
)
def test_free_name_gets_a_number_where_it_is_taken(taken: Sequence[str], name: str) -> None:
    for other in taken:
        make_profile(other)
    assert profiles.free_name("Nordwind") == name


def test_earlier_version_is_restored_as_the_next_one() -> None:
    first = supplier_profile(blank="clear")
    profiles.save("Nordwind", profiles.Content(Options(mode="create_only")))
    reverted = profiles.revert(first.profile_id, 1)
    assert (reverted.number, reverted.options, reverted.header) == (3, first.options, HEADER)


def test_version_that_does_not_exist_is_not_restored() -> None:
    made = supplier_profile()
    with pytest.raises(profiles.VersionNotFound, match="The profile has no version 7"):
        profiles.revert(made.profile_id, 7)
    assert ProfileVersion.objects.count() == 1


def test_taken_name_says_which_profile_has_it() -> None:
    made = make_profile("Nordwind")
    with pytest.raises(profiles.NameTaken) as refused:
        profiles.create("nordwind", profiles.Content(Options()))
    assert refused.value.members() == {"profile": {"id": made.profile_id, "name": "Nordwind", "version": 1}}
