"""The end of the report: exceptions, sources, problems, method and provenance."""

from __future__ import annotations

from collections.abc import Mapping

from cxaudit._model.report import Block, Section, Table, TextBlock
from cxaudit._model.specs import Policy
from cxaudit._reports import numbers
from cxaudit._reports.context import Context

__all__ = ["method", "problems", "provenance", "sources", "waivers"]


def waivers(context: Context) -> Section | None:
    """Return the waivers and what became of each."""
    if not context.result.waivers:
        return None
    rows = tuple(
        (
            each.waiver.item,
            context.unit(each.waiver.unit) if each.waiver.unit else "all units",
            each.status,
            each.findings,
            each.waiver.reason,
            each.waiver.approver,
            numbers.day(each.waiver.expires),
        )
        for each in context.result.waivers
        if each.waiver.unit not in context.hidden_units
    )
    table = Table(
        title="Waivers",
        columns=("Item", "Unit", "Status", "Findings", "Reason", "Approved by", "Expires"),
        rows=rows,
        numeric=(False, False, False, True, False, False, False),
        note="A waiver acts on the gate only; scores are what they are.",
    )
    return Section(id="waivers", title="Accepted exceptions", blocks=(table,))


def sources(context: Context) -> Section | None:
    """Return each source's account of its rows."""
    accounts = context.result.accounts
    cases = context.result.cases
    blocks: list[Block] = []
    if accounts:
        rows = tuple(
            (
                each.source,
                each.table,
                len(each.files),
                each.read,
                each.kept,
                each.skipped,
                sum(each.rejected.values()),
            )
            for each in accounts
        )
        blocks.append(
            Table(
                title="Rows",
                columns=("Source", "Table", "Files", "Read", "Kept", "Left out", "Rejected"),
                rows=rows,
                numeric=(False, False, True, True, True, True, True),
                note="Left out: by the mapping's own condition or a rule of the format. "
                "Rejected: not fit to be used.",
            )
        )
    remarks = tuple(
        (each.source, what, amount)
        for each in accounts
        for what, amount in (
            *((f"rejected: {reason}", count) for reason, count in each.rejected.items()),
            *((f"left out: {reason}", count) for reason, count in each.skipped_for.items()),
            *((f"not readable, now empty: {name}", n) for name, n in each.unreadable.items()),
            *((f"unknown unit code: {code}", n) for code, n in each.unmatched_units.items()),
            ("local times shown twice by the clock; the first was taken", each.ambiguous_times),
            ("local times the clock never showed; moved forward", each.skipped_times),
            *((f"field not used: {name}", None) for name in each.unknown_fields),
            _listed("columns not given", each.missing_columns),
            *((note, None) for note in each.notes),
        )
        if amount != 0
    )
    if remarks:
        blocks.append(
            Table(
                title="What became of rows",
                columns=("Source", "What", "Rows"),
                rows=remarks,
                numeric=(False, False, True),
            )
        )
    if cases:
        used = sum(case.counts for case in cases)
        answers = numbers.plural(len(context.result.answers), "answer")
        of = f"{numbers.count(used)} of {numbers.plural(len(cases), 'case')}"
        blocks.append(TextBlock(text=f"{of} count (checked or final), with {answers}."))
    return Section(id="sources", title="What was read", blocks=tuple(blocks)) if blocks else None


def _listed(what: str, names: tuple[str, ...]) -> tuple[str, int | None]:
    return f"{what}: {', '.join(names)}", None if names else 0


def problems(context: Context) -> Section | None:
    """Return what failed while the run went on, and what else must be known."""
    result = context.result
    blocks: list[Block] = []
    if result.problems:
        blocks.append(
            Table(
                title="Problems",
                columns=("Stage", "What", "Cause", "What to do"),
                rows=tuple(
                    (
                        each.stage,
                        f"{each.subject} ({each.plugin})" if each.plugin else each.subject,
                        each.cause,
                        each.hint,
                    )
                    for each in result.problems
                ),
                note="The run went on without them; what rests on them was not assessed.",
            )
        )
    if result.notes:
        blocks.append(
            Table(
                title="Notes",
                columns=("About", "Note"),
                rows=tuple((each.subject, each.text) for each in result.notes),
            )
        )
    return (
        Section(id="problems", title="Problems and notes", blocks=tuple(blocks)) if blocks else None
    )


