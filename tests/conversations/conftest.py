"""Small audits of messages, written to a folder and run as a user would."""

from __future__ import annotations

import json

import pytest

from cxaudit import Session
from cxaudit.plugin import Column, Metric, Table, hook
from cxaudit_message.speech.detectors import DETECTORS

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
zone = "{zone}"
"""

SOURCE = """[sources.{name}]
reader = "json"
table = "{name}"
path = "{name}.json"
unit = "firm"
"""

CHECKLIST = """cxaudit = 1
[checklist]
id = "c"
version = "1"
title = "C"
{extra}
"""

ITEM = """[[item]]
id = "item-{number}"
area = "interpersonal"
touchpoints = ["{touchpoint}"]
title = "Item {number}"
check = "within-target"
with = {{ metric = "{metric}", target = {target}, better = "lower", min_n = 1 }}
"""

ALL = tuple(f"{detector.id}?" for detector in DETECTORS)


class Spy:
    """A plugin that looks at the rows of tables in the middle of a run."""

    def __init__(self, tables):
        self.tables = tables
        self.rows = {name: [] for name in tables}

    @hook
    def cxaudit_register(self):
        for name in self.tables:
            yield Table(
                id=f"spy_{name}",
                columns=(Column(name="seen", type="number", meaning="Anything."),),
                derive=self.look(name),
                reads={name: ALL if name == "hits" else ()},
            )
            yield Metric(id=f"spy.{name.replace('_', '-')}", table=f"spy_{name}", kind="count")

    def look(self, name):
        def derive(read, parameters):
            del parameters
            self.rows[name] += read(name)
            return ()

        return derive


class Ran:
    """A result, its measurements by metric, and the rows that the spy saw."""

    def __init__(self, result, rows):
        self.result = result
        self.rows = rows
        self.measured = {each.metric: each for each in result.measurements}

    def value(self, metric):
        found = self.measured[f"cxaudit.{metric}"]
        assert not found.unavailable, found.unavailable
        return found.value, found.n


class Runner:
    """Writes an audit and runs it."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(
        self,
        tables,
        metrics=(),
        *,
        spy=(),
        zone="UTC",
        head="",
        extra="",
        source="",
        touchpoint="message",
        session=None,
    ):
        wanted = dict.fromkeys(metrics, "0.5") if not isinstance(metrics, dict) else metrics
        items = {**wanted, **{f"spy.{name.replace('_', '-')}": "1" for name in spy}}
        checklist = CHECKLIST.format(extra=extra) + "".join(
            ITEM.format(number=number, metric=name, target=target, touchpoint=touchpoint)
            for number, (name, target) in enumerate(items.items())
        )
        audit = AUDIT.format(zone=zone, head=head) + source
        for name, rows in tables.items():
            (self.folder / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")
            audit += SOURCE.format(name=name)
        (self.folder / "c.toml").write_text(checklist, encoding="utf-8")
        (self.folder / "audit.toml").write_text(audit, encoding="utf-8")
        watcher = Spy(spy)
        session = session or Session(plugins=[watcher])
        result = session.run(session.load(self.folder / "audit.toml"))
        assert result.problems == ()
        return Ran(result, watcher.rows)

    def hits(self, messages):
        return self({"messages": messages}, spy=["hits"]).rows["hits"]


@pytest.fixture
def run(tmp_path):
    return Runner(tmp_path)
