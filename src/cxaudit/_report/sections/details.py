"""The middle of the report: scores by grouping, outcomes, every finding with its basis."""

from __future__ import annotations

from collections.abc import Iterable

from cxaudit._model.checklist import AREAS, Item
from cxaudit._model.findings import Finding, Flag
from cxaudit._model.report import Block, Heading, Section, Table
from cxaudit._model.scores import Score
from cxaudit._report.chance import independent
from cxaudit._report.context import Context, worst_first
from cxaudit._report.facts import fact, is_few, target
from cxaudit._report.literature import comparisons, reasons
from cxaudit._report.scales import scale, tailored
from cxaudit._report.sections.evidence import evidence
from cxaudit._report.sections.headline import grade_of
from cxaudit._report.words import STATES
from cxaudit._words import numbers
from cxaudit._words.language import N_, _, ngettext, translated

__all__ = ["findings", "groupings", "outcomes"]

_ROWS = 2_000
_METHODS = {
    "observe": N_("a person, by observing"),
    "document": N_("a person, by reading documents"),
    "test": N_("a person, by a test"),
    "interview": N_("a person, by interview"),
}
_ANSWERS = {
    "yes-no": N_("answered with yes or no"),
    "levels": N_("answered with a level of its own scale"),
    "number": N_("answered with a number"),
    "count": N_("answered with a count"),
    "time": N_("answered with a time"),
    "choice": N_("answered with a choice"),
    "text": N_("answered with words"),
}
_FLAGS = (
    (Flag.FAILED, N_("critical: failed")),
    (Flag.SUSPECTED, N_("critical: suspected")),
    (Flag.NOT_CLEARED, N_("critical: not cleared")),
    (Flag.WAIVED, N_("waived")),
    (Flag.STALE, N_("stale")),
    (Flag.TENTATIVE, N_("tentative")),
    (Flag.NEW, N_("new")),
    (Flag.FIXED, N_("fixed")),
)


def groupings(context: Context) -> Section | None:
    """Return tables of areas, touchpoints and lenses."""
    root = context.result.scorecard.root
    blocks: list[Block] = []
    for title, first, named in (
        (_("Areas"), _("Area"), [(context.area(key), root.areas[key]) for key in context.areas]),
        (
            _("Touchpoints"),
            _("Touchpoint"),
            [(context.touchpoint(key), root.touchpoints[key]) for key in context.touchpoints],
        ),
    ):
        if named:
            blocks.append(_scores(context, title, first, named))
    lenses: dict[str, list[tuple[str, Score]]] = {}
    for (lens, key), score in root.lenses.items():
        title, name = context.lens(lens, key)
        lenses.setdefault(title, []).append((name, score))
    blocks += [_scores(context, title, _("Key"), named) for title, named in lenses.items()]
    if not blocks:
        return None
    return Section(id="groupings", title=_("Areas, touchpoints and lenses"), blocks=tuple(blocks))


def _scores(context: Context, title: str, first: str, named: Iterable[tuple[str, Score]]) -> Table:
    rows = tuple(
        (
            name,
            context.score(score.value),
            numbers.interval(score.low, score.high),
            translated(grade_of(context, score.value)) or _ungraded(score),
            numbers.percent(score.coverage),
            score.scored,
            score.unknown,
        )
        for name, score in named
    )
    return Table(
        title=title,
        columns=(
            first,
            _("Score"),
            _("Interval"),
            _("In words"),
            _("Coverage"),
            _("Scored"),
            _("Unknown"),
        ),
        rows=rows,
        numeric=(False, True, True, False, True, True, True),
    )


def _ungraded(score: Score) -> str:
    if score.value is not None:
        return numbers.DASH
    return _("not assessed") if score.unknown else _("no item")


def outcomes(context: Context) -> Section | None:
    """Return what is shown beside the score: outcomes such as loyalty and retention."""
    rows = []
    for finding in context.root_findings:
        item = context.items.get(finding.item)
        if item is None or item.role == "practice":
            continue
        rows.append(
            (
                context.text(item.title) or item.id,
                context.touchpoint(finding.touchpoint),
                fact(context, finding, against=False) or translated(finding.reason) or numbers.DASH,
                context.cases(finding, finding.n) if finding.n else numbers.DASH,
            )
        )
    if not rows:
        return None
    table = Table(
        title=_("Outcomes"),
        columns=(_("Outcome"), _("Touchpoint"), _("What was found"), _("Rests on")),
        rows=tuple(rows),
        numeric=(False, False, False, True),
        note=_("Outcomes are shown beside the score and have no part in it."),
    )
    return Section(id="outcomes", title=_("Outcomes"), blocks=(table,))


def findings(context: Context) -> list[Section]:
    """Return, per area, every finding in a table and every item with its basis and evidence."""
    by_area: dict[str, list[Finding]] = {}
    for finding in context.findings:
        item = context.items.get(finding.item)
        by_area.setdefault(item.area if item else "other", []).append(finding)
    order = [*AREAS, *(area for area in by_area if area not in AREAS)]
    return [
        Section(
            id=f"findings-{area}",
            title=_("Findings: {area}", area=context.area(area)),
            blocks=(_table(context, by_area[area]), *_details(context, by_area[area])),
        )
        for area in order
        if area in by_area
    ]


