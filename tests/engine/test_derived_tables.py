"""Derived tables: made once, measured like any other, and unavailable with a reason."""

from __future__ import annotations

import pytest

from cxaudit import Session
from cxaudit._engines.duckdb.session import DuckDBSession
from cxaudit.plugin import Column, Detector, Engine, Hit, Table, hook

AUDIT = """cxaudit = 1
[audit]
id = "t"
title = "T"
client = "C"
checklists = ["c.toml"]
{head}
[[unit]]
id = "firm"
kind = "organisation"
zone = "Europe/Paris"
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
unit = "firm"
[sources.calls.columns]
call_id = "id"
queued_at = "time(at)"
{columns}
"""

CHECKLIST = """cxaudit = 1
[checklist]
id = "c"
version = "1"
title = "C"
[params.least]
type = "number"
question = "How many at least?"
{value}
[[metric]]
id = "twice"
table = "{table}"
kind = "share"
value = "calls >= 2"
lower_is_better = true
[[metric]]
id = "age"
table = "calls"
kind = "maximum"
value = "seconds_between(queued_at, observed_until())"
unit = "seconds"
[[item]]
id = "phone.twice"
area = "process"
touchpoints = ["phone"]
title = "Nobody calls twice"
{role}
check = "within-target"
with = {{ metric = "twice", target = 0.1 }}
[[item]]
id = "phone.age"
area = "process"
touchpoints = ["phone"]
role = "informative"
title = "Oldest call"
check = "within-target"
with = {{ metric = "age" }}
"""

CALLS = """id,at,who
1,2026-03-01T10:00:00Z,a
2,2026-03-02T10:00:00Z,b
3,2026-03-03T10:00:00Z,a
"""

CALLERS = (
    Column(name="caller", type="text", meaning="Who."),
    Column(name="calls", type="number", meaning="How often."),
)
SELECT = """SELECT customer_key AS caller, count(*) AS calls, any_value(unit) AS unit,
any_value(touchpoint) AS touchpoint, min(_source) AS _source, min(_row) AS _row,
any_value(_zone) AS _zone FROM calls GROUP BY customer_key"""


OF_DRAWN = f"""WITH calls AS (SELECT * FROM main.calls WHERE customer_key IN (
SELECT customer_key FROM main.calls SEMI JOIN _drawn USING (_source, _row))) {SELECT}"""


def python_rows(read, parameters):
    found = {}
    for row in read("calls"):
        found.setdefault(row["customer_key"], []).append(row)
    for caller, rows in found.items():
        if len(rows) >= (parameters["least"] or 0):
            yield rows[0] | {"caller": caller, "calls": len(rows)}


def broken(read, parameters):
    del read, parameters
    message = "nothing works today"
    raise RuntimeError(message)
    yield


class Plugin:
    """A plugin with one derived table of each kind."""

    def __init__(self):
        reads = {"calls": ("customer_key",)}
        self.tables = (
            Table(
                id="callers",
                columns=CALLERS,
                select=SELECT,
                reads=reads,
            ),
            Table(
                id="found_again",
                columns=CALLERS,
                select=SELECT,
                select_drawn=OF_DRAWN,
                reads=reads,
            ),
            Table(
                id="often", columns=CALLERS, derive=python_rows, reads=reads, parameters=("least",)
            ),
            Table(
                id="any", columns=CALLERS, derive=python_rows, reads=reads, parameters=("least?",)
            ),
            Table(
                id="busy",
                columns=CALLERS,
                select="SELECT * FROM callers",
                reads={"callers": ()},
            ),
            Table(id="lost", columns=CALLERS, derive=broken, reads=reads),
        )

    @hook
    def cxaudit_register(self):
        yield from self.tables


@pytest.fixture
def ran(tmp_path):
    def start(
        table="callers",
        *,
        columns="customer_key = 'who'",
        value="",
        head="",
        role="",
        more="",
        checklist="",
        plugins=(),
    ):
        (tmp_path / "audit.toml").write_text(AUDIT.format(columns=columns, head=head) + more)
        written = CHECKLIST.format(table=table, value=value, role=role)
        (tmp_path / "c.toml").write_text(written + checklist)
        (tmp_path / "calls.csv").write_text(CALLS)
        session = Session(plugins=[Plugin(), *plugins])
        return session, session.load(tmp_path / "audit.toml")

    return start


def measured(given, name):
    session, audit = given
    result = session.run(audit)
    (found,) = [each for each in result.measurements if each.metric == name]
    return result, found


def test_a_select_makes_rows_with_evidence_that_leads_to_the_source_row(ran):
    result, found = measured(ran(), "twice")
    assert found.statistics == {"k": 1, "n": 2}
    (evidence,) = result.evidence
    assert (evidence.total, evidence.shown[0].source, evidence.shown[0].key) == (
        1,
        "calls.csv",
        "1",
    )


def test_python_makes_rows_with_parameters(ran):
    _, found = measured(ran("often", value="value = 2"), "twice")
    assert found.statistics == {"k": 1, "n": 1}


