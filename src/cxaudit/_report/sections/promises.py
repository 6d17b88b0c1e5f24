"""How many promises were kept, and what decides the points that are no promise."""

from __future__ import annotations

from collections import Counter

from cxaudit._model.checklist import Item
from cxaudit._model.findings import Finding, Flag
from cxaudit._report.context import Context
from cxaudit._words import numbers
from cxaudit._words.language import N_, _, ngettext

__all__ = ["promises_kept"]

_PROMISE, _UNSTATED, _CHECKLIST, _ANCHORS = "promise", "", "the checklist", "anchors"
_JUDGED = {
    "policy": N_("{n} judged by the client's policy"),
    "law": N_("{n} judged by the law"),
    "reference": N_("{n} judged by an agreed reference"),
    _UNSTATED: N_("{n} judged by a target stated without a basis"),
    _CHECKLIST: N_("{n} judged by a target of the checklist"),
    _ANCHORS: N_("{n} judged by the checklist's own anchors"),
}
"""What decides a point, other than a promise."""


def promises_kept(context: Context) -> str:
    """Return how many promises were kept in full, and what the other points follow.

    A promise is an item of the organisation whose target is one by the client's word. It is kept
    when all its findings are met; each item counts once, however many its touchpoints.
    """
    by_item: dict[str, list[Finding]] = {}
    for finding in context.root_findings:
        if finding.weight > 0 and not finding.state.neutral and finding.item in context.items:
            by_item.setdefault(finding.item, []).append(finding)
    kept = promised = open_ = 0
    others: Counter[str] = Counter()
    for item_id, findings in by_item.items():
        basis = _basis(context, context.items[item_id])
        if not any(finding.state.scored for finding in findings):
            open_ += basis == _PROMISE
        elif basis == _PROMISE:
            promised += 1
            kept += all(finding.score == 1 for finding in findings)
        elif not any(finding.flags & Flag.COMPLIANCE for finding in findings):
            others[basis] += 1  # what the law asks for has a sentence of its own
    parts = []
    if promised:
        parts.append(
            ngettext(
                "{kept} of {n} promise kept in full.",
                "{kept} of {n} promises kept in full.",
                promised,
                kept=numbers.count(kept),
            )
        )
    elif not open_:
        parts.append(_("No point rests on a promise that the client has stated."))
    if open_:
        parts.append(
            ngettext(
                "{n} promise could not be assessed.", "{n} promises could not be assessed.", open_
            )
        )
    if others:
        bases = dict.fromkeys((*_JUDGED, *sorted(others)))
        judged = ", ".join(_judged(basis, others[basis]) for basis in bases if others[basis])
        parts.append(
            _("Other points: {parts}.", parts=judged)
            if promised or open_
            else _("Points: {parts}.", parts=judged)
        )
    return " ".join(parts)


def _basis(context: Context, item: Item) -> str:
    """Return what an item is judged by: the basis of its target, or what else decides."""
    parameter = context.parameter(item)
    if parameter is not None:
        return parameter.basis or _UNSTATED
    target = item.check.settings.get("target") if item.check else None
    if item.ask is not None and item.ask.curve is not None:
        target = item.ask.curve.target
    return _ANCHORS if target is None else _CHECKLIST


def _judged(basis: str, n: int) -> str:
    sentence = _JUDGED.get(basis)
    if sentence is not None:
        return _(sentence, n=numbers.count(n))
    return _("{n} judged by {basis}", n=numbers.count(n), basis=basis)
