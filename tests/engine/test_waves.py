"""A wave counts the rows of its own days, on the clock of each row's unit; expected by hand."""

from __future__ import annotations

import csv
import json

import pytest

from cxaudit._formats.result_json import from_json, to_json
from cxaudit.plugin import Column, Table
from cxaudit.session import Session

UNITS = """id,name,kind,parent,zone,touchpoints
mill,Mill,organisation,,Europe/Paris,phone;message;in-store
seine,Seine,site,mill,,
bay,Bay,site,mill,America/Los_Angeles,
"""
WAVE = """
[[wave]]
id = "march"
start = 2026-03-01
end = 2026-03-31
[[wave]]
id = "april"
start = 2026-04-01
end = 2026-04-30
"""
METRIC = """
[[metric]]
id = "answered"
table = "calls"
kind = "share"
value = "outcome = 'answered'"
lower_is_better = false
"""
ITEM = """
[[item]]
id = "phone.answered"
area = "process"
touchpoints = ["phone"]
per = "site"
title = "Calls are answered"
check = "within-target"
with = { metric = "answered", target = 0.9, limit = 0.1 }
"""
SOURCE = """
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
"""


def calls(*rows):
    """Return a file of calls from (time in UTC, outcome, unit) with the time left out of some."""
    lines = ["call_id,started_at,outcome,unit"]
    for number, (at, outcome, *unit) in enumerate(rows):
        lines.append(f"c{number},{at},{outcome},{unit[0] if unit else 'seine'}")
    return {"calls.csv": "\n".join(lines) + "\n"}


@pytest.fixture
def march(run):
    """Run an audit of March over calls."""

    def start(files, checklist=METRIC + ITEM, *, audit=SOURCE, head='wave = "march"\n', **given):
        return run(checklist, audit=audit + WAVE, head=head, files=files, units=UNITS, **given)

    return start


def counted(ran, metric="answered", unit="mill"):
    """Return the one number of rows that a metric rests on."""
    (n,) = {m.n for m in ran.measured(metric, unit)}
    return n


def account(ran, name="calls"):
    (found,) = [each for each in ran.result.accounts if each.source == name]
    return found


def test_the_days_of_a_wave_are_those_on_the_clock_of_each_unit(march):
    """Clocks go forward in Paris on 29 March 2026, so March ends there at 22:00 UTC."""
    ran = march(
        calls(
            ("2026-02-28T22:59:59Z", "answered"),  # still February in Paris
            ("2026-02-28T23:00:00Z", "answered"),  # midnight
            ("2026-03-31T21:59:59Z", "answered"),
            ("2026-03-31T22:00:00Z", "answered"),  # April there
            ("2026-03-31T23:30:00Z", "answered"),
            ("2026-03-01T07:59:59Z", "answered", "bay"),  # still February in Los Angeles
            ("2026-03-01T08:00:00Z", "answered", "bay"),
            ("2026-04-01T06:59:59Z", "answered", "bay"),
            ("2026-04-01T07:00:00Z", "answered", "bay"),
        )
    )
    assert [counted(ran, unit=unit) for unit in ("seine", "bay", "mill")] == [2, 2, 4]
    assert (account(ran).kept, account(ran).outside, account(ran).untimed) == (9, 5, 0)


def test_rows_of_no_known_unit_go_by_the_clock_of_the_root(march):
    ran = march(
        calls(
            ("2026-03-31T21:59:59Z", "answered", "elsewhere"),
            ("2026-03-31T22:00:00Z", "answered", "elsewhere"),
        )
    )
    assert (counted(ran), account(ran).outside) == (1, 1)


def test_a_row_without_a_time_counts_and_is_told(march):
    ran = march(
        calls(("", "answered"), ("not a time", "abandoned"), ("2026-04-01T00:00:00Z", "answered"))
    )
    assert counted(ran) == 2
    assert (account(ran).outside, account(ran).untimed) == (1, 2)
    # Nobody knows of what time they are.
    assert ran.result.days == {}


def test_the_first_natural_time_that_is_there_decides(march):
    rows = (
        "call_id,started_at,queued_at,outcome,unit\n"
        "1,2026-03-31T20:00:00Z,2026-04-02T00:00:00Z,answered,seine\n"
        "2,,2026-04-02T00:00:00Z,answered,seine\n"
        "3,,2026-03-02T00:00:00Z,answered,seine\n"
    )
    ran = march({"calls.csv": rows})
    assert (counted(ran), account(ran).outside) == (2, 1)


