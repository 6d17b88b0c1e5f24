"""Small invented records, run as a user would; expected values come by hand."""

from __future__ import annotations

import csv

import pytest

from cxaudit import Session

HEAD = """cxaudit = 1
[checklist]
id = "test"
version = "1"
title = "Test"
"""
PARAMETER = """
[params.{name}]
type = "number"
question = "How much?"
value = {value}
"""
ITEM = """
[[item]]
id = "{metric}"
area = "process"
touchpoints = ["organisation"]
title = "T"
check = "within-target"
with = {{ metric = "{metric}"{target} }}
"""
AUDIT = """cxaudit = 1
[audit]
id = "test"
title = "Test"
client = "Harbour"
checklists = ["checklist.toml"]
{head}
[[unit]]
id = "harbour"
kind = "organisation"
zone = "Europe/Paris"
"""
SOURCE = """
[sources.of-{name}]
reader = "csv"
table = "{table}"
path = "{table}.csv"
unit = "harbour"
zone = "unit"
"""


class Measured:
    """A result, and its measurements by metric."""

    def __init__(self, result):
        self.result = result
        assert result.problems == ()
        self._found = {m.metric: m for m in result.measurements}

    def get(self, metric):
        return self._found[f"cxaudit.{metric}"]

    def value(self, metric):
        return self.get(metric).value

    def share(self, metric):
        """Return how many hold, and of how many."""
        found = self.get(metric).statistics
        return found["k"], found["n"]

    def evidence(self, metric):
        """Return the rows shown as the bad ones of a metric's item."""
        return sorted(
            (piece.source, int(piece.key))
            for each in self.result.evidence
            if each.item == metric
            for piece in each.shown
        )


@pytest.fixture
def run(tmp_path):
    """Run an audit of some metrics over tables, given as rows by the tables' own columns."""

    def start(*metrics, as_of=None, schedule="", checklist="", target=0.5, given=None, **tables):
        for name, rows in tables.items():
            columns = list(dict.fromkeys(column for row in rows for column in row))
            with (tmp_path / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                writer.writerows(rows if any(any(row.values()) for row in rows) else ())
        values = "".join(
            PARAMETER.format(name=name.replace("_", "-"), value=value)
            for name, value in (given or {}).items()
        )
        agreed = "" if target is None else f", target = {target}"
        items = "".join(ITEM.format(metric=metric, target=agreed) for metric in metrics)
        (tmp_path / "checklist.toml").write_text(HEAD + values + checklist + items)
        head = f"as_of = {as_of}" if as_of else ""
        sources = "".join(SOURCE.format(table=name, name=name.replace("_", "-")) for name in tables)
        (tmp_path / "audit.toml").write_text(AUDIT.format(head=head) + schedule + sources)
        session = Session()
        return Measured(session.run(session.load(tmp_path / "audit.toml")))

    return start
