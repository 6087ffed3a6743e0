"""`manage.py apikey`: what it prints, what it does, how it fails."""

import re

import pytest
from django.core.management import CommandError, call_command

from project.auth import api_keys
from project.models import ApiKey
from tests.factories import make_key

pytestmark = pytest.mark.django_db


def apikey(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    call_command("apikey", *arguments)
    return capsys.readouterr().out


def test_create_prints_the_key_alone(capsys: pytest.CaptureFixture[str]) -> None:
    output = apikey(capsys, "create", "shop", "--scope", "write")
    assert re.fullmatch(r"pi_[0-9A-Za-z]{36}\n", output)
    found = api_keys.find(output.strip())
    assert found is not None
    assert (found.name, found.scope) == ("shop", "write")


def test_key_may_only_read_unless_said_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    apikey(capsys, "create", "shop")
    assert ApiKey.objects.get().scope == "read"


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_create_refuses_an_unfit_name(name: str) -> None:
    with pytest.raises(CommandError, match="The name must have 1 to 100 characters"):
        call_command("apikey", "create", name)
    assert not ApiKey.objects.exists()


def test_list_shows_keys_without_showing_them(capsys: pytest.CaptureFixture[str]) -> None:
    key = make_key("read", name="shop")
    heading, line = apikey(capsys, "list").splitlines()
    assert heading.split() == [
        "PREFIX",
        "SCOPE",
        "STATUS",
        "CREATED",
        "(UTC)",
        "LAST",
        "USED",
        "(UTC)",
        "NAME",
    ]
    assert line.split()[:3] == [key[:11], "read", "active"]
    assert line.endswith(" never             shop")


def test_revoke_takes_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    key = make_key(name="shop")
    other = make_key(name="bakery")
    assert apikey(capsys, "revoke", "shop") == f"Revoked {key[:11]} (shop).\n"
    assert api_keys.find(key) is None
    assert api_keys.find(other) is not None


def test_revoke_takes_a_prefix(capsys: pytest.CaptureFixture[str]) -> None:
    key, twin = make_key(name="shop"), make_key(name="shop")
    apikey(capsys, "revoke", key[:11])
    assert api_keys.find(key) is None
    assert api_keys.find(twin) is not None


def test_revoke_wants_to_know_which_of_two() -> None:
    key, twin = make_key(name="shop"), make_key(name="shop")
    with pytest.raises(CommandError, match="2 active keys are named 'shop'"):
        call_command("apikey", "revoke", "shop")
    assert api_keys.find(key) is not None
    assert api_keys.find(twin) is not None


def test_revoke_of_an_unknown_key_fails() -> None:
    with pytest.raises(CommandError, match="No active key has the name or prefix 'shop'"):
        call_command("apikey", "revoke", "shop")


def test_revoked_key_cannot_be_revoked_again(capsys: pytest.CaptureFixture[str]) -> None:
    make_key(name="shop")
    apikey(capsys, "revoke", "shop")
    with pytest.raises(CommandError):
        call_command("apikey", "revoke", "shop")
