"""Open data: the findings that are shown as one tidy table, a guide to its columns, a licence."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from cxaudit.documents import N_, _
from cxaudit.plugin import AuditResult, Finding, Item, Unit
from cxaudit_reports.drawing.one_line import one_line

__all__ = ["COLUMNS", "LICENCE", "column_guide", "findings_table"]

_FORMULA = ("=", "+", "-", "@")
COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("audit", N_("text"), N_("Id of the audit.")),
    ("wave", N_("text"), N_("Round of the audit; empty when it has none.")),
    ("first_day", N_("date"), N_("First day of the round (ISO 8601).")),
    ("last_day", N_("date"), N_("Last day of the round, included (ISO 8601).")),
    ("unit", N_("text"), N_("Id of the unit (organisation, region, site ...) that was judged.")),
    ("unit_name", N_("text"), N_("Its name.")),
    ("unit_kind", N_("text"), N_("Its kind, in the words of the publisher.")),
    ("parent_unit", N_("text"), N_("Id of the unit above; empty for the whole.")),
    ("item", N_("text"), N_("Id of what was judged.")),
    ("item_title", N_("text"), N_("What was judged, in words.")),
    (
        "area",
        N_("text"),
        N_("Area of service: process, roles, interpersonal, direction, external."),
    ),
    ("touchpoint", N_("text"), N_("Where customers meet it, such as phone or in-store.")),
    ("role", N_("text"), N_("practice counts in the score; outcome and informative do not.")),
    ("state", N_("text"), N_("met, not_met, partly, measured: judged. Others: why it was not.")),
    ("score", N_("number"), N_("Score from 0 (worst) to 1 (best).")),
    ("score_low", N_("number"), N_("Lower end of the 95 % interval of the score.")),
    ("score_high", N_("number"), N_("Upper end of the 95 % interval of the score.")),
    (
        "value",
        N_("number"),
        N_("The value that was judged, in value_unit; a share lies from 0 to 1."),
    ),
    ("value_low", N_("number"), N_("Lower end of the 95 % interval of the value.")),
    ("value_high", N_("number"), N_("Upper end of the 95 % interval of the value.")),
    ("value_unit", N_("text"), N_("Unit of the value, such as seconds; empty for a share.")),
    ("n", N_("whole number"), N_("Rows or cases that it rests on.")),
    ("kept_back", N_("true or false"), N_("Whether the numbers are not shown, to protect people.")),
)
"""Name, type and meaning of each column."""

LICENCE = N_(
    """No licence has been chosen yet.

Until the publisher writes a licence here, all rights are reserved and nobody else may use these
data. Replace this text with the licence before you publish, for example "Creative Commons
Attribution 4.0 International (CC BY 4.0)", and say who must be named.
"""
)


def findings_table(result: AuditResult, withheld: set[tuple[str, str, str]]) -> str:
    """Return the findings as CSV (RFC 4180, UTF-8): one row a finding, one fact a column.

    Numbers are whole, what is not known is empty. A text that a spreadsheet would take for a
    formula begins with an apostrophe.

    Args:
        result: A result that may be shown.
        withheld: Item, touchpoint and unit of the findings that were kept back.
    """
    items = {item.id: item for item in result.checklist.items}
    units = {unit.id: unit for unit in result.units}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(name for name, _kind, _meaning in COLUMNS)
    for finding in result.findings:
        kept_back = (finding.item, finding.touchpoint, finding.unit) in withheld
        row = (
            *_heads(result),
            *_unit(units[finding.unit]),
            *_item(items[finding.item], finding, result),
            *_numbers(finding, _unit_of_value(items[finding.item], finding, result)),
            "true" if kept_back else "false",
        )
        writer.writerow([_safe(value) for value in row])
    return out.getvalue()


def column_guide(result: AuditResult, minimum: int) -> str:
    """Return the guide to the columns as Markdown, in the language that is spoken."""
    rows = _(
        "One row is one finding: one item, judged at one touchpoint of one unit. UTF-8, commas, "
        "a point in decimals; an empty field is not known."
    )
    protection = _(
        "Numbers that rest on fewer than {minimum} rows or cases are kept back (but not what "
        "documents say), and so are others from which one of these could be found by subtraction. "
        "Their rows say kept_back; "
        "units of which nothing can be shown have no rows.",
        minimum=minimum,
    )
    title = _("Columns of findings.csv: {title}", title=one_line(result.title))
    lines = [
        f"# {title}",
        "",
        rows,
        "",
        protection,
        "",
        "| " + " | ".join((_("column"), _("type"), _("meaning"))) + " |",
        "|---|---|---|",
        *(f"| `{name}` | {_(kind)} | {_(meaning)} |" for name, kind, meaning in COLUMNS),
        "",
    ]
    return "\n".join(lines)


def _heads(result: AuditResult) -> tuple[str, ...]:
    wave = result.wave
    if wave is None:
        return result.audit, "", "", ""
    return result.audit, wave.id, wave.start.isoformat(), wave.end.isoformat()


def _unit(unit: Unit) -> tuple[str, ...]:
    return unit.id, unit.name, unit.kind, unit.parent or ""


def _item(item: Item, finding: Finding, result: AuditResult) -> Iterator[str]:
    yield from (item.id, item.title.within(result.language), item.area, finding.touchpoint)
    yield from (item.role, finding.state.label)


def _numbers(finding: Finding, unit: str) -> Iterator[str | float | None]:
    yield from (
        finding.score,
        finding.low,
        finding.high,
        finding.value,
        finding.value_low,
        finding.value_high,
    )
    yield from (unit, finding.n)


def _unit_of_value(item: Item, finding: Finding, result: AuditResult) -> str:
    if finding.value is None:
        return ""
    if item.ask is not None:
        return "seconds" if item.ask.answer == "time" else item.ask.unit
    settings = item.check.settings if item.check is not None else {}
    named = settings.get("metric")
    return next((metric.unit for metric in result.metrics if metric.id == named), "")


def _safe(value: str | float | None) -> str | float | None:
    if not isinstance(value, str):
        return value
    text = one_line(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
