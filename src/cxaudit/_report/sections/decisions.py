"""What shall be decided: the findings that matter most, with what to do about each."""

from __future__ import annotations

from cxaudit._model.findings import Finding, Flag
from cxaudit._model.report import Block, Heading, Section, TextBlock
from cxaudit._report.context import Context
from cxaudit._report.facts import fact, is_few
from cxaudit._report.scales import end_of_scale
from cxaudit._report.sections.actions import actions
from cxaudit._report.sections.reach import reach_of
from cxaudit._words import numbers
from cxaudit._words.language import _, ngettext

__all__ = ["decide", "first_to_mend", "weighed"]

_DECISIONS = 5
_COUNTED = 3
"""So many decisions are those that touch most contacts."""


def _urgency(finding: Finding) -> float:
    """Return weight x shortfall x certainty; certainty is 1 less the width of the interval."""
    assert finding.score is not None
    low, high = finding.low, finding.high
    width = 1.0 if low is None or high is None else high - low
    return finding.weight * (1 - finding.score) * (1 - width)


def _chosen(context: Context, worst: list[Finding]) -> list[Finding]:
    """Return the findings to decide on: those that touch most contacts, then the uncounted."""
    reaches = {id(finding): reach for finding in worst if (reach := reach_of(context, finding))}
    counted = sorted(
        (finding for finding in worst if id(finding) in reaches),
        key=lambda finding: (
            not finding.flags & Flag.FAILED,
            -_urgency(finding) * reaches[id(finding)].count,
        ),
    )
    others = [finding for finding in worst if id(finding) not in reaches]
    first = counted[: max(_COUNTED, _DECISIONS - len(others))]
    return first + others[: _DECISIONS - len(first)]


def weighed(context: Context) -> list[Finding]:
    """Return the root's findings that fell short, the weightiest first; failed critical ones lead.

    Weightiest by weight x shortfall x how sure the shortfall is. Waived ones are left out.
    """
    return sorted(
        (
            finding
            for finding in context.root_findings
            if finding.state.scored
            and finding.score is not None
            and finding.score < 1
            and finding.weight > 0
            and not finding.flags & Flag.WAIVED
            and finding.item in context.items
        ),
        key=lambda finding: (
            not finding.flags & Flag.FAILED,
            -_urgency(finding),
            -finding.weight * (1 - (finding.score or 0)),
        ),
    )


def decide(context: Context) -> Section | None:
    """Return the worst findings of the root with what is done, or to be done, about them."""
    worst = weighed(context)
    if not worst:
        return None
    chosen = _chosen(context, worst)
    blocks: list[Block] = []
    for position, finding in enumerate(chosen, 1):
        blocks.append(
            Heading(
                text=f"{position}. {context.title(finding)}", level=3, link=f"item-{finding.item}"
            )
        )
        blocks.append(TextBlock(text=_words(context, finding)))
        blocks.extend(actions(context, finding))
    left = len(worst) - len(chosen)
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


def _words(context: Context, finding: Finding) -> str:
    sentence = fact(context, finding) or f"{context.why(finding) or numbers.DASH}."
    parts = [f"{context.touchpoint(finding.touchpoint)}: {sentence}"]
    if not is_few(context, finding):
        parts.append(_scored(finding))
    item = context.items[finding.item]
    if end := end_of_scale(item, context.metric_of(item)):
        parts.append(end)
    if touched := reach_of(context, finding):
        parts.append(_("Touches {contacts}.", contacts=touched.words()))
    if finding.flags & Flag.FAILED:
        lawful = finding.flags & Flag.COMPLIANCE
        parts.append(_("A point of law failed.") if lawful else _("A critical item failed."))
    if finding.flags & Flag.TENTATIVE:
        parts.append(_("Tentative: the interval holds the target."))
    return " ".join(parts)


def _scored(finding: Finding) -> str:
    """Return a finding's score as a sentence."""
    score, ends = numbers.score(finding.score), numbers.interval(finding.low, finding.high)
    if ends == numbers.DASH:
        return _("Score {score} of 100.", score=score)
    return _("Score {score} of 100 ({interval}).", score=score, interval=ends)


def first_to_mend(context: Context) -> str:
    """Return the sentence on the finding that touches most contacts; empty without a count."""
    first = next(iter(_chosen(context, weighed(context))), None)
    reach = reach_of(context, first) if first is not None else None
    if first is None or reach is None or is_few(context, first):
        return ""
    return _(
        "First to mend: {title}. That touches {reach}.",
        title=context.title(first),
        reach=reach.words(),
    )
