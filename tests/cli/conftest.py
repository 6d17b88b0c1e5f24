"""One small audit, written anew for each test, and the real program in process."""

from __future__ import annotations

import sys
from pathlib import Path

import attrs
import pytest

from cxaudit._cli import main

AUDIT = """\
cxaudit = 1

[audit]
id = "harbour.spring"
title = "Harbour in spring"
client = "Harbour Coffee (invented)"
language = "en"
checklists = ["harbour.toml"]
cases = ["cases.csv"]
answers = ["answers.csv"]
outputs = ["html", "json", "markdown"]
wave = "q2"

[[wave]]
id = "q1"
start = 2026-01-01
end = 2026-03-31

[[wave]]
id = "q2"
start = 2026-04-01
end = 2026-06-30

[[unit]]
id = "harbour"
name = "Harbour Coffee"
kind = "organisation"
zone = "Europe/Paris"
touchpoints = ["phone", "in-store"]

[params.answer-seconds]
value = 20
basis = "promise"
agreed_by = "Head of service"

[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
zone = "unit"
unit = "harbour"

[sources.calls.columns]
call_id = "id"
queued_at = "parse_time(start, '%Y-%m-%d %H:%M:%S')"
wait_s = "number(wait)"
outcome = "result"
"""

CHECKLIST = """\
cxaudit = 1

[checklist]
id = "harbour"
version = "1"
title = "Harbour"
language = "en"

[params.answer-seconds]
type = "number"
question = "Within how many seconds do you promise to answer?"
unit = "seconds"

[[metric]]
id = "phone.in-time"
table = "calls"
kind = "share"
where = "outcome = 'answered'"
value = "wait_s <= $answer-seconds"

[[item]]
id = "phone.in-time"
area = "process"
touchpoints = ["phone"]
title = "Calls are answered in time"
fail_title = "Calls wait"
check = "within-target"
with = { metric = "phone.in-time", target = 0.8, limit = 0.2 }

[[item]]
id = "in-store.greeted"
area = "interpersonal"
touchpoints = ["in-store"]
title = "Customers are greeted"
fail_title = "Customers are not greeted"
ask = { method = "observe", answer = "yes-no" }
"""

CASES = """\
id,unit,touchpoint,wave,status
v1,harbour,in-store,q1,final
v2,harbour,in-store,q2,final
v3,harbour,in-store,q2,final
"""

ANSWERS = """\
item,case,rater,value
in-store.greeted,v1,ann,no
in-store.greeted,v2,ann,yes
in-store.greeted,v3,ann,yes
"""

TARGET = 'with = { metric = "phone.in-time", target = 0.8, limit = 0.2 }\n'


def calls(count=40):
    """Give calls of which the one with number n waits n seconds."""
    rows = (f"c{n},2026-04-{n % 28 + 1:02d} 10:00:00,{n},answered\n" for n in range(1, count + 1))
    return "id,start,wait,result\n" + "".join(rows)


@attrs.frozen
class Files:
    """The files of the audit, and ways to change them."""

    folder: Path

    @property
    def audit(self):
        return self.folder / "audit.toml"

    @property
    def results(self):
        return self.folder / "results" / "harbour.spring"

    @property
    def result(self):
        return self.results / "q2" / "result.json"

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def change(self, name, old, new):
        text = (self.folder / name).read_text("utf-8")
        assert text.count(old) == 1
        self.write(name, text.replace(old, new))

    def add(self, name, text):
        self.write(name, (self.folder / name).read_text("utf-8") + text)


@attrs.frozen
class Said:
    """What the program said: its exit code, stdout and stderr."""

    code: int
    out: str
    err: str


@pytest.fixture
def files(tmp_path):
    made = Files(tmp_path / "harbour")
    for name, text in {
        "audit.toml": AUDIT,
        "harbour.toml": CHECKLIST,
        "cases.csv": CASES,
        "answers.csv": ANSWERS,
        "calls.csv": calls(),
    }.items():
        made.write(name, text)
    return made


@pytest.fixture
def critical(files):
    """The audit with a critical item that fails: half of the calls are in time."""
    files.change("harbour.toml", TARGET, TARGET + "critical = { fail_below = 0.9 }\n")
    return files


@pytest.fixture
def many_calls():
    return calls


@pytest.fixture
def cxaudit(capsys):
    """The program, run in process."""

    def run(*arguments):
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


@pytest.fixture
def program():
    """The command that starts the program in a process of its own."""
    return [sys.executable, "-m", "cxaudit"]
