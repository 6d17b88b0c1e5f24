"""Whether the gate was passed: what failed is named as the report names it, each item once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from cxaudit._model.findings import Finding, Flag
from cxaudit._model.said import Said
from cxaudit._report.context import Context, worst_first
from cxaudit._words import numbers
from cxaudit._words.language import _, ngettext, translated

__all__ = ["gate_words", "law_words"]

_ITEMS = 5
_UNITS = 3
"""So many are named; what is beyond is counted."""
_Failed = dict[str, list[str]]
"""Units by item."""


def gate_words(context: Context) -> str:
    """Return whether the gate was passed, and a sentence on each kind of reason."""
    critical, compliance, others = _reasons(context)
    other_words = [
        _in_words(context, reason) for reason in others if not _names_hidden_unit(context, reason)
    ]
    also, unnamed = "; ".join(other_words), len(others) - len(other_words)
    parts = [_outcome(context, "" if critical or compliance else also)]
    if critical:
        parts.append(_("Critical and failed: {items}.", items=_named(context, critical)))
    if compliance:
        organisation = _organisation(context)
        named = all(organisation.issuperset(units) for units in compliance.values())
        parts.append(
            _("The law is not kept.")  # the sentence on the law names what failed
            if named
            else _("Compliance failed: {items}.", items=_named(context, compliance))
        )
    if also and (critical or compliance):
        parts.append(_("Also: {reasons}.", reasons=also))
    if unnamed:
        parts.append(
            ngettext(
                "{n} further reason concerns units that are not shown.",
                "{n} further reasons concern units that are not shown.",
                unnamed,
            )
        )
    return " ".join(parts)


def law_words(context: Context) -> str:
    """Return how many points of law fail, which ones, and what was accepted; else nothing.

    A point is a compliance item of the organisation and all its units. It fails where one finding
    on it failed.
    """
    organisation = _organisation(context)
    points: dict[str, list[Finding]] = {}
    for finding in _flagged(context, Flag.COMPLIANCE):
        if finding.unit in organisation and not finding.state.neutral:
            points.setdefault(finding.item, []).append(finding)
    if not points:
        return ""
    failed = {
        item: units
        for item, findings in points.items()
        if (units := [finding for finding in findings if finding.flags & Flag.FAILED])
    }
    names = _listed(_with_acceptance(context, failed))
    unknown = sum(
        not any(finding.state.scored for finding in findings) for findings in points.values()
    )
    parts = [_counted(len(failed), len(points) - unknown, names)]
    short = [
        _item(
            context,
            item,
            [finding.unit for finding in findings if (finding.score or 0) < 1],
            failed=False,
        )
        for item, findings in points.items()
        if item not in failed
        and any(finding.state.scored and finding.score != 1 for finding in findings)
    ]
    if short:
        parts.append(_("Not shown to hold in full: {items}.", items="; ".join(short[:_ITEMS])))
    if unknown:
        parts.append(
            ngettext("{n} point was not assessed.", "{n} points were not assessed.", unknown)
        )
    return " ".join(parts)


def _counted(failed: int, assessed: int, names: str) -> str:
    if not assessed:
        return _("Law: no point is known to be kept.")
    if not failed:
        return ngettext("Law: 0 of {n} point fails.", "Law: 0 of {n} points fail.", assessed)
    return ngettext(
        "Law: {n} of {all} fails: {items}.",
        "Law: {n} of {all} fail: {items}.",
        failed,
        all=ngettext("{n} point", "{n} points", assessed),
        items=names,
    )


def _acceptance(context: Context, failed: Sequence[Finding]) -> str:
    """Return who accepted the failures of an item, and until when; empty unless all were."""
    if not all(finding.flags & Flag.WAIVED for finding in failed):
        return ""
    accepted = {
        _("accepted until {day} by {name}", day=numbers.day(waiver.expires), name=waiver.approver)
        for finding in failed
        for waiver in (
            outcome.waiver for outcome in context.result.waivers if outcome.status == "used"
        )
        if waiver.covers(finding.item, finding.touchpoint, finding.unit)
    }
    return f" ({'; '.join(sorted(accepted))})" if accepted else ""


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
    gate, organisation = context.result.gate.gate, _organisation(context)
    accepted = [
        finding
        for finding in _flagged(context, Flag.FAILED)
        if finding.flags & Flag.WAIVED
        and finding.unit in organisation
        and (gate.compliance if finding.flags & Flag.COMPLIANCE else gate.critical)
    ]
    passed = _("Gate: passed.")
    if accepted:
        passed = ngettext(
            "Gate: passed, with {n} accepted exception.",
            "Gate: passed, with {n} accepted exceptions.",
            len(accepted),
        )
    passed += _unasked(context, organisation)
    critical: dict[str, list[Finding]] = {}
    for finding in accepted:
        if not finding.flags & Flag.COMPLIANCE:  # the sentence on the law names those
            critical.setdefault(finding.item, []).append(finding)
    if not critical:
        return passed
    names = "; ".join(_with_acceptance(context, critical))
    return f"{passed} " + _("Critical and failed: {items}.", items=names)


def _unasked(context: Context, organisation: frozenset[str]) -> str:
    """Return which kinds of failures the gate does not ask about, where there are some."""
    gate = context.result.gate.gate
    failed = [
        finding.flags
        for finding in _flagged(context, Flag.FAILED)
        if finding.unit in organisation and not finding.flags & Flag.WAIVED
    ]
    words = ""
    if not gate.compliance and any(flags & Flag.COMPLIANCE for flags in failed):
        words += " " + _("It does not ask about the law.")
    if not gate.critical and any(not flags & Flag.COMPLIANCE for flags in failed):
        words += " " + _("It does not ask about critical items.")
    return words


def _reasons(context: Context) -> tuple[_Failed, _Failed, list[str]]:
    """Return the critical and the compliance items that failed, and the other reasons."""
    reasons = dict.fromkeys(context.result.gate.reasons)
    items: dict[str, _Failed] = {"critical": {}, "compliance": {}}
    of_items = set()
    for finding in _flagged(context, Flag.FAILED):
        kind = "compliance" if finding.flags & Flag.COMPLIANCE else "critical"
        # As the gate writes it.
        reason = f"{kind} item {finding.item} failed at {finding.unit}"
        if reason in reasons:
            of_items.add(reason)
            items[kind].setdefault(finding.item, []).append(finding.unit)
    others = [reason for reason in reasons if reason not in of_items]
    return items["critical"], items["compliance"], others


def _organisation(context: Context) -> frozenset[str]:
    """Return the ids of the organisation and its units, without comparators."""
    return frozenset(context.result.units.rolled_up()[context.root])


def _flagged(context: Context, flag: Flag) -> list[Finding]:
    """Return the findings that carry a flag, of hidden units too, the worst first."""
    findings = context.result.findings
    flagged = (findings[int(at)] for at in np.flatnonzero(findings.flags & int(flag)))
    return worst_first(flagged)


def _named(context: Context, failed: _Failed) -> str:
    """Return items by code and title, each with the units that it failed at."""
    return _listed([_item(context, item, units) for item, units in failed.items()])


def _with_acceptance(context: Context, failed: Mapping[str, Sequence[Finding]]) -> list[str]:
    """Return items as `_named` does, each with by whom and until when its failures are accepted."""
    return [
        _item(context, item, [finding.unit for finding in findings])
        + _acceptance(context, findings)
        for item, findings in failed.items()
    ]


def _listed(items: Sequence[str]) -> str:
    """Return the first of some items, and how many there are beside them."""
    names, more = "; ".join(items[:_ITEMS]), len(items) - _ITEMS
    if more <= 0:
        return names
    return ngettext("{items}; {n} more item", "{items}; {n} more items", more, items=names)


def _item(context: Context, item_id: str, units: list[str], *, failed: bool = True) -> str:
    item = context.items.get(item_id)
    title = context.text((failed and item.fail_title) or item.title) if item else ""
    name = f"{item.code if item else ''} {title or item_id}".strip()
    units, hidden_units = list(dict.fromkeys(units)), set(context.hidden_units)
    unit_names = [context.unit(unit) for unit in units if unit not in hidden_units]
    if not unit_names:
        return ngettext(
            "{item} at {n} unit not shown", "{item} at {n} units not shown", len(units), item=name
        )
    names = ", ".join(unit_names[:_UNITS])
    if more := len(units) - len(unit_names[:_UNITS]):
        names = _("{names} and {n} more", names=names, n=numbers.count(more))
    return _("{item}, at {units}", item=name, units=names)


def _in_words(context: Context, reason: str) -> str:
    """Return a reason; that of the score on the scale of the report."""
    least, overall = context.result.gate.gate.min_score, context.result.scorecard.root.overall
    if isinstance(reason, Said) and reason.code == "score-under-minimum" and least is not None:
        score = numbers.score(overall.value, 1, limits=(least,))
        return _("the score of {score} is under {least}", score=score, least=numbers.score(least))
    return translated(reason).rstrip(".")


def _names_hidden_unit(context: Context, reason: str) -> bool:
    """Tell whether a reason, such as a plugin's, names a unit that is not to be shown."""
    hidden_units = (context.units[unit] for unit in context.hidden_units)
    plain_reason = _plain(reason)
    names = (_plain(name) for unit in hidden_units for name in (unit.id, unit.name))
    return any(
        name in plain_reason and re.search(rf"(?<![\w.]){re.escape(name)}(?!\.?\w)", plain_reason)
        for name in filter(None, names)
    )


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
