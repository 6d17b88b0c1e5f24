"""The named audits of tests/reports as reports, and PDFs read back."""

from __future__ import annotations

import importlib.util
import io
import re
from pathlib import Path

import attrs
import pytest

from cxaudit.documents import cleaned, written
from cxaudit.plugin import Report, Section, blocks

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"


def _load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


AUDITS = _load("named_audits_for_pdf", HERE.parent / "reports" / "conftest.py")


def named_report(name, audience="client", language="en"):
    """Return the report on a named audit."""
    result = attrs.evolve(AUDITS.AUDITS[name](), language=language)
    return AUDITS.build_report(result, audience, policy=AUDITS.POLICY)


@pytest.fixture(params=AUDITS.AUDITS)
def named(request):
    """Each named audit, as its name and its report."""
    return request.param, named_report(request.param)


@pytest.fixture
def report():
    """Give the report of a named audit."""
    return named_report


@pytest.fixture
def audit():
    """Give a named audit's result."""
    return lambda name: AUDITS.AUDITS[name]()


@pytest.fixture
def sheet():
    """Give a report with some blocks in a section."""

    def made(*blocks, section="method", **given):
        sections = (Section(id=section, title="A part", blocks=blocks),)
        return Report(**{"title": "A report", "sections": sections, **given})

    return made


@pytest.fixture
def hostile_text():
    return AUDITS.HOSTILE


@pytest.fixture
def read(needs):
    """Set a report as a PDF, and read it back by a library that is not ours."""
    needs("typst")
    pypdf = needs("pypdf")

    def done(report):
        from cxaudit_reports.pdf.document import render_pdf

        return pypdf.PdfReader(io.BytesIO(render_pdf(report)))

    return done


def squeezed(text):
    """Return a text without spaces: lines break anywhere."""
    return re.sub(r"\s|\u200b", "", text)


HIDDEN = {"anchor", "link", "anchors", "id", "tone", "media_type", "unit", "side", "data"}
"""Fields of blocks that are not printed."""


def texts_of(report):
    """Return every text and figure of a report's blocks, as they should be printed."""
    for section in cleaned(report).sections:
        yield section.title
        for block in section.blocks:
            yield from _texts(_shown(block))


def _shown(block):
    if isinstance(block, blocks.Matrix):  # its question is its title
        return attrs.evolve(block, title="")
    if isinstance(block, blocks.Table) and not block.columns[-1]:  # pairs have no head
        return attrs.evolve(block, columns=())
    return block


def _texts(value):
    if isinstance(value, str):
        yield str(value)
    elif isinstance(value, tuple):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield written(value)
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            if field.name not in HIDDEN:
                yield from _texts(getattr(value, field.name))