def test_a_parameter_that_may_be_unanswered_is_none_then(ran):
    _, found = measured(ran("any"), "twice")
    assert found.statistics == {"k": 1, "n": 2}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"columns": ""}, "no source gives calls.customer_key"),
        ({"table": "often"}, "nobody has answered the parameter 'least' yet"),
        ({"table": "lost"}, "table lost could not be made: RuntimeError: nothing works today"),
    ],
)
def test_what_cannot_be_made_is_unavailable_with_the_reason(ran, given, reason):
    _, found = measured(ran(**given), "twice")
    assert (found.value, found.unavailable) == (None, reason)


class Far(DuckDBSession):
    """An engine whose tables are too far away to hand over their rows."""

    def rows(self, query):
        message = f"the rows of {query.table} stay where they are"
        raise NotImplementedError(message)


class FarPlugin:
    """A plugin with that engine, and a detector that looks at rows by Python."""

    @hook
    def cxaudit_register(self):
        yield Engine(id="far.away", connect=Far)
        yield Detector(id="far.first", table="calls", detect=self.first)

    def first(self, batches):
        for batch in batches:
            yield from (Hit(detector="", source=r["_source"], row=r["_row"]) for r in batch[:1])


def test_what_an_engine_cannot_do_costs_what_rests_on_it(ran):
    """Tables by a SELECT are there; tables and detectors by Python say why they are not."""
    engine = 'engine = "far.away"'
    hit = """[[metric]]
id = "hit"
table = "calls"
kind = "share"
value = "has_hit('far.first')"
[[item]]
id = "phone.hit"
area = "process"
touchpoints = ["phone"]
role = "informative"
title = "Hits"
check = "within-target"
with = { metric = "hit" }
"""
    values = {}
    for table in ("callers", "any"):
        session, audit = ran(table, head=engine, plugins=(FarPlugin(),), checklist=hit)
        result = session.run(audit)
        values[table] = {m.metric: (m.value, m.unavailable) for m in result.measurements}
    reason = "NotImplementedError: the rows of calls stay where they are"
    assert values["callers"]["twice"] == (0.5, "")
    assert values["any"]["twice"] == (None, f"table any could not be made: {reason}")
    assert values["callers"]["hit"] == (None, f"detector far.first failed: {reason}")


def test_the_plan_prints_the_select_and_reads_no_data(ran, tmp_path):
    session, audit = ran()
    (tmp_path / "calls.csv").write_text("unreadable\x00")
    made = session.plan(audit).statements[0]
    assert made.table == "callers"
    assert SELECT in made.text


def made_columns(prepared, table="callers"):
    """Return the columns with which a table is made, by the plan and by the run alike."""
    session, audit = prepared
    (planned,) = [made for made in session.plan(audit).statements if made.table == table][:1]
    result = session.run(audit)
    assert planned.text == result.provenance.statements[planned.digest]
    head = planned.text.partition(" FROM (")[0]
    columns = [column.name for column in CALLERS if f'AS "{column.name}"' in head]
    return columns, result


DETECTOR = """[[detector]]
id = "anna"
table = "callers"
column = "caller"
phrases = { anna = ["a"] }
"""
BREAKDOWN = """[[breakdown]]
id = "callers"
title = "Callers"
metrics = ["twice"]
by = "caller"
"""


@pytest.mark.parametrize(
    ("fields", "columns"),
    [
        ({}, ["caller", "calls"]),
        ({"role": "role = 'outcome'"}, ["calls"]),
        ({"role": "role = 'informative'"}, ["calls"]),
        ({"role": "role = 'informative'", "more": BREAKDOWN}, ["caller", "calls"]),
        ({"role": "role = 'informative'", "value": DETECTOR}, ["caller", "calls"]),
    ],
)
def test_only_columns_that_are_read_are_made_and_all_where_rows_are_evidence(ran, fields, columns):
    made, result = made_columns(ran(**fields))
    assert made == columns
    (measured,) = [
        measurement
        for measurement in result.measurements
        if measurement.metric == "twice" and measurement.breakdown is None
    ]
    assert measured.statistics == {"k": 1, "n": 2}
    shown = [set(piece.fields) for pieces in result.evidence for piece in pieces.shown]
    assert shown == ([] if fields else [{"caller", "calls", "unit", "touchpoint"}])


def test_columns_that_only_evidence_shows_are_made_for_drawn_rows(ran):
    made, result = made_columns(ran("found_again"), "found_again")
    assert made == ["calls"]
    (evidence,) = result.evidence
    (piece,) = evidence.shown
    fields = {"caller": piece.fields["caller"], "calls": 2.0, "unit": "firm", "touchpoint": "phone"}
    assert dict(piece.fields) == fields
    assert piece.fields["caller"]
    _, wide = made_columns(ran("callers"))
    (whole,) = wide.evidence
    assert (evidence.total, piece.key) == (whole.total, whole.shown[0].key)


def test_a_table_that_another_is_made_of_has_all_its_columns(ran):
    made, _ = made_columns(ran("busy", role="role = 'informative'"))
    assert made == ["caller", "calls"]


def test_records_are_observed_until_their_last_instant_or_the_end_of_as_of(ran):
    _, found = measured(ran(), "age")
    assert found.value == 2 * 86400
    _, found = measured(ran(head="as_of = 2026-03-29"), "age")
    # The last hour is missing: clocks go forward in Paris on that day.
    assert found.value == 28 * 86400 + 12 * 3600
