"""A few hundred hostile requests, the same ones each time; `python -m bench.hostile` tries ten thousand.

What a receiver of webhooks may answer is tried in tests.hooks.test_sender, and slow clients in
tests.hostile.test_slow_clients."""

import json
import time
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import pytest
from pytest_django import DjangoDbBlocker

from catalog.models import Product
from hooks.models import Webhook
from imports.models import ImportJob, Status, StoredChunk, StoredFile
from project.auth import api_keys
from project.models import Scope
from tests import live
from tests.database import empty_database
from tests.factories import make_import
from tests.hostile.conftest import Site
from tests.hostile.generated import FAMILIES, cases
from tests.hostile.generated.cases import Case, Request, Shop, send, told
from tests.hostile.wire import Answer

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

EACH = 4
SEED = 20_261_129
# Of its twin's; and what a busy machine may add.
TIMES = 5
SECONDS = 0.5


class Guarded(NamedTuple):
    site: Site
    shop: Shop


@pytest.fixture(scope="module")
def guarded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Guarded]:
    """In production's settings, with a worker for the files that are accepted."""
    with django_db_blocker.unblock():
        _, key = api_keys.issue("a hostile shop", Scope.WRITE)
        shop = make_shop()
        try:
            with live.web(**live.PRODUCTION, DELIVERIES_ENABLED="False") as address, live.worker():
                yield Guarded(Site(address, f"Authorization: Bearer {key}"), shop)
        finally:
            empty_database()


def make_shop() -> Shop:
    product = Product.objects.create(sku="KEPT-1", name="Kept")
    webhook = Webhook.objects.create(url="https://kept.example/hook", event_types=["*"])
    job = make_import(b"sku,price\nBAD-1,1\n")
    return Shop(product.pk, webhook.pk, str(job.pk))


@cache
def sample(family: str, shop: Shop) -> list[Case]:
    return [case for name, case in cases(shop, SEED, EACH * len(FAMILIES)) if name == family]


def timed(site: Site, request: Request) -> tuple[Answer | None, float]:
    begun = time.monotonic()
    answer = send(site.address, site.authorization, request)
    return answer, time.monotonic() - begun


def stored() -> list[object]:
    """What there is, apart from the moments at which it was looked at."""
    return [
        list(Product.objects.order_by("pk").values()),
        list(Webhook.objects.order_by("pk").values()),
        *(set(model.objects.values_list("pk", flat=True)) for model in (ImportJob, StoredFile, StoredChunk)),
    ]


def end(site: Site, answer: Answer | None) -> None:
    """Of a file that was accepted: its import, which takes no row of it."""
    if answer and answer.status == 202:
        job_id = json.loads(answer.body)["job_id"]
        live.wait_until(lambda: ImportJob.objects.get(pk=job_id).is_final)
        job = ImportJob.objects.get(pk=job_id)
        assert (job.status in (Status.COMPLETED, Status.FAILED), job.success_count) == (True, 0)
        send(site.address, site.authorization, Request("DELETE", f"/api/jobs/{job_id}"))


def seconds_of_twin(site: Site, case: Case) -> float:
    """What the twin leaves behind may stay, but no import may go on."""
    answer, seconds = timed(site, case.twin)
    if answer and answer.status == 202:
        job_id = json.loads(answer.body)["job_id"]
        live.wait_until(lambda: ImportJob.objects.get(pk=job_id).is_idle)
    return seconds


@pytest.mark.parametrize("family", FAMILIES)
def test_hostile_request_is_answered_as_its_family_is_and_leaves_nothing(
    guarded: Guarded, family: str
) -> None:
    site, shop = guarded
    before = stored()
    for case in sample(family, shop):
        answer, seconds = timed(site, case.request)
        assert told(answer) in case.expected, case.request
        end(site, answer)
        if seconds > SECONDS:
            answer, seconds = timed(site, case.request)
            end(site, answer)
            assert stored() == before
            assert seconds < max(SECONDS, TIMES * seconds_of_twin(site, case))
            before = stored()
    assert stored() == before