def _table(context: Context, findings: list[Finding]) -> Table:
    note = ngettext("{n} finding.", "{n} findings.", len(findings))
    if len(findings) > _ROWS:
        note = ngettext(
            "{shown} of {n} finding, the worst first. The findings file holds all.",
            "{shown} of {n} findings, the worst first. The findings file holds all.",
            len(findings),
            shown=numbers.count(_ROWS),
        )
        findings = worst_first(findings)[:_ROWS]
    rows = tuple(_row(context, finding) for finding in findings)
    return Table(
        title=_("All findings"),
        columns=(
            _("Item"),
            _("Where"),
            _("Result"),
            _("What was found"),
            _("Score"),
            _("Interval"),
            _("Rests on"),
        ),
        rows=rows,
        numeric=(False, False, False, False, True, True, True),
        anchors=tuple(
            f"item-{finding.item}" if finding.item in context.items else "" for finding in findings
        ),
        note=note,
    )


def _row(context: Context, finding: Finding) -> tuple[str, ...]:
    item = context.items.get(finding.item)
    flags = [_(word) for flag, word in _FLAGS if finding.flags & flag]
    few = is_few(context, finding)
    sentence = fact(context, finding)
    is_explained = (
        bool(sentence) and finding.value is None and item is not None and item.ask is None
    )
    state = _(STATES[finding.state]) if is_explained else _state(finding)
    code = f"{item.code} " if item and item.code else ""
    return (
        f"{code}{context.title(finding)}",
        f"{context.touchpoint(finding.touchpoint)}, {context.unit(finding.unit)}",
        "; ".join([state, *flags]),
        sentence or numbers.DASH,
        numbers.DASH if few else numbers.score(finding.score),
        numbers.DASH if few else numbers.interval(finding.low, finding.high),
        context.cases(finding, finding.n) if finding.n else numbers.DASH,
    )


def _state(finding: Finding) -> str:
    words = _(STATES[finding.state])
    if not finding.reason:
        return words
    reason = translated(finding.reason)
    if finding.state.unknown:
        return _("not assessed: {reason}", reason=reason)
    return f"{words}: {reason}"


def _details(context: Context, findings: list[Finding]) -> list[Block]:
    blocks: list[Block] = []
    heads: dict[str, Finding] = {}
    for finding in findings:
        heads.setdefault(finding.item, finding)
    for item_id, head in heads.items():
        item = context.items.get(item_id)
        if item is None:
            continue
        blocks.append(Heading(text=context.name(item), level=3, anchor=f"item-{item_id}"))
        blocks.append(
            Table(title="", columns=(_("About it"), ""), rows=tuple(_facts(context, item, head)))
        )
        blocks += evidence(context, item_id)
    return blocks


def _facts(context: Context, item: Item, head: Finding) -> Iterable[tuple[str, str]]:
    yield _("Item"), item.id
    question = context.text(item.guidance.question)
    if question:
        yield _("Question"), question
    yield _("Judged by"), _judged(context, item)
    yield _("Target"), _basis(context, item)
    yield from _scored_by(context, item)
    if sentence := fact(context, head, against=False):
        yield _("What was found, {unit}", unit=context.unit(head.unit)), sentence
    if head.score is not None and not is_few(context, head):
        ends = numbers.interval(head.low, head.high)
        score = numbers.score(head.score) + ("" if ends == numbers.DASH else f" ({ends})")
        yield (
            _("Score, {unit}", unit=context.unit(head.unit)),
            f"{score}, {context.cases(head, head.n)}",
        )
    if sentence := independent(context.measurement(head)):
        yield _("Chance, {unit}", unit=context.unit(head.unit)), sentence
    yield _("Weight"), numbers.number(item.weight)
    advice = context.text(item.guidance.advice)
    if advice:
        yield _("What to do"), advice
    for reason in reasons(context, item):
        yield _("Why we ask"), reason
    for comparison in comparisons(context, item):
        yield _("For comparison"), comparison


def _scored_by(context: Context, item: Item) -> Iterable[tuple[str, str]]:
    """Yield what values score, and what of that was tailored."""
    metric = context.metric_of(item)
    if words := scale(item, metric):
        yield _("How it scores"), words
    for changes in tailored(item, metric):
        yield _("Tailored"), changes


def _judged(context: Context, item: Item) -> str:
    if item.excluded is not None:
        return _("excluded: {reason}", reason=translated(item.excluded))
    if item.ask is not None:
        method, answer = item.ask.method, item.ask.answer
        return f"{_(_METHODS.get(method, method))}; {_(_ANSWERS.get(answer, answer))}"
    if item.check is None:
        return _("nothing")
    metric_id = item.check.settings.get("metric")
    metric = context.metrics.get(str(metric_id))
    name = translated(metric.title or metric.id) if metric else metric_id
    check = item.check.check
    return _("{check} on {metric}", check=check, metric=name) if name else check


def _basis(context: Context, item: Item) -> str:
    written, parameter = target(context, item), context.parameter(item)
    if parameter is None:
        return written if written != numbers.DASH else _("none of its own")
    if parameter.value is None:
        return _("not agreed: {question}", question=context.text(parameter.question))
    basis = context.basis(parameter) or _("no basis stated")
    agreed = _("agreed by {name}", name=parameter.agreed_by) if parameter.agreed_by else ""
    return f"{written} ({', '.join(filter(None, (basis, agreed)))})"
