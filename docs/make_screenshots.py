"""Take the pictures of the report that the documentation shows, from the example.

Run from the repository: ``python docs/make_screenshots.py``. It needs the extra ``reports``,
playwright, and Chromium.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from cxaudit import Session

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "examples/restaurant-group"
IMAGES = ROOT / "docs/images"
LAPTOP, PHONE = (1280, 900), (390, 844)


def main() -> None:
    """Run the example and write the pictures."""
    from playwright.sync_api import sync_playwright

    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = Path(folder) / "report.html"
        session = Session(plugins=[EXAMPLE / "plugins"])
        result = session.run(session.load(EXAMPLE / "audit.toml"))
        session.render(result, "html", page, audience="internal", files=EXAMPLE / "data")
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )

        def opened(size: tuple[int, int]) -> Any:
            width, height = size
            tab = browser.new_page(viewport={"width": width, "height": height})
            tab.goto(page.as_uri())
            return tab

        tab = opened(LAPTOP)
        save(tab, "report-page-one.png", height=1500)
        tab.evaluate("document.querySelector('.bar').hidden = true")  # it would cover some
        part(tab, "#matrix", "report-matrix.png")
        target = tab.locator(".decide h3 a").first.get_attribute("href")
        part(tab, f"[id='{target[1:]}']", "report-finding.png")
        part(tab, "article:has(figure.photo)", "report-photographs.png")
        save(opened(PHONE), "report-phone.png", height=1700)
        browser.close()


def part(tab: Any, selector: str, name: str) -> None:
    """Write a part of a page, with some room around it, as a picture."""
    room = 24
    box = tab.locator(selector).bounding_box()
    clip = {
        "x": box["x"] - room,
        "y": box["y"] + 2,
        "width": box["width"] + 2 * room,
        "height": box["height"] - 2,
    }
    tab.screenshot(path=IMAGES / name, clip=clip, full_page=True)


def save(tab: Any, name: str, height: int) -> None:
    """Write the top of a page as a picture."""
    width = tab.viewport_size["width"]
    clip = {"x": 0, "y": 0, "width": width, "height": height}
    tab.screenshot(path=IMAGES / name, clip=clip, full_page=True)


if __name__ == "__main__":
    main()
