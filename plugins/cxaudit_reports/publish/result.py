"""A result that others may see: made anew from what a result may show, and scored again.

Whatever a result holds is left out unless it is named here, so a field that is added to results is
not published by accident.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import PurePath

import attrs

from cxaudit.documents import MINIMUM, Released, is_picture
from cxaudit.plugin import (
    Agreement,
    AuditResult,
    Checklist,
    Evidence,
    EvidenceSet,
    Finding,
    Findings,
    Flag,
    GateOutcome,
    Measurement,
    Note,
    PluginRecord,
    Provenance,
    Said,
    SourceAccount,
    State,
    ThemeCount,
    Unit,
    UnitTree,
    WaiverOutcome,
)
from cxaudit_reports.publish.small_groups import KeptBack, kept_back

__all__ = ["AUDIENCES", "Publication", "publication"]

AUDIENCES = ("client", "public")
_CLOSE = 1e-9
_BRANDING = ("name", "colour", "footer")
Score = Callable[[AuditResult], AuditResult]


@attrs.frozen(kw_only=True)
class Publication:
    """A result that may be shown, and what was left out of it.

    Attributes:
        result: The result; its notes say what was left out.
        kept: What was kept back, by its places in the result that it was made from.
        audience: ``client`` or ``public``.
        minimum: Numbers on fewer rows or cases are kept back, but not what documents say.
    """

    result: AuditResult
    kept: KeptBack
    audience: str
    minimum: int


def publication(
    result: AuditResult,
    score: Score,
    *,
    audience: str,
    minimum: int = MINIMUM,
    released: Mapping[str, Released] | None = None,
    quotes: bool = False,
) -> Publication:
    """Return a result that may be shown to an audience.

    Scores are made anew from the findings that are shown, so they tell nothing of hidden ones.

    Args:
        result: The whole result.
        score: Scores a result by its policy, as `cxaudit.session.Session.rescore` does.
        audience: ``client`` or ``public``.
        minimum: Numbers on fewer rows or cases are kept back, but not what documents say; from 1.
        released: Pictures that may be shown, by their name among the evidence.
        quotes: Whether words of people, already redacted, may be shown.

    Raises:
        ValueError: If the audience or minimum is wrong, if the policy scores from answers, or if
            a number could not be kept from being found (then nothing may be published).
    """
    if audience not in AUDIENCES:
        msg = f"{audience!r} is no audience to publish for: {', '.join(AUDIENCES)}"
        raise ValueError(msg)
    if minimum < 1:
        msg = f"the minimum is a number from 1, not {minimum}"
        raise ValueError(msg)
    _refuse_scores_from_answers(result, score)
    kept = kept_back(result, minimum)
    public = audience == "public"
    bare = _bare(result, kept, minimum, released or {}, quotes=quotes, public=public)
    bare = attrs.evolve(bare, waivers=tuple(_waivers(result, kept, bare.findings, public=public)))
    scored = score(bare)
    scored = attrs.evolve(
        _without_directions(scored),
        gate=_gate(result.gate, scored.gate),
        problems=(),
        notes=tuple(_notes(result, scored, kept, audience, minimum)),
    )
    return Publication(result=scored, kept=kept, audience=audience, minimum=minimum)


def _without_directions(result: AuditResult) -> AuditResult:
    """Return a result, its intervals worked out, without what each day or visit was like.

    A day on which one customer called, or a single visit, would be told by its weight.
    """
    units = (
        attrs.evolve(scores, overall=attrs.evolve(scores.overall, spread=None))
        for scores in result.scorecard.units
    )
    findings = (attrs.evolve(finding, direction=None) for finding in result.findings)
    return attrs.evolve(
        result,
        measurements=tuple(attrs.evolve(m, direction=None) for m in result.measurements),
        findings=Findings.of(findings),
        scorecard=attrs.evolve(result.scorecard, units=tuple(units)),
    )


def _bare(
    result: AuditResult,
    kept: KeptBack,
    minimum: int,
    released: Mapping[str, Released],
    *,
    quotes: bool,
    public: bool,
) -> AuditResult:
    """Return what a result may show, with the scores and the gate of the whole one still on it."""
    provenance = result.provenance
    return AuditResult(
        audit=result.audit,
        title=result.title,
        client=result.client,
        language=result.language,
        wave=result.wave,
        checklist=_checklist(result.checklist),
        units=UnitTree(tuple(_unit(unit) for unit in result.units if unit.id not in kept.units)),
        metrics=result.metrics,
        measurements=tuple(_measurements(result, kept)),
        breakdowns=tuple(
            breakdown for breakdown in result.breakdowns if breakdown.id not in kept.breakdowns
        ),
        findings=Findings.of(_findings(result, kept, minimum, public=public)),
        scorecard=result.scorecard,
        evidence=tuple(_evidence(result, kept, released, quotes=quotes, public=public)),
        # Who does what is the client's own matter.
        actions=()
        if public
        else tuple(action for action in result.actions if action.unit not in kept.units),
        themes=tuple(_themes(result.themes, minimum, quotes=quotes)),
        agreement=tuple(_agreement(result.agreement, minimum)),
        accounts=tuple(_accounts(result, kept, minimum)),
        days=result.days,
        waivers=(),
        gate=result.gate,
        conduct=result.conduct,
        worth=None if public else result.worth,
        provenance=Provenance(
            cxaudit=provenance.cxaudit,
            python=provenance.python,
            engine=provenance.engine,
            started=provenance.started,
            finished=provenance.finished,
            plugins=tuple(PluginRecord(name=p.name, version=p.version) for p in provenance.plugins),
            policy=provenance.policy,
            seed=provenance.seed,
        ),
        branding={
            key: value
            for key, value in result.branding.items()
            # A Word template tells who made it; pictures and templates elsewhere are only named.
            if key in _BRANDING or (value.startswith("data:") and (key == "logo" or not public))
        },
    )


def _refuse_scores_from_answers(result: AuditResult, score: Score) -> None:
    whole = score(result).scorecard
    without = score(attrs.evolve(result, answers=(), cases=())).scorecard
    for one, other in zip(whole.units, without.units, strict=False):
        ends = one.overall.value, other.overall.value
        if (None in ends and ends != (None, None)) or (
            ends[0] is not None and ends[1] is not None and abs(ends[0] - ends[1]) > _CLOSE
        ):
            msg = (
                f"the policy {whole.policy} scores from single answers, which are never "
                "published; score by another policy first (`cxaudit rescore`)"
            )
            raise ValueError(msg)


def _checklist(checklist: Checklist) -> Checklist:
    """Return a checklist without the names of files and of people who agreed to a target."""
    return attrs.evolve(
        checklist,
        items=tuple(attrs.evolve(item, origins={}) for item in checklist.items),
        parameters={
            name: attrs.evolve(parameter, agreed_by="")
            for name, parameter in checklist.parameters.items()
        },
        detectors=(),
        digests={},
    )


def _unit(unit: Unit) -> Unit:
    # Attributes are the client's own columns, and may hold anything.
    return attrs.evolve(unit, attributes={})


def _measurements(result: AuditResult, kept: KeptBack) -> Iterable[Measurement]:
    for number, measurement in enumerate(result.measurements):
        if number not in kept.measurements and measurement.unit not in kept.units:
            yield attrs.evolve(measurement, query="")


def _findings(
    result: AuditResult, kept: KeptBack, minimum: int, *, public: bool
) -> Iterable[Finding]:
    items = {item.id: item for item in result.checklist.items}
    for number, finding in enumerate(result.findings):
        if finding.unit in kept.units:
            continue
        if number in kept.findings:
            yield _withheld(finding, minimum)
        elif public and items[finding.item].ask is not None:
            yield attrs.evolve(finding, reason="")  # it may hold words of an auditor
        else:
            yield finding


def _withheld(finding: Finding, minimum: int) -> Finding:
    """Return a finding of which is only said that it is not shown."""
    flags = finding.flags & (Flag.CRITICAL | Flag.COMPLIANCE)
    if flags and not finding.state.neutral:
        flags |= Flag.NOT_CLEARED
    return Finding(
        item=finding.item,
        touchpoint=finding.touchpoint,
        unit=finding.unit,
        state=finding.state if finding.state.neutral else State.INSUFFICIENT,
        flags=flags,
        weight=finding.weight,
        reason=Said("kept-back", minimum=minimum),
    )


def _evidence(
    result: AuditResult,
    kept: KeptBack,
    released: Mapping[str, Released],
    *,
    quotes: bool,
    public: bool,
) -> Iterable[EvidenceSet]:
    published = {
        (finding.item, finding.touchpoint, finding.unit)
        for number, finding in enumerate(result.findings)
        if number not in kept.findings and finding.unit not in kept.units
    }
    for evidence in result.evidence:
        if (evidence.item, evidence.touchpoint, evidence.unit) in published:
            pieces = (
                _piece(piece, released, quotes=quotes, public=public) for piece in evidence.shown
            )
            yield attrs.evolve(
                evidence, shown=tuple(piece for piece in pieces if piece is not None)
            )


def _piece(
    piece: Evidence, released: Mapping[str, Released], *, quotes: bool, public: bool
) -> Evidence | None:
    """Return what may be seen of a piece of evidence; None when nothing may."""
    if is_picture(piece):
        picture = released.get(piece.source)
        return Evidence(kind="file", source=picture.name) if picture else None
    words = piece.quote if quotes and piece.kind in {"hit", "comment"} else ""
    if public:
        return Evidence(kind=piece.kind, source="", quote=words) if words else None
    if piece.kind == "file":
        return None
    # The client finds the row again in its own file; what it holds is not copied.
    return Evidence(kind=piece.kind, source=PurePath(piece.source).name, key=piece.key, quote=words)


def _themes(themes: Iterable[ThemeCount], minimum: int, *, quotes: bool) -> Iterable[ThemeCount]:
    """Yield the themes that enough people wrote of; a text may tell of several, so none add up."""
    for theme in themes:
        if theme.texts >= minimum:
            words = [piece.quote for piece in theme.examples if quotes and piece.quote]
            examples = tuple(Evidence(kind="comment", source="", quote=quote) for quote in words)
            yield attrs.evolve(theme, examples=examples)


def _agreement(agreement: Iterable[Agreement], minimum: int) -> Iterable[Agreement]:
    return (rating for rating in agreement if rating.cases >= minimum)


def _accounts(result: AuditResult, kept: KeptBack, minimum: int) -> Iterable[SourceAccount]:
    """Yield one account a table, without files, codes and samples.

    A table of which a whole is hidden has none: its rows are that whole.
    """
    table_of = {metric.id: metric.table for metric in result.metrics}
    root = result.units.root.id
    withheld = {
        table_of.get(result.measurements[number].metric)
        for number in kept.measurements
        if result.measurements[number].unit == root
        and result.measurements[number].breakdown is None
    }
    for table in dict.fromkeys(account.table for account in result.accounts):
        accounts = [account for account in result.accounts if account.table == table]
        rejected = sum(sum(account.rejected.values()) for account in accounts)
        if table in withheld or sum(account.kept for account in accounts) < minimum:
            continue
        yield SourceAccount(
            source=table,
            table=table,
            read=sum(account.read for account in accounts),
            kept=sum(account.kept for account in accounts),
            skipped=sum(account.skipped for account in accounts),
            rejected={Said("rows-unfit"): rejected} if rejected else {},
            outside=sum(account.outside for account in accounts),
            untimed=sum(account.untimed for account in accounts),
            losses=tuple(
                attrs.evolve(loss, likely=(), fit=0, seen=0)
                for account in accounts
                for loss in account.losses
                if loss.lost >= minimum
            ),
        )


def _waivers(
    result: AuditResult, kept: KeptBack, findings: Findings, *, public: bool
) -> Iterable[WaiverOutcome]:
    """Yield waivers of what is shown, without who approved them; for the public, without why."""
    waived = [finding for finding in findings if finding.flags & Flag.WAIVED]
    for outcome in result.waivers:
        original = outcome.waiver
        if original.unit in kept.units:
            continue
        count = sum(
            fnmatchcase(finding.item, original.item)
            and original.unit in {None, finding.unit}
            and original.touchpoint in {None, finding.touchpoint}
            for finding in waived
        )
        waiver = attrs.evolve(original, approver="", reason="" if public else original.reason)
        yield attrs.evolve(outcome, waiver=waiver, findings=count)


def _gate(run: GateOutcome, published: GateOutcome) -> GateOutcome:
    """Return the outcome of the run, with the reasons that what is shown gives."""
    reasons = published.reasons if not run.passed else ()
    if not run.passed and len(run.reasons) != len(reasons):
        reasons = (*reasons, Said("reasons-kept-back"))
    return attrs.evolve(run, reasons=reasons)


def _notes(
    result: AuditResult, published: AuditResult, kept: KeptBack, audience: str, minimum: int
) -> Iterable[Note]:
    """Yield what was kept back and left out, counted."""

    def note(code: str, **values: object) -> Note:
        return Note(subject=Said("of-publication"), text=Said(code, **values))

    yield note(f"made-for-{'public' if audience == 'public' else 'client'}", minimum=minimum)
    yield note(
        "kept-back-in-all",
        hidden=len(kept.findings),
        findings=len(result.findings),
        unmeasured=len(kept.measurements),
        measurements=len(result.measurements),
        groups=sum(result.measurements[n].breakdown is not None for n in kept.measurements),
        small=kept.small,
        gone=len(kept.units),
        units=len(result.units.units),
        people=kept.people,
        ungrouped=len(kept.breakdowns),
        breakdowns=len(result.breakdowns),
    )
    if kept.findings:
        yield note("scores-of-findings-shown")
    pieces = sum(len(sample.shown) for sample in result.evidence)
    kept_pieces = sum(len(sample.shown) for sample in published.evidence)
    yield note(
        "left-out",
        parts=(
            Said("answers", n=len(result.answers)),
            Said("cases", n=len(result.cases)),
            Said("pieces-left-out", left=pieces - kept_pieces, n=pieces),
            Said(
                "themes-left-out",
                left=len(result.themes) - len(published.themes),
                n=len(result.themes),
            ),
            Said("problems", n=len(result.problems)),
            Said("notes-of-the-run", n=len(result.notes)),
        ),
    )
