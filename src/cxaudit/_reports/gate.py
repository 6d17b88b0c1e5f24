"""Whether the gate was passed: what failed is named as the report names it, each item once."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from cxaudit._model.findings import Finding, Flag
from cxaudit._reports import numbers
from cxaudit._reports.context import Context
from cxaudit._reports.language import _, ngettext, told

__all__ = ["gate_words"]

_ITEMS = 5
_UNITS = 3
"""So many are named; what is beyond is counted."""
_Failed = dict[str, list[str]]
"""Units by item."""


def gate_words(context: Context) -> str:
    """Return whether the gate was passed, and a sentence on each kind of reason."""
    critical, compliance, others = _reasons(context)
    shown = [told(reason).rstrip(".") for reason in others if not _tells(context, reason)]
    also, hidden = "; ".join(shown), len(others) - len(shown)
    parts = [_outcome(context, "" if critical or compliance else also)]
    if critical:
        parts.append(_("Critical and failed: {items}.", items=_named(context, critical)))
    if compliance:
        parts.append(_("Compliance failed: {items}.", items=_named(context, compliance)))
    if also and (critical or compliance):
        parts.append(_("Also: {reasons}.", reasons=also))
    if hidden:
        parts.append(
            ngettext(
                "{n} further reason concerns units that are not shown.",
                "{n} further reasons concern units that are not shown.",
                hidden,
            )
        )
    return " ".join(parts)


def _outcome(context: Context, reasons: str) -> str:
    """Return the outcome, with the reasons where there are some to be said at once."""
    gate = context.result.gate
    if not gate.enough and reasons:
        return _("Gate: not enough basis to say: {reasons}.", reasons=reasons)
    if not gate.enough:
        return _("Gate: not enough basis to say.")
    if gate.passed:
        return _passed(context)
    if reasons:
        return _("Gate: not passed: {reasons}.", reasons=reasons)
    return _("Gate: not passed.")


def _passed(context: Context) -> str:
    """Return that it was passed; where it would not have been, what was accepted is counted."""
    gate, units = context.result.gate.gate, context.result.units
    own = set(units.rolled_up()[units.root.id])
    accepted = sum(
        bool(each.flags & Flag.WAIVED)
        and each.unit in own
        and (gate.compliance if each.flags & Flag.COMPLIANCE else gate.critical)
        for each in _failed(context)
    )
    if not accepted:
        return _("Gate: passed.")
    return ngettext(
        "Gate: passed, with {n} accepted exception.",
        "Gate: passed, with {n} accepted exceptions.",
        accepted,
    )


def _reasons(context: Context) -> tuple[_Failed, _Failed, list[str]]:
    """Return the critical and the compliance items that failed, and the other reasons."""
    reasons = dict.fromkeys(context.result.gate.reasons)
    items: dict[str, _Failed] = {"critical": {}, "compliance": {}}
    found = set()
    for each in _failed(context):
        kind = "compliance" if each.flags & Flag.COMPLIANCE else "critical"
        # As the gate writes it.
        reason = f"{kind} item {each.item} failed at {each.unit}"
        if reason in reasons:
            found.add(reason)
            items[kind].setdefault(each.item, []).append(each.unit)
    others = [reason for reason in reasons if reason not in found]
    return items["critical"], items["compliance"], others


def _failed(context: Context) -> Iterable[Finding]:
    """Yield the critical and compliance findings that failed, of hidden units too."""
    findings = context.result.findings
    for index in np.flatnonzero(findings.flags & int(Flag.FAILED)):
        yield findings[int(index)]


def _named(context: Context, failed: _Failed) -> str:
    """Return items by code and title, each with the units that it failed at."""
    items = "; ".join(_item(context, item, units) for item, units in list(failed.items())[:_ITEMS])
    more = len(failed) - _ITEMS
    if more <= 0:
        return items
    return ngettext("{items}; {n} more item", "{items}; {n} more items", more, items=items)


def _item(context: Context, item_id: str, units: list[str]) -> str:
    item = context.items.get(item_id)
    title = context.text(item.fail_title or item.title) if item else ""
    name = f"{item.code if item else ''} {title or item_id}".strip()
    units, hidden = list(dict.fromkeys(units)), set(context.hidden_units)
    shown = [context.unit(unit) for unit in units if unit not in hidden]
    if not shown:
        return ngettext(
            "{item} at {n} unit not shown", "{item} at {n} units not shown", len(units), item=name
        )
    names = ", ".join(shown[:_UNITS])
    if more := len(units) - len(shown[:_UNITS]):
        names = _("{names} and {n} more", names=names, n=numbers.count(more))
    return _("{item} at {units}", item=name, units=names)


def _tells(context: Context, reason: str) -> bool:
    """Tell whether a reason, such as a plugin's, names a unit that is not to be shown."""
    hidden = (context.units[unit] for unit in context.hidden_units)
    said = _plain(reason)
    names = (_plain(name) for unit in hidden for name in (unit.id, unit.name))
    return any(
        name in said and re.search(rf"(?<![\w.]){re.escape(name)}(?!\.?\w)", said)
        for name in filter(None, names)
    )


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
