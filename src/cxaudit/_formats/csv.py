"""Findings as CSV: one row a finding, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import math

from cxaudit._model.result import AuditResult
from cxaudit._words.clean import clean

__all__ = ["render_csv"]

_FORMULA = ("=", "+", "-", "@")
_COLUMNS = (
    "fingerprint",
    "item",
    "code",
    "title",
    "area",
    "role",
    "touchpoint",
    "unit",
    "unit_name",
    "state",
    "flags",
    "score",
    "low",
    "high",
    "weight",
    "value",
    "value_low",
    "value_high",
    "n",
    "reason",
)


def render_csv(result: AuditResult) -> str:
    """Return the findings as CSV; numbers whole, unknown and infinite ones empty.

    A text that a spreadsheet would take for a formula gets a leading apostrophe.
    """
    items = {item.id: item for item in result.checklist.items}
    names = {unit.id: unit.name for unit in result.units}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for finding in result.findings:
        item = items.get(finding.item)
        row = (
            finding.fingerprint,
            finding.item,
            item.code if item else "",
            item.title.within(result.language) if item else "",
            item.area if item else "",
            item.role if item else "",
            finding.touchpoint,
            finding.unit,
            names.get(finding.unit, ""),
            finding.state.label,
            " ".join(finding.flags.labels),
            finding.score,
            finding.low,
            finding.high,
            finding.weight,
            finding.value,
            finding.value_low,
            finding.value_high,
            finding.n,
            finding.reason,
        )
        writer.writerow([_safe(value) for value in row])
    return out.getvalue()


def _safe(value: str | float | None) -> str | float | None:
    if not isinstance(value, str):
        return None if value is not None and not math.isfinite(value) else value
    text = clean(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
