"""What axe finds wrong with a page, for those who cannot see it or have no mouse."""

from typing import Any, Literal

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page

GRAVE = {"serious", "critical"}
# Of pages whose Content-Security-Policy refuses inline scripts: evaluated by the debugger, as the rest of a test.
AXE = AXE_FILE_PATH.read_text()


def grave_violations(page: Page) -> list[str]:
    """One line for each element, in the scheme of colours that the page has just now."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in found["violations"]
        if violation["impact"] in GRAVE
        for node in violation["nodes"]
    ]


def violations_in_every_dress(page: Page) -> list[str]:
    """Light and dark, on a desk and on a phone, which scrolls one way alone."""
    found = []
    dresses: list[tuple[Literal["light", "dark"], int, int]] = [
        ("light", 1280, 900),
        ("dark", 1280, 900),
        ("light", 360, 740),
    ]
    for scheme, width, height in dresses:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found += [f"{scheme} {width}: {line}" for line in grave_violations(page)]
    return found
