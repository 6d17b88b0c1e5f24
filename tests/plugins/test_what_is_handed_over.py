"""Nothing that a plugin hands over is believed: what is wrong costs itself alone, and is named."""

from __future__ import annotations

import inspect
import math
import time
from fractions import Fraction

import attrs
import numpy as np
import pytest

from cxaudit import Session
from cxaudit._cli import main
from cxaudit._plugins.checked import (
    checked_files,
    checked_row,
    checked_scan,
    checked_scorecard,
    checked_verdict,
)
from cxaudit.errors import Problem, SourceError
from cxaudit.plugin import (
    Check,
    ChecklistFile,
    Column,
    Detector,
    Evidence,
    GradeBand,
    Metric,
    Output,
    Policy,
    Rows,
    Scan,
    Score,
    Scorecard,
    Source,
    State,
    Table,
    Touchpoint,
    Unit,
    UnitScores,
    UnitTree,
    Verdict,
    hook,
)

AUDIT = """cxaudit = 1
[audit]
id = "pier"
title = "Pier"
client = "Pier"
checklists = ["pier.toml"]
cases = ["cases.csv"]
answers = ["answers.csv"]
outputs = [{outputs}]
{limit}
[[unit]]
id = "pier"
kind = "organisation"
zone = "UTC"
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
[sources.messages]
reader = "{reader}"
table = "messages"
path = "messages.csv"
{mapping}
"""
CHECKLIST = """cxaudit = 1
[checklist]
id = "pier"
version = "1"
title = "Pier"
[scoring]
policy = "{policy}"
[[metric]]
id = "late"
table = "calls"
kind = "share"
value = "outcome = 'abandoned'"
lower_is_better = true
[[item]]
id = "phone.greeted"
area = "interpersonal"
touchpoints = ["phone"]
title = "We greet"
ask = {{ answer = "yes-no" }}
[[item]]
id = "phone.late"
area = "process"
touchpoints = ["phone"]
title = "Nobody waits"
check = "within-target"
with = {{ metric = "late", target = 0.1, limit = 0.6 }}
[[item]]
id = "message.own"
area = "process"
touchpoints = ["message"]
title = "Own"
check = "{check}"
with = {{ metric = "{metric}", target = 0.1, limit = 0.6 }}
"""
FILES = {
    "cases.csv": "id,unit,touchpoint,at\nv1,pier,phone,2026-05-04\n",
    "answers.csv": "item,case,rater,value,reason,comment\nphone.greeted,v1,r1,yes,,\n",
    "calls.csv": "call_id,outcome,queued_at\n1,answered,2026-05-04T09:00:00Z\n"
    "2,abandoned,2026-05-04T09:10:00Z\n",
    "messages.csv": "message_id,body\n1,the parcel was thrown\n2,thank you\n",
}
OTHERS = {"phone.greeted": 1.0, "phone.late": 0.2}
"""(0.6 - 0.5) / (0.6 - 0.1) of the calls that were abandoned, one of two."""


@pytest.fixture
def pier(tmp_path):
    """Run the audit with a plugin, and give its result."""

    def run(*specs, check="within-target", metric="late", policy="cxaudit-1", **names):
        class Pier:
            @hook
            def cxaudit_register(self):
                yield from specs

        reader = names.get("reader", "csv")
        mapping = "" if reader == "csv" else 'columns = { message_id = "id", body = "body" }'
        limit = f"time_limit = {names['limit']}" if "limit" in names else ""
        audit = AUDIT.format(
            outputs=names.get("outputs", ""), reader=reader, mapping=mapping, limit=limit
        )
        checklist = CHECKLIST.format(check=check, metric=metric, policy=policy)
        for name, text in FILES.items():
            (tmp_path / name).write_text(text)
        (tmp_path / "audit.toml").write_text(audit)
        (tmp_path / "pier.toml").write_text(checklist)
        session = Session([Pier])
        return session.run(session.load(tmp_path / "audit.toml"))

    return run


def scores(result):
    return {finding.item: finding.score for finding in result.findings}


def state(result, item="message.own"):
    return next(finding.state for finding in result.findings if finding.item == item)


def problem(result):
    """Return the first problem, which names the plugin and a line of this file."""
    first = result.problems[0]
    assert first.plugin == "Pier"
    assert "test_what_is_handed_over.py, line " in first.hint
    return first


