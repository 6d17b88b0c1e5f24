"""The end of the report: exceptions, sources, problems, method and provenance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from cxaudit._model.evidence import SourceAccount
from cxaudit._model.markers import MarkerEffect
from cxaudit._model.metrics import Metric
from cxaudit._model.report import Block, Section, Table, TextBlock
from cxaudit._model.specs import Policy
from cxaudit._report.chance import independent
from cxaudit._report.context import Context
from cxaudit._report.facts import parameter_value
from cxaudit._report.rows import moment
from cxaudit._report.scales import tailored
from cxaudit._report.sections.losses import loss_details
from cxaudit._words import numbers
from cxaudit._words.language import N_, _, ngettext, translated

__all__ = ["method", "problems", "provenance", "sources", "waivers"]

_STATUSES = {"used": N_("used"), "expired": N_("expired"), "not needed": N_("not needed")}
_INTERVALS = (
    N_(
        "Intervals are at 95 %. What varies by chance is the day of a record, unless its metric or "
        "source says otherwise, and the case of an answer: Wilson for shares and t for means, on "
        "as many clusters as there are, Woodruff for quantiles."
    ),
    N_(
        "A finding's score takes its curve at both ends; scores combine by MOVER along what their "
        "findings have in common. Left out are that days in a row are alike, and whether the cases "
        "stand for all."
    ),
)


def waivers(context: Context) -> Section | None:
    """Return the waivers and what became of each."""
    rows = tuple(
        (
            outcome.waiver.item,
            context.unit(outcome.waiver.unit) if outcome.waiver.unit else _("all units"),
            _(_STATUSES.get(outcome.status, outcome.status)),
            outcome.findings,
            outcome.waiver.reason,
            outcome.waiver.approver,
            numbers.day(outcome.waiver.expires),
        )
        for outcome in context.result.waivers
        if outcome.waiver.unit not in context.hidden_units
    )
    if not rows:
        return None
    table = Table(
        title=_("Waivers"),
        columns=(
            _("Item"),
            _("Unit"),
            _("Status"),
            _("Findings"),
            _("Reason"),
            _("Approved by"),
            _("Expires"),
        ),
        rows=rows,
        numeric=(False, False, False, True, False, False, False),
        note=_("A waiver acts on the gate only; scores are what they are."),
    )
    return Section(id="waivers", title=_("Accepted exceptions"), blocks=(table,))


def sources(context: Context) -> Section | None:
    """Return each source's account of its rows."""
    accounts = context.result.accounts
    cases = context.result.cases
    blocks: list[Block] = [*loss_details(context.result)]
    if accounts:
        blocks.append(_rows_read(accounts))
    remarks = tuple(
        (account.source, what, amount)
        for account in accounts
        for what, amount in _remarks(account)
        if amount != 0
    )
    if remarks:
        blocks.append(
            Table(
                title=_("What became of rows"),
                columns=(_("Source"), _("What"), _("Rows")),
                rows=remarks,
                numeric=(False, False, True),
            )
        )
    if cases:
        text = ngettext(
            "{used} of {n} case count (checked, final or disputed), with {answers}.",
            "{used} of {n} cases count (checked, final or disputed), with {answers}.",
            len(cases),
            used=numbers.count(sum(case.counts for case in cases)),
            answers=ngettext("{n} answer", "{n} answers", len(context.result.answers)),
        )
        blocks.append(TextBlock(text=text))
    if not blocks:
        return None
    return Section(id="sources", title=_("What was read"), blocks=tuple(blocks))


def _rows_read(accounts: Sequence[SourceAccount]) -> Table:
    return Table(
        title=_("Rows"),
        columns=(
            _("Source"),
            _("Table"),
            _("Files"),
            _("Read"),
            _("Kept"),
            _("Left out"),
            _("Rejected"),
        ),
        rows=tuple(
            (
                account.source,
                account.table,
                len(account.files),
                account.read,
                account.kept,
                account.skipped,
                sum(account.rejected.values()),
            )
            for account in accounts
        ),
        numeric=(False, False, True, True, True, True, True),
        note=_(
            "Left out: by the mapping's own condition or a rule of the format. "
            "Rejected: not fit to be used."
        ),
    )


_EFFECTS = {
    MarkerEffect.LEAVES_OUT: N_("left out ({rule}): {meaning}"),
    MarkerEffect.JOINS: N_("joined to another ({rule}): {meaning}"),
    MarkerEffect.MARKS: N_("kept, and marked ({rule}): {meaning}"),
}


