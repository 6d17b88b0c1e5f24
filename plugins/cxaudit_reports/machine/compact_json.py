"""The result in brief, for dashboards: the fields of ``result.json``, without what is bulky."""

from __future__ import annotations

from typing import Any

import attrs

from cxaudit.plugin import AuditResult, Findings
from cxaudit_reports.machine.text import Written, json_text

__all__ = ["FORM", "render_compact"]

FORM = 1
"""Version of the form; raised when a field changes its meaning or leaves."""

_LEFT_OUT = {"cxaudit_result", "cases", "answers", "directions", "evidence"}
_LEFT_OUT_OF = {
    "accounts": {"samples"},
    "checklist": {"detectors", "digests", "metrics"},
    "measurements": {"direction", "engine", "query", "statistics"},
    "provenance": {"statements"},
}
_EMPTY = {"null", '""', "[]", "{}"}
_LEFT_OUT_OF_ITEMS = {"ask", "check", "guidance", "origins", "references", "seeds", "when"}


def render_compact(result: AuditResult) -> str:
    """Return the result in brief as JSON.

    It has no ``cxaudit_result`` and cannot be read again as a result: without its answers it
    would be scored wrongly, and without evidence its report would claim that there was none.
    """
    from cxaudit.session import result_json

    # What is left out is not even walked, and findings are written by column.
    disputed = result.disputed and attrs.evolve(
        result.disputed, findings=result.disputed.findings.where(slice(0))
    )
    findings = result.findings.where(slice(0))
    bare = attrs.evolve(
        result, cases=(), answers=(), evidence=(), findings=findings, disputed=disputed
    )
    values = _kept(result_json(bare), _LEFT_OUT)
    values["findings"] = _findings(_undirected(result.findings))
    if result.disputed is not None:
        values["disputed"]["findings"] = _findings(_undirected(result.disputed.findings))
    for name, left_out in _LEFT_OUT_OF.items():
        part = values[name]
        values[name] = (
            [_kept(fields, left_out) for fields in part]
            if isinstance(part, list)
            else _kept(part, left_out)
        )
    for scores in values["scorecard"]["units"]:
        del scores["overall"]["spread"]
    checklist = values["checklist"]
    checklist["items"] = [_kept(item, _LEFT_OUT_OF_ITEMS) for item in checklist["items"]]
    return json_text({"cxaudit_compact": FORM, **_filled(values)})


def _findings(findings: Findings) -> list[Written]:
    from cxaudit.session import finding_texts

    def field(name: str, text: str) -> str:
        return "" if text in _EMPTY else f'"{name}": {text}, '

    return [Written(f"{{{text.removesuffix(', ')}}}") for text in finding_texts(findings, field)]


def _undirected(findings: Findings) -> Findings:
    return attrs.evolve(findings, direction=findings.direction * 0 - 1, directions=())


def _kept(values: dict[str, Any], left_out: set[str]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in left_out}


def _filled(value: Any) -> Any:
    """Return a value without the fields, however deep, that are null or empty."""
    if isinstance(value, dict):
        filled = {key: _filled(field) for key, field in value.items()}
        return {key: field for key, field in filled.items() if field not in (None, "", [], {})}
    return [_filled(field) for field in value] if isinstance(value, list) else value