def test_without_a_wave_nothing_is_cut(march):
    rows = calls(("2025-01-01T00:00:00Z", "answered"), ("2026-03-05T00:00:00Z", "answered"))
    ran = march(rows, head="")
    assert counted(ran) == 2
    assert (account(ran).outside, account(ran).untimed, ran.result.days) == (0, 0, {})


def test_a_source_may_keep_all_its_rows(march):
    rows = calls(("2025-01-01T00:00:00Z", "answered"), ("2026-03-05T00:00:00Z", "answered"))
    ran = march(rows, audit=SOURCE + "wave = false\n")
    assert counted(ran) == 2
    assert account(ran).outside == 0
    assert account(ran).notes == ("the wave does not bound its rows (wave = false)",)
    # Rows of two years are not those of a month.
    assert ran.result.days == {}


def test_one_source_keeps_its_rows_and_another_does_not(march):
    old, new = "2025-01-01T00:00:00Z", "2026-03-05T00:00:00Z"
    other = "call_id,started_at,outcome,unit\n"
    other += f"x1,{old},answered,seine\nx2,{new},answered,seine\n"
    files = {**calls((old, "answered"), (new, "answered")), "other.csv": other}
    second = SOURCE.replace("sources.calls", "sources.other").replace("calls.csv", "other.csv")
    ran = march(files, audit=SOURCE + second + "wave = false\n")
    assert counted(ran) == 3
    assert [account(ran, name).outside for name in ("calls", "other")] == [1, 0]


def test_evidence_is_of_the_wave(march):
    ran = march(
        calls(
            ("2026-02-01T00:00:00Z", "abandoned"),
            ("2026-03-05T00:00:00Z", "abandoned"),
            ("2026-03-06T00:00:00Z", "answered"),
        )
    )
    found = ran.evidence("phone.answered", "mill")
    assert (found.total, [piece.key for piece in found.shown]) == (1, ["2"])


def test_breakdowns_are_of_the_wave(march):
    breakdown = '[[breakdown]]\nid = "day"\nmetrics = ["answered"]\nby = "date(started_at)"\n'
    ran = march(
        calls(("2026-02-01T12:00:00Z", "answered"), ("2026-03-05T12:00:00Z", "answered")),
        audit=SOURCE + breakdown + "minimum = 1\n",
    )
    groups = [(m.group, m.n) for m in ran.result.measurements if m.breakdown == "day"]
    assert groups == [("2026-03-05", 1)]


def test_quantiles_and_their_ends_are_of_the_wave(march):
    """The median of 1 to 9 is 5; two waits of an hour in February do not move it."""
    metric = (
        '[[metric]]\nid = "wait"\ntable = "calls"\nkind = "quantile"\nquantile = 0.5\n'
        'value = "wait_s"\nlower_is_better = true\ncluster = "row"\n'
    )
    rows = ["call_id,started_at,wait_s,unit"]
    rows += [f"m{n},2026-03-0{n}T12:00:00Z,{n},seine" for n in range(1, 10)]
    rows += [f"f{n},2026-02-0{n}T12:00:00Z,3600,seine" for n in (1, 2)]
    item = ITEM.replace("answered", "wait").replace("target = 0.9, limit = 0.1", "target = 10")
    ran = march({"calls.csv": "\n".join(rows)}, metric + item)
    (found,) = ran.measured("wait", "mill")
    # Of nine values the second and eighth bound the median (Conover 1999).
    assert (found.n, found.value, found.low, found.high) == (9, 5, 2, 8)


def test_a_date_is_taken_as_it_stands(march):
    metric = METRIC.replace('"calls"', '"call_volumes"').replace("'answered'", "")
    metric = metric.replace('kind = "share"', 'kind = "ratio"').replace(
        'value = "outcome = "', 'numerator = "answered"\ndenominator = "offered"'
    )
    rows = "starts_on,offered,answered\n2026-02-28,100,0\n2026-03-01,10,8\n2026-03-31,10,9\n"
    rows += "2026-04-01,100,0\n"
    source = SOURCE.replace('table = "calls"', 'table = "call_volumes"')
    ran = march({"calls.csv": rows}, metric + ITEM, audit=source)
    assert ran.value("answered", "mill") == pytest.approx(17 / 20)
    assert account(ran).outside == 2


