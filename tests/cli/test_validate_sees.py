"""Validate names what a run would refuse, with file and line, and a run refuses it too.

Each case is one edit of a good audit.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from cxaudit import Session
from cxaudit.errors import InputError

FILES = {
    "audit.toml": """cxaudit = 1
[audit]
id = "ferry.spring"
title = "Ferries"
client = "Ferry Lines"
wave = "spring"
checklists = ["ferry.toml"]
units = "units.csv"
cases = ["cases.csv"]
answers = ["answers.csv"]
outputs = ["markdown"]
[[wave]]
id = "spring"
start = 2026-04-01
end = 2026-04-30
[params.answer-seconds]
value = 20
basis = "promise"
[params.answered-share]
value = 0.9
[unit_alias.calls]
N = "ferry.north"
S = "ferry.south"
[[schedule]]
hours = { mon-sun = ["06:00-20:00"] }
[[schedule]]
id = "desk"
units = ["ferry.north"]
hours = { mon-fri = ["08:00-12:00"] }
[[breakdown]]
id = "by-outcome"
metrics = ["ferry.quick"]
by = "outcome"
[[waiver]]
item = "phone.quick"
unit = "ferry.south"
touchpoint = "phone"
reason = "New desk"
approver = "Board"
expires = 2026-12-31
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
zone = "Europe/Oslo"
where = "kind <> 'test'"
[sources.calls.columns]
call_id = "no"
unit = "pier"
queued_at = "time(rang)"
outcome = "case when talked = 'y' then 'answered' else 'abandoned' end"
wait_s = "number(waited)"
[sources.log]
reader = "csv"
table = "issue_events"
path = "log.csv"
unit = "ferry"
[sources.log.columns]
issue_id = "matter"
at = "time(at)"
event = "what"
""",
    "ferry.toml": """cxaudit = 1
[checklist]
id = "ferry.deck"
version = "1"
title = "Ferries"
[params.answer-seconds]
question = "Within how many seconds do you answer?"
minimum = 1
maximum = 600
[params.answered-share]
question = "For what share of calls?"
[[metric]]
id = "ferry.quick"
table = "calls"
kind = "share"
value = "outcome = 'answered' and wait_s <= $answer-seconds"
evidence = "outcome = 'abandoned'"
lower_is_better = false
[[metric]]
id = "ferry.wait"
table = "calls"
kind = "quantile"
quantile = 0.9
value = "wait_s"
where = "outcome = 'answered'"
lower_is_better = true
[[metric]]
id = "ferry.open"
table = "calls"
kind = "mean"
value = "open_seconds(queued_at, queued_at, 'desk')"
lower_is_better = true
[[metric]]
id = "ferry.calls"
table = "calls"
kind = "count"
lower_is_better = false
[[item]]
id = "phone.quick"
area = "process"
touchpoints = ["phone"]
per = "site"
title = "Calls are answered as promised"
check = "within-target"
with = { metric = "ferry.quick", target = "$answered-share", limit = 0.4, min_n = 2 }
critical = { fail_below = 0.2 }
[[item]]
id = "phone.wait"
area = "process"
touchpoints = ["phone"]
title = "Waits are short"
check = "within-target"
with = { metric = "ferry.wait", target = 30, limit = 90 }
[[item]]
id = "phone.desk"
area = "process"
touchpoints = ["phone"]
title = "The desk is open"
check = "within-target"
with = { metric = "ferry.open", target = 60 }
[[item]]
id = "phone.used"
area = "process"
touchpoints = ["phone"]
title = "People call"
check = "evidence-present"
with = { metric = "ferry.calls", at_least = 1 }
[[item]]
id = "organisation.reopened"
area = "process"
touchpoints = ["organisation"]
title = "Matters stay settled"
check = "within-target"
with = { metric = "issue.reopened", target = 0.1 }
[[item]]
id = "deck.greeted"
area = "interpersonal"
touchpoints = ["in-store"]
per = "site"
title = "Passengers are greeted"
when = "deck = 'open'"
replaces = ["deck.hello"]
ask = { answer = "yes-no" }
[[item]]
id = "deck.minutes"
area = "process"
touchpoints = ["in-store"]
title = "Boarding is quick"
ask = { answer = "time", curve = { target = 60, limit = 300 } }
""",
    "units.csv": """id,name,kind,parent,zone,weight,deck
ferry,Ferry Lines,organisation,,Europe/Oslo,,
ferry.north,North pier,site,ferry,,2,open
ferry.south,South pier,site,ferry,,,closed
""",
    "cases.csv": """id,unit,touchpoint,at,status