SCORED = {"state": State.MET, "score": 1.0}
WRONG_VERDICTS = [
    (None, "it returned NoneType, not a Verdict"),
    (Verdict(**SCORED, low=5.0, high=7.0), "low is 5.0, outside 0 to 1"),
    (Verdict(**SCORED, low=0.9, high=0.1), "score is 1.0, above its high, 0.1"),
    (Verdict(state=State.MET, score=0.5, low=0.9, high=0.95), "low is 0.9, above its score, 0.5"),
    (Verdict(**SCORED, low=math.nan), "low is nan, not a finite number"),
    (Verdict(**SCORED, value="3 days"), "value is str, not float or None"),
    (Verdict(**SCORED, value=math.inf), "value is inf"),
    (Verdict(**SCORED, value=10**400), "value is too large"),
    (Verdict(**SCORED, value=1.0, value_low=2.0), "value_low is 2.0, above its value, 1.0"),
    (Verdict(**SCORED, value=object()), "value is object"),
    (Verdict(**SCORED, n="many"), "n is str, not int"),
    (Verdict(**SCORED, n=2**70), "n is 1180591620717411303424"),
    (Verdict(**SCORED, n=-1), "n is -1, under 0"),
    (Verdict(**SCORED, n=True), "n is bool, not int"),
    (Verdict(**SCORED, reason=None), "reason is NoneType, not str"),
    (Verdict(**SCORED, reason="\ud800"), "half a character"),
    (Verdict(**SCORED, evidence=("a",)), "evidence, value 1 is str, not Evidence"),
    (Verdict(state=State.UNAVAILABLE), "in state unavailable needs a reason"),
    (Verdict(state=State.NOT_APPLICABLE, low=0.1, reason="x"), "has no interval"),
]


@pytest.mark.parametrize(("verdict", "message"), WRONG_VERDICTS)
def test_a_verdict_that_cannot_be_believed_is_refused(verdict, message):
    with pytest.raises((TypeError, ValueError)) as caught:
        checked_verdict(verdict)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "verdict",
    [
        Verdict(**SCORED),
        Verdict(**SCORED, low=0.5, high=1.0, value=np.float32(0.5), n=np.int64(7)),
        Verdict(state=State.PARTLY, score=Fraction(1, 3), low=0, high=1, reason="größer"),
        Verdict(state=State.NO_TARGET, value=-3, value_low=-4, value_high=2, reason="none yet"),
        Verdict(**SCORED, evidence=(Evidence(kind="row", source="a"),)),
    ],
)
def test_a_verdict_of_good_values_is_taken_as_it_is(verdict):
    assert checked_verdict(verdict) is verdict
    assert checked_verdict(verdict) is verdict  # and again, when its types are known


def test_a_good_combination_of_types_hides_no_bad_value():
    checked_verdict(Verdict(**SCORED, value=1.0))
    with pytest.raises(TypeError, match="not a finite number"):
        checked_verdict(Verdict(**SCORED, value=math.nan))


@pytest.mark.parametrize("state", ["met", 1, None])
def test_a_state_that_is_none_is_refused_where_it_is_written(state):
    with pytest.raises(TypeError, match="no State, such as State"):
        Verdict(state=state, score=1.0)


def test_a_wrong_verdict_is_the_error_of_its_item_alone(pier):
    def judge(_request):
        return Verdict(**SCORED, low=5.0, high=7.0)

    result = pier(Check(id="pier.own", judge=judge), check="pier.own")
    assert state(result) is State.ERROR
    assert "low is 5.0" in problem(result).cause
    assert scores(result) == pytest.approx({**OTHERS, "message.own": None})


UNITS = UnitTree((Unit(id="pier", name="Pier", kind="organisation"),))
BANDS = (GradeBand("green", 0.8), GradeBand("red", 0.0))


def card(value=0.5, unit="pier", grade="red", **more):
    score = Score(**{"value": value, "coverage": 1.0, **more})
    scores = UnitScores(unit=unit, overall=score, grade=grade)
    return Scorecard(policy="pier.points", bands=BANDS, units=(scores,))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (None, "it returned NoneType, not a Scorecard"),
        (card(7.5), "value is 7.5, outside 0 to 1"),
        (card(math.nan), "value is nan, not a finite number"),
        (card("0.5"), "value is str, not float or None"),
        (card(0.5, coverage=-0.5), "coverage is -0.5, outside 0 to 1"),
        (card(0.5, lowest=0.6), "lowest is 0.6, above its value, 0.5"),
        (card(0.5, low=0.1, high=0.4), "value is 0.5, above its high, 0.4"),
        (card(0.5, scored=-1), "scored is -1, under 0"),
        (card(unit="quay"), "is not the root, pier"),
        (card(grade="gold"), "'gold' of the unit 'pier' is none of the policy's grades"),
        (attrs.evolve(card(), units=()), "is not the root, pier"),
        (attrs.evolve(card(), units=card().units * 2), "scores the unit 'pier' twice"),
        (attrs.evolve(card(), units=[card().units[0]]), "units is list, not tuple"),
    ],
)
def test_a_scorecard_that_cannot_be_believed_is_refused(wrong, message):
    with pytest.raises((TypeError, ValueError)) as caught:
        checked_scorecard(wrong, UNITS, BANDS)
    assert message in str(caught.value)


