"""Signing in: guesses at a password are slowed down and told, and hashing never takes the whole machine."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils.timezone import now

from lib.limits import PASSWORD_HASHES_AT_ONCE
from project import tasks
from project.auth.sign_in import HASHES
from project.models import SignInCounter

pytestmark = pytest.mark.django_db

BROWSER = {"Accept": "text/html"}
PAGES = ["/sign-in/", "/admin/login/"]


@pytest.fixture(autouse=True)
def production(settings: Any) -> None:
    settings.DEBUG = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Any:
    caplog.set_level(logging.INFO, logger="security")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "security"]


def make_ada() -> User:
    return User.objects.create_superuser("ada", password="engine")


def sign_in(password: str, page: str = "/sign-in/", username: str = "ada", **headers: str) -> Any:
    form = {"username": username, "password": password}
    return Client(headers={**BROWSER, **headers}).post(page, form)


def fail(times: int, **more: str) -> list[int]:
    return [sign_in("guess", **more).status_code for _ in range(times)]


def let_pass(**time: int) -> None:
    """As if so much time had passed since."""
    for counter in SignInCounter.objects.all():
        counter.last_at -= timedelta(**time)
        if counter.blocked_until:
            counter.blocked_until -= timedelta(**time)
        counter.save()


# --- Guesses at an account ---


@pytest.mark.parametrize("page", PAGES)
def test_sixth_guess_has_to_wait(page: str) -> None:
    make_ada()
    assert fail(6, page=page) == [200, 200, 200, 200, 200, 429]


@pytest.mark.parametrize("page", PAGES)
def test_whoever_waits_is_told_how_long_on_a_page(page: str) -> None:
    fail(5)
    response = sign_in("guess", page)
    assert 0 < int(response.headers["Retry-After"]) <= 30
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Too many failed sign-ins. Try again in" in response.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_right_password_has_to_wait_too(page: str) -> None:
    make_ada()
    fail(5)
    response = sign_in("engine", page)
    assert (response.status_code, "sessionid" in response.cookies) == (429, False)


def test_wait_doubles_up_to_a_quarter_of_an_hour() -> None:
    fail(5)
    waits = []
    for _ in range(8):
        [counter] = SignInCounter.objects.all()
        waits.append(counter.seconds_left)
        let_pass(seconds=counter.seconds_left)
        fail(1)
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900]


def test_right_password_after_the_wait_begins_anew() -> None:
    make_ada()
    fail(5)
    let_pass(seconds=31)
    assert sign_in("engine").status_code == 302
    assert fail(6) == [200, 200, 200, 200, 200, 429]


def test_what_waits_is_the_account_and_not_others() -> None:
    make_ada()
    fail(6, username="bob")
    assert sign_in("engine").status_code == 302


def test_account_that_does_not_exist_waits_like_one_that_does() -> None:
    assert fail(6, username="nobody") == [200, 200, 200, 200, 200, 429]


def test_attempt_is_counted_before_its_password_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = []
    monkeypatch.setattr(
        "project.auth.sign_in.ModelBackend.authenticate",
        lambda *args, **kwargs: counts.append(SignInCounter.objects.get().attempts),
    )
    fail(2)
    assert counts == [1, 2]


def test_yesterdays_guesses_are_forgotten() -> None:
    fail(4)
    let_pass(hours=25)
    assert fail(6) == [200, 200, 200, 200, 200, 429]


def test_counters_are_pruned_after_a_day() -> None:
    fail(1, username="old")
    let_pass(hours=25)
    fail(1, username="new")
    tasks.forget_sign_ins(timestamp=0)
    assert SignInCounter.objects.filter(last_at__gt=now() - timedelta(hours=1)).count() == 1
    assert SignInCounter.objects.count() == 1


def test_table_does_not_tell_what_was_typed() -> None:
    fail(1, username="hunter2")
    assert "hunter2" not in str(SignInCounter.objects.values().get())


# --- Guesses from an address ---


def spray(settings: Any, times: int, address: str) -> list[int]:
    """A guess at each of many accounts."""
    settings.BEHIND_PROXY = True
    forwarded = {"X-Forwarded-For": address}
    return [sign_in("guess", username=f"user-{number}", **forwarded).status_code for number in range(times)]


def test_twenty_first_guess_from_an_address_has_to_wait(settings: Any) -> None:
    assert spray(settings, 21, "203.0.113.7") == [200] * 20 + [429]


def test_other_addresses_do_not_wait(settings: Any) -> None:
    spray(settings, 20, "203.0.113.7")
    assert spray(settings, 1, "203.0.113.7, 203.0.113.8") == [200]


def test_address_is_not_counted_without_a_proxy() -> None:
    for number in range(21):
        assert (
            sign_in("guess", username=f"user-{number}", **{"X-Forwarded-For": "1.1.1.1"}).status_code == 200
        )
    assert not SignInCounter.objects.filter(kind="address").exists()


def test_good_account_of_an_attackers_own_does_not_free_the_address(settings: Any) -> None:
    make_ada()
    spray(settings, 10, "203.0.113.7")
    sign_in("engine", **{"X-Forwarded-For": "203.0.113.7"})
    assert SignInCounter.objects.get(kind="address").attempts == 10


# --- Hashing ---


@pytest.mark.parametrize("page", PAGES)
def test_no_more_than_two_passwords_are_hashed_at_once(page: str) -> None:
    make_ada()
    for _ in range(PASSWORD_HASHES_AT_ONCE):
        HASHES.acquire()
    response = sign_in("engine", page)
    for _ in range(PASSWORD_HASHES_AT_ONCE):
        HASHES.release()
    assert (response.status_code, response.headers["Retry-After"]) == (429, "2")
    assert not SignInCounter.objects.exists()


def test_place_is_given_back() -> None:
    make_ada()
    fail(7, username="bob")
    assert sign_in("engine").status_code == 302


# --- The log ---


def test_sign_ins_are_logged(lines: Any) -> None:
    make_ada()
    sign_in("engine")
    fail(6)
    said = [line.partition(" address=")[0] for line in lines()]
    assert said[:2] == ["sign_in.succeeded account=ada", "sign_in.failed account=ada"]
    assert said[-1] in ("sign_in.blocked account=ada seconds=30", "sign_in.blocked account=ada seconds=29")
    assert len(said) == 7


def test_password_in_the_wrong_field_is_not_logged(lines: Any) -> None:
    sign_in("ada", username="hunter2")
    assert lines() == ["sign_in.failed account=unknown address=127.0.0.1"]
