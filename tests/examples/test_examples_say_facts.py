"""Reports of the examples say what their numbers count, in every format."""

from __future__ import annotations

import html
import io
import re
import zipfile

import pytest

from cxaudit._report.context import Context
from cxaudit._report.facts import fact
from tests.support.examples import ran

EXAMPLES = ("restaurant-group", "quick-scan")
BARE = re.compile(r"\bvalues?\W{1,20}\d", re.IGNORECASE)
"""A number that is said to be a value, and not of what."""
TAG = re.compile(r"<[^>]+>")
PARTS = {
    "docx": r"word/document\.xml",
    "pptx": r"ppt/slides/slide\d+\.xml",
    "xlsx": r"xl/(sharedStrings|worksheets/sheet\d+)\.xml",
}


@pytest.fixture(scope="module", params=EXAMPLES)
def example(request):
    """Give a session and the result of an example."""
    return ran(request.param)


def text_of(content, kind, needs):
    """Return the words of a document."""
    if kind == "pdf":
        pages = needs("pypdf").PdfReader(io.BytesIO(content)).pages
        return " ".join(page.extract_text() for page in pages)
    if kind in PARTS:
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            names = [name for name in file.namelist() if re.fullmatch(PARTS[kind], name)]
            content = " ".join(file.read(name).decode() for name in sorted(names))
    if kind in {"docx", "pptx", "xlsx", "html"}:
        content = html.unescape(TAG.sub(" ", content))
    return content


@pytest.mark.parametrize("kind", ["terminal", "markdown", "html", "docx", "pptx", "pdf", "xlsx"])
def test_no_report_says_value_before_a_number(example, kind, needs):
    session, result = example
    if kind == "pdf":
        needs("typst")
    elif kind == "xlsx":
        needs("xlsxwriter")
    text = " ".join(text_of(session.render(result, kind), kind, needs).split())
    assert len(text) > 1000
    assert [found[0] for found in BARE.finditer(text)] == []


def test_every_finding_that_fell_short_says_its_fact(example):
    session, result = example
    context = Context.of(result, "client")
    text = session.render(result, "html")
    plain = " ".join(html.unescape(TAG.sub(" ", text)).split())
    short = [each for each in context.findings if each.state.scored and each.score < 1]
    assert len(short) > 5
    for finding in short:
        said = fact(context, finding)
        assert said
        assert " ".join(said.split()) in plain


def test_the_restaurants_page_one_reads_right():
    """The records hold 2,958 calls; 1,842 of them were answered within the 20 seconds promised."""
    session, result = ran("restaurant-group")
    text = " ".join(session.render(result, "terminal").replace("\u00a0", " ").split())
    assert (
        "1. Callers wait longer than promised Phone: 1,842 of 2,958 calls were answered within 20 "
        "seconds (62.3 %, likely 60.4 % to 64.1 %). Promised: at least 80 %. Score 56 of 100"
    ) in text
