"""Reports as PDFs, read back."""

from __future__ import annotations

import io

import pytest

from cxaudit.plugin import Report, Section


@pytest.fixture
def sheet():
    """Give a report with some blocks in a section."""

    def report_of(*blocks, section="method", **fields):
        sections = (Section(id=section, title="A part", blocks=blocks),)
        return Report(**{"title": "A report", "sections": sections, **fields})

    return report_of


@pytest.fixture
def read(needs):
    """Set a report as a PDF, and read it back by a library that is not ours."""
    needs("typst")
    pypdf = needs("pypdf")

    def read(report):
        from cxaudit_reports.pdf.document import render_pdf

        return pypdf.PdfReader(io.BytesIO(render_pdf(report)))

    return read
