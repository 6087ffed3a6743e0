"""Ten thousand hostile requests against the whole thing: none may fail, be slow, stay in memory or leave anything behind.

Run by hand: `.venv/bin/python -m bench.hostile [--requests 10000] [--seed 1]`. The requests are those of
tests.hostile.generated. Each is timed beside its harmless twin; what seems slow is tried again, as the machine may have been
busy. A file that is accepted becomes a job, which must end without having written a product."""

import argparse
import hashlib
import json
import os
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from django.db.models import Model

from bench import stack
from tests.hostile import wire
from tests.hostile.generated import cases
from tests.hostile.generated.cases import Case, Request, Shop, send, told

# Below it, a difference is that of the machine.
FLOOR_SECONDS = 0.005
RATIO_BAR = 5
MEMORY_BAR = 1.1
TRIES = 5
SHOWN = 20


@dataclass
class Site:
    address: str
    authorization: str
    api: httpx.Client
    processes: list[int]

    def timed(self, request: Request) -> tuple[wire.Answer | None, float]:
        begun = time.perf_counter()
        answer = send(self.address, self.authorization, request)
        return answer, time.perf_counter() - begun

    def megabytes(self) -> float:
        """What the web processes hold of the memory now."""
        pages = sum(int(Path(f"/proc/{process}/statm").read_text().split()[1]) for process in self.processes)
        return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2

    def clean(self, request: Request, answer: wire.Answer | None) -> None:
        """Remove what a harmless request has made."""
        if answer is None or answer.status not in (201, 202) or "/recover" in request.path:
            return
        made = json.loads(answer.body)
        if "job_id" in made:
            self.api.post(f"/jobs/{made['job_id']}/cancel")
            self.end(made["job_id"])
        else:
            self.api.delete(f"{request.path.removeprefix('/api')}{made['id']}/").raise_for_status()

    def end(self, job_id: str) -> dict[str, object]:
        """The job as it ended; it is removed."""
        while (job := self.api.get(f"/jobs/{job_id}").json())["status"] in ("pending", "processing"):
            time.sleep(0.02)
        if job["status"] == "ready":
            self.api.post(f"/jobs/{job_id}/cancel").raise_for_status()
        self.api.delete(f"/jobs/{job_id}").raise_for_status()
        return dict(job)


@dataclass
class Tried:
    """A case, and what became of it."""

    family: str
    case: Case
    told: tuple[int, str]
    seconds: float
    twin: float
    job_id: str = ""

    @property
    def ratio(self) -> float:
        return self.seconds / max(self.twin, FLOOR_SECONDS)


# --- The run ---


def run(site: Site, shop: Shop, options: argparse.Namespace) -> tuple[list[Tried], list[str]]:
    """All that was tried, and what went wrong."""
    chosen = list(cases(shop, options.seed, options.requests))
    twins = {twin: twin_seconds(site, twin) for twin in dict.fromkeys(case.twin for _, case in chosen)}
    print(f"{len(twins):,} harmless twins were answered, three times each.")
    before, memory = stored(), site.megabytes()
    tried = []
    for number, (family, case) in enumerate(chosen):
        if number % 1000 == 0:
            print(f"  memory after {number:>6,} hostile requests: {site.megabytes():.0f} MB", flush=True)
        tried.append(try_case(site, family, case, twins[case.twin]))
    faults = [f"{one.family}: {described(one)}" for one in tried if one.told not in one.case.expected]
    faults += list(faults_of_jobs(site, [one for one in tried if one.job_id]))
    changed = [table for table, digest in stored().items() if before[table] != digest]
    print(f"Tables that are not as before: {', '.join(changed) or 'none'}.")
    for slow in [one for one in tried if one.ratio > RATIO_BAR]:
        try_again(site, slow)
    faults += [f"{one.family} is slow: {described(one)}" for one in tried if one.ratio > RATIO_BAR]
    now = site.megabytes()
    print(f"Memory of the web processes: {memory:.0f} MB before, {now:.0f} MB after ({now / memory:.2f}).")
    faults += ["The web processes grew."] if now > memory * MEMORY_BAR else []
    return tried, faults + [f"{table} is not as before." for table in changed]


def twin_seconds(site: Site, twin: Request) -> float:
    times = []
    for _ in range(3):
        answer, seconds = site.timed(twin)
        if answer is None or answer.status >= 300:
            raise AssertionError(f"A twin was refused: {twin.method} {twin.path[:200]} {told(answer)}")
        site.clean(twin, answer)
        times.append(seconds)
    return statistics.median(times)


def try_case(site: Site, family: str, case: Case, twin: float) -> Tried:
    answer, seconds = site.timed(case.request)
    tried = Tried(family, case, told(answer), seconds, twin)
    if answer and answer.status == 202:
        tried.job_id = str(json.loads(answer.body).get("job_id", ""))
    return tried


