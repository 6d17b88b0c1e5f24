"""The named audits in German: golden files that a German reader can judge, and the same numbers."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest

from cxaudit import Session
from cxaudit._formats.markdown import render_markdown
from cxaudit._report.build import build_report
from cxaudit._words.language import speaking
from cxaudit.documents import numbers


@pytest.fixture
def german(audit):
    """Give a function that returns a named audit in German."""
    return lambda name: attrs.evolve(audit(name), language="de")


def markdown(result, policy):
    """Return a report as Markdown."""
    report = build_report(result, policy=policy)
    with speaking(report.language):
        return render_markdown(report)


def test_the_german_report_is_as_it_was_read_and_approved(german, policy, approved):
    approved("mixed.de.md", markdown(german("mixed"), policy))


def figures(value: object) -> Iterator[tuple[float, str]]:
    """Yield every number in a report, in its order."""
    if isinstance(value, numbers.Figure):
        yield value.value, value.style
    elif isinstance(value, tuple):
        for each in value:
            yield from figures(each)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value, "plain"
    elif attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from figures(getattr(value, field.name))


def test_the_numbers_are_the_same_in_each_language(audit, german, policy):
    ours = list(figures(build_report(audit("mixed"), policy=policy)))
    assert list(figures(build_report(german("mixed"), policy=policy))) == ours
    assert len(ours) > 100


@pytest.mark.parametrize("output", ["csv", "junit", "sarif"])
def test_what_machines_read_differs_only_in_the_titles_of_items(audit, german, output):
    session, result = Session(), audit("mixed")
    theirs = session.render(german("mixed"), output)
    for item in result.checklist.items:
        for text in filter(None, (item.title, item.fail_title)):
            theirs = theirs.replace(text.within("de"), text.within("en"))
    assert theirs.replace('"language": "de"', '"language": "en"') == session.render(result, output)


def test_the_readers_language_is_left_as_it_was_found(german, policy):
    markdown(german("mixed"), policy)
    assert numbers.number(8.25) == "8.25"
