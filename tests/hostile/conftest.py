"""A real web server in production's settings, which these tests speak to over sockets of their own."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from pytest_django import DjangoDbBlocker

from project import keys
from project.models import Scope
from tests import live


class Site(NamedTuple):
    address: str
    authorization: str


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Site]:
    with django_db_blocker.unblock():
        _, key = keys.issue("a shop", Scope.WRITE)
        try:
            with live.web(**live.PRODUCTION) as address:
                yield Site(address, f"Authorization: Bearer {key}")
        finally:
            live.empty_database()
