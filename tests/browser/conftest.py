"""A real Chromium whose network ends at this machine, and the web server it looks at."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, Request, Route, expect, sync_playwright

from tests import live
from tests.database import empty_database

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No name of any host is found, also if a request slipped past the test.
OPTIONS = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]

# Beside other tests, an import of half a thousand rows may take more than the five seconds that are usual.
expect.set_options(timeout=20_000)


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
        self.page.on("requestfailed", self.note_failure)

    def keep_here(self, route: Route, request: Request) -> None:
        if request.url.startswith((f"{self.site}/", "data:", "blob:")):
            route.continue_()
        else:
            self.sent_elsewhere.append(request.url)
            route.abort()

    def note_failure(self, request: Request) -> None:
        # A stream ends with the page that reads it, and so does what its script was asking for just then, and its icon
        # ("other"). A search gives way to the next one, and a page to the download that its address turns out to be.
        broken_off = request.resource_type in ("eventsource", "fetch", "xhr", "other", "document")
        if not broken_off or "ABORTED" not in (request.failure or ""):
            self.note("error", f"{request.url} failed")

    def note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def expect_refusal(self, status: int) -> None:
        """Chromium complains of every refused request; of this one the test knows."""
        expected = [text for text in self.complaints if f"responded with a status of {status}" in text]
        assert expected, self.complaints
        self.complaints = [text for text in self.complaints if text not in expected]

    def end(self) -> None:
        self.page.close()
        assert self.sent_elsewhere == []
        assert self.complaints == []


@pytest.fixture(scope="module")
def site(django_db_setup: None) -> Iterator[str]:
    with live.web(DEBUG="True") as address:
        yield address


# For a module, not longer: Playwright waits in an event loop of this thread, within which Django has connections of its own.
@pytest.fixture(scope="module")
def browser(django_db_setup: None) -> Iterator[Browser]:
    [program, *_] = [found for name in CHROMIUMS if (found := shutil.which(name))]
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # What a test asks of the database is as synchronous as ever.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=program, args=OPTIONS)
        yield browser
        browser.close()
        connections.close_all()


@pytest.fixture
def visit(browser: Browser, site: str) -> Iterator[Visit]:
    visit = Visit(browser.new_page(), site)
    visit.begin()
    yield visit
    visit.end()


@pytest.fixture
def worker() -> Iterator[None]:
    with live.worker(DEBUG="True"):
        yield


@pytest.fixture
def left_empty() -> Iterator[None]:
    """For tests whose changes are committed by other processes."""
    yield
    empty_database()
