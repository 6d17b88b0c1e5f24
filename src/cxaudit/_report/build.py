"""Building the report that documents are rendered from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from cxaudit._model.report import Report, Section
from cxaudit._model.result import AuditResult
from cxaudit._model.specs import Policy
from cxaudit._report.context import Context
from cxaudit._report.rows import moment
from cxaudit._report.sections import comparison, details, method, overview
from cxaudit._report.sections.breakdowns import breakdowns
from cxaudit._report.sections.decisions import decide
from cxaudit._report.sections.reach import reach
from cxaudit._report.sections.themes import quotes, themes
from cxaudit._words import numbers
from cxaudit._words.language import _, speaking

__all__ = ["build_report"]


def build_report(
    result: AuditResult,
    audience: str = "client",
    sections: Sequence[Section] = (),
    *,
    policy: Policy | None = None,
    minimum: int | None = None,
    pictures: Mapping[str, bytes] | None = None,
    unshown: Mapping[str, str] | None = None,
) -> Report:
    """Return the report on a result.

    For ``client`` and ``public``, small units and groups are kept back, and counted. Results of
    single people are shown only where the conduct permits it. Raters are never named. Pictures
    are shown that are given here; for ``client`` and ``public`` the others are not even named.
    For ``public``, unless the result was published for it, no row is shown, no words of people
    and of raters, and no finding on few cases.

    Args:
        result: The result.
        audience: ``client``, ``internal`` or ``public``.
        sections: Further sections, which come before the method.
        policy: The policy that scored, for its rules in words; None names it only.
        minimum: Units and groups that rest on fewer cases or rows are kept back; by itself that
            of `cxaudit publish` for ``public``, none for others.
        pictures: Thumbnails that the audience may see, by their name among the evidence.
        unshown: Pictures that were looked for and cannot be shown, with the cause in English.

    Raises:
        ValueError: If the audience is none of the three.
    """
    with speaking(result.language):
        context = Context.of(result, audience, minimum)
        context = attrs.evolve(context, pictures=pictures or {}, unshown=unshown or {})
        return _built(context, sections, policy)


def _built(context: Context, sections: Sequence[Section], policy: Policy | None) -> Report:
    result = context.result
    before: tuple[Section | None, ...] = (
        overview.summary(context),
        overview.matrix(context),
        reach(context, [finding for finding in context.root_findings if (finding.score or 0) < 1]),
        decide(context),
        overview.certainty(context),
        overview.critical(context),
        quotes(context),
        themes(context),
        details.groupings(context),
        details.outcomes(context),
        comparison.units(context),
        breakdowns(context),
        *details.findings(context),
    )
    behind: tuple[Section | None, ...] = (
        comparison.all_units(context),
        comparison.agreement(context),
        method.waivers(context),
        method.sources(context),
        method.problems(context),
        method.method(context, policy),
        method.provenance(context),
    )
    provenance = result.provenance
    checklist = result.checklist
    return Report(
        title=result.title,
        subtitle=_subtitle(result),
        language=result.language,
        audience=context.audience,
        sections=_in_order(before, sections, behind),
        branding=context.look,
        footer=context.footer(
            f"{checklist.id} {checklist.version}",
            f"cxaudit {provenance.cxaudit}",
            moment(context, provenance.finished),
            _("quantiles within {error}", error=numbers.percent(error))
            if (error := context.quantile_error)
            else "",
        ),
    )


def _in_order(
    before: Sequence[Section | None], further: Sequence[Section], behind: Sequence[Section | None]
) -> tuple[Section, ...]:
    """Return sections in reading order; a further one whose id is taken gets ``plugin-``."""
    taken = {part.id for part in (*before, *behind) if part is not None}
    renamed = []
    for section in further:
        name = section.id
        while name in taken:
            name = f"plugin-{name}"
        taken.add(name)
        renamed.append(attrs.evolve(section, id=name))
    return tuple(part for part in (*before, *renamed, *behind) if part is not None)


def _subtitle(result: AuditResult) -> str:
    parts = [result.client]
    if result.wave is not None:
        first, last = numbers.day(result.wave.start), numbers.day(result.wave.end)
        days = _("{low} to {high}", low=first, high=last)
        parts.append(f"{result.wave.id}, {days}")
    return " · ".join(parts)
