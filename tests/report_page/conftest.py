"""The named audits of tests/reports as pages, and a browser that opens them."""

from __future__ import annotations

import importlib.util
import re
from html.parser import HTMLParser
from pathlib import Path

import attrs
import pytest

from cxaudit._report.build import build_report
from cxaudit_reports.html.page import render_page

HERE = Path(__file__).parent


def _module(path):
    spec = importlib.util.spec_from_file_location(f"{path.stem}_for_pages", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


REPORTS = _module(HERE.parent / "reports" / "conftest.py")
VOID = {"meta", "img", "input"}


class Parsed(HTMLParser):
    """What a browser would make of a page: elements with attributes, and texts."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self.open = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append((tag, dict(attributes)))

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, text):
        if self.open and self.open[-1][0] not in {"style", "script"}:
            self.texts.append((text, [*self.open]))

    def words(self, *, without=()):
        """Return all texts, but those inside an element of some tag or class."""
        return " ".join(
            text
            for text, inside in self.texts
            if not any(
                tag in without or set(attributes.get("class", "").split()) & set(without)
                for tag, attributes in inside
            )
        )

    @property
    def ids(self):
        return [attributes["id"] for _, attributes in self.elements if "id" in attributes]

    @property
    def links(self):
        return [attributes["href"] for tag, attributes in self.elements if tag == "a"]


@pytest.fixture
def parse():
    """Give a function that reads a page as a browser would."""
    return Parsed


@pytest.fixture(params=REPORTS.AUDITS)
def name(request):
    """The name of each named audit."""
    return request.param


@pytest.fixture
def report():
    """Give the report of a named audit, in English or another language."""

    def report(name, language="en"):
        result = attrs.evolve(REPORTS.AUDITS[name](), language=language)
        return build_report(result, policy=REPORTS.POLICY)

    return report


@pytest.fixture
def page(report):
    """Give the page of a named audit."""
    return lambda name: render_page(report(name))


@pytest.fixture
def hostile_text():
    return REPORTS.HOSTILE


_running = {}


@pytest.fixture
def browser(needs):
    """Chromium, started once."""
    playwright, program = needs("playwright"), needs("chromium")
    if not _running:
        sync = importlib.import_module(f"{playwright.__name__}.sync_api")
        started = _running["playwright"] = sync.sync_playwright().start()
        _running["browser"] = started.chromium.launch(
            executable_path=program, args=["--no-sandbox"]
        )
    return _running["browser"]


@pytest.fixture(scope="session", autouse=True)
def _closed():
    yield
    if _running:
        _running["browser"].close()
        _running["playwright"].stop()
        _running.clear()


@pytest.fixture
def opened(browser, tmp_path):
    """Give a function that opens a page from disk and tells what the browser complained of.

    The page's ``said`` holds console messages, errors, and requests for anything but the file.
    """
    contexts = []

    def opened(text, width=1280, height=900, *, script=True, **settings):
        file = tmp_path / f"report-{len(contexts)}.html"
        file.write_text(text, "utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=script, **settings
        )
        contexts.append(context)
        tab = context.new_page()
        tab.said = []
        tab.on("console", lambda message: tab.said.append(message.text))
        tab.on("pageerror", lambda error: tab.said.append(str(error)))
        tab.on(
            "request",
            lambda request: (
                None
                if request.url.startswith("data:") or request.url == file.as_uri()
                else tab.said.append(request.url)
            ),
        )
        tab.goto(file.as_uri())
        return tab

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def bare():
    """Give a function that takes style and script out of a page, which change for their own."""

    def bare(text):
        for tag in ("style", "script"):
            text = re.sub(rf"<{tag}>.*?</{tag}>", f"<{tag}></{tag}>", text, flags=re.DOTALL)
        return re.sub(r"'sha256-[^']+'", "'sha256-...'", text)

    return bare
