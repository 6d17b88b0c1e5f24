"""What shall be decided: the findings that matter most, with what to do about each."""

from __future__ import annotations

from cxaudit._model.checklist import Item
from cxaudit._model.findings import Finding, Flag
from cxaudit._model.report import Action, Block, Heading, Section, TextBlock
from cxaudit._reports import numbers
from cxaudit._reports.context import Context
from cxaudit._reports.reach import reach_of

__all__ = ["decide", "first_to_mend", "target", "weighed"]

_DECISIONS = 5
_COUNTED = 3
"""So many decisions are those that touch most contacts."""


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
        blocks.append(TextBlock(text=_told(context, each, item)))
        if advice := context.text(item.guidance.advice):
            blocks.append(Action(text=advice, owner="owner to name", due="date to set"))
    left = len(worst) - len(shown)
    rest = (
        f" {numbers.plural(left, 'more finding')} fell short; see the findings." if left > 0 else ""
    )
    blocks.append(
        TextBlock(
            text="First those that touch most contacts, by contacts x weight x shortfall x how "
            "sure it is; then those where no record tells how many. Failed critical items lead "
            f"both.{rest}",
            tone="note",
        )
    )
    return Section(id="decide", title="What shall we decide?", blocks=tuple(blocks))


def _told(context: Context, each: Finding, item: Item) -> str:
    few = context.few(each)
    parts = [f"{context.touchpoint(each.touchpoint)}: "]
    if few:
        parts.append(f"{few}.")
    else:
        parts.append(f"score {numbers.score(each.score)}")
        if each.low is not None and each.high is not None:
            parts.append(f" ({numbers.interval(each.low, each.high)})")
        parts.append(f", over {context.cases(each, each.n)}." if each.n else ".")
    if each.value is not None and not (few and context.value_words(each) == few):
        ends = context.value_interval(each)
        interval = f" ({ends})" if ends != numbers.DASH else ""
        parts.append(f" Value {context.value_words(each)}{interval}.")
    if each.value is None and each.reason and item.check is not None:
        parts.append(f" {each.reason[:1].upper()}{each.reason[1:]}.")
    parameter = context.parameter(item)
    if parameter is not None and parameter.value is not None:
        parts.append(f" {(parameter.basis or 'target').capitalize()}: {target(context, item)}.")
    if known := reach_of(context, each):
        parts.append(f" Touches {known.words()}.")
    if each.flags & Flag.FAILED:
        parts.append(" A critical item failed.")
    if each.flags & Flag.TENTATIVE:
        parts.append(" Tentative: the interval holds the target.")
    return "".join(parts)


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
    title = context.title(first)
    return f"First to mend: {title[:1].lower()}{title[1:]}. That touches {known.words()}."
