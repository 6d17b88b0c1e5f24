"""A report for the public: acted on when it is built, and no door to the whole result."""

from __future__ import annotations

import attrs
import pytest

from cxaudit import Session
from cxaudit._cli import main
from cxaudit._formats.markdown import render_markdown
from cxaudit._report.build import build_report
from cxaudit.documents import MINIMUM
from cxaudit.plugin import Ask, Evidence, Finding, Findings, State, ThemeCount, blocks
from cxaudit_reports.publish.result import publication
from tests.support import rows as made
from tests.support.audits import audit_of

SESSION = Session()
OUTPUTS = {name: spec.takes for name, spec in SESSION.registered("output").items()}
WHOLE = [name for name, takes in OUTPUTS.items() if takes == "result"]


@pytest.fixture(scope="module")
def result():
    """Give the mixed audit, with a theme that has an example."""
    result = audit_of("mixed")
    said = Evidence(kind="comment", source="messages.csv", key="9", quote="I rang six times, Bob.")
    title = result.checklist.items[0].title
    theme = {"theme": "t", "table": "messages", "title": title, "of": 90}
    themes = (
        ThemeCount(**theme, texts=40, examples=(said,)),
        ThemeCount(**{**theme, "theme": "rare"}, texts=MINIMUM - 1),
    )
    return attrs.evolve(result, themes=themes)


@pytest.fixture
def saved(result, tmp_path):
    path = tmp_path / "result.json"
    SESSION.render(result, "json", path)
    return path


def with_findings(result, *found):
    return attrs.evolve(result, findings=Findings.of([*result.findings, *found]))


def asked(result, method):
    """Return the id of an item that is asked by a method, and the result that has it."""
    item = next(each for each in result.checklist.items if each.ask is None)
    own = attrs.evolve(item, check=None, ask=Ask(method=method, answer="yes-no"))
    items = tuple(own if each is item else each for each in result.checklist.items)
    checklist = attrs.evolve(result.checklist, items=items)
    return item.id, attrs.evolve(result, checklist=checklist)


def test_the_public_sees_no_row_and_no_words_of_people(result):
    report = build_report(result, "public")
    assert not any(isinstance(b, blocks.Quote) for s in report.sections for b in s.blocks)
    text, client = render_markdown(report), render_markdown(build_report(result))
    for told in ("Queue: main", "calls.csv, row 17", "Nobody picked up", "I rang six times"):
        assert told in client
        assert told not in text
    assert "5 of 18,203 kept in the result; 1 dropped" in text
    assert "5 of 18,203 kept in the result, 3 printed here; 1 dropped" in client


def test_themes_of_few_texts_are_kept_from_the_public(result):
    def themes(audience):
        sections = {each.id: each for each in build_report(result, audience).sections}
        return len(sections["themes"].blocks[0].rows)

    assert (themes("client"), themes("public")) == (2, 1)


@pytest.mark.parametrize("n", [MINIMUM - 1, MINIMUM])
def test_units_under_the_minimum_of_a_publication_are_kept_from_the_public(result, n):
    root = result.units.root.id
    found = [
        attrs.evolve(each, n=n) if each.unit == "tide.hill" else each
        for each in result.findings
        if each.n or each.unit == root
    ]
    small = attrs.evolve(result, findings=Findings.of(found))
    assert ("Hill" in render_markdown(build_report(small, "public"))) is (n == MINIMUM)
    assert "Hill" in render_markdown(build_report(small, "client"))


@pytest.mark.parametrize(("method", "shown"), [("observe", False), ("document", True)])
def test_findings_of_few_cases_are_kept_from_the_public(result, method, shown):
    """But for documents, as in a publication: a document is a fact about one thing."""
    item, result = asked(result, method)
    title = next(each.title for each in result.checklist.items if each.id == item).within("en")
    place = {"item": item, "touchpoint": "message", "unit": result.units.root.id}
    few = Finding(**place, state=State.MET, score=1.0, low=0.5, high=1.0, weight=1.0, n=3)
    result = with_findings(result, few)

    def listed(audience):
        report = build_report(result, audience)
        tables = [b for s in report.sections for b in s.blocks if isinstance(b, blocks.Table)]
        rows = [row[:2] for table in tables for row in table.rows]
        return any(title in str(what) and where == "Messages, Tide Bakery" for what, where in rows)

    assert listed("client")
    assert listed("public") is shown


def test_why_an_auditor_could_not_answer_is_kept_from_the_public(result):
    item, result = asked(result, "observe")
    place = {"item": item, "touchpoint": "message", "unit": result.units.root.id}
    said = Finding(**place, state=State.NOT_OBSERVED, weight=1.0, reason="Bob had gone home")
    result = with_findings(result, said)
    assert "Bob had gone home" in render_markdown(build_report(result, "client"))
    assert "Bob had gone home" not in render_markdown(build_report(result, "public"))


def test_the_method_says_at_its_end_who_does_more(result):
    def method(audience):
        return next(s for s in build_report(result, audience).sections if s.id == "method")

    last = method("public").blocks[-1]
    assert "fewer than 10 rows or cases" in last.text
    assert "complementary suppression" in last.text
    assert "`cxaudit publish`" in last.text
    assert "cxaudit publish" not in str(method("client").blocks)


def test_what_was_published_for_the_public_is_shown_as_it_is(result):
    """A publication has its own minimum, and the words that somebody chose to publish."""
    for audience in ("public", "client"):
        shown = publication(result, made.scored, audience=audience, minimum=3, quotes=True).result
        text = render_markdown(build_report(shown, "public"))
        assert ("I rang six times" in text) is (audience == "public")
        assert ("complementary" in text) is (audience == "client")
        for output in WHOLE:
            if audience == "public":
                assert SESSION.render(shown, output, audience="public")
            else:
                with pytest.raises(ValueError, match="cxaudit publish"):
                    SESSION.render(shown, output, audience="public")


@pytest.mark.parametrize("output", sorted(WHOLE))
def test_formats_of_the_whole_result_are_refused_for_the_public(result, saved, output, capsys):
    with pytest.raises(ValueError, match="cxaudit publish"):
        SESSION.render(result, output, audience="public")
    to = saved.with_name("out")
    command = ["report", str(saved), "--output", output, "--to", str(to)]
    assert main([*command, "--audience", "public"]) == 2
    assert "Usage:" in (told := capsys.readouterr().err)
    assert "cxaudit publish" in told
    assert not to.exists()
    assert main([*command, "--audience", "internal"]) == 0


@pytest.mark.parametrize("output", sorted(OUTPUTS))
def test_an_audience_that_there_is_not_is_refused_by_every_output(result, saved, output):
    with pytest.raises(ValueError, match="client, internal, public"):
        SESSION.render(result, output, audience="board")
    assert main(["report", str(saved), "--output", output, "--audience", "board"]) == 2


def test_an_audience_that_there_is_not_is_refused_before_plugins_are_asked(result, tmp_path):
    with pytest.raises(ValueError, match="client, internal, public"):
        SESSION.report(result, "board", release=["no-such.jpg"])
    with pytest.raises(ValueError, match="client, internal, public"):
        SESSION.render_units(result, "html", tmp_path, audience="board")
