"""What is done about a finding: the actions that are planned, or the advice to plan one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from cxaudit._model.actions import PlannedAction
from cxaudit._model.findings import Finding
from cxaudit._model.report import Action, Block, TextBlock
from cxaudit._report.context import Context
from cxaudit._words import numbers
from cxaudit._words.language import _, ngettext

__all__ = ["actions"]

_LISTED = 5


def actions(context: Context, finding: Finding) -> Iterator[Block]:
    """Yield the actions planned for a finding's item, at its unit or one under it.

    The open ones come first, by the day they fall due. Without any, the advice is given, for which
    an owner and a date have still to be found. The public sees neither owners nor plans.
    """
    advice = context.text(context.items[finding.item].guidance.advice)
    planned = sorted(
        (action for action in context.result.actions if _answers(context, action, finding)),
        key=lambda action: (action.done_on is not None, action.due_on or date.max, action.id),
    )
    if context.audience == "public":
        planned = []
    for action in planned[:_LISTED]:
        yield Action(
            text=_what(context, action, finding, advice),
            owner=action.owner or _("owner to name"),
            due=_due(context, action),
        )
    if (more := len(planned) - _LISTED) > 0:
        text = ngettext("{n} more action is planned.", "{n} more actions are planned.", more)
        yield TextBlock(text=text, tone="note")
    if advice and not planned:
        named = context.audience != "public"
        yield Action(
            text=advice,
            owner=_("owner to name") if named else "",
            due=_("date to set") if named else "",
        )


def _answers(context: Context, action: PlannedAction, finding: Finding) -> bool:
    if action.item != finding.item or action.unit in context.hidden_units:
        return False
    units = context.result.units
    return action.unit is None or (action.unit in units and finding.unit in units.path(action.unit))


def _what(context: Context, action: PlannedAction, finding: Finding, advice: str) -> str:
    what = action.what or advice or action.id
    if action.unit in {None, finding.unit}:
        return what
    return _("{unit}: {what}", unit=context.unit(action.unit or ""), what=what)


def _due(context: Context, action: PlannedAction) -> str:
    if action.done_on is not None:
        return _("done on {day}", day=numbers.day(action.done_on))
    if action.due_on is None:
        return _("date to set")
    day, wave = numbers.day(action.due_on), context.result.wave
    if wave is not None and action.due_on < wave.end:
        return _("due on {day}, overdue", day=day)
    return _("due on {day}", day=day)
