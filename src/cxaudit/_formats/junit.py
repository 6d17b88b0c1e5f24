"""Findings as JUnit XML, for build servers: a suite per area, a test case per finding."""

from __future__ import annotations

from collections.abc import Callable
from xml.sax.saxutils import escape, quoteattr

from cxaudit._model.checklist import AREAS
from cxaudit._model.findings import Finding, Flag, State
from cxaudit._model.result import AuditResult
from cxaudit._report.facts import facts_of
from cxaudit._words.clean import clean

__all__ = ["render_junit"]


def render_junit(result: AuditResult) -> str:
    """Return the findings as JUnit XML.

    Fully met and neutral findings pass; what fell short has failed; what is unknown is skipped
    with its reason; a check that broke is an error. Outcomes pass, as they are not scored.
    """
    items = {item.id: item for item in result.checklist.items}
    fact = facts_of(result)
    suites: dict[str, list[Finding]] = {}
    for finding in result.findings:
        suites.setdefault(
            items[finding.item].area if finding.item in items else "other", []
        ).append(finding)
    order = [*AREAS, *(area for area in suites if area not in AREAS)]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f"<testsuites name={_attribute(result.title)} {_counts(list(result.findings))}>")
    for area in order:
        if area not in suites:
            continue
        lines.append(f"  <testsuite name={_attribute(area)} {_counts(suites[area])}>")
        for finding in suites[area]:
            item = items.get(finding.item)
            title = item.title.within(result.language) if item else finding.item
            fail = item.fail_title.within(result.language) if item and item.fail_title else title
            name = f"{title} [{finding.touchpoint}, {finding.unit}]"
            outcome = _outcome(finding, fail, fact)
            start = f"    <testcase classname={_attribute(finding.item)} name={_attribute(name)}"
            lines.append(f"{start}>{outcome}</testcase>" if outcome else f"{start}/>")
        lines.append("  </testsuite>")
    lines.append("</testsuites>")
    return "\n".join(lines) + "\n"


def _failed(finding: Finding) -> bool:
    short = finding.state.scored and finding.score is not None and finding.score < 1
    return short or bool(finding.flags & Flag.FAILED)


def _outcome(finding: Finding, fail_title: str, fact: Callable[[Finding], str]) -> str:
    if finding.state is State.ERROR:
        return f"<error message={_attribute(finding.reason or 'the check failed')}/>"
    if _failed(finding):
        facts = [f"score {finding.score!r}", f"n {finding.n}", *finding.flags.labels]
        kind = _attribute(finding.state.label)
        text = escape(clean(f"{fact(finding)} {'; '.join(facts)}".strip()))
        return f"<failure type={kind} message={_attribute(fail_title)}>{text}</failure>"
    if finding.state.unknown:
        return f"<skipped message={_attribute(finding.reason or finding.state.label)}/>"
    return ""


def _counts(findings: list[Finding]) -> str:
    errors = sum(finding.state is State.ERROR for finding in findings)
    failures = sum(finding.state is not State.ERROR and _failed(finding) for finding in findings)
    skipped = sum(
        finding.state.unknown and finding.state is not State.ERROR and not _failed(finding)
        for finding in findings
    )
    return f'tests="{len(findings)}" failures="{failures}" errors="{errors}" skipped="{skipped}"'


def _attribute(text: str) -> str:
    return quoteattr(clean(text))
