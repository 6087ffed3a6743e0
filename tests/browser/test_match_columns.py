"""From a dropped file to the right products: which columns are what is seen, and asked about where it is unclear."""

import base64
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from catalog.models import Product
from imports.models import ImportJob
from tests import imports
from tests.browser.axe import violations_in_every_dress
from tests.browser.conftest import Visit
from tests.factories import make_csv
from tests.imports.packing import Cell, make_sheets, saved

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("left_empty"),
]

GERMAN = (
    "Artikelnummer;Bezeichnung;VK netto;VK brutto;Lagerbestand\r\n"
    "10-A;Stuhl, grün;10,00;11,90;7\r\n10-B;Tisch;1.200,50;1.428,60;0\r\n"
).encode("cp1252")
UNKNOWN = b"Field A,Field B,Field C\nA-1,Red chair,12.50\nB-2,Small table,99.00\nC-3,Long bench,45.90\n"
EXPORTS = tomllib.loads((Path(imports.__file__).parent / "recipes.toml").read_text(encoding="utf-8"))
DROP = """([content, name]) => {
    const bytes = Uint8Array.from(atob(content), (char) => char.charCodeAt(0));
    const dropped = new DataTransfer();
    dropped.items.add(new File([bytes], name));
    return dropped;
}"""


@dataclass
class Person:
    """Drops files and counts the clicks."""

    page: Page
    clicks: int = 0

    def drop(self, content: bytes, name: str = "list.csv") -> None:
        data = base64.b64encode(content).decode()
        dropped = self.page.evaluate_handle(DROP, [data, name])
        self.page.locator(".drop").dispatch_event("drop", {"dataTransfer": dropped})

    def click(self, target: Locator) -> None:
        target.click()
        self.clicks += 1

    def answer(self, question: str, answer: str) -> None:
        """Once the answer before is taken in: that replaces the questions."""
        expect(self.page.locator("#match")).not_to_have_attribute("aria-busy", "true")
        self.click(self.page.get_by_role("group", name=question).get_by_label(answer))

    def choose(self, header: str, field: str) -> None:
        """A click opens the list, and another one chooses from it."""
        self.page.get_by_label(header, exact=True).select_option(label=field)
        self.clicks += 2

    def preview_and_import(self, changes: int) -> None:
        self.click(self.page.get_by_role("button", name="Preview import"))
        self.click(self.page.get_by_role("button", name=f"Import {changes} changes"))
        expect(self.page.locator("h1 .badge")).to_have_text("Completed")


@pytest.fixture
def person(visit: Visit) -> Person:
    visit.page.goto(f"{visit.site}/imports/")
    return Person(visit.page)


def products() -> dict[str, tuple[str, Decimal]]:
    return {product.sku: (product.name, product.price) for product in Product.objects.all()}


def match(page: Page) -> Locator:
    return page.locator("#match")


# --- From the drop to the products ---


@pytest.mark.usefixtures("worker")
def test_plain_file_takes_no_click_in_matching(person: Person) -> None:
    person.drop(make_csv("A-1,Anvil,,12.50,true", "B-2,Bucket,,3,true"))
    expect(person.page.locator("#match-summary")).to_have_text(
        "All columns matched: SKU, Name, Description, Price, Active."
    )
    person.preview_and_import(2)
    assert (person.clicks, products()["A-1"]) == (2, ("Anvil", Decimal("12.50")))


@pytest.mark.usefixtures("worker")
def test_german_list_takes_one_answer(person: Person) -> None:
    person.drop(GERMAN)
    person.answer("Which column has the price?", "VK brutto")
    person.preview_and_import(2)
    assert person.clicks == 3
    assert products() == {"10-A": ("Stuhl, grün", Decimal("11.90")), "10-B": ("Tisch", Decimal("1428.60"))}


@pytest.mark.usefixtures("worker")
def test_unknown_headers_are_matched_by_the_reader(person: Person) -> None:
    person.drop(UNKNOWN)
    person.answer("Which column has the SKU?", "Field A")
    person.answer("Which column has the product name?", "Field B")
    person.answer("Which column has the price?", "Field C")
    person.preview_and_import(3)
    assert person.clicks == 5
    assert products()["B-2"] == ("Small table", Decimal("99.00"))


