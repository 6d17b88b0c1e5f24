"""Output formats."""

from __future__ import annotations

from cxaudit.plugin import Output

__all__ = ["OUTPUTS"]

OUTPUTS: tuple[Output, ...] = (
    Output(
        id="cxaudit.docx",
        takes="report",
        render="cxaudit_reports.word.document:render_word",
        suffix=".docx",
        summary="The report as a Word document, in our template or one of the client's.",
    ),
    Output(
        id="cxaudit.findings-parquet",
        takes="result",
        render="cxaudit_reports.machine.parquet:render_parquet",
        suffix=".parquet",
        summary="All findings as Parquet, one row each, typed, numbers whole.",
    ),
    Output(
        id="cxaudit.html",
        takes="report",
        render="cxaudit_reports.html.page:render_page",
        suffix=".html",
        summary="The report as one page that needs nothing else; a very long one as a folder.",
    ),
    Output(
        id="cxaudit.json-compact",
        takes="result",
        render="cxaudit_reports.machine.compact_json:render_compact",
        suffix=".compact.json",
        summary="The result without answers and evidence, for dashboards; not to be read again.",
    ),
    Output(
        id="cxaudit.oscal",
        takes="result",
        render="cxaudit_reports.machine.oscal:render_oscal",
        suffix=".oscal.json",
        summary="Findings as assessment results in OSCAL 1.1.3 (NIST).",
    ),
    Output(
        id="cxaudit.pdf",
        takes="report",
        render="cxaudit_reports.pdf.document:render_pdf",
        suffix=".pdf",
        summary="The report on paper: tagged, with bookmarks, contents and links.",
    ),
    Output(
        id="cxaudit.pptx",
        takes="report",
        render="cxaudit_reports.slides.document:render_slides",
        suffix=".pptx",
        summary="Ten slides for a steering meeting.",
    ),
    Output(
        id="cxaudit.sarif",
        takes="result",
        render="cxaudit_reports.machine.sarif:render_sarif",
        suffix=".sarif",
        summary="Findings as SARIF 2.1.0 (OASIS), for tools that collect findings.",
    ),
    Output(
        id="cxaudit.xlsx",
        takes="report",
        render="cxaudit_reports.workbook.document:render_workbook",
        suffix=".xlsx",
        summary="The report as a workbook: findings, evidence and scores to sort and reckon with.",
    ),
)
"""All outputs of this plugin, by id."""
