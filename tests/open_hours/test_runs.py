"""Open hours in whole runs: metrics, breakdowns, evidence, plans, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cxaudit import Session
from cxaudit.errors import AuditFileError, ChecklistError, SourceError

UNITS = """
[[unit]]
id = "shop"
kind = "organisation"
zone = "Europe/Paris"
[[unit]]
id = "shop.paris"
kind = "site"
parent = "shop"
[[unit]]
id = "shop.tokyo"
kind = "site"
parent = "shop"
zone = "Asia/Tokyo"
"""
OFFICE = '[[schedule]]\nhours = { mon-fri = ["09:00-17:00"] }\n'
SOURCE = """
[sources.threads]
reader = "csv"
table = "threads"
path = "threads.csv"
[sources.threads.columns]
thread_id = "id"
unit = "unit"
opened_at = "time(opened)"
first_reply_at = "time(replied)"
"""
THREADS = """id,unit,opened,replied
a,shop.paris,2026-04-10T16:00:00+02:00,2026-04-13T10:00:00+02:00
b,shop.tokyo,2026-04-10T16:00:00+02:00,2026-04-13T10:00:00+09:00
c,shop.tokyo,2026-04-10T16:00:00+09:00,2026-04-10T16:20:00+09:00
d,nowhere,2026-04-10T16:00:00+02:00,2026-04-10T16:30:00+02:00
e,shop.paris,2026-04-10T16:00:00+02:00,
"""
HEAD = '[checklist]\nid = "c"\nversion = "1"\ntitle = "C"\n'


def metric(name, kind, **fields):
    written = "\n".join(
        f"{key} = {value}" if isinstance(value, float) else f'{key} = "{value}"'
        for key, value in fields.items()
    )
    return f"""
