"""The whole way over real HTTP, with a real web server and a real worker: what clients of the contract rely on."""

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from bench import sample
from bench.stack import keys_to_watch
from bench.watching import watch
from imports.options import FIELDS, Options
from project.auth import api_keys
from project.models import Scope
from tests import live
from tests.database import empty_database
from tests.factories import make_csv

# The mark has the test database made. What these tests do in it is done by other processes, and undone at the end.
pytestmark = [pytest.mark.slow, pytest.mark.django_db]

UPLOAD_MAX_BYTES = 20_000_000
WATCHERS = 200


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[httpx.Client]:
    """A program with a key, and the site it talks to: one web process, one worker, as in production."""
    settings = {**live.PRODUCTION, "UPLOAD_MAX_BYTES": str(UPLOAD_MAX_BYTES)}
    with django_db_blocker.unblock():
        _, key = api_keys.issue("a shop", Scope.WRITE)
        headers = {"Authorization": f"Bearer {key}"}
        try:
            with (
                live.web(**settings) as address,
                live.worker(**settings),
                httpx.Client(base_url=f"{address}/api", headers=headers, timeout=60) as client,
            ):
                yield client
        finally:
            empty_database()


@pytest.fixture
def watchers_keys(site: httpx.Client, django_db_blocker: DjangoDbBlocker) -> Iterator[list[str]]:
    """Committed from a thread of its own, as the web server is to see them."""
    with ThreadPoolExecutor(1) as thread, django_db_blocker.unblock():
        yield thread.submit(keys_to_watch, WATCHERS).result()
        thread.submit(lambda: connection.close()).result()


class Some:
    """Equal to whatever is of the type and, if it is text, of the pattern."""

    def __init__(self, kind: type, pattern: str = ".*") -> None:
        self.kind, self.pattern = kind, pattern

    def __eq__(self, other: object) -> bool:
        return type(other) is self.kind and bool(re.fullmatch(self.pattern, str(other)))

    def __hash__(self) -> int:
        return hash(self.kind)

    def __repr__(self) -> str:
        return f"<some {self.kind.__name__} like {self.pattern}>"


