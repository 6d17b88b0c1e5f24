"""The documentation as a site: built without a warning, read and searched from disk."""

from __future__ import annotations

import importlib
import re
import shlex
import subprocess
import zlib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.support.public_names import public_names

ROOT = Path(__file__).parents[2]
COMMAND = r"^ +\.venv/bin/(sphinx-build .+)$"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build the site by the command of CONTRIBUTING.md, and give its folder."""
    import sys

    (line,) = re.findall(COMMAND, (ROOT / "CONTRIBUTING.md").read_text("utf-8"), re.MULTILINE)
    program, *options, source, _ = shlex.split(line)
    assert program == "sphinx-build"
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", *options, source, str(folder)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    return folder


class Page(HTMLParser):
    """The anchors of a page, and where it leads."""

    def __init__(self, file):
        super().__init__()
        self.anchors, self.links = set(), set()
        self.feed(file.read_text("utf-8"))

    def handle_starttag(self, _tag, attributes):
        for name, value in attributes:
            if name == "id":
                self.anchors.add(value)
            if name in {"href", "src"}:
                self.links.add(value)


def test_every_link_leads_somewhere_on_this_disk(site):
    pages = {file: Page(file) for file in site.rglob("*.html")}
    assert len(pages) > 40
    lost = []
    for file, page in pages.items():
        for link in page.links:
            if re.match(r"(https?|mailto|data):", link):
                continue
            path, _, anchor = link.partition("#")
            target = (file.parent / unquote(path.partition("?")[0])).resolve() if path else file
            anchors = pages[target].anchors if target in pages else set()
            if not target.is_file() or (anchor and unquote(anchor) not in anchors):
                lost.append(f"{file.relative_to(site)}: {link}")
    assert lost == []


def test_every_page_of_markdown_is_a_page_of_the_site(site):
    for page in (ROOT / "docs").rglob("*.md"):
        assert (site / page.relative_to(ROOT / "docs")).with_suffix(".html").is_file()


def test_every_public_name_can_be_looked_up(site):
    """The inventory is what the search and other sites' links find names by."""
    lines = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    listed = {line.split(" ")[0] for line in zlib.decompress(lines).decode().splitlines()}
    assert {"cxaudit.plugin.Check", "cxaudit.plugin.blocks.Table"} < listed
    assert set(public_names()) - listed == {"cxaudit.documents.numbers"}


@pytest.fixture
def tab(needs):
    """Give a tab of Chromium that notes what goes wrong, and what is not on this disk."""
    playwright, program = needs("playwright"), needs("chromium")
    sync = importlib.import_module(f"{playwright.__name__}.sync_api")
    with sync.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 390, "height": 844})
        tab.noted = []
        tab.on("console", lambda message: tab.noted.append(message.text))
        tab.on("pageerror", lambda error: tab.noted.append(str(error)))
        tab.on("requestfailed", lambda request: tab.noted.append(request.url))
        tab.on(
            "request",
            lambda request: (
                None if request.url.startswith("file:") else tab.noted.append(request.url)
            ),
        )
        yield tab
        browser.close()


@pytest.mark.parametrize(
    ("words", "title", "link"),
    [
        ("CheckRequest", "CheckRequest", "reference/python/plugin.html"),
        ("service level", "Phone metrics", "reference/phone-metrics.html"),
        ("unit_alias", "The audit file", "reference/audit-file.html"),
        ("Erlang", "Phone metrics", "reference/phone-metrics.html"),
    ],
)
def test_it_is_searched_from_disk(site, tab, words, title, link):
    tab.goto((site / "index.html").as_uri())
    tab.set_viewport_size({"width": 1280, "height": 900})
    tab.fill(".sidebar-search", words)
    tab.press(".sidebar-search", "Enter")
    tab.wait_for_selector(f"#search-results li:has-text('{title}') a[href^='{link}']")
    assert tab.noted == []


def test_no_page_is_wider_than_a_telephone(site, tab):
    wide = []
    for file in sorted(site.rglob("*.html")):
        tab.goto(file.as_uri())
        if tab.evaluate("document.documentElement.scrollWidth") > 390:
            wide.append(file.name)
    assert (wide, tab.noted) == ([], [])
