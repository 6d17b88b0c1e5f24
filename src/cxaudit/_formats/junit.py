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
    for each in result.findings:
        suites.setdefault(items[each.item].area if each.item in items else "other", []).append(each)
    order = [*AREAS, *(area for area in suites if area not in AREAS)]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f"<testsuites name={_attribute(result.title)} {_counts(list(result.findings))}>")
    for area in order:
        if area not in suites:
            continue
        lines.append(f"  <testsuite name={_attribute(area)} {_counts(suites[area])}>")
        for each in suites[area]:
            item = items.get(each.item)
            title = item.title.within(result.language) if item else each.item
            fail = item.fail_title.within(result.language) if item and item.fail_title else title
            name = f"{title} [{each.touchpoint}, {each.unit}]"
            outcome = _outcome(each, fail, fact)
            start = f"    <testcase classname={_attribute(each.item)} name={_attribute(name)}"
            lines.append(f"{start}>{outcome}</testcase>" if outcome else f"{start}/>")
        lines.append("  </testsuite>")
    lines.append("</testsuites>")
    return "\n".join(lines) + "\n"


def _failed(each: Finding) -> bool:
    short = each.state.scored and each.score is not None and each.score < 1
    return short or bool(each.flags & Flag.FAILED)


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


def _counts(found: list[Finding]) -> str:
    errors = sum(each.state is State.ERROR for each in found)
    failures = sum(each.state is not State.ERROR and _failed(each) for each in found)
    skipped = sum(
        each.state.unknown and each.state is not State.ERROR and not _failed(each) for each in found
    )
    return f'tests="{len(found)}" failures="{failures}" errors="{errors}" skipped="{skipped}"'


def _attribute(text: str) -> str:
    return quoteattr(clean(text))
