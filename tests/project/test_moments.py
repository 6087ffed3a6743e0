"""Every moment that the API takes: any offset, and nothing that is no date and time."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from hooks.models import Batch
from project.api.api import api
from tests.factories import make_webhook

pytestmark = pytest.mark.django_db

FAR_OFFSETS = ["2026-01-01T00:00:00+17:00", "2026-01-01T00:00:00-23:59"]
NO_MOMENTS = ["0.5", "1795973452", "20260101", "yesterday", "2026-01-01T00:00:00 02:00"]
BEYOND_THE_CALENDAR = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]


def is_moment(schema: dict[str, Any]) -> bool:
    return any(kind.get("format") == "date-time" for kind in [schema, *schema.get("anyOf", [])])


def moments_of_queries() -> Iterator[tuple[str, str]]:
    for path, operations in api.get_openapi_schema()["paths"].items():
        for parameter in operations.get("get", {}).get("parameters", []):
            if is_moment(parameter["schema"]):
                yield path, parameter["name"]


QUERIES = list(moments_of_queries())


def get(client: Client, path: str, name: str, moment: str) -> Any:
    query = {name: moment, **({"metric": "imports"} if "timeseries" in path else {})}
    answer = client.get(path.replace("{webhook_id}", str(make_webhook().pk)), query)
    # An export holds its place until then.
    answer.close()
    return answer


def test_there_are_moments_in_queries() -> None:
    assert ("/api/products/", "updated_since") in QUERIES
    assert len(QUERIES) == 6


@pytest.mark.parametrize(("path", "name"), QUERIES)
@pytest.mark.parametrize("moment", FAR_OFFSETS)
def test_offset_that_postgresql_does_not_know_is_taken(
    client: Client, path: str, name: str, moment: str
) -> None:
    # A range may make no sense, but it is told, and never our fault.
    answer = get(client, path, name, moment)
    assert answer.status_code == 200 or "at once" in answer.json()["detail"], answer.content


@pytest.mark.parametrize(("path", "name"), QUERIES)
@pytest.mark.parametrize("moment", NO_MOMENTS + BEYOND_THE_CALENDAR)
def test_what_is_no_moment_is_refused(client: Client, path: str, name: str, moment: str) -> None:
    answer = get(client, path, name, moment)
    [fault] = answer.json()["errors"]
    assert (answer.status_code, fault["pointer"], fault["code"]) == (422, f"/query/{name}", f"{name}.invalid")


def test_lost_plus_is_explained(client: Client) -> None:
    answer = client.get("/api/products/?updated_since=2026-01-01T00:00:00+02:00")
    assert answer.json()["detail"] == (
        "updated_since has a space where its offset begins; in a query write + as %2B."
    )


def recover(client: Client, **body: object) -> Any:
    path = f"/api/webhooks/{make_webhook().pk}/recover/"
    return client.post(path, body, content_type="application/json")


@pytest.mark.parametrize("moment", FAR_OFFSETS)
def test_recovery_takes_any_offset(client: Client, moment: str) -> None:
    answer = recover(client, since=moment, until="2026-06-01T00:00:00+16:00")
    assert (answer.status_code, answer.json()["until"]) == (202, "2026-05-31T08:00:00Z")


@pytest.mark.parametrize("moment", [0, 0.5, True, 1795973452, None, [], *NO_MOMENTS, *BEYOND_THE_CALENDAR])
def test_recovery_without_a_moment_is_refused(client: Client, moment: object) -> None:
    answer = recover(client, since=moment)
    [fault] = answer.json()["errors"]
    assert (answer.status_code, fault["pointer"], fault["code"]) == (422, "/since", "since.invalid")
    assert not Batch.objects.exists()