def method(context: Context, policy: Policy | None) -> Section:
    """Return how it was done: conduct, the policy's rules, metrics, intervals."""
    result = context.result
    blocks: list[Block] = [*_conduct(context)]
    if policy is not None:
        blocks.append(
            Table(
                title=f"Scoring policy: {policy.title} ({policy.id})",
                columns=("Rule", "What it says"),
                rows=(
                    ("Not applicable", policy.not_applicable),
                    ("Unanswered", policy.unanswered),
                    ("Critical", policy.critical),
                    ("Aggregation", policy.aggregation),
                    *(("Breaks a law of the default policy", law) for law in policy.breaks),
                    *((("Published in", policy.source),) if policy.source else ()),
                ),
            )
        )
    else:
        blocks.append(TextBlock(text=f"Scored by the policy {result.scorecard.policy}."))
    bands = "; ".join(
        f"{band.grade} from {numbers.score(band.at_least)}" for band in result.scorecard.bands
    )
    if bands:
        blocks.append(TextBlock(text=f"Grades, by convention: {bands}."))
    blocks.append(
        TextBlock(
            text="Intervals are at 95 %: Wilson for shares, t for means, adjusted Wald for net "
            "scores, the delta method for ratios, order statistics for shown quantiles. A "
            "finding's score takes its curve at both ends; scores combine by MOVER. That "
            "assumes independent findings: it leaves out what findings share, such as one "
            "visit judged on many items, and whether the cases stand for all."
        )
    )
    if result.metrics:
        blocks.append(
            Table(
                title="Metrics",
                columns=("Metric", "Kind", "Table", "Unit", "What is counted"),
                rows=tuple(
                    (
                        each.id,
                        each.kind.value.replace("_", " "),
                        each.table,
                        each.unit,
                        each.description or each.title,
                    )
                    for each in result.metrics
                ),
            )
        )
    excluded = tuple(
        (context.name(item), item.excluded)
        for item in result.checklist.items
        if item.excluded is not None
    )
    if excluded:
        blocks.append(Table(title="Excluded items", columns=("Item", "Rationale"), rows=excluded))
    return Section(id="method", title="Method", blocks=tuple(blocks))


def _conduct(context: Context) -> list[Block]:
    conduct = context.result.conduct
    missing = [
        what
        for what, there in (
            ("whether staff were told", conduct.staff_told is not None),
            ("the legal basis", bool(conduct.legal_basis)),
            ("how long evidence is kept", bool(conduct.retention)),
        )
        if not there
    ]
    blocks: list[Block] = []
    if missing:
        blocks.append(
            TextBlock(text=f"Conduct: not stated is {', '.join(missing)}.", tone="warning")
        )
    said = []
    if conduct.staff_told is not None:
        said.append(f"Staff {'knew' if conduct.staff_told else 'did not know'} of the audit.")
    if conduct.legal_basis:
        said.append(f"Legal basis: {conduct.legal_basis.rstrip('.')}.")
    if conduct.retention:
        said.append(f"Evidence is kept: {conduct.retention.rstrip('.')}.")
    shown = "may" if conduct.individual_results else "may not"
    said.append(f"Results of single people {shown} be shown.")
    blocks.append(TextBlock(text=" ".join(said)))
    return blocks


def provenance(context: Context) -> Section:
    """Return what the numbers were made with."""
    made = context.result.provenance
    checklist = context.result.checklist
    rows: list[tuple[str, str]] = [
        ("Checklist", f"{checklist.id} {checklist.version}"),
        ("cxaudit", made.cxaudit),
        ("Python", made.python),
        ("Engine", made.engine or "none needed"),
        ("Policy", made.policy or context.result.scorecard.policy),
        ("Seed", str(made.seed)),
        ("Started", made.started),
        ("Finished", made.finished),
    ]
    for plugin in made.plugins:
        state = f"; left out: {plugin.quarantined}" if plugin.quarantined else ""
        rows.append(("Plugin", f"{plugin.name} {plugin.version}{state}"))
    rows += [("File", f"{name} (SHA-256 {digest})") for name, digest in made.files.items()]
    if made.statements:
        rows.append(("Statements run", numbers.count(len(made.statements))))
    rows += [("Parameter", f"{name} = {value}") for name, value in _parameters(context).items()]
    table = Table(
        title="Provenance",
        columns=("What", "Which"),
        rows=tuple((what, which) for what, which in rows if which),
    )
    return Section(id="provenance", title="Provenance", blocks=(table,))


def _parameters(context: Context) -> Mapping[str, str]:
    return {
        name: (
            "not answered"
            if each.value is None
            else " ".join(filter(None, (_written(each.value), each.unit)))
            + (f" ({each.basis})" if each.basis else "")
        )
        for name, each in context.result.checklist.parameters.items()
    }


def _written(value: float | str | bool) -> str:  # noqa: FBT001
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else numbers.number(float(value))