def test_a_call_of_the_wave_is_followed_beyond_its_end(march):
    """Only the March calls count, but the April call is the next contact of the last of them."""
    metric = (
        '[[metric]]\nid = "again"\ntable = "contacts"\nkind = "share"\n'
        'value = "next_contact_at is not null"\nlower_is_better = true\n'
    )
    rows = (
        "call_id,started_at,outcome,customer_key,unit\n"
        "1,2026-02-27T10:00:00Z,answered,ann,seine\n"
        "2,2026-03-30T10:00:00Z,answered,ann,seine\n"
        "3,2026-04-01T10:00:00Z,answered,ann,seine\n"
        "4,2026-03-05T10:00:00Z,answered,bob,seine\n"
    )
    item = ITEM.replace('"answered"', '"again"').replace("limit = 0.1", "limit = 1")
    ran = march({"calls.csv": rows}, metric + item)
    assert (counted(ran, "again"), ran.value("again", "mill")) == (2, 0.5)
    assert ran.result.days == {"contacts": 31}


def test_a_message_of_the_wave_is_answered_after_its_end(march):
    metric = (
        '[[metric]]\nid = "got-answer"\ntable = "replies"\nkind = "share"\n'
        'where = "side = \'customer\'"\nvalue = "answered_at is not null"\n'
        "lower_is_better = false\n"
    )
    item = ITEM.replace('"phone"', '"message"').replace('"answered"', '"got-answer"')
    rows = (
        "message_id,thread_id,author_role,sent_at,body,unit\n"
        "1,t,customer,2026-02-10T10:00:00Z,Hello?,seine\n"
        "2,t,customer,2026-03-31T21:00:00Z,Hello again?,seine\n"
        "3,t,agent,2026-04-02T10:00:00Z,Hello,seine\n"
    )
    source = SOURCE.replace('table = "calls"', 'table = "messages"')
    ran = march({"calls.csv": rows}, metric + item, audit=source)
    assert (counted(ran, "got-answer"), ran.value("got-answer", "mill")) == (1, 1.0)


def test_hits_go_by_the_time_of_their_row(march):
    checklist = """
[[detector]]
id = "sorry"
table = "messages"
column = "body"
phrases = { sorry = ["sorry"] }
[[metric]]
id = "apologies"
table = "hits"
kind = "count"
lower_is_better = true
[[item]]
id = "message.sorry"
area = "interpersonal"
role = "informative"
touchpoints = ["message"]
title = "Apologies"
check = "within-target"
with = { metric = "apologies", target = 1 }
"""
    rows = (
        "message_id,sent_at,body,unit\n1,2026-02-10T10:00:00Z,So sorry,seine\n"
        "2,2026-03-10T10:00:00Z,We are sorry,seine\n3,2026-04-10T10:00:00Z,sorry,seine\n"
    )
    source = SOURCE.replace('table = "calls"', 'table = "messages"')
    ran = march({"calls.csv": rows}, checklist, audit=source)
    assert ran.value("apologies", "mill") == 1


def test_themes_are_of_the_wave(march):
    book = """cxaudit = 1
[codebook]
id = "book"
version = "1"
title = "Book"
[[theme]]
id = "bread"
title = "Bread"
phrases = ["bread"]
"""
    rows = (
        "response_id,answered_at,comment,unit\n1,2026-02-10T10:00:00Z,Old bread,seine\n"
        "2,2026-03-10T10:00:00Z,No bread,seine\n3,2026-03-11T10:00:00Z,Fine,seine\n"
    )
    source = SOURCE.replace('table = "calls"', 'table = "responses"')
    ran = march(
        {"calls.csv": rows, "book.toml": book},
        audit=source,
        head='wave = "march"\ncodebook = "book.toml"\n',
    )
    assert [(t.theme, t.texts, t.of) for t in ran.result.themes] == [("bread", 1, 2)]


def test_an_empty_wave_says_why_nothing_was_measured(march):
    ran = march(calls(("2026-02-01T00:00:00Z", "answered"), ("2026-05-01T00:00:00Z", "answered")))
    found = ran.finding("phone.answered", "mill")
    assert (found.state.label, found.reason) == (
        "unavailable",
        "no row lies within the wave march",
    )
    (loss,) = account(ran).losses
    assert (loss.kind, loss.lost, loss.of) == ("wave", 2, 2)
    assert ran.result.days == {}


def test_a_count_of_nothing_in_a_wave_is_a_count(march):
    metric = '[[metric]]\nid = "answered"\ntable = "calls"\nkind = "count"\n'
    ran = march(calls(("2026-02-01T00:00:00Z", "answered")), metric + ITEM)
    assert ran.value("answered", "mill") == 0


