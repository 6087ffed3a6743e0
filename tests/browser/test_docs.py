"""/api/docs/ in a real browser whose network ends at this machine."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect, sync_playwright

from project.api import api
from tests import live

# The mark has the test database made, which the web server reads.
pytestmark = [pytest.mark.slow, pytest.mark.django_db]

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No name of any host is found, also if a request slipped past the test.
OPTIONS = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


@dataclass
class Visit:
    """A page, and what went wrong while it was looked at."""

    page: Page
    site: str
    sent_elsewhere: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def begin(self) -> None:
        self.page.route("**/*", self.keep_here)
        # Violations of the Content-Security-Policy are told on the console too.
        self.page.on("console", lambda message: self.note(message.type, message.text))
        self.page.on("pageerror", lambda error: self.note("error", str(error)))
        self.page.on("requestfailed", lambda request: self.note("error", f"{request.url} failed"))

    def keep_here(self, route: Route, request: Request) -> None:
        if request.url.startswith((f"{self.site}/", "data:", "blob:")):
            route.continue_()
        else:
            self.sent_elsewhere.append(request.url)
            route.abort()

    def note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)


@pytest.fixture(scope="module")
def site(django_db_setup: None) -> Iterator[str]:
    with live.web(DEBUG="True") as address:
        yield address


# For each test anew: Playwright's event loop must be gone before Django looks after the database in this thread.
@pytest.fixture
def browser() -> Iterator[Browser]:
    [program, *_] = [found for name in CHROMIUMS if (found := shutil.which(name))]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visit]:
    visit = Visit(browser.new_page(), site)
    visit.begin()
    yield visit
    visit.page.close()
    assert visit.sent_elsewhere == []
    assert visit.complaints == []


def test_every_operation_is_shown(visit: Visit) -> None:
    visit.page.goto(f"{visit.site}/api/docs/")
    operations = [path for path, methods in api.get_openapi_schema()["paths"].items() for _ in methods]
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
    block = visit.page.locator("#operations-import-list_jobs")
    block.click()
    block.get_by_role("button", name="Try it out").click()
    block.get_by_role("button", name="Execute").click()
    expect(block.locator(".live-responses-table td.response-col_status").last).to_have_text("200")


def test_page_without_its_slash_is_the_page(visit: Visit) -> None:
    visit.page.goto(f"{visit.site}/api/docs")
    expect(visit.page.locator(".opblock").first).to_be_visible()
    assert visit.page.url == f"{visit.site}/api/docs"


def test_front_door_leads_to_the_page(visit: Visit) -> None:
    visit.page.goto(f"{visit.site}/")
    assert visit.page.url == f"{visit.site}/api/docs/"