def test_a_good_scorecard_is_taken_as_it_is():
    good = card(0.5, lowest=0.2, highest=0.9, low=0.4, high=0.6, scored=3)
    assert checked_scorecard(good, UNITS, BANDS) is good


RULES = dict.fromkeys(("not_applicable", "unanswered", "critical", "aggregation"), "")


@pytest.mark.parametrize("fails", ["raises", "gives a wrong number"])
def test_where_a_policy_fails_the_default_one_scores_and_all_else_is_kept(pier, fails):
    def score(_scoring_input):
        if fails == "raises":
            raise RuntimeError
        return card(7.5)

    policy = Policy(id="pier.points", title="Points", bands=BANDS, score=score, **RULES)
    result = pier(policy, policy="pier.points")
    assert result.scorecard == pier().scorecard
    assert result.scorecard.policy == result.provenance.policy == "cxaudit.cxaudit-1"
    assert {name: scores(result)[name] for name in OTHERS} == pytest.approx(OTHERS)
    assert problem(result).subject == "policy pier.points"
    assert "Scored by cxaudit.cxaudit-1 instead." in problem(result).hint


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("a", 1), "not (file, row number, fields)"),
        (("a", "x", {}), "the number of a row of a is 'x', not int"),
        ((None, 1, {}), "the file of a row is NoneType, not str"),
        (("a", 1, ["x"]), "the fields of row 1 of a are list, not a dict"),
        (("a", 1, {1: "x"}), "the name of a field is 1, not str"),
        (("a", 1, {"note": ["x"]}), "row 1 of a: note is list"),
        (("a", 1, {"wait": math.inf}), "row 1 of a: wait is inf"),
    ],
)
def test_a_row_that_is_none_is_refused(row, message):
    with pytest.raises(TypeError) as caught:
        checked_row(row)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("scan", "message"),
    [
        (Scan(format="xml", files=(), shown=()), "format is 'xml'"),
        (Scan(format="csv", files=("a.csv",), shown=("a",)), "file 1 is str, not Path"),
        (Scan(format="csv", files=(), shown="a"), "shown is str, not tuple"),
        (Scan(format="csv", files=(), shown=(), marked={"robots": 3}), "none of its markers"),
        ([], "it returned list, not Rows or a Scan"),
    ],
)
def test_a_scan_that_engines_cannot_read_is_refused(scan, message):
    with pytest.raises((TypeError, ValueError)) as caught:
        checked_scan(scan, scan, Source(id="pier.it", read=print))
    assert message in str(caught.value)


def half(request):
    def rows():
        yield request.shown[0], 1, {"id": "1", "body": "thrown"}
        raise ConnectionError

    return Rows(rows=rows(), columns=("id", "body"))


def no_number(request):
    return Rows(
        rows=[(request.shown[0], "x", {"id": "1", "body": "thrown"})], columns=("id", "body")
    )


MESSAGES_METRIC = Metric(
    id="pier.thrown", table="messages", kind="share", value="body like '%thrown%'",
    lower_is_better=True,
)  # fmt: skip


@pytest.mark.parametrize("read", [half, no_number, "nowhere.at.all:read"])
def test_a_source_that_fails_costs_its_table_alone(pier, read):
    source = Source(id="pier.reader", read=read)
    result = pier(MESSAGES_METRIC, source, reader="pier.reader", metric="pier.thrown")
    assert state(result) is State.UNAVAILABLE
    assert {name: scores(result)[name] for name in OTHERS} == pytest.approx(OTHERS)
    assert [(problem.plugin, problem.subject) for problem in result.problems] == [
        ("Pier", "source messages")
    ]
    account = next(account for account in result.accounts if account.source == "messages")
    assert (account.read, account.kept) == (0, 0)
    assert "source messages failed: " in account.notes[0]
    reasons = {finding.item: finding.reason for finding in result.findings}
    assert reasons["message.own"] == account.notes[0]