@pytest.mark.usefixtures("worker")
def test_workbook_of_a_supplier_takes_no_click_in_matching(person: Person) -> None:
    person.drop(supplier_workbook(), "prices.xlsx")
    expect(match(person.page).get_by_label("Sheet")).to_have_value("")
    expect(match(person.page).get_by_label("Header row")).to_have_attribute("placeholder", "3")
    person.preview_and_import(2)
    assert (person.clicks, products()["X-2"]) == (2, ("Table", Decimal("20.50")))


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize(
    ("recipe", "title", "changes"),
    [("shopify", "Shopify products", 3), ("woocommerce", "WooCommerce products", 2)],
)
def test_export_of_a_shop_takes_no_click_in_matching(
    person: Person, recipe: str, title: str, changes: int
) -> None:
    export = EXPORTS[recipe]
    person.drop(export["file"].encode())
    expect(match(person.page).get_by_label("Export of").locator("option").first).to_have_text(title)
    person.preview_and_import(changes)
    found = {sku: [name, str(price)] for sku, (name, price) in products().items()}
    assert (person.clicks, found) == (2, {sku: told[:2] for sku, told in export["products"].items()})


def send_plainly(page: Page, content: bytes) -> None:
    page.locator("#plain-file").set_input_files(
        {"name": "list.csv", "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_role("button", name="Preview import").click()


def supplier_workbook() -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "Cover"
    book.active.append(["Supplier Ltd."])
    sheet = book.create_sheet("Prices")
    for row in (
        ["Price list 2026"],
        [],
        ["Item no.", "Product name", "RRP"],
        ["X-1", "Chair", 10],
        ["X-2", "Table", 20.5],
    ):
        sheet.append(row)
    return saved(book)


def test_german_list_is_imported_without_javascript(browser: Browser, site: str) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto(f"{site}/imports/")
    send_plainly(page, GERMAN)
    page.get_by_label("VK brutto").check()
    send_plainly(page, GERMAN)
    expect(page.locator("h1")).to_contain_text("list.csv")
    page.close()
    assert ImportJob.objects.get().parsed_options.mapping == {"VK brutto": "price"}


# --- Choices ---


def test_open_question_stops_the_upload(person: Person) -> None:
    person.drop(GERMAN)
    person.click(person.page.get_by_role("button", name="Preview import"))
    expect(person.page.locator("[data-unanswered]")).to_have_text("Answer this question first.")
    expect(person.page.get_by_label("VK netto").first).to_be_focused()
    assert not ImportJob.objects.exists()


def test_file_without_a_sku_is_not_sent(person: Person) -> None:
    person.drop(b"name,price\nAnvil,1\n")
    person.click(person.page.get_by_role("button", name="Preview import"))
    question = person.page.get_by_role("group", name="Which column has the SKU?")
    expect(question).to_contain_text("Answer this question first.")
    assert not ImportJob.objects.exists()


def test_answer_can_be_changed(person: Person) -> None:
    person.drop(GERMAN)
    person.answer("Which column has the price?", "VK netto")
    expect(match(person.page)).to_contain_text("All columns matched: SKU, Name, Price.")
    person.answer("Which column has the price?", "None of them")
    expect(match(person.page)).to_contain_text("New products get the price 0.00.")
    assert person.page.locator("[name=mapping]").input_value() == '{"VK netto":"","VK brutto":""}'


def test_field_moves_to_the_column_that_is_chosen(person: Person) -> None:
    person.drop(make_csv("A-1,Anvil,Amboss,1", header="sku,name,Titel 2,price"))
    person.page.get_by_text("Change", exact=True).click()
    person.page.get_by_text("1 column not imported: Titel 2").click()
    person.choose("Titel 2", "Name")
    expect(person.page.locator("#match-said")).to_have_text(
        "“name” is no longer imported: Name is now “Titel 2”."
    )
    expect(person.page.get_by_label("name", exact=True)).to_have_value("")
    expect(person.page.get_by_label("Titel 2", exact=True)).to_have_value("name")


def test_correction_reads_the_file_again(person: Person) -> None:
    person.drop("sku;name\nA-1;Größe\n".encode("cp1252"))
    match(person.page).get_by_label("Encoding").select_option("cp437")
    match(person.page).get_by_text("Change", exact=True).click()
    expect(match(person.page)).to_contain_text("Gr÷▀e")


def test_enter_reads_the_file_again_and_does_not_send_it(person: Person) -> None:
    person.drop(b"A,B\nsku,name\nA-1,Mug\n")
    row = match(person.page).get_by_label("Header row")
    row.fill("1")
    row.press("Enter")
    expect(match(person.page)).to_contain_text("Which column has the SKU?")
    expect(row).to_be_focused()
    assert not ImportJob.objects.exists()


def test_wrong_correction_is_taken_back(person: Person) -> None:
    person.drop(make_csv("A-1,Anvil,,1,true"))
    match(person.page).get_by_label("Header row").fill("9")
    match(person.page).get_by_label("Header row").press("Enter")
    expect(person.page.locator("#match-failure")).to_contain_text("No row begins in line 9")
    person.click(person.page.get_by_role("button", name="Detect again"))
    expect(match(person.page)).to_contain_text("All columns matched")


def test_question_is_spoken(person: Person) -> None:
    person.drop(GERMAN)
    spoken = person.page.locator("#match-spoken")
    expect(spoken).to_contain_text("Which column has the price?")
    person.answer("Which column has the price?", "VK brutto")
    expect(spoken).to_have_text("All columns matched: SKU, Name, Price. 2 columns are not imported.")


def test_sheet_is_asked_for(person: Person) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Chairs"
    for row in (["sku", "name", "price"], ["C-1", "Chair", 10]):
        book.active.append(row)
    tables = book.create_sheet("Tables")
    for row in (["sku", "name", "description"], ["T-1", "Table", "Oak"]):
        tables.append(row)
    person.drop(saved(book), "stock.xlsx")
    person.answer("Which sheet has the products?", "Tables")
    expect(match(person.page)).to_contain_text("All columns matched: SKU, Name, Description.")
    expect(match(person.page).get_by_label("Sheet", exact=True)).to_have_value("Tables")


@pytest.mark.usefixtures("worker")
def test_other_sheets_are_imported_on_request(person: Person) -> None:
    header: list[Cell] = ["sku", "name", "price"]
    content = make_sheets(Nord=[header, ["N1", "Boot", 1]], Süd=[["List"], header, ["S1", "Sock", 2]])
    person.drop(content, "shoes.xlsx")
    expect(match(person.page)).to_contain_text("Sheets with the same columns are not imported: Süd.")
    match(person.page).get_by_label("Other sheets").select_option(label="Imported too: Süd")
    expect(match(person.page)).not_to_contain_text("are not imported")
    person.preview_and_import(2)
    assert products() == {"N1": ("Boot", Decimal("1.00")), "S1": ("Sock", Decimal("2.00"))}


def test_another_file_starts_anew(person: Person) -> None:
    person.drop(GERMAN)
    person.answer("Which column has the price?", "VK netto")
    expect(match(person.page)).to_contain_text("All columns matched")
    person.drop(make_csv("A-1,Anvil,,1,true"))
    expect(person.page.locator("#match-summary")).to_have_text(
        "All columns matched: SKU, Name, Description, Price, Active."
    )
    assert person.page.locator("[name=mapping]").input_value() == ""


def test_arrow_keys_go_through_the_answers(person: Person) -> None:
    person.drop(GERMAN)
    person.page.get_by_label("VK netto").first.focus()
    person.page.keyboard.press("ArrowDown")
    expect(match(person.page)).to_contain_text("All columns matched")
    person.page.keyboard.press("ArrowDown")
    expect(person.page.get_by_label("None of them")).to_be_checked()
    expect(person.page.get_by_label("None of them")).to_be_focused()


def test_every_column_of_a_wide_file_can_be_chosen(person: Person) -> None:
    header = ["sku", *(f"Attribute {number}" for number in range(150))]
    person.drop(make_csv(",".join(["A-1"] + ["x"] * 150), header=",".join(header)))
    person.page.get_by_text("Change", exact=True).click()
    person.page.get_by_text("150 columns not imported").click()
    person.page.get_by_role("button", name="Show all 150 columns").click()
    person.choose("Attribute 149", "Name")
    expect(person.page.locator("#match-summary")).to_contain_text("All columns matched: SKU, Name.")


def test_step_is_for_everybody(person: Person) -> None:
    person.drop(GERMAN)
    expect(person.page.get_by_role("group", name="Which column has the price?")).to_be_visible()
    for details in person.page.locator("details").all():
        details.evaluate("element => element.open = true")
    assert violations_in_every_dress(person.page) == []
