"""The pages on documents name what there is, and nothing else."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import docx
import openpyxl
import pytest

from cxaudit.errors import InputError
from cxaudit.plugin import blocks
from cxaudit_reports.word.document import render_word
from cxaudit_reports.word.template import STYLES, TABLE, default_template
from cxaudit_reports.workbook.document import render_workbook

DOCS = Path(__file__).parents[2] / "docs"
TEMPLATE = (DOCS / "how-to" / "branded-template.md").read_text(encoding="utf-8")
DOCUMENTS = (DOCS / "reference" / "report-documents.md").read_text(encoding="utf-8")


def rows(text, head):
    """Return the first cells of the table under a header."""
    table = text.partition(f"| {head} |")[2].partition("\n\n")[0]
    return [line.split("|")[1] for line in table.splitlines() if line.startswith("| ")]


def test_every_style_is_named():
    named = {name for cell in rows(TEMPLATE, "style") for name in re.findall(r"`([^`]+)`", cell)}
    ours = {name.replace("toc", "TOC") for name in (*STYLES, TABLE, "Normal")}
    assert named == ours


def test_every_placeholder_is_named():
    made = docx.Document(io.BytesIO(default_template()))
    made.add_paragraph("{{unknown}}")
    out = io.BytesIO()
    made.save(out)
    given = "data:x;base64," + base64.b64encode(out.getvalue()).decode()
    with pytest.raises(InputError, match=r"'\{\{unknown\}\}' is no placeholder") as caught:
        render_word(blocks.Report(title="T", branding={"template": given}))
    named = " ".join(rows(TEMPLATE, "placeholder"))
    found = (
        re.findall(r"\{\{(\w+)\}\}", text)
        for text in (str(caught.value).partition("It may")[2], named)
    )
    assert sorted(next(found)) == sorted(next(found))


def test_every_sheet_is_named(report):
    book = openpyxl.load_workbook(io.BytesIO(render_workbook(report("mixed"))))
    named = [name.strip() for cell in rows(DOCUMENTS, "sheet") for name in cell.split(",")]
    assert [name for name in book.sheetnames if name in named] == [
        name for name in named if name != "others"
    ]
