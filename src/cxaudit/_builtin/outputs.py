"""The outputs of core. Each is rendered only when it is asked for."""

from __future__ import annotations

from cxaudit._model.specs import Output

__all__ = ["OUTPUTS"]

OUTPUTS: tuple[Output, ...] = (
    Output(
        id="cxaudit.csv",
        takes="result",
        render="cxaudit._formats.csv:render_csv",
        suffix=".csv",
        summary="Findings, one row each, safe to open in a spreadsheet.",
    ),
    Output(
        id="cxaudit.json",
        takes="result",
        render="cxaudit._formats.result_json:render_json",
        suffix=".json",
        summary="The whole result, to be read again.",
    ),
    Output(
        id="cxaudit.junit",
        takes="result",
        render="cxaudit._formats.junit:render_junit",
        suffix=".xml",
        summary="Findings as test cases, for build servers.",
    ),
    Output(
        id="cxaudit.markdown",
        takes="report",
        render="cxaudit._formats.markdown:render_markdown",
        suffix=".md",
        summary="The report as Markdown.",
    ),
    Output(
        id="cxaudit.terminal",
        takes="report",
        render="cxaudit._formats.terminal:render_terminal",
        suffix=".txt",
        summary="The report's first part for a terminal of 80 columns.",
    ),
)
"""All outputs of core, by id."""