def _remarks(account: SourceAccount) -> Iterable[tuple[str, int | None]]:
    """Yield what became of a source's rows, each with how many they are."""
    for reason, count in account.rejected.items():
        yield _("rejected: {reason}", reason=translated(reason)), count
    for marked in account.marked:
        meaning = translated(marked.meaning)
        yield _(_EFFECTS[marked.effect], meaning=meaning, rule=marked.rule), marked.records
    meanings = {marked.meaning for marked in account.marked}
    for reason, count in account.skipped_for.items():
        if reason in meanings:
            continue  # counted as marked
        yield _("left out: {reason}", reason=translated(reason)), count
    for name, count in account.unreadable.items():
        yield _("not readable, now empty: {name}", name=name), count
    for code, count in account.unmatched_units.items():
        yield _("unknown unit code: {code}", code=code), count
    twice = _("local times shown twice by the clock; the first was taken")
    yield twice, account.ambiguous_times
    yield _("local times the clock never showed; moved forward"), account.skipped_times
    yield _("outside the wave; they count for nothing"), account.outside
    yield _("without a time; they count, as nobody can say when they were"), account.untimed
    for name in account.unknown_fields:
        yield _("field not used: {name}", name=name), None
    if account.missing_columns:
        yield _("columns not given: {names}", names=", ".join(account.missing_columns)), None
    for note in account.notes:
        yield translated(note), None


_STAGES = {
    "import": N_("import"),
    "block": N_("block"),
    "deriving": N_("deriving"),
    "detecting": N_("detecting"),
    "judging": N_("judging"),
    "reading": N_("reading"),
    "rendering": N_("rendering"),
    "scoring": N_("scoring"),
}
"""Stages of a run in which something may fail; others are names of hooks."""


def problems(context: Context) -> Section | None:
    """Return what failed while the run went on, and what else must be known."""
    result = context.result
    blocks: list[Block] = []
    if result.problems:
        blocks.append(
            Table(
                title=_("Problems"),
                columns=(_("Stage"), _("What"), _("Cause"), _("What to do")),
                rows=tuple(
                    (
                        _(_STAGES[problem.stage]) if problem.stage in _STAGES else problem.stage,
                        translated(problem.subject)
                        + (f" ({problem.plugin})" if problem.plugin else ""),
                        translated(problem.cause),
                        translated(problem.hint),
                    )
                    for problem in result.problems
                ),
                note=_("The run went on without them; what rests on them was not assessed."),
            )
        )
    if result.notes:
        blocks.append(
            Table(
                title=_("Notes"),
                columns=(_("About"), _("Note")),
                rows=tuple(
                    (translated(note.subject), translated(note.text)) for note in result.notes
                ),
            )
        )
    if not blocks:
        return None
    return Section(id="problems", title=_("Problems and notes"), blocks=tuple(blocks))


def method(context: Context, policy: Policy | None) -> Section:
    """Return how it was done: conduct, the policy's rules, metrics, intervals."""
    result = context.result
    blocks: list[Block] = [*_conduct(context)]
    if policy is not None:
        blocks.append(
            Table(
                title=_(
                    "Scoring policy: {policy} ({id})", policy=translated(policy.title), id=policy.id
                ),
                columns=(_("Rule"), _("What it says")),
                rows=tuple(_rules(policy)),
            )
        )
    else:
        blocks.append(
            TextBlock(text=_("Scored by the policy {policy}.", policy=result.scorecard.policy))
        )
    bands = "; ".join(
        _("{grade} from {score}", grade=translated(band.grade), score=numbers.score(band.at_least))
        for band in result.scorecard.bands
    )
    if bands:
        blocks.append(TextBlock(text=_("Grades, by convention: {grades}.", grades=bands)))
    blocks += [TextBlock(text=_(text)) for text in _INTERVALS]
    if context.quantile_error:
        blocks.append(_approximate(context.quantile_error))
    if words := _most_alike(context):
        blocks.append(TextBlock(text=words))
    if result.metrics:
        blocks.append(_metrics(result.metrics))
    excluded = tuple(
        (context.name(item), translated(item.excluded))
        for item in result.checklist.items
        if item.excluded is not None
    )
    if excluded:
        table = Table(title=_("Excluded items"), columns=(_("Item"), _("Rationale")), rows=excluded)
        blocks.append(table)
    changed = tuple(
        (context.name(item), changes)
        for item in result.checklist.items
        if item.excluded is None
        for changes in tailored(item, context.metric_of(item))
    )
    if changed:
        columns = (_("Item"), _("What was changed, and why"))
        blocks.append(Table(title=_("Tailored items"), columns=columns, rows=changed))
    if context.withheld:
        text = ngettext(
            "Units and groups on fewer than {minimum} rows or cases are kept back, and {n} "
            "finding; scores are those of the whole, and what could be found by subtraction "
            "(complementary suppression) is kept back by `cxaudit publish` alone.",
            "Units and groups on fewer than {minimum} rows or cases are kept back, and {n} "
            "findings; scores are those of the whole, and what could be found by subtraction "
            "(complementary suppression) is kept back by `cxaudit publish` alone.",
            context.small,
            minimum=numbers.count(context.minimum),
        )
        blocks.append(TextBlock(text=text))
    return Section(id="method", title=_("Method"), blocks=tuple(blocks))


