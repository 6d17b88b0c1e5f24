"""Hostile texts, and results all whose free texts are hostile."""

from __future__ import annotations

from datetime import date

import attrs

from cxaudit.plugin import Answers, Ask, AuditResult, Findings, Flag, State, Text

HOSTILE = '=cmd|"/c calc"!A1 <script>alert(1)</script> [x](javascript:alert(1)) | `*_#'
CONTROLS = (
    "\x00\x07\x1b[31mred\x1b[0m\x08\u202eevil\u2066 שלום مرحبا ]]> & \"'\r\nnext\u2028line \ufffe"
)


KEPT = {
    "id",
    "item",
    "unit",
    "touchpoint",
    "area",
    "area_weights",
    "policy",
    "kind",
    "parent",
    "check",
    "metric",
    "touchpoints",
    "by",
    "metrics",
    "type",
    "answer",
    "method",
    "role",
    "breakdown",
    "audit",
    "rater",
    "rater_kind",
    "status",
    "zone",
    "written",
    "settings",
    "lenses",
    "table",
    "measured_in",
    "start",
    "end",
    "evidence_kind",
    "screen",
}
"""Fields whose values reading checks, or that are no texts."""


def spoiled(result: AuditResult) -> AuditResult:
    """Return a result with every free text made hostile; ids stay, as reading checks them."""
    return attrs.evolve(_spoiled(result, ""), audit=result.audit, language="en")


def _spoiled(value, name):
    if name in KEPT or value is None or isinstance(value, (State, Flag, date)):
        return value
    if isinstance(value, str):
        return f"{HOSTILE}{CONTROLS}{value}"
    if isinstance(value, Text):
        return Text({key: _spoiled(text, "") for key, text in value.languages.items()})
    if isinstance(value, tuple):
        return tuple(_spoiled(element, name) for element in value)
    if isinstance(value, dict):
        return {key: _spoiled(element, "") for key, element in value.items()}
    if isinstance(value, Answers | Findings):
        return type(value).of(_spoiled(row, "") for row in value)
    if attrs.has(type(value)):
        kept = {"answer", "kind"} if isinstance(value, Ask) else set()
        fields = {field.name for field in attrs.fields(type(value)) if field.init} - kept
        return attrs.evolve(
            value, **{field: _spoiled(getattr(value, field), field) for field in sorted(fields)}
        )
    return value