@pytest.mark.parametrize("given", ["no export", Problem("no export"), ["no export"]])
def test_an_error_of_a_source_takes_a_text(given):
    error = SourceError(given)
    assert error.problems == (Problem("no export"),)
    assert error == SourceError((Problem("no export"),))


@pytest.mark.parametrize(
    "content",
    [
        *(None, 7, {}, {"a.txt": 7}, {7: "a"}, "\ud800"),
        *({"../a.txt": "a"}, {"/a.txt": "a"}, {"a/../../b": "a"}, {"C:\\a.txt": "a"}),
        *({"a\0b": "a"}, {"": "a"}),
    ],
)
def test_what_is_no_document_is_refused(content):
    with pytest.raises((TypeError, ValueError)):
        checked_files(content)


def test_documents_and_files_in_folders_are_taken_as_they_are():
    for content in ("a", b"a", {"index.html": "a", "pages/1.html": b"b"}):
        assert checked_files(content) is content


COLUMN = Column(name="note", type="text", meaning="Note.")
MALFORMED = {
    "phrases that are a text": (
        Detector(id="pier.d", table="messages", column="body", phrases={"x": "fence"}),
        "phrases['x'] is str, not tuple",
    ),
    "a detector that looks for nothing": (
        Detector(id="pier.d", table="messages", column="body"),
        "The detector 'pier.d' looks for nothing",
    ),
    "a detector of an unknown table": (
        Detector(id="pier.d", table="mesages", column="body", phrases={"x": ("a",)}),
        "There is no table 'mesages'",
    ),
    "a detector of an unknown column": (
        Detector(id="pier.d", table="messages", column="bodi", phrases={"x": ("a",)}),
        "The table 'messages' has no column 'bodi'",
    ),
    "a pattern that is none": (
        Detector(id="pier.d", table="messages", column="body", patterns={"x": ("(",)}),
        "'(' cannot be used",
    ),
    "a metric of an unknown table": (
        Metric(id="pier.m", table="mesages", kind="count"),
        "There is no table 'mesages'",
    ),
    "a metric of an unknown column": (
        Metric(id="pier.m", table="messages", kind="share", value="nocol > 3"),
        "value: There is no column 'nocol'",
    ),
    "a metric without its value": (
        Metric(id="pier.m", table="messages", kind="share"),
        "A metric of kind share needs 'value'",
    ),
    "a quantile without its quantile": (
        Metric(id="pier.m", table="calls", kind="quantile", value="wait_s"),
        "A metric of kind quantile needs 'quantile'",
    ),
    "a quantile beyond 1": (
        Metric(id="pier.m", table="calls", kind="quantile", value="wait_s", quantile=90),
        "The quantile 90 lies outside 0 to 1",
    ),
    "a metric whose value is a number": (
        Metric(id="pier.m", table="messages", kind="share", value=7),
        "value is int, not str or None",
    ),
    "a metric over an unknown detector": (
        Metric(id="pier.m", table="messages", kind="share", value="has_hit('pier.none')"),
        "There is no detector 'pier.none'",
    ),
    "a schema that is none": (
        Check(id="pier.c", judge=print, settings={"type": "objekt"}),
        "settings.type: 'objekt' is not valid",
    ),
    "a schema of a source that is none": (
        Source(id="pier.s", read=print, settings={"type": "objekt"}),
        "settings.type: 'objekt' is not valid",
    ),
    "a function that is none": (Check(id="pier.c", judge=7), "judge is int, not a function or str"),
    "a touchpoint without its parent": (
        Touchpoint(id="nowhere.child", title="Child"),
        "There is no touchpoint 'nowhere', which it is a child of",
    ),
    "a table at an unknown touchpoint": (
        Table(id="pier_t", touchpoint="nowhere", columns=(COLUMN,)),
        "There is no touchpoint 'nowhere'",
    ),
    "a column that every table has": (
        Table(id="pier_t", columns=(attrs.evolve(COLUMN, name="unit"),)),
        "The column 'unit' is one that every table has",
    ),
    "a table that reads an unknown one": (
        Table(id="pier_t", columns=(COLUMN,), derive=print, reads={"mesages": ()}),
        "There is no table 'mesages'",
    ),
    "a checklist that is not there": (
        ChecklistFile(id="pier.list", package="nosuch", file="x.toml"),
        "The package 'nosuch' cannot be read",
    ),
    "a checklist whose file is not there": (
        ChecklistFile(id="pier.list", package="cxaudit", file="x.toml"),
        "There is no file 'x.toml' in cxaudit",
    ),
    "a suffix that climbs": (
        Output(id="pier.o", takes="result", render=print, suffix="/../x"),
        "suffix = '/../x'",
    ),
    "a source of an unknown table": (
        Source(id="pier.s", read=print, tables=("mesages",)),
        "There is no table 'mesages'",
    ),
}


