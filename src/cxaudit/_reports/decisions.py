"""What shall be decided: the findings that matter most, with what to do about each."""

from __future__ import annotations

from cxaudit._model.checklist import Item
from cxaudit._model.findings import Finding, Flag
from cxaudit._model.report import Action, Block, Heading, Section, TextBlock
from cxaudit._reports import numbers
from cxaudit._reports.context import Context
from cxaudit._reports.language import N_, _, ngettext, told
from cxaudit._reports.reach import reach_of

__all__ = ["decide", "first_to_mend", "target", "weighed"]

_DECISIONS = 5
_COUNTED = 3
"""So many decisions are those that touch most contacts."""
_BASES = {
    "": N_("Target: {target}."),
    "promise": N_("Promise: {target}."),
    "policy": N_("Policy: {target}."),
    "law": N_("Law: {target}."),
    "reference": N_("Reference: {target}."),
}
"""A target, by what it comes from."""


def urgency(finding: Finding) -> float:
    """Return weight x shortfall x certainty; certainty is 1 less the width of the interval."""
    assert finding.score is not None
    low, high = finding.low, finding.high
    width = 1.0 if low is None or high is None else high - low
    return finding.weight * (1 - finding.score) * (1 - width)


def _chosen(context: Context, worst: list[Finding]) -> list[Finding]:
    """Return the findings to decide on: those that touch most, then those nobody counted."""
    reaches = {id(each): known for each in worst if (known := reach_of(context, each))}
    counted = sorted(
        (each for each in worst if id(each) in reaches),
        key=lambda each: (
            not each.flags & Flag.FAILED,
            -urgency(each) * reaches[id(each)].count,
        ),
    )
    others = [each for each in worst if id(each) not in reaches]
    first = counted[: max(_COUNTED, _DECISIONS - len(others))]
    return first + others[: _DECISIONS - len(first)]


def weighed(context: Context) -> list[Finding]:
    """Return the root's findings that fell short, the weightiest first; failed critical ones lead.

    Weightiest by weight x shortfall x how sure the shortfall is. Waived ones are left out.
    """
    return sorted(
        (
            each
            for each in context.root_findings
            if each.state.scored
            and each.score is not None
            and each.score < 1
            and each.weight > 0
            and not each.flags & Flag.WAIVED
            and each.item in context.items
        ),
        key=lambda each: (
            not each.flags & Flag.FAILED,
            -urgency(each),
            -each.weight * (1 - (each.score or 0)),
        ),
    )


def decide(context: Context) -> Section | None:
    """Return the worst findings of the root with their advice."""
    worst = weighed(context)
    if not worst:
        return None
    shown = _chosen(context, worst)
    blocks: list[Block] = []
    for place, each in enumerate(shown, 1):
        item = context.items[each.item]
        blocks.append(
            Heading(text=f"{place}. {context.title(each)}", level=3, link=f"item-{each.item}")
        )
        blocks.append(TextBlock(text=_words(context, each, item)))
        if advice := context.text(item.guidance.advice):
            blocks.append(Action(text=advice, owner=_("owner to name"), due=_("date to set")))
    left = len(worst) - len(shown)
    note = [
        _(
            "First those that touch most contacts, by contacts x weight x shortfall x how "
            "sure it is; then those where no record tells how many. Failed critical items lead "
            "both."
        )
    ]
    if left > 0:
        note.append(
            ngettext(
                "{n} more finding fell short; see the findings.",
                "{n} more findings fell short; see the findings.",
                left,
            )
        )
    blocks.append(TextBlock(text=" ".join(note), tone="note"))
    return Section(id="decide", title=_("What shall we decide?"), blocks=tuple(blocks))


def _words(context: Context, each: Finding, item: Item) -> str:
    few = context.few(each)
    parts = [f"{context.touchpoint(each.touchpoint)}: {few}." if few else _scored(context, each)]
    if each.value is not None and not (few and context.value_words(each) == few):
        value, ends = context.value_words(each), context.value_interval(each)
        parts.append(
            _("Value {value}.", value=value)
            if ends == numbers.DASH
            else _("Value {value} ({interval}).", value=value, interval=ends)
        )
    if each.value is None and each.reason and item.check is not None:
        reason = told(each.reason)
        parts.append(f"{reason[:1].upper()}{reason[1:]}.")
    parameter = context.parameter(item)
    if parameter is not None and parameter.value is not None:
        basis, aim = parameter.basis or "", target(context, item)
        known = _BASES.get(basis)
        parts.append(_(known, target=aim) if known else f"{basis.capitalize()}: {aim}.")
    if touched := reach_of(context, each):
        parts.append(_("Touches {contacts}.", contacts=touched.words()))
    if each.flags & Flag.FAILED:
        parts.append(_("A critical item failed."))
    if each.flags & Flag.TENTATIVE:
        parts.append(_("Tentative: the interval holds the target."))
    return " ".join(parts)


def _scored(context: Context, each: Finding) -> str:
    """Return where a finding was made, its score, and what it rests on."""
    score = _("score {score}", score=numbers.score(each.score))
    ends = numbers.interval(each.low, each.high)
    if ends != numbers.DASH:
        score = f"{score} ({ends})"
    place = context.touchpoint(each.touchpoint)
    if not each.n:
        return f"{place}: {score}."
    cases = context.cases(each, each.n)
    return _("{place}: {score}, over {cases}.", place=place, score=score, cases=cases)


def target(context: Context, item: Item) -> str:
    """Return an item's target in words, or a dash when none was given."""
    settings = item.check.settings if item.check else {}
    value = settings.get("target")
    unit, kind = "", ""
    if item.check is not None:
        metric = context.metrics.get(str(settings.get("metric")))
        unit, kind = (metric.unit, metric.kind.value) if metric else ("", "")
    elif item.ask is not None and item.ask.curve is not None:
        value = item.ask.curve.target
        unit = "seconds" if item.ask.answer == "time" else item.ask.unit
    if value is None or isinstance(value, bool):
        return numbers.DASH
    parameter = context.parameter(item)
    if isinstance(value, (int, float)):
        return numbers.quantity(float(value), unit or (parameter.unit if parameter else ""), kind)
    return str(value)


def first_to_mend(context: Context) -> str:
    """Return the sentence on the finding that touches most contacts; empty when none is known."""
    first = next(iter(_chosen(context, weighed(context))), None)
    known = reach_of(context, first) if first is not None else None
    if first is None or known is None or context.few(first):
        return ""
    return _(
        "First to mend: {title}. That touches {reach}.",
        title=context.title(first),
        reach=known.words(),
    )
