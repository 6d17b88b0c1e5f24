"""The glossary: its names exist, lists find them, its examples give numbers worked out by hand."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from cxaudit import Session
from cxaudit._cli.commands import cli
from cxaudit.errors import ChecklistError

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "glossary.md"
LAST = "## All metrics by their names\n\n"
TEXT = PAGE.read_text(encoding="utf-8")
TERMS = dict(re.findall(r"^### (.+)\n\n((?:.|\n(?!#))+)", TEXT, re.MULTILINE))
ABBREVIATIONS = {
    "SL": "phone.service-level.of-offered",
    "80/20": "phone.service-level.of-offered",
    "ASA": "phone.speed-of-answer",
    "abandonment rate": "phone.abandoned",
    "FRT": "message.first-reply.calendar.p50",
    "FCR": "phone.repeat-contact",
    "FLR": "issue.first-line",
    "TTR": "message.full-resolution.calendar.p50",
    "transfer rate": "phone.transferred",
    "repeat contact rate": "phone.repeat-contact",
    "backlog": "message.backlog.oldest",
    "AHT": "phone.service-time",
    "Handle Time": "phone.service-time",
    "occupancy": "phone.occupancy",
    "csat": "message.conversation-rating.mean",
}
CHECKLIST = 'cxaudit = 1\n[checklist]\nid = "c"\nversion = "1"\ntitle = "C"\n'


@pytest.fixture(scope="module")
def session():
    return Session()


def metrics_by_name(session):
    """Return the table at the end of the page."""
    rows = [
        f"| `{name.removeprefix('cxaudit.')}` | {metric.title} | {', '.join(metric.also_called)} |"
        for name, metric in session.registered("metric").items()
    ]
    return "\n".join(["| metric | title | also called |", "| --- | --- | --- |", *rows]) + "\n"


def test_the_table_of_metrics_is_made_from_them(session):
    if os.environ.get("CXAUDIT_UPDATE"):
        PAGE.write_text(TEXT.partition(LAST)[0] + LAST + metrics_by_name(session), "utf-8")
    assert PAGE.read_text(encoding="utf-8").partition(LAST)[2] == metrics_by_name(session)


def test_every_term_of_the_field_has_an_entry():
    terms = (
        *("service level", "average speed of answer", "abandonment rate", "first response time"),
        *("first contact resolution", "repeat contact rate", "resolution time", "transfer rate"),
        *("backlog", "average handle time", "occupancy", "shrinkage", "customer satisfaction"),
        *("net promoter score", "customer effort score"),
    )
    entries = {title.lower().partition(" (")[0] for title in TERMS}
    assert set(terms) <= entries


@pytest.mark.parametrize("term", TERMS)
def test_an_entry_names_what_there_is(session, term):
    entry = TERMS[term]
    assert "\n- **Differs:**" in entry
    ours = entry.partition("- **Ours:** ")[2]
    assert ours
    checklists = [session.load_checklist(name) for name in session.registered("checklist")]
    metrics = session.registered("metric").values()
    parameters = {name for checklist in checklists for name in checklist.parameters}
    columns = {
        column.name for table in session.registered("table").values() for column in table.columns
    }
    items = {item.id for checklist in checklists for item in checklist.items}
    names = {
        *(metric.id.removeprefix("cxaudit.") for metric in metrics),
        *(metric.kind.value for metric in metrics),
        *session.registered("table"),
        *("net_score", "working", *columns, *items, *parameters),
    }
    assert set(re.findall(r"`([^`]+)`", ours)) <= names


@pytest.mark.parametrize(("words", "metric"), ABBREVIATIONS.items(), ids=str)
def test_lists_find_ours_by_the_fields_name(words, metric):
    done = CliRunner().invoke(cli, ["list", "metric", *words.split()])
    assert metric in {line.split()[0] for line in done.output.splitlines()}


def test_what_no_metric_of_ours_is_lists_find_where_its_records_are():
    for words in ("NPS", "ces", "csat"):
        done = CliRunner().invoke(cli, ["list", "table", words])
        assert done.output.startswith("responses ")


def test_the_page_shows_what_a_list_prints():
    example = re.search(r"```text\n\$ cxaudit (.+)\n((?:.+\n)+)```", TEXT)
    assert CliRunner().invoke(cli, example[1].split()).output == example[2]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("asa", "Did you mean 'phone.speed-of-answer' or 'phone.speed-of-answer.queued'?"),
        ("aht", "Did you mean 'phone.service-time'?"),
        ("handle-time", "Did you mean 'phone.service-time'?"),
        ("abandon-rate", "Did you mean 'phone.abandoned' or 'phone.abandoned.after-short'?"),
        ("service-level", "`cxaudit list metric service-level` shows those that are called so."),
        ("top-boxes", "Did you mean 'satisfaction'?"),
    ],
)
def test_a_checklist_that_names_a_metric_by_a_name_of_the_field_is_led_to_ours(
    session, tmp_path, name, hint
):
    file = tmp_path / "c.toml"
    file.write_text(
        CHECKLIST + '[[metric]]\nid = "satisfaction"\ntable = "responses"\nkind = "mean"\n'
        'value = "csat"\nalso_called = ["top two boxes"]\n'
        '[[item]]\nid = "a"\narea = "process"\ntouchpoints = ["phone"]\ntitle = "A"\n'
        f'check = "within-target"\nwith = {{ metric = "{name}", target = 1 }}\n',
        encoding="utf-8",
    )
    with pytest.raises(ChecklistError) as error:
        session.load_checklist(file)
    assert [problem.hint for problem in error.value.problems] == [hint]


def test_the_examples_give_what_they_say(session, tmp_path):
    example = re.search(r"```toml\n((?:.|\n)+?)```", TEXT)[1]
    (tmp_path / "c.toml").write_text(CHECKLIST + example, encoding="utf-8")
    names = re.findall(r'^id = "(.+)"', example, re.MULTILINE)
    calls, responses = names[:3], names[3:]
    (tmp_path / "calls.csv").write_text(
        "call_id,started_at,outcome,talk_s,hold_s,wrap_s,resolved\n"
        "1,2026-03-02T09:00:00Z,answered,100,20,40,true\n"
        "2,2026-03-02T10:00:00Z,answered,200,,60,false\n"
        "3,2026-03-02T11:00:00Z,answered,300,40,,true\n"
        "4,2026-03-02T12:00:00Z,abandoned,,,,\n",
        encoding="utf-8",
    )
    scores = (10, 9, 9, 9, 10, 8, 7, 7, 0, 6)
    satisfied = (5, 4, 3, 2, 1, 5, 5, 4, "", "")
    (tmp_path / "responses.csv").write_text(
        "response_id,answered_at,nps,csat,ces\n"
        + "".join(
            f"{row},2026-03-02T09:00:00Z,{nps},{csat},{4 + row % 2}\n"
            for row, (nps, csat) in enumerate(zip(scores, satisfied, strict=True))
        ),
        encoding="utf-8",
    )
    breakdowns = "".join(
        f'[[breakdown]]\nid = "{table}"\nby = "unit"\nminimum = 1\nmetrics = {metrics}\n'
        for table, metrics in (("calls", calls), ("responses", responses))
    )
    sources = "".join(
        f'[sources.{table}]\nreader = "csv"\ntable = "{table}"\npath = "{table}.csv"\nunit = "u"\n'
        for table in ("calls", "responses")
    )
    (tmp_path / "audit.toml").write_text(
        'cxaudit = 1\n[audit]\nid = "a"\ntitle = "A"\nclient = "C"\nchecklists = ["c.toml"]\n'
        f'[[unit]]\nid = "u"\nkind = "organisation"\n{breakdowns}{sources}',
        encoding="utf-8",
    )
    result = session.run(session.load(tmp_path / "audit.toml"))
    values = {measured.metric: measured.value for measured in result.measurements}
    assert values == pytest.approx(
        {
            "acme.handle-time": (160 + 260 + 340) / 3,
            "acme.handle-time.without-wrap-up": (120 + 200 + 340) / 3,
            "acme.first-contact-resolution": 2 / 3,
            "acme.satisfaction": 5 / 8,
            "acme.recommend": 0.5 - 0.2,
            "acme.effort": 4.5,
        }
    )
