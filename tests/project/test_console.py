"""The console as a whole: who gets in, and what a failure looks like there."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.test import Client

from dashboard.urls import urlpatterns
from imports.models import ImportJob
from tests.factories import make_csv, make_job

pytestmark = pytest.mark.django_db

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/imports/?status=failed"}
JOB = "0b0f6c0e-5c55-4b0a-9d0e-0a3f1f3f7c11"
OPEN = {"sign-in", "sign-out"}


def addresses() -> list[str]:
    """One for each page of the console, with made-up ids."""
    routes = [str(page.pattern) for page in urlpatterns if page.name not in OPEN]
    return ["/" + re.sub(r"<uuid:\w+>", JOB, re.sub(r"<int:\w+>", "1", route)) for route in routes]


@pytest.fixture
def production(settings: Any) -> None:
    settings.DEBUG = False


def make_visitor(*, is_staff: bool = True, enforce_csrf_checks: bool = False) -> Client:
    visitor = Client(enforce_csrf_checks=enforce_csrf_checks, headers=BROWSER)
    user = User.objects.create_user("ada", password="engine", is_staff=is_staff, is_superuser=is_staff)
    visitor.force_login(user)
    return visitor


# --- Who gets in ---


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("address", addresses())
@pytest.mark.parametrize("method", ["get", "post"])
def test_every_page_is_closed_in_production(client: Client, address: str, method: str) -> None:
    response = getattr(client, method)(address, headers=BROWSER)
    assert (response.status_code, response.headers["Location"][:9]) == (302, "/sign-in/")


@pytest.mark.usefixtures("production")
def test_form_that_nobody_may_send_does_nothing(client: Client) -> None:
    job = make_job(make_csv("A-1,Anvil,,1,true"))
    client.post(f"/imports/{job.pk}/cancel/", headers=BROWSER)
    assert ImportJob.objects.get().status == "pending"


@pytest.mark.usefixtures("production")
def test_account_that_is_not_staff_is_told_so() -> None:
    response = make_visitor(is_staff=False).get("/", follow=True)
    assert "doesn't have access. Sign in with a staff account." in response.content.decode()


@pytest.mark.usefixtures("production")
def test_sign_in_leads_back_to_the_page(client: Client) -> None:
    User.objects.create_superuser("ada", password="engine")
    page = client.get("/imports/?status=failed", headers=BROWSER).headers["Location"]
    response = client.post(page, {"username": "ada", "password": "engine", "next": "/imports/?status=failed"})
    assert response.headers["Location"] == "/imports/?status=failed"
    assert client.get("/imports/", headers=BROWSER).status_code == 200


@pytest.mark.usefixtures("production")
def test_sign_in_leads_to_no_other_site(client: Client) -> None:
    User.objects.create_user("ada", password="engine", is_staff=True)
    form = {"username": "ada", "password": "engine", "next": "https://evil.example/"}
    assert client.post("/sign-in/", form).headers["Location"] == "/"


@pytest.mark.usefixtures("production")
def test_wrong_password_is_told(client: Client) -> None:
    response = client.post("/sign-in/", {"username": "ada", "password": "guess"})
    assert "Wrong username or password." in response.content.decode()


@pytest.mark.usefixtures("production")
def test_sign_out_closes_the_console() -> None:
    visitor = make_visitor()
    visitor.post("/sign-out/")
    assert visitor.get("/").status_code == 302


@pytest.mark.usefixtures("production")
def test_htmx_without_a_session_leaves_for_the_sign_in(client: Client) -> None:
    response = client.get("/imports/?page=2", headers=HTMX)
    wanted = "/sign-in/?next=%2Fimports%2F%3Fpage%3D2&ended=1"
    assert (response.status_code, response.headers["HX-Redirect"]) == (204, wanted)


@pytest.mark.usefixtures("production")
def test_part_of_a_page_without_a_session_leads_back_to_the_page(client: Client) -> None:
    wanted = "/sign-in/?next=%2Fimports%2F%3Fstatus%3Dfailed&ended=1"
    assert client.get("/products/1/row/?edit", headers=HTMX).headers["HX-Redirect"] == wanted


@pytest.mark.usefixtures("production")
def test_sign_in_says_that_a_session_has_ended(client: Client) -> None:
    assert "You were signed out." not in client.get("/", headers=BROWSER, follow=True).content.decode()
    client.cookies["sessionid"] = "of a session that has ended"
    assert "You were signed out." in client.get("/", headers=BROWSER, follow=True).content.decode()


@pytest.mark.usefixtures("production")
def test_form_without_its_token_is_refused_with_a_page() -> None:
    job = make_job(make_csv("A-1,Anvil,,1,true"))
    response = make_visitor(enforce_csrf_checks=True).post(f"/imports/{job.pk}/cancel/")
    assert response.status_code == 403
    assert "Reload it and try again." in response.content.decode()
    assert ImportJob.objects.get().status == "pending"


def test_development_is_open_and_says_so(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    assert "Development mode: anyone on this computer has full access." in client.get("/").content.decode()


def test_development_is_closed_to_other_machines(client: Client, settings: Any) -> None:
    settings.DEBUG = True
    assert client.get("/", REMOTE_ADDR="192.168.1.7").status_code == 302


@pytest.mark.usefixtures("production")
def test_production_does_not_say_that_it_is_open() -> None:
    page = make_visitor().get("/").content.decode()
    assert "Development mode" not in page
    assert "Sign out" in page


# --- Failures ---


def test_unknown_import_is_a_page(client: Client) -> None:
    job_id = uuid4()
    response = client.get(f"/imports/{job_id}/", headers=BROWSER)
    assert (response.status_code, response.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert f"No job has the ID {job_id}." in response.content.decode()


def test_unknown_address_is_a_page_to_a_browser_alone(client: Client) -> None:
    assert client.get("/nowhere", headers=BROWSER).headers["Content-Type"] == "text/html; charset=utf-8"
    assert client.get("/nowhere").json()["type"] == "urn:problem:path.not_found"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/nowhere", "This page doesn&#x27;t exist or has been removed."),
        ("/webhooks/pause/", "This page can&#x27;t be opened directly. Go back and use its button."),
    ],
)
def test_error_page_speaks_to_people(client: Client, path: str, words: str) -> None:
    assert f"<p>{words}</p>" in client.get(path, headers=BROWSER).content.decode()


@pytest.mark.parametrize("path", ["/api/nowhere", f"/api/jobs/{JOB}", "/static/nowhere.css"])
def test_programs_are_told_problems_whatever_they_accept(client: Client, path: str) -> None:
    assert client.get(path, headers=BROWSER).headers["Content-Type"] == "application/problem+json"


def test_failure_of_htmx_is_a_notice_at_the_top(client: Client) -> None:
    response = client.get("/imports/?page=x", headers=HTMX)
    assert (response.status_code, response.headers["HX-Retarget"]) == (404, "#notices")
    assert response.content.decode().startswith('<div class="notice is-bad"')
    assert "Page &#x27;x&#x27; doesn&#x27;t exist." in response.content.decode()


def test_fault_of_ours_is_a_page_without_its_insides(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG = True
    monkeypatch.setattr("dashboard.views.overview.stats", lambda: 1 / 0)
    client.raise_request_exception = False
    response = client.get("/", headers=BROWSER)
    assert response.status_code == 500
    assert "The error has been logged" in response.content.decode()
    assert "ZeroDivisionError" not in response.content.decode()


def test_pages_are_kept_by_nobody(client: Client) -> None:
    assert client.get("/", headers=BROWSER).headers["Cache-Control"] == "private, no-cache"


@pytest.mark.usefixtures("production")
def test_database_that_does_not_answer_is_a_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(request: object) -> bool:
        raise OperationalError("connection refused")

    monkeypatch.setattr("project.middleware.console.may_enter", fail)
    response = client.get("/", headers=BROWSER)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert "The database is temporarily unavailable" in response.content.decode()