MOMENT = Some(str, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
UUID = Some(str, r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NUMBER = Some(int, r"\d+")
MUG = {"name": "Mug", "description": "", "price": "5.00", "is_active": True}


def stored(sku: str, **fields: object) -> dict[str, object]:
    return {"id": NUMBER, "sku": sku, **MUG, **fields, "created_at": MOMENT, "updated_at": MOMENT}


def make_product(site: httpx.Client, sku: str, **fields: object) -> dict[str, Any]:
    answer = site.post("/products/", json={"sku": sku, "name": "Mug", "price": 5, **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def upload(site: httpx.Client, content: bytes, filename: str = "products.csv") -> str:
    answer = site.post("/upload", files={"file": (filename, content, "text/csv")})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["job_id"])


def ended(site: httpx.Client, job_id: str) -> dict[str, Any]:
    """The job at its end, as somebody finds it who asks again and again."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        job = site.get(f"/jobs/{job_id}").json()
        if job["status"] not in ("pending", "processing"):
            return dict(job)
        time.sleep(0.05)
    raise AssertionError(f"The import did not end: {job}")


def told(site: httpx.Client, job_id: str) -> list[tuple[str, dict[str, Any]]]:
    """Name and content of every event, as somebody sees them who watches."""
    with site.stream("GET", f"/jobs/{job_id}/events") as answer:
        fields = [line.partition(": ") for line in answer.iter_lines()]
    names = [value for field, _, value in fields if field == "event"]
    contents = [json.loads(value) for field, _, value in fields if field == "data"]
    return list(zip(names, contents, strict=True))


# --- Products ---


def test_product_is_created(site: httpx.Client) -> None:
    answer = site.post("/products/", json={"sku": "CREATE", "name": "Mug", "price": 29.99})
    assert (answer.status_code, answer.json()) == (201, stored("CREATE", price="29.99"))


def test_product_is_shown(site: httpx.Client) -> None:
    product = make_product(site, "SHOW")
    answer = site.get(f"/products/{product['id']}/")
    assert (answer.status_code, answer.json()) == (200, product)


def test_product_is_replaced(site: httpx.Client) -> None:
    product = make_product(site, "REPLACE", description="Blue")
    answer = site.put(f"/products/{product['id']}/", json={"sku": "REPLACE", "name": "Cup"})
    assert (answer.status_code, answer.json()) == (200, stored("REPLACE", name="Cup", price="0.00"))


def test_product_is_deleted(site: httpx.Client) -> None:
    product = make_product(site, "DELETE")
    answer = site.delete(f"/products/{product['id']}/")
    assert (answer.status_code, answer.content) == (204, b"")
    assert site.get(f"/products/{product['id']}/").status_code == 404


def test_products_are_listed_in_pages(site: httpx.Client) -> None:
    first, second = make_product(site, "LIST-1"), make_product(site, "LIST-2", is_active=False)
    here = f"{site.base_url}products/?sku=list&page_size=1"
    page = site.get("/products/", params={"sku": "list", "page_size": 1}).json()
    assert page == {"count": 2, "next": f"{here}&page=2", "previous": None, "results": [first]}
    page = site.get(page["next"]).json()
    assert page == {"count": 2, "next": None, "previous": f"{here}&page=1", "results": [second]}


@pytest.mark.parametrize(
    ("query", "found"),
    [({"sku": "ilter_1"}, ["FILTER_1"]), ({"name": "CUP%"}, ["FILTER_2"]),
     ({"sku": "filter", "is_active": "false"}, ["FILTER_2"])],
)  # fmt: skip
def test_products_are_filtered(site: httpx.Client, query: dict[str, str], found: list[str]) -> None:
    site.post("/products/", json={"sku": "FILTER_1", "name": "Mug"})
    site.post("/products/", json={"sku": "FILTER_2", "name": "A cup%", "is_active": False})
    site.post("/products/", json={"sku": "FILTERX1", "name": "A cup"})
    assert [product["sku"] for product in site.get("/products/", params=query).json()["results"]] == found


def test_all_products_are_deleted(site: httpx.Client) -> None:
    make_product(site, "BULK-1"), make_product(site, "BULK-2")
    count = site.get("/products/").json()["count"]
    answer = site.delete("/products/bulk-delete/")
    assert answer.status_code == 200
    assert answer.json() == {"deleted": count, "message": f"Deleted {count} products."}
    assert site.get("/products/").json() == {"count": 0, "next": None, "previous": None, "results": []}


def test_taken_sku_is_a_problem(site: httpx.Client) -> None:
    make_product(site, "TAKEN")
    answer = site.post("/products/", json={"sku": "taken", "name": "Mug"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (409, "application/problem+json")
    assert answer.json()["errors"][0]["pointer"] == "/sku"


# --- Import ---


def test_upload_answers_at_once(site: httpx.Client) -> None:
    answer = site.post("/upload", files={"file": ("products.csv", make_csv("ONCE,Mug,,,"))})
    assert answer.status_code == 202
    assert answer.json() == {"job_id": UUID, "message": "Upload started successfully"}


def test_import_is_followed_by_asking_again(site: httpx.Client) -> None:
    content = make_csv("POLL-1,Mug,Blue,1.50,true", "POLL-2,Cup,,abc,", "poll-1,Mug,Blue,2,true")
    job_id = upload(site, content)
    assert ended(site, job_id) == {
        "job_id": job_id,
        "filename": "products.csv",
        "status": "completed",
        "total_rows": 3,
        "processed_rows": 3,
        "success_count": 2,
        "error_count": 1,
        "listed_count": 1,
        "progress": 100,
        "errors": [
            {
                "row": 2,
                "line": 3,
                "column": "price",
                "code": "price.invalid",
                "message": "'abc' is not a price.",
                "value": "abc",
            }
        ],
        "started_at": MOMENT,
        "completed_at": MOMENT,
        "created_at": MOMENT,
        "phase": "done",
        "created_count": 1,
        "updated_count": 0,
        "unchanged_count": 0,
        "superseded_count": 1,
        "rows_per_second": NUMBER,
        "eta_seconds": None,
        "deactivated_count": 0,
        "new_at_zero_count": 0,
        "large_price_change_count": 0,
        "goes_inactive_count": 0,
        "dry_run": False,
        "preview": None,
        "expires_at": None,
        "confirmed_at": None,
        "cancel_requested": False,
        "options": Options().model_dump(),
        "retry_of": None,
        "corrects": None,
        "profile": None,
        "undo": None,
        "undone_at": None,
        "reverted_count": 0,
        "kept_count": 0,
        "file": {
            "bytes": len(content),
            "sha256": Some(str, "[0-9a-f]{64}"),
            "encoding": "utf-8",
            "delimiter": ",",
            "sheet": "",
            "sheets": [],
            "header_line": 1,
            "recipe": "",
        },
        "warnings": [],
        "columns": [{"header": name, "field": name, "reason": "name", "confidence": 1.0} for name in FIELDS],
    }
    [product] = site.get("/products/", params={"sku": "poll"}).json()["results"]
    assert product == stored("POLL-1", description="Blue", price="2.00")


def test_import_is_followed_by_watching(site: httpx.Client, tmp_path: Path) -> None:
    sample.write(tmp_path / "watch.csv", 20_000)
    job_id = upload(site, (tmp_path / "watch.csv").read_bytes())
    *before, (name, final) = told(site, job_id)
    assert {name for name, _ in before} == {"progress"}
    progress = [job["progress"] for _, job in before]
    assert progress == sorted(progress)
    assert (name, final) == ("final", site.get(f"/jobs/{job_id}").json())
    assert (final["status"], final["processed_rows"]) == ("completed", 20_000)


def test_body_in_chunks_is_imported(site: httpx.Client) -> None:
    pieces = iter([b"sku,na", b"me\nCHUNK", b"S,Mug\n"])
    answer = site.post(
        "/upload", params={"filename": "list.csv"}, content=pieces, headers={"Content-Type": "text/csv"}
    )
    job = ended(site, answer.json()["job_id"])
    assert (job["filename"], job["created_count"]) == ("list.csv", 1)


def test_file_too_large_is_told_so_although_it_is_still_being_sent(site: httpx.Client) -> None:
    content = make_csv() + b"x" * (UPLOAD_MAX_BYTES + 1_000_000)
    answer = site.post("/upload", files={"file": ("large.csv", content)})
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:problem:file.too_large")


def test_two_hundred_who_watch_one_process_all_see_the_end(
    site: httpx.Client, watchers_keys: list[str], tmp_path: Path
) -> None:
    sample.write(tmp_path / "long.csv", 150_000)
    sample.write(tmp_path / "many.csv", 50_000)
    # Imports run one at a time: the second waits while its watchers arrive, also on a busy machine.
    upload(site, (tmp_path / "long.csv").read_bytes())
    job_id = upload(site, (tmp_path / "many.csv").read_bytes())
    seen = watch(f"{site.base_url}jobs/{job_id}/events", watchers_keys, WATCHERS)
    job = site.get(f"/jobs/{job_id}").json()
    assert (job["status"], job["processed_rows"]) == ("completed", 50_000)
    assert [(each.status, each.name, each.job) for each in seen] == [(200, "final", job)] * WATCHERS
    assert min(each.events for each in seen) > 1


# --- Around it ---


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/products", 422), ("POST", "/upload/", 415), ("GET", "/jobs/", 200), ("GET", "/products", 200),
     ("DELETE", "/products/bulk-delete", 200), ("GET", "/schema", 200)],
)  # fmt: skip
def test_other_slash_answers_without_a_redirect(
    site: httpx.Client, method: str, path: str, status: int
) -> None:
    assert site.request(method, path, json={} if method == "POST" else None).status_code == status


def test_without_a_key_nothing_is_told(site: httpx.Client) -> None:
    answer = httpx.get(f"{site.base_url}products/")
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:problem:key.missing")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_site_is_well(site: httpx.Client, path: str) -> None:
    assert httpx.get(str(site.base_url.copy_with(path=path))).status_code == 200