def faults_of_jobs(site: Site, accepted: list[Tried]) -> Iterator[str]:
    ends = Counter[str]()
    for one in accepted:
        job = site.end(one.job_id)
        ends[str(job["status"])] += 1
        if job["status"] not in ("completed", "failed") or job["success_count"]:
            yield f"{one.family}: its job is {job['status']} and took {job['success_count']} rows: {described(one)}"
    print(f"Files that were accepted: {len(accepted)}; their jobs: {dict(ends)}.")


def try_again(site: Site, slow: Tried) -> None:
    """The best of some tries, of either."""
    for _ in range(TRIES):
        for request in (slow.case.request, slow.case.twin):
            answer, seconds = site.timed(request)
            site.clean(request, answer)
            if request == slow.case.twin:
                slow.twin = min(slow.twin, seconds)
            else:
                slow.seconds = min(slow.seconds, seconds)


def described(tried: Tried) -> str:
    request = tried.case.request
    sent = f"{request.method} {request.path[:120]} {' | '.join(request.headers)[:120]} {request.body[:120]!r}"
    return (
        f"{sent}, {len(request.body):,} bytes, was answered {tried.told} after {tried.seconds * 1000:.0f} ms"
    )


def report(tried: list[Tried], faults: list[str]) -> None:
    print(f"\n{'family':32} {'cases':>6} {'ms':>8} {'twin':>8} {'ratio':>6}  answers")
    for family in dict.fromkeys(one.family for one in tried):
        report_family(family, [one for one in tried if one.family == family])
    statuses = Counter(one.told[0] for one in tried)
    worst = max(tried, key=lambda one: one.ratio)
    print("\nAnswers: " + ", ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items())))
    print(
        f"Failures (5xx but 501): {sum(statuses[status] for status in statuses if status >= 500 and status != 501)}"
    )
    print(f"Worst ratio to a twin: {worst.ratio:.2f} ({worst.family}); bar: {RATIO_BAR}")
    print(f"Faults: {len(faults)}", *faults[:SHOWN], sep="\n  ")
    odd = Counter((one.family, one.told) for one in tried if one.told not in one.case.expected)
    print(
        "Answers that were not expected:",
        *(f"{family} {told} {count}" for (family, told), count in odd.items()),
        sep="\n  ",
    )


def report_family(family: str, tried: list[Tried]) -> None:
    worst = max(tried, key=lambda one: one.ratio)
    answers = ", ".join(f"{status} {code}".strip() for status, code in sorted({one.told for one in tried}))
    times = f"{worst.seconds * 1000:>8.1f} {worst.twin * 1000:>8.1f} {worst.ratio:>6.2f}"
    print(f"{family:32} {len(tried):>6} {times}  {answers}")


# --- What is there ---


def tables() -> list[type[Model]]:
    """Those in which something could be left."""
    from catalog.models import Product
    from hooks.models import Delivery, Event, Webhook
    from imports.models import ImportJob, RejectedRow, StoredChunk, StoredFile

    return [Delivery, Event, RejectedRow, ImportJob, StoredChunk, StoredFile, Product, Webhook]


def stored() -> dict[str, str]:
    """A digest of each of them."""
    return {
        model.__name__: digest(list(model._default_manager.order_by("pk").values_list()))
        for model in tables()
    }


def digest(rows: list[object]) -> str:
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def empty() -> None:
    for model in tables():
        model._default_manager.all().delete()


def make_shop(api: httpx.Client) -> Shop:
    product = made(api.post("/products/", json={"sku": "KEPT-1", "name": "Kept"}))
    webhook = made(api.post("/webhooks/", json={"url": "https://kept.example/hook", "event_types": ["*"]}))
    content = b"sku,price\n" + b"".join(b"BAD-%d,1\n" % number for number in range(200))
    job = made(api.post("/upload", content=content, headers={"Content-Type": "text/csv"}))["job_id"]
    while api.get(f"/jobs/{job}").json()["status"] != "completed":
        time.sleep(0.05)
    return Shop(int(str(product["id"])), int(str(webhook["id"])), str(job))


def made(answer: httpx.Response) -> dict[str, object]:
    return dict(answer.raise_for_status().json())


@contextmanager
def running() -> Iterator[Site]:
    with stack.environment():
        # Nobody is called.
        os.environ |= {"DELIVERIES_ENABLED": "False", "LOG_LEVEL": "ERROR"}
        with stack.running() as found:
            address = str(found.api.base_url).removesuffix("/api/")
            children = Path(f"/proc/{found.web.pid}/task/{found.web.pid}/children").read_text().split()
            authorization = f"Authorization: {found.api.headers['Authorization']}"
            yield Site(address, authorization, found.api, [int(child) for child in children])


def main() -> None:
    parser = argparse.ArgumentParser(description="Send hostile requests, and measure what they cost.")
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with running() as site:
        empty()
        try:
            found, faults = run(site, make_shop(site.api), options)
        finally:
            # Another bench may use the database next, and this one's webhook would be told of everything.
            empty()
    report(found, faults)
    raise SystemExit(1 if faults else 0)


if __name__ == "__main__":
    main()