def test_a_unit_without_a_row_in_the_wave_is_told_apart_from_an_empty_wave(march):
    ran = march(
        calls(("2026-02-01T00:00:00Z", "answered"), ("2026-03-01T12:00:00Z", "answered", "bay"))
    )
    assert ran.finding("phone.answered", "seine").reason == "no row counts for it here"


def test_records_that_all_lie_after_as_of_say_so(march):
    ran = march(
        calls(("2026-03-05T10:00:00Z", "answered"), ("2026-03-04T23:00:00Z", "answered")),
        METRIC.replace('kind = "share"', 'kind = "share"\nwhere = "started_at < observed_until()"')
        + ITEM,
        head="as_of = 2026-03-04\n",
    )
    (loss,) = account(ran).losses
    assert (loss.kind, loss.lost, loss.likely) == ("as_of", 2, ("2026-03-04",))
    reason = "all rows lie after 2026-03-04, the last day observed"
    assert ran.finding("phone.answered", "mill").reason == reason


def test_one_record_before_as_of_is_enough(march):
    ran = march(
        calls(("2026-03-05T10:00:00Z", "answered"), ("2026-03-04T22:59:59Z", "answered")),
        head="as_of = 2026-03-04\n",
    )
    assert account(ran).losses == ()


@pytest.mark.parametrize(
    ("as_of", "days"), [("", 31), ("2026-03-10", 10), ("2026-05-01", 31), ("2026-03-01", 1)]
)
def test_a_month_is_by_the_days_that_were_looked_at(march, as_of, days):
    head = 'wave = "march"\n' + (f"as_of = {as_of}\n" if as_of else "")
    ran = march(calls(("2026-03-01T10:00:00Z", "answered")), head=head)
    assert ran.result.days == {"calls": days}
    assert from_json(json.loads(json.dumps(to_json(ran.result)))).days == {"calls": days}


def test_a_wave_may_reach_to_the_ends_of_the_calendar(run):
    wave = '[[wave]]\nid = "all"\nstart = 0001-01-01\nend = 9999-12-31\n'
    ran = run(
        METRIC + ITEM,
        audit=SOURCE + wave,
        head='wave = "all"\n',
        files=calls(("2026-03-01T10:00:00Z", "answered")),
        units=UNITS,
    )
    assert counted(ran) == 1


def test_the_plan_says_what_counts_and_asks_what_the_run_asks(build):
    second = SOURCE.replace("sources.calls", "sources.all") + "wave = false\n"
    staff = '[sources.staff]\nreader = "csv"\ntable = "staff"\npath = "calls.csv"\n'
    staff += '[sources.staff.columns]\nstaff_key = "call_id"\n'
    path = build(
        METRIC + ITEM,
        audit=SOURCE + second + staff + WAVE,
        head='wave = "march"\n',
        files=calls(("2026-03-01T10:00:00Z", "answered")),
        units=UNITS,
    )
    session = Session()
    audit = session.load(path)
    planned = session.plan(audit)
    # Without columns the file gives those of its own, which a plan does not read.
    assert [source.counted for source in planned.sources] == [
        "rows of 2026-03-01 to 2026-03-31 count, by started_at, else queued_at, else answered_at",
        "all rows count (wave = false)",
        "all rows count, as they have no time",
    ]
    assert {s.digest for s in planned.statements} == set(session.run(audit).provenance.statements)


CASES = """
[[item]]
id = "in-store.greeted"
area = "interpersonal"
touchpoints = ["in-store"]
title = "Customers are greeted"
ask = { answer = "yes-no", method = "observe" }
"""


def visits(march, *cases, waves=""):
    rows = "id,unit,touchpoint,at,wave\n" + "".join(
        f"{name},seine,in-store,{at},{wave}\n" for name, at, wave in cases
    )
    answers = "item,case,rater,value\n" + "".join(
        f"in-store.greeted,{name},ann,yes\n" for name, _, _ in cases
    )
    return march(
        {"cases.csv": rows, "answers.csv": answers},
        CASES,
        audit=waves,
        head='wave = "march"\ncases = ["cases.csv"]\nanswers = ["answers.csv"]\n',
    )


