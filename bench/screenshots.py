"""`make screenshots`: takes the two pictures of the docs, of the demo in a real browser, signed in.

The database is bench.stack's; its contents are deleted."""

import shutil
import struct
import zlib
from collections.abc import Iterator

from playwright.sync_api import Browser, Page, sync_playwright

from bench import stack

DOCS = stack.ROOT / "docs"
WIDTH, LEAST_HEIGHT = 1280, 600
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SIGNATURE = b"\x89PNG\r\n\x1a\n"
LARGEST_BYTES = 200_000


def main() -> None:
    with stack.environment(), stack.running() as running:
        job_id, session = make_demo(), sign_in()
        site = str(running.api.base_url).removesuffix("/api/")
        DOCS.mkdir(exist_ok=True)
        with sync_playwright() as playwright:
            [program, *_] = [found for name in CHROMIUMS if (found := shutil.which(name))]
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            page = signed_in(browser, site, session)
            shoot(page, f"{site}/?window=30d", "overview", None)
            shoot(page, f"{site}/imports/{job_id}/", "preview", 1000)
            browser.close()


def make_demo() -> str:
    """The id of the dry run that waits."""
    from django.core.management import call_command
    from django.utils.timezone import now

    from dashboard.demo.seed import fill
    from imports.models import ImportJob, Status

    call_command("flush", verbosity=0, interactive=False)
    fill(now(), say=print)
    return str(ImportJob.objects.get(status=Status.READY).pk)


def sign_in() -> str:
    """What the cookie of the session holds."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client()
    client.force_login(User.objects.create_superuser("anna"))
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def signed_in(browser: Browser, site: str, session: str) -> Page:
    from django.conf import settings

    context = browser.new_context(timezone_id="UTC", locale="en-GB", color_scheme="light")
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": site}])
    return context.new_page()


def shoot(page: Page, url: str, name: str, height: int | None) -> None:
    """The upper part of the page, or all of it."""
    page.set_viewport_size({"width": WIDTH, "height": height or LEAST_HEIGHT})
    # Not until the network is idle: a page that watches an import never is.
    page.goto(url, wait_until="load")
    file = DOCS / f"{name}.png"
    file.write_bytes(smaller(page.screenshot(full_page=height is None)))
    size = file.stat().st_size
    print(f"{file.relative_to(stack.ROOT)}: {size:,} bytes")
    if size > LARGEST_BYTES:
        raise AssertionError(f"A picture of the docs has at most {LARGEST_BYTES:,} bytes.")


# --- PNG: a browser packs in haste ---


def smaller(png: bytes) -> bytes:
    """The same picture, packed as tightly as zlib can."""
    parts = list(chunks(png))
    data = zlib.compress(zlib.decompress(b"".join(body for kind, body in parts if kind == b"IDAT")), 9)
    kept = [(kind, body) for kind, body in parts if kind in (b"IHDR", b"IEND")]
    return SIGNATURE + b"".join(chunk(*part) for part in (kept[0], (b"IDAT", data), kept[1]))


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(SIGNATURE)
    while place < len(png):
        length, kind = struct.unpack_from(">I4s", png, place)
        yield kind, png[place + 8 : place + 8 + length]
        place += length + 12


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


if __name__ == "__main__":
    main()
