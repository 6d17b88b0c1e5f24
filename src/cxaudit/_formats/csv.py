"""Findings as CSV: one row a finding, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io

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
    """Return the findings as CSV; numbers whole, unknown ones empty.

    A text that a spreadsheet would take for a formula gets a leading apostrophe.
    """
    items = {item.id: item for item in result.checklist.items}
    names = {unit.id: unit.name for unit in result.units}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for each in result.findings:
        item = items.get(each.item)
        row = (
            each.fingerprint,
            each.item,
            item.code if item else "",
            item.title.within(result.language) if item else "",
            item.area if item else "",
            item.role if item else "",
            each.touchpoint,
            each.unit,
            names.get(each.unit, ""),
            each.state.label,
            " ".join(each.flags.labels),
            each.score,
            each.low,
            each.high,
            each.weight,
            each.value,
            each.value_low,
            each.value_high,
            each.n,
            each.reason,
        )
        writer.writerow([_safe(value) for value in row])
    return out.getvalue()


def _safe(value: str | float | None) -> str | float | None:
    if not isinstance(value, str):
        return value
    text = clean(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