c1,ferry.north,in-store,2026-04-03 09:00,final
c2,ferry.south,in-store,2026-04-04 09:00,final
""",
    "answers.csv": """item,case,rater,value,reason
deck.greeted,c1,Ida,yes,
deck.greeted,c2,Ida,not applicable,Rain
deck.minutes,c1,Ida,2:30,
""",
    "calls.csv": """no,pier,rang,talked,waited,kind
1,N,2026-04-02 09:00,y,12,real
2,S,2026-04-02 10:00,y,25,real
3,N,2026-04-03 09:00,n,70,real
4,S,2026-04-03 11:00,y,9,real
""",
    "log.csv": "matter,at,what\n1,2026-04-02T09:00:00Z,opened\n",
}

# File, text, its replacement, and what the problem of that line says.
EDITS = {
    "function": ("audit.toml", "number(waited)", "numbr(waited)", "no function 'numbr'"),
    "column": ("audit.toml", '"number(waited)"', '"number(wated)"', "no column 'wated'"),
    "type-in-mapping": ("audit.toml", '"time(rang)"', '"hour(rang)"', "needs a time"),
    "where-of-a-source": ("audit.toml", "kind <> 'test'", "knd <> 'test'", "no column 'knd'"),
    "where-no-condition": ("audit.toml", "kind <> 'test'", "kind", "must give a boolean"),
    "measured-in-mapping": (
        "audit.toml",
        '"number(waited)"',
        '"open_seconds(time(rang), time(rang))"',
        "cannot be used in a mapping",
    ),
    "parameter-in-mapping": ("audit.toml", "number(waited)", "$answer-second", "no parameter"),
    "syntax-in-mapping": ("audit.toml", "number(waited)", "number(waited", ""),
    "columns-of-a-table": ("audit.toml", "wait_s =", "wait_sec =", "no column 'wait_sec'"),
    "reader": ("audit.toml", 'reader = "csv"', 'reader = "cvs"', "no reader 'cvs'"),
    "table": ("audit.toml", 'table = "calls"', 'table = "cals"', "no table 'cals'"),
    "file-of-a-source": ("audit.toml", '"calls.csv"', '"call.csv"', "no file 'call.csv'"),
    "zone": ("audit.toml", '"Europe/Oslo"', '"Europe/Olso"', "no time zone"),
    "alias": ("audit.toml", '"ferry.north"\nS', '"ferry.nort"\nS', "no unit 'ferry.nort'"),
    "wave": ("audit.toml", 'wave = "spring"', 'wave = "sprign"', "no wave 'sprign'"),
    "output": ("audit.toml", '"markdown"', '"markdwn"', "no output 'markdwn'"),
    "file-of-cases": ("audit.toml", '"cases.csv"', '"visits.csv"', "no file 'visits.csv'"),
    "unknown-parameter": ("audit.toml", "[params.answered-share]", "[params.share]", "parameter"),
    "parameter-too-big": ("audit.toml", "value = 20", "value = 6000", "at most 600, not 6000"),
    "parameter-too-small": ("audit.toml", "value = 20", "value = 0", "at least 1, not 0"),
    "percent": ("audit.toml", "value = 0.9", "value = 90", "at most 1, not 90"),
    "negative-share": ("audit.toml", "value = 0.9", "value = -0.1", "at least 0, not -0.1"),
    "schedule-of-a-unit": ("audit.toml", '["ferry.north"]', '["ferry.nrth"]', "no unit"),
    "hours": ("audit.toml", '"08:00-12:00"', '"08:00-1200"', "no span of time"),
    "breakdown": ("audit.toml", 'by = "outcome"', 'by = "outcom"', "no column 'outcom'"),
    "metric-of-a-breakdown": ("audit.toml", '["ferry.quick"]', '["ferry.quik"]', "no metric"),
    "waiver": ("audit.toml", 'item = "phone.quick"', 'item = "phone.quik"', "No item matches"),
    "waiver-elsewhere": (
        "audit.toml",
        'touchpoint = "phone"',
        'touchpoint = "online"',
        "judged at 'online'",
    ),
    "target": ("ferry.toml", "limit = 0.4", "limit = 40", "at most 1, not 40"),
    "limit-is-target": ("ferry.toml", "limit = 90", "limit = 30", "limit equals the target"),
    "limit-on-wrong-side": (
        "ferry.toml",
        "target = 30, limit = 90",
        "target = 30, limit = 9, better = 'lower'",
        "wrong side",
    ),
    "direction": (
        "ferry.toml",
        "'desk')\"\nlower_is_better = true",
        "'desk')\"",
        "whether low or high values are the good ones",
    ),
    "count-below-0": ("ferry.toml", "at_least = 1", "at_least = -1", "at least 0, not -1"),
    "min_n": ("ferry.toml", "min_n = 2", "min_n = 0", "at least 1, not 0"),
    "fail_below": ("ferry.toml", "fail_below = 0.2", "fail_below = 20", "at most 1, not 20"),
    "quantile": ("ferry.toml", "quantile = 0.9", "quantile = 90", "under 1, not 90"),
    "bounds": ("ferry.toml", "maximum = 600", "maximum = 0", "under its minimum"),
    "setting": ("ferry.toml", "limit = 90", "limt = 90", "no key 'limt'"),
    "check": ("ferry.toml", '"evidence-present"', '"evidence-presnt"', "no check"),
    "metric": ("ferry.toml", 'metric = "ferry.wait"', 'metric = "ferry.wit"', "no metric"),
    "value-of-a-metric": ("ferry.toml", 'value = "wait_s"', 'value = "waits"', "no column"),
    "type-of-a-metric": ("ferry.toml", 'value = "wait_s"', 'value = "outcome"', "a number"),
    "evidence": ("ferry.toml", "outcome = 'abandoned'", "outcom = 'abandoned'", "no column"),
    "schedule-of-a-metric": ("ferry.toml", "'desk'", "'dsek'", "named 'dsek'"),
    "when": ("ferry.toml", "deck = 'open'", "deks = 'open'", "no column 'deks'"),
    "replaces": ("ferry.toml", '["deck.hello"]', '["deck.minutes"]', "holds both: "),
    "touchpoint": ("ferry.toml", '["in-store"]\nper', '["in-shop"]\nper', "no touchpoint"),
    "touchpoint-without-rows": (
        "ferry.toml",
        '["organisation"]',
        '["message"]',
        "'issue_histories' lie at organisation",
    ),
    "second-touchpoint": (
        "ferry.toml",
        '["phone"]\ntitle = "Waits',
        '["phone", "message"]\ntitle = "Waits',
        "the rows of the table 'calls' lie at phone",
    ),
    "unit-kind": ("units.csv", "ferry.south,South pier,site,ferry", "x,X,site,fery", "'fery'"),
    "weight-of-a-group": ("units.csv", "Europe/Oslo,,", "Europe/Oslo,3,", "has no effect"),
    "unit-of-a-case": ("cases.csv", "c1,ferry.north", "c1,ferry.nroth", "no unit"),
    "touchpoint-of-a-case": ("cases.csv", "north,in-store", "north,in-stor", "no touchpoint"),
    "time-of-a-case": ("cases.csv", "2026-04-03 09:00", "3 April", "no date or time"),
    "status-of-a-case": ("cases.csv", "09:00,final\nc2", "09:00,finl\nc2", "no status"),
    "item-of-an-answer": ("answers.csv", "deck.greeted,c1", "deck.greted,c1", "no item"),
    "case-of-an-answer": ("answers.csv", "deck.greeted,c1", "deck.greeted,c9", "no case"),
    "value-of-an-answer": ("answers.csv", "Ida,yes", "Ida,perhaps", ""),
    "reason-of-an-answer": ("answers.csv", "not applicable,Rain", "not applicable,", "a reason"),
    "checked-item-answered": ("answers.csv", "deck.minutes", "phone.wait", "judged by a check"),
    "columns-of-a-file": ("calls.csv", "no,pier,rang", "nr,pier,rang", "no column 'no'"),
}
# Problems that stand elsewhere than in the text that was changed.
ELSEWHERE = {
    "columns-of-a-file": ("audit.toml", 'call_id = "no"'),
    "direction": ("ferry.toml", 'metric = "ferry.open"'),
}


@pytest.fixture(scope="module")
def session():
    return Session()


def write(folder: Path, **changed: str) -> Path:
    for name, text in {**FILES, **changed}.items():
        (folder / name).write_text(text, "utf-8")
    return folder / "audit.toml"


def test_a_good_audit_is_green_and_runs(session, tmp_path):
    audit = session.validate(write(tmp_path))
    result = session.run(audit)
    assert not result.problems
    assert session.load(tmp_path / "audit.toml") == audit


@pytest.mark.parametrize("name", EDITS)
def test_validate_names_what_a_run_refuses(session, tmp_path, name):
    file, old, new, said = EDITS[name]
    text = FILES[file]
    assert old in text
    path = write(tmp_path, **{file: text.replace(old, new, 1)})
    with pytest.raises(InputError) as seen:
        session.validate(path)
    where, marked = ELSEWHERE.get(name, (file, ""))
    lines = (tmp_path / where).read_text("utf-8").splitlines()
    if marked:
        wanted = {number for number, line in enumerate(lines, 1) if marked in line}
    else:
        first = text[: text.index(old)].count("\n") + 1
        wanted = set(range(first, first + new.count("\n") + 1))
    fitting = [
        problem
        for problem in seen.value.problems
        if Path(problem.file).name == where and problem.line in wanted and said in problem.message
    ]
    assert fitting, str(seen.value)
    assert all(problem.path and problem.line for problem in fitting)
    with pytest.raises(InputError):
        session.run(session.load(path))


def test_the_problems_of_all_files_come_at_once(session, tmp_path):
    chosen = ("function", "percent", "unit-of-a-case", "item-of-an-answer", "file-of-a-source")
    changed = dict(FILES)
    for name in chosen:
        file, old, new, _ = EDITS[name]
        changed[file] = changed[file].replace(old, new, 1)
    with pytest.raises(InputError) as seen:
        session.validate(write(tmp_path, **changed))
    told = [(Path(problem.file).name, problem.line) for problem in seen.value.problems]
    assert len(told) == 4  # without its file nobody can tell what a mapping lacks
    assert {file for file, _ in told} == {"audit.toml", "cases.csv", "answers.csv"}


def test_an_answer_to_a_case_that_cannot_be_read_is_not_called_unknown(session, tmp_path):
    cases = FILES["cases.csv"].replace("c1,ferry.north", "c1,ferry.nroth")
    with pytest.raises(InputError) as seen:
        session.validate(write(tmp_path, **{"cases.csv": cases}))
    assert [Path(problem.file).name for problem in seen.value.problems] == ["cases.csv"]


def test_a_weight_of_a_group_that_is_visited_itself_stands(session, tmp_path):
    units = FILES["units.csv"].replace("Europe/Oslo,,", "Europe/Oslo,3,")
    cases = FILES["cases.csv"] + "c3,ferry,in-store,2026-04-05 09:00,final\n"
    session.validate(write(tmp_path, **{"units.csv": units, "cases.csv": cases}))


def test_a_weight_of_a_comparator_is_refused(session, tmp_path):
    units = FILES["units.csv"].replace("weight,deck", "weight,deck,comparator")
    units = units.replace(",,\n", ",,,\n").replace("closed", "closed,")
    units = units.replace("2,open", "2,open,true")
    with pytest.raises(InputError) as seen:
        session.validate(write(tmp_path, **{"units.csv": units}))
    (problem,) = seen.value.problems
    assert (Path(problem.file).name, problem.line, problem.path) == ("units.csv", 3, "weight")
    assert "a comparator is shown" in problem.message


def test_settings_of_a_plugin_are_refused_with_their_line(session, tmp_path):
    path = write(tmp_path, **{"audit.toml": FILES["audit.toml"] + "[plugins.nobody]\nx = 1\n"})
    line = path.read_text("utf-8").splitlines().index("[plugins.nobody]") + 1
    for read in (session.validate, session.load):
        with pytest.raises(InputError) as seen:
            read(path)
        (problem,) = seen.value.problems
        assert (problem.line, problem.path) == (line, "plugins.nobody")


def test_an_item_and_what_it_replaces_may_be_there_when_one_is_excluded(session, tmp_path):
    checklist = FILES["ferry.toml"].replace('["deck.hello"]', '["deck.minutes"]')
    checklist += '[[tailor]]\nitem = "deck.minutes"\nexclude = true\nrationale = "Replaced"\n'
    answers = FILES["answers.csv"].replace("deck.minutes,c1,Ida,2:30,\n", "")
    session.validate(write(tmp_path, **{"ferry.toml": checklist, "answers.csv": answers}))


def test_rows_whose_touchpoint_the_source_gives_may_lie_anywhere(session, tmp_path):
    audit = FILES["audit.toml"] + "touchpoint = \"'message'\"\n"
    checklist = FILES["ferry.toml"].replace('["organisation"]', '["message"]')
    session.validate(write(tmp_path, **{"audit.toml": audit, "ferry.toml": checklist}))


def test_validate_on_the_command_line_says_it_and_exits_with_2(tmp_path, capsys):
    from cxaudit._cli import main

    audit = FILES["audit.toml"].replace("number(waited)", "numbr(waited)")
    answers = FILES["answers.csv"].replace("deck.greeted,c1", "deck.greted,c1")
    path = write(tmp_path, **{"audit.toml": audit, "answers.csv": answers})
    assert main(["validate", str(path)]) == 2
    told = capsys.readouterr().err
    assert "answers.csv:2: row 1, column item: There is no item 'deck.greted'." in told
    assert "there is no function 'numbr'" in told
    assert "2 problems. Nothing was run." in told
