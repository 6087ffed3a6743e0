"""/api/docs/ in a real browser whose network ends at this machine."""

import pytest
from playwright.sync_api import FilePayload, expect

from project.api.api import api
from tests.browser.conftest import Visit
from tests.factories import make_csv

# The mark has the test database made, which the web server reads.
pytestmark = [pytest.mark.slow, pytest.mark.django_db]


def test_every_operation_is_shown(visit: Visit) -> None:
    visit.page.goto(f"{visit.site}/api/docs/")
    schema = api.get_openapi_schema()
    operations = [path for path, methods in schema["paths"].items() for _ in methods]
    # What receivers are sent.
    operations += schema["webhooks"]
    blocks = visit.page.locator(".opblock-summary-path")
    expect(blocks).to_have_count(len(operations))
    # Swagger UI puts zero-width spaces where a path may be broken.
    shown = [text.replace("\u200b", "") for text in blocks.all_inner_texts()]
    assert sorted(shown) == sorted(operations)


def test_page_is_styled(visit: Visit) -> None:
    visit.page.goto(f"{visit.site}/api/docs/")
    expect(visit.page.locator(".opblock-get").first).to_have_css("border-radius", "4px")


def test_open_development_is_told(visit: Visit) -> None:
    visit.page.goto(f"{visit.site}/api/docs/")
    expect(visit.page.get_by_text("This server is open")).to_be_visible()


def test_operation_is_tried_out(visit: Visit) -> None:
    visit.page.goto(f"{visit.site}/api/docs/")
    block = visit.page.locator("#operations-Imports-list_jobs")
    block.click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    expect(block.locator(".live-responses-table td.response-col_status").last).to_have_text("200")


def test_page_without_its_slash_is_the_page(visit: Visit) -> None:
    visit.page.goto(f"{visit.site}/api/docs")
    expect(visit.page.locator(".opblock").first).to_be_visible()
    assert visit.page.url == f"{visit.site}/api/docs"


def test_front_door_of_the_api_leads_to_the_page(visit: Visit) -> None:
    visit.page.goto(f"{visit.site}/api/")
    assert visit.page.url == f"{visit.site}/api/docs/"


@pytest.mark.django_db(transaction=True)
def test_form_is_uploaded_with_its_defaults(visit: Visit) -> None:
    visit.page.goto(f"{visit.site}/api/docs/")
    block = visit.page.locator("#operations-Imports-upload_file")
    block.click()
    block.get_by_role("button", name="Try it out").click()
    block.locator("select[aria-label='Request content type']").select_option("multipart/form-data")
    upload = FilePayload(name="a.csv", mimeType="text/csv", buffer=make_csv("A1,Mug,,1.00,true"))
    block.locator("input[type=file]").set_input_files(upload)
    with visit.page.expect_response("**/api/upload*") as answer:
        block.get_by_role("button", name="Execute").click()
    assert answer.value.status == 202, answer.value.text()
