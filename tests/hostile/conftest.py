"""A real web server, which these tests speak to over sockets of their own."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from pytest_django import DjangoDbBlocker

from tests import live
from tests.database import empty_database


class Site(NamedTuple):
    address: str
    # A header.
    authorization: str


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Site]:
    """In development, where nobody needs a key: with one, only so many uploads may be under way."""
    with django_db_blocker.unblock():
        try:
            with live.web(DEBUG="True") as address:
                yield Site(address, "Accept: */*")
        finally:
            empty_database()