[[metric]]
id = "{name}"
table = "threads"
kind = "{kind}"
lower_is_better = {"false" if kind == "share" else "true"}
{written}
[[item]]
id = "message.{name}"
area = "process"
touchpoints = ["message"]
per = "site"
title = "{name}"
check = "within-target"
with = {{ metric = "{name}", target = 0.9, limit = 0.1 }}
"""


class Case:
    def __init__(self, folder):
        self.folder = folder
        self.session = Session()

    def write(self, checklist, audit, **files):
        (self.folder / "c.toml").write_text(f"cxaudit = 1\n{HEAD}{checklist}", "utf-8")
        for name, content in {"threads": THREADS, **files}.items():
            (self.folder / f"{name}.csv").write_text(content, "utf-8")
        head = '[audit]\nid = "a"\ntitle = "A"\nclient = "A"\nchecklists = ["c.toml"]\n'
        path = self.folder / "audit.toml"
        path.write_text(f"cxaudit = 1\n{head}{UNITS}{SOURCE}{audit}", "utf-8")
        return path

    def run(self, checklist, audit=OFFICE, **files):
        return self.session.run(self.session.load(self.write(checklist, audit, **files)))


@pytest.fixture
def case(tmp_path):
    return Case(tmp_path)


def measured(result, metric_id):
    return {
        found.unit: (found.value, found.n)
        for found in result.measurements
        if found.metric == metric_id and found.breakdown is None and not found.unavailable
    }


def reason(result, metric_id):
    (found,) = {m.unavailable for m in result.measurements if m.metric == metric_id}
    return found


HOURS = "open_seconds(opened_at, first_reply_at) / 3600"


def test_every_unit_is_measured_on_its_own_clock(case):
    """a: 1 h on Friday, 1 h on Monday. b: late on Friday in Tokyo, so 1 h on Monday. c: 20 min."""
    result = case.run(metric("hours", "mean", value=HOURS))
    assert measured(result, "hours") == {
        "shop": (pytest.approx((2 + 1 + 1 / 3 + 0.5) / 4), 4),
        "shop.paris": (2.0, 1),
        "shop.tokyo": (pytest.approx(2 / 3), 2),
    }


def test_all_kinds_of_metrics(case):
    within = "open_seconds(opened_at, first_reply_at) <= 3600"
    until = "coalesce(first_reply_at, observed_until())"
    checklist = (
        metric("hours", "mean", value=HOURS)
        + metric("share", "share", value=within, where="first_reply_at is not null")
        + metric("median", "quantile", value=HOURS, quantile=0.5)
        + metric("longest", "maximum", value=HOURS)
        + metric("ratio", "ratio", numerator=HOURS, denominator="1")
        + metric(
            "censored",
            "censored_quantile",
            value=f"open_seconds(opened_at, {until}) / 3600",
            event="first_reply_at is not null",
            quantile=0.5,
        )
    )
    result = case.run(checklist)
    at_root = {
        name: measured(result, name)["shop"]
        for name in ("share", "median", "longest", "ratio", "censored")
    }
    assert at_root == {
        "share": (0.75, 4),
        "median": (pytest.approx(0.75), 4),
        "longest": (2.0, 4),
        "ratio": (pytest.approx(23 / 24), 4),
        # Of five threads two are answered within half an hour, the third after one hour.
        "censored": (pytest.approx(1.0), 5),
    }
    # One for what adds up; of median and curve one for the shop and one for its sites.
    assert len(result.provenance.statements) == 5


def test_evidence_and_breakdowns_use_the_clock(case):
    share = metric("share", "share", value="open_seconds(opened_at, first_reply_at) <= 3600")
    breakdown = (
        '[[breakdown]]\nid = "by-hours"\nmetrics = ["hours"]\n'
        'by = "floor(open_seconds(opened_at, first_reply_at) / 3600)"\n'
    )
    result = case.run(share + metric("hours", "mean", value=HOURS), OFFICE + breakdown)
    (evidence,) = [each for each in result.evidence if each.item == "message.share"]
    assert {each.fields["thread_id"] for each in evidence.shown} == {"a", "e"}
    assert not [name for name in evidence.shown[0].fields if name.startswith("_")]
    groups = {m.group: m.n for m in result.measurements if m.breakdown == "by-hours"}
    assert {group: n for group, n in groups.items() if n} == {"0": 2, "1": 1, "2": 1}


def test_a_plan_prints_the_statement_without_data(case):
    audit = case.session.load(case.write(metric("hours", "mean", value=HOURS), OFFICE))
    (case.folder / "threads.csv").unlink()
    (statement,) = case.session.plan(audit).statements
    assert '"_open_parts"' in statement.text


HOURS_OF_A_CALL = "open_seconds(opened_at, first_reply_at{call})"


def test_an_audit_without_schedules_says_what_it_cannot_measure(case):
    loaded = case.session.load(
        case.write(metric("hours", "mean", value=HOURS_OF_A_CALL.format(call="")), "")
    )
    why = "no schedule of open hours is given: the audit file needs [[schedule]]"
    assert why in reason(case.session.run(loaded), "hours")
    assert why in case.session.plan(loaded).unavailable["hours"]


DESK = OFFICE.replace("hours", 'id = "desk"\nhours')


@pytest.mark.parametrize(
    ("audit", "call", "why", "hint"),
    [
        ("", ", 'desk'", "There is no schedule of open hours named 'desk'.", "Add `[[schedule]]`"),
        (OFFICE, ", 'desk'", "There is no schedule of open hours named 'desk'.", 'id = "desk"'),
        (DESK, ", 'deks'", "There is no schedule of open hours named 'deks'.", "'desk'?"),
        (DESK, "", "No usual schedule of open hours is given", "without an id"),
    ],
)
def test_a_schedule_that_there_is_not_is_refused_where_it_is_named(case, audit, call, why, hint):
    path = case.write(metric("hours", "mean", value=HOURS_OF_A_CALL.format(call=call)), audit)
    with pytest.raises(AuditFileError) as caught:
        case.session.load(path)
    (problem,) = caught.value.problems
    assert problem.message.startswith(why)
    assert hint in problem.hint
    assert problem.path == "metric[0].value"
    written = Path(problem.file).read_text().splitlines()[problem.line - 1]
    assert written.startswith("value = ")


def test_the_schedule_may_be_a_parameter(case):
    audit = OFFICE + '[[schedule]]\nid = "desk"\nhours = { mon-sun = ["00:00-24:00"] }\n'
    audit += '[params]\ndesk = "desk"\n'
    parameter = '[params.desk]\ntype = "text"\nquestion = "Which desk?"\n'
    text = "open_seconds(opened_at, first_reply_at, $desk) / 3600"
    result = case.run(parameter + metric("hours", "mean", value=text), audit)
    assert measured(result, "hours")["shop.paris"] == (66.0, 1)


HOURS_SOURCE = """
[sources.hours]
reader = "csv"
table = "schedules"
path = "hours.csv"
"""


def test_a_source_may_give_the_hours(case):
    hours = "opens_at,closes_at,unit,schedule\n2026-04-10T14:30:00Z,2026-04-13T08:00:00Z,shop,\n"
    result = case.run(metric("hours", "mean", value=HOURS), HOURS_SOURCE, hours=hours)
    # The stretch begins half an hour after a, b and d came in, and hours after c.
    assert measured(result, "hours")["shop"] == (None, 0)
    hours = hours.replace("10T14:30", "10T14:00")
    result = case.run(metric("hours", "mean", value=HOURS), HOURS_SOURCE, hours=hours)
    assert measured(result, "hours")["shop.paris"] == (66.0, 1)
    text = "open_seconds(opened_at, first_reply_at, 'desk')"
    result = case.run(metric("hours", "mean", value=text), HOURS_SOURCE, hours=hours)
    assert "there is no schedule named 'desk'" in reason(result, "hours")


def test_hours_of_a_source_that_make_no_sense_stop_the_run(case):
    hours = "opens_at,closes_at\n2026-04-10T14:30:00Z,2026-04-09T08:00:00Z\n"
    with pytest.raises(SourceError, match=r"row 1 of hours\.csv"):
        case.run(metric("hours", "mean", value=HOURS), HOURS_SOURCE, hours=hours)


def test_a_mapping_may_not_ask_for_open_hours(case):
    audit = OFFICE + '[sources.more]\nreader = "csv"\ntable = "threads"\npath = "threads.csv"\n'
    audit += "[sources.more.columns]\nthread_id = \"id || 'x'\"\n"
    audit += 'replies = "open_seconds(time(opened), time(replied))"\n'
    with pytest.raises(SourceError, match="open_seconds"):
        case.run(metric("hours", "mean", value=HOURS), audit)


def test_a_unit_and_a_detector_may_not_ask_for_open_hours(case):
    late = "open_seconds(time('2026-01-01T00:00Z'), time('2026-02-01T00:00Z')) > 0"
    checklist = metric("hours", "mean", value=HOURS).replace(
        'per = "site"', f'per = "site"\nwhen = "{late}"'
    )
    with pytest.raises(AuditFileError, match="open_seconds"):
        case.session.load(case.write(checklist, OFFICE))
    detector = '[[detector]]\nid = "d"\ntable = "threads"\ncolumn = "subject"\n'
    detector += f'where = "{late}"\nphrases = {{ a = ["b"] }}\n'
    with pytest.raises((AuditFileError, ChecklistError), match="open_seconds"):
        case.session.load(case.write(detector + metric("hours", "mean", value=HOURS), OFFICE))


def test_an_audit_without_open_hours_makes_no_clocks(case):
    """Its statements are those of before."""
    result = case.run(metric("count", "count"), "")
    (statement,) = result.provenance.statements.values()
    assert "_open" not in statement


def test_the_guide_works_as_written(case):
    page = Path(__file__).parents[2] / "docs" / "how-to" / "open-hours.md"
    audit, checklist = re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    item = metric("x", "share").partition("[[item]]")[2].replace('metric = "x"', METRIC)
    result = case.run(f"{checklist}[[item]]{item}", audit.replace('"north"', '"shop.tokyo"'))
    # At the mail desk a took no open hour on Friday and none before ten on Monday; e waits.
    assert measured(result, "first-reply.open")["shop.paris"] == (1.0, 1)


METRIC = 'metric = "first-reply.open"'