@pytest.mark.parametrize(("spec", "cause"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_spec_is_set_aside_with_its_plugin_and_named(pier, spec, cause):
    result = pier(spec)
    assert cause in problem(result).cause
    assert problem(result).stage == "cxaudit_register"
    assert {name: scores(result)[name] for name in OTHERS} == pytest.approx(OTHERS)
    (record,) = (plugin for plugin in result.provenance.plugins if plugin.name == "Pier")
    assert cause in record.quarantined


@pytest.mark.parametrize(
    "name", [name for name, (spec, _) in MALFORMED.items() if isinstance(spec, Check | Metric)]
)
def test_what_rests_on_a_malformed_spec_is_not_judged_and_says_why(pier, name):
    spec, _ = MALFORMED[name]
    named = {"check": spec.id} if isinstance(spec, Check) else {"metric": spec.id}
    result = pier(spec, **named)
    assert state(result) in {State.ERROR, State.UNAVAILABLE}
    assert {name: scores(result)[name] for name in OTHERS} == pytest.approx(OTHERS)
    (finding,) = (finding for finding in result.findings if finding.item == "message.own")
    assert problem(result).cause in finding.reason


def test_the_built_in_specs_pass_what_others_must_pass():
    from cxaudit._checklists.specs import spec_faults
    from cxaudit._plugins.registry import KINDS
    from cxaudit._plugins.typed import misfits_of_fields

    registry = Session()._host.registry
    faults = {
        (kind, name): [*misfits_of_fields(spec), *spec_faults(spec, registry)]
        for kind in KINDS
        for name, spec in registry.of(kind).items()
    }
    assert len(faults) > 100
    assert {name: wrong for name, wrong in faults.items() if wrong} == {}


def test_two_outputs_never_write_one_file(tmp_path, pier):
    pier()
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "cards.py").write_text(
        "from cxaudit.plugin import Output, hook\n\n\n@hook\ndef cxaudit_register():\n"
        "    for name in 'ab':\n"
        "        yield Output(id=f'card.{name}', takes='result', suffix='.card',\n"
        "                     render=lambda _result, name=name: name)\n"
        "        yield Output(id=f'page.{name}', takes='result', suffix='.page',\n"
        "                     render=lambda _result, name=name: {'index.html': name})\n"
    )
    audit = tmp_path / "audit.toml"
    outputs = 'outputs = ["card.a", "card.b", "page.a", "page.b"]'
    audit.write_text(audit.read_text().replace("outputs = []", outputs))
    assert main(["--plugins", str(tmp_path / "house"), "run", str(audit), "--quiet"]) == 0
    (folder,) = (tmp_path / "results" / "pier").iterdir()
    written = {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in (*folder.glob("findings*"), *folder.rglob("index.html"))
        if path.is_file()
    }
    assert written == {
        "findings.card": "a",
        "findings-card-b.card": "b",
        "findings/index.html": "a",
        "findings-page-b/index.html": "b",
    }


def waits(_given):
    while True:
        time.sleep(0.01)  # here


@pytest.mark.parametrize("kind", ["check", "source"])
def test_what_takes_longer_than_its_limit_fails_alone_and_is_named_by_its_line(pier, kind):
    line = inspect.getsourcelines(waits)[1] + 2
    specs = {"check": Check(id="pier.own", judge=waits), "source": Source(id="pier.in", read=waits)}
    named = {"check": {"check": "pier.own"}, "source": {"reader": "pier.in"}}[kind]
    if kind == "source":
        named["metric"] = "pier.thrown"
    result = pier(specs[kind], MESSAGES_METRIC, limit=0.2, **named)
    assert problem(result).cause == "TimeoutError: it took more than 0.2 seconds"
    assert f"test_what_is_handed_over.py, line {line}." in problem(result).hint
    assert {name: scores(result)[name] for name in OTHERS} == pytest.approx(OTHERS)
