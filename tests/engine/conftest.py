"""Small audits, written to a folder and run as a user would; expected values come by hand."""

from __future__ import annotations

import csv

import pytest

from cxaudit.session import Session

UNITS = """id,name,kind,parent,zone,weight,touchpoints,from,until,comparator,format
harbour,Harbour,organisation,,UTC,1,phone;in-store;message,,,,
north,North,region,harbour,,1,,,,,
south,South,region,harbour,,1,,,,,
quay,Quay,site,north,,1,,,,,shop
mole,Mole,site,north,,1,,,,,kiosk
pier,Pier,site,south,,1,,,,,shop
"""

HEAD = """cxaudit = 1
[checklist]
id = "test"
version = "1"
title = "Test"
"""

ANSWERED = """
[[metric]]
id = "answered"
table = "calls"
kind = "share"
value = "outcome = 'answered'"
lower_is_better = false
"""

CALL_ITEM = """
[[item]]
id = "phone.answered"
area = "process"
touchpoints = ["phone"]
per = "site"
title = "Calls are answered"
check = "within-target"
with = { metric = "answered", target = 0.9, limit = 0.1 }
"""

CALLS = """
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
"""


class Ran:
    """A result, and its findings by item, unit and touchpoint."""

    def __init__(self, session, result):
        self.session = session
        self.result = result

    def finding(self, item, unit="harbour", touchpoint=None):
        (found,) = [
            f
            for f in self.result.findings
            if (f.item, f.unit) == (item, unit) and touchpoint in {None, f.touchpoint}
        ]
        return found

    def units(self, item):
        return {f.unit for f in self.result.findings if f.item == item}

    def state(self, item, unit="harbour", touchpoint=None):
        return self.finding(item, unit, touchpoint).state.label

    def flags(self, item, unit="harbour"):
        return set(self.finding(item, unit).flags.labels)

    def evidence(self, item, unit="harbour"):
        (found,) = [e for e in self.result.evidence if (e.item, e.unit) == (item, unit)]
        return found

    def measured(self, metric, unit="harbour", touchpoint=None):
        return [
            m
            for m in self.result.measurements
            if (m.metric, m.unit) == (metric, unit)
            and m.breakdown is None
            and touchpoint in {None, m.touchpoint}
        ]

    def value(self, metric, unit="harbour"):
        values = {m.value for m in self.measured(metric, unit)}
        (value,) = values
        return value

    @property
    def notes(self):
        return [f"{note.subject}: {note.text}" for note in self.result.notes]


def write_csv(path, rows):
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def build(tmp_path):
    """Write an audit: its checklist, units and files; return the audit file."""

    def write(checklist, *, audit="", head="", units=UNITS, files=None):
        (tmp_path / "checklist.toml").write_text(HEAD + checklist, "utf-8")
        (tmp_path / "units.csv").write_text(units, "utf-8")
        for name, content in (files or {}).items():
            if isinstance(content, str):
                (tmp_path / name).write_text(content, "utf-8")
            else:
                write_csv(tmp_path / name, content)
        path = tmp_path / "audit.toml"
        path.write_text(
            "cxaudit = 1\n[audit]\n"
            'id = "test"\ntitle = "Test"\nclient = "Harbour"\nlanguage = "en"\n'
            f'checklists = ["checklist.toml"]\nunits = "units.csv"\n{head}\n{audit}',
            "utf-8",
        )
        return path

    return write


@pytest.fixture
def run(build):
    """Write an audit and run it."""

    def start(checklist, *, plugins=(), folder=None, **given):
        session = Session(plugins)
        audit = session.load(build(checklist, **given))
        return Ran(session, session.run(audit, folder=folder))

    return start


@pytest.fixture
def run_calls(run):
    """Run an audit over calls, given as (unit, outcome, how many) or as rows."""

    def start(calls, checklist=ANSWERED + CALL_ITEM, *, audit="", **given):
        rows = []
        for unit, outcome, count in calls:
            for _ in range(count):
                rows.append({"call_id": f"c{len(rows)}", "unit": unit, "outcome": outcome})
        files = {"calls.csv": rows, **given.pop("files", {})}
        return run(checklist, audit=CALLS + audit, files=files, **given)

    return start
