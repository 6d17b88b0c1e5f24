"""For whom a report is, and what the public may not see of a result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs

from cxaudit._model.checklist import Item
from cxaudit._model.evidence import Evidence
from cxaudit._model.findings import Finding
from cxaudit._model.result import AuditResult
from cxaudit._report.pictures import is_picture

__all__ = [
    "MINIMUM",
    "AudienceError",
    "checked_audience",
    "for_the_public",
    "must_withhold",
    "public_findings",
]

MINIMUM = 10
"""What rests on fewer rows or cases is kept from the public, unless another minimum is given."""
_AUDIENCES = ("client", "internal", "public")
_PUBLISHED = "Made for the public."
"""What a result that was published for the public says first of itself."""


class AudienceError(ValueError):
    """An unknown audience, or one that may not see what was asked for."""


def checked_audience(audience: str) -> str:
    """Return an audience after checking its name.

    Raises:
        AudienceError: If there is no such audience.
    """
    if audience not in _AUDIENCES:
        msg = f"{audience!r} is not an audience: {', '.join(_AUDIENCES)}"
        raise AudienceError(msg)
    return audience


def must_withhold(result: AuditResult, audience: str) -> bool:
    """Tell whether rows and words are kept from an audience.

    They are kept from the public, unless the result was published for it.

    Raises:
        AudienceError: If there is no such audience.
    """
    return checked_audience(audience) == "public" and not any(
        note.subject == "publication" and note.text.startswith(_PUBLISHED) for note in result.notes
    )


def for_the_public(result: AuditResult, minimum: int) -> AuditResult:
    """Return a result without rows and words: its evidence is counted, its pictures are named."""
    return attrs.evolve(
        result,
        evidence=tuple(
            attrs.evolve(
                evidence_set,
                shown=tuple(
                    piece if is_picture(piece) else Evidence(kind=piece.kind, source="")
                    for piece in evidence_set.shown
                ),
            )
            for evidence_set in result.evidence
        ),
        themes=tuple(
            attrs.evolve(theme, examples=()) for theme in result.themes if theme.texts >= minimum
        ),
        actions=(),
        agreement=tuple(
            rating_agreement
            for rating_agreement in result.agreement
            if rating_agreement.cases >= minimum
        ),
    )


def public_findings(
    findings: tuple[Finding, ...], items: Mapping[str, Item], minimum: int
) -> Iterator[Finding]:
    """Yield findings on enough cases, without the reasons that may hold words of an auditor.

    A document is a fact about one thing, and no small number.
    """
    for finding in findings:
        item = items.get(finding.item)
        asked = item.ask if item is not None else None
        if 0 < finding.n < minimum and (asked is None or asked.method != "document"):
            continue
        yield finding if asked is None else attrs.evolve(finding, reason="")
