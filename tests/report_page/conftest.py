"""The named audits as pages, and a browser that opens them."""

from __future__ import annotations

import importlib
import re

import pytest

from cxaudit_reports.html.page import render_page
from tests.support.audits import AUDIT_PARAMETERS
from tests.support.pages import Parsed


@pytest.fixture
def parse():
    """Give a function that reads a page as a browser would."""
    return Parsed


@pytest.fixture(params=AUDIT_PARAMETERS)
def name(request):
    """The name of each named audit."""
    return request.param


@pytest.fixture
def page(report):
    """Give the page of a named audit."""
    return lambda name: render_page(report(name))


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