def test_a_case_outside_every_wave_is_listed_and_does_not_count(march):
    ran = visits(
        march,
        ("in", "2026-03-31 23:30", ""),
        ("next", "2026-04-01 00:30", ""),
        ("late", "2026-07-04 09:15", ""),
        ("early", "2025-12-01", ""),
        ("named", "2026-07-04 09:15", "march"),
        ("whenever", "", ""),
    )
    assert {case.id for case in ran.result.cases} == {"in", "named", "whenever"}
    assert ran.finding("in-store.greeted", "mill").n == 3
    assert ran.notes == [
        (
            "cases: 2 cases lie outside every wave and are not counted: late (2026-07-04), "
            "early (2025-12-01)"
        ),
        "cases: 1 case has no time and counts in this wave: whenever",
        "cases: without a case at in-store, so not in the means above: Bay",
    ]


def test_a_case_in_two_waves_counts_in_both(march):
    overlap = '[[wave]]\nid = "spring"\nstart = 2026-03-20\nend = 2026-06-30\n'
    ran = visits(march, ("both", "2026-03-25", ""), ("spring", "2026-05-02", ""), waves=overlap)
    assert [case.id for case in ran.result.cases] == ["both"]
    assert not any("wave" in note for note in ran.notes)


def test_cases_beyond_twenty_are_counted(march):
    ran = visits(march, *((f"v{n}", "2026-09-01", "") for n in range(23)))
    assert ran.notes[0].endswith("v19 (2026-09-01) and 3 more")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ('wave = "march"\n', "used"),  # expires on the last day of March
        ('wave = "april"\n', "expired"),
        ("as_of = 2026-03-31\n", "used"),
        ("as_of = 2026-04-01\n", "expired"),
        ('wave = "march"\nas_of = 2026-04-01\n', "used"),
        ("", "expired"),  # by the day of the run
    ],
)
def test_a_waiver_expires_by_the_time_of_the_audit(march, head, status):
    waiver = (
        '[[waiver]]\nitem = "phone.answered"\nreason = "New line"\napprover = "Head"\n'
        "expires = 2026-03-31\n"
    )
    ran = march(
        calls(("2026-03-05T10:00:00Z", "abandoned"), ("2026-04-05T10:00:00Z", "abandoned")),
        audit=SOURCE + waiver,
        head=head,
    )
    assert [each.status for each in ran.result.waivers] == [status]


def test_the_natural_time_of_a_table_is_a_time_of_it():
    columns = (Column(name="at", type="time", meaning="When."),)
    assert Table(id="drops", columns=columns, time=("at",)).time == ("at",)
    for wrong in (("day",), "at"):
        with pytest.raises(ValueError, match="is no time or date column of it"):
            Table(id="drops", columns=columns, time=wrong)


def test_a_sheet_of_a_workbook_keeps_its_rows_as_well(march, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.title = "Calls"
    (text,) = calls(("2025-01-01T00:00:00Z", "answered")).values()
    for row in csv.reader(text.splitlines()):
        book.active.append(row)
    book.save(tmp_path / "calls.xlsx")
    source = SOURCE.replace("csv", "xlsx").replace("calls.csv", "calls.xlsx") + "wave = false\n"
    assert counted(march({}, audit=source)) == 1


PLUGIN = """
from cxaudit.plugin import Column, Table, hook

COLUMNS = (
    Column(name="at", type="time", meaning="When it was dropped."),
    Column(name="broken", type="boolean", meaning="Whether it broke."),
)


@hook
def cxaudit_register():
    for name, time in (("drops", ("at",)), ("old_drops", ())):
        yield Table(id=name, touchpoint="phone", columns=COLUMNS, time=time)
"""


@pytest.mark.parametrize(("table", "n"), [("drops", 1), ("old_drops", 2)])
def test_a_table_of_a_plugin_is_bounded_when_it_names_its_time(march, tmp_path, table, n):
    folder = tmp_path / "house"
    folder.mkdir()
    (folder / "drops.py").write_text(PLUGIN, "utf-8")
    rows = "at,broken,unit\n2026-02-01T00:00:00Z,yes,seine\n2026-03-05T00:00:00Z,no,seine\n"
    metric = METRIC.replace('"calls"', f'"{table}"').replace("outcome = 'answered'", "broken")
    ran = march(
        {"calls.csv": rows},
        metric + ITEM,
        audit=SOURCE.replace('table = "calls"', f'table = "{table}"'),
        plugins=[folder],
    )
    assert counted(ran) == n
    told = "the wave does not bound its rows, as their table names no natural time"
    assert account(ran).notes == ((told,) if table == "old_drops" else ())