def _approximate(error: float) -> TextBlock:
    return TextBlock(
        text=_(
            "Quantiles are approximate: they lie within {error} of the exact ones, as values are "
            "counted in logarithmic buckets (DDSketch), and their intervals are wider by as much. "
            "Shares within a target are exact.",
            error=numbers.percent(error),
        )
    )


def _most_alike(context: Context) -> str:
    """Say of the root's measurement whose clusters differ most how few its records count as."""
    measured = (
        (finding, measurement)
        for finding in context.root_findings
        if (measurement := context.measurement(finding)) is not None
    )
    _most, measurement = max(measured, key=lambda pair: pair[1].design_effect, default=(None, None))
    if measurement is None or not (words := independent(measurement)):
        return ""
    metric = context.metrics.get(measurement.metric)
    title = translated(metric.title or metric.id) if metric else measurement.metric
    return _("{metric}: {words}.", metric=title, words=words)


def _metrics(metrics: Sequence[Metric]) -> Table:
    return Table(
        title=_("Metrics"),
        columns=(_("Metric"), _("Kind"), _("Table"), _("Unit"), _("What is counted")),
        rows=tuple(
            (
                metric.id,
                translated(metric.kind.value.replace("_", " ")),
                metric.table,
                translated(metric.unit),
                translated(metric.description or metric.title),
            )
            for metric in metrics
        ),
    )


def _rules(policy: Policy) -> Iterable[tuple[str, str]]:
    yield _("Not applicable"), translated(policy.not_applicable)
    yield _("Unanswered"), translated(policy.unanswered)
    yield _("Critical"), translated(policy.critical)
    yield _("Aggregation"), translated(policy.aggregation)
    for law in policy.breaks:
        yield _("Breaks a law of the default policy"), translated(law)
    if policy.source:
        yield _("Published in"), translated(policy.source)


def _conduct(context: Context) -> list[Block]:
    conduct = context.result.conduct
    missing = [
        what
        for what, is_stated in (
            (_("whether staff were told"), conduct.staff_told is not None),
            (_("the legal basis"), bool(conduct.legal_basis)),
            (_("how long evidence is kept"), bool(conduct.retention)),
        )
        if not is_stated
    ]
    blocks: list[Block] = []
    if missing:
        text = _("Conduct: not stated is {what}.", what=", ".join(missing))
        blocks.append(TextBlock(text=text, tone="warning"))
    sentences = []
    if conduct.staff_told is not None:
        sentences.append(
            _("Staff knew of the audit.")
            if conduct.staff_told
            else _("Staff did not know of the audit.")
        )
    if conduct.legal_basis:
        sentences.append(_("Legal basis: {basis}.", basis=conduct.legal_basis.rstrip(".")))
    if conduct.retention:
        sentences.append(_("Evidence is kept: {how_long}.", how_long=conduct.retention.rstrip(".")))
    sentences.append(
        _("Results of single people may be shown.")
        if conduct.individual_results
        else _("Results of single people may not be shown.")
    )
    blocks.append(TextBlock(text=" ".join(sentences)))
    return blocks


def provenance(context: Context) -> Section:
    """Return what the numbers were made with."""
    provenance = context.result.provenance
    checklist = context.result.checklist
    rows: list[tuple[str, str]] = [
        (_("Checklist"), f"{checklist.id} {checklist.version}"),
        ("cxaudit", provenance.cxaudit),
        ("Python", provenance.python),
        (_("Engine"), provenance.engine or _("none needed")),
        (_("Policy"), provenance.policy or context.result.scorecard.policy),
        (_("Seed"), str(provenance.seed)),
        (_("Started"), moment(context, provenance.started)),
        (_("Finished"), moment(context, provenance.finished)),
    ]
    for plugin in provenance.plugins:
        parts = [f"{plugin.name} {plugin.version}"]
        if plugin.quarantined:
            parts.append(_("left out: {reason}", reason=translated(plugin.quarantined)))
        rows.append((_("Plugin"), "; ".join(parts)))
    rows += [(_("File"), f"{name} (SHA-256 {digest})") for name, digest in provenance.files.items()]
    if provenance.statements:
        rows.append((_("Statements run"), numbers.count(len(provenance.statements))))
    rows += [(_("Parameter"), f"{name} = {value}") for name, value in _parameters(context).items()]
    table = Table(
        title=_("Provenance"),
        columns=(_("What"), _("Which")),
        rows=tuple((what, which) for what, which in rows if which),
    )
    return Section(id="provenance", title=_("Provenance"), blocks=(table,))


def _parameters(context: Context) -> Mapping[str, str]:
    return {
        name: (
            _("not answered")
            if parameter.value is None
            else " ".join(
                filter(None, (parameter_value(parameter.value), translated(parameter.unit)))
            )
            + (f" ({context.basis(parameter)})" if parameter.basis else "")
        )
        for name, parameter in context.result.checklist.parameters.items()
    }
