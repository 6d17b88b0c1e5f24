"""Small invented logs, measured as a user would; expected values come by hand."""

from __future__ import annotations

import csv

import pytest

from cxaudit import Session
from cxaudit.plugin import qualified
from cxaudit_phone.metrics import METRICS

AUDIT = """cxaudit = 1
[audit]
id = "harbour"
title = "Harbour lines"
client = "Harbour"
checklists = ["checklist.toml"]
{head}
[[unit]]
id = "harbour"
kind = "organisation"
zone = "Europe/Paris"
touchpoints = ["phone", "message", "organisation"]
[[unit]]
id = "quay"
kind = "site"
parent = "harbour"
[[unit]]
id = "mole"
kind = "site"
parent = "harbour"
"""

SOURCE = """[sources.{name}]
reader = "csv"
table = "{name}"
path = "{name}.csv"
zone = "unit"
"""

PARAMETERS = {
    "answer-seconds": 20,
    "short-abandon-seconds": 5,
    "repeat-days": 7,
    "return-hours": 8,
    "short-service-seconds": 10,
    "occupancy-limit": 0.85,
    "service-level-share": 0.8,
    "patience-seconds": 120,
}

DIRECTIONS = {metric.id: metric.lower_is_better for metric in METRICS}
CALL = {"outcome": "answered"}


class Ran:
    """A result and its measurements."""

    def __init__(self, result):
        self.result = result
        self.found = {(m.metric, m.unit): m for m in result.measurements if m.breakdown is None}

    def of(self, metric, unit="harbour"):
        return self.found[qualified(metric), unit]

    def __getitem__(self, metric):
        """Return the value of a metric at the root."""
        return self.of(metric).value

    def share(self, metric, unit="harbour"):
        """Return both counts of a share."""
        statistics = self.of(metric, unit).statistics
        return statistics["k"], statistics["n"]

    def evidence(self, metric):
        """Return the rows that are shown for a metric, as file and row."""
        found = [e for e in self.result.evidence if e.item.endswith(metric)]
        return sorted((piece.source, int(piece.key)) for each in found for piece in each.shown)


def write_csv(path, rows, columns=()):
    names = list(dict.fromkeys([*columns, *(name for row in rows for name in row)]))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def measure(tmp_path):
    """Write tables given as lists of rows, and measure metrics over them by an audit."""

    def run(
        *metrics, head="", per="organisation", parameters=None, more="", faults=False, **tables
    ):
        audit = AUDIT.format(head=head)
        for name, rows in tables.items():
            given = [{"call_id": f"c{i}", **CALL, **row} for i, row in enumerate(rows, 1)]
            rows = given if name == "calls" else rows  # noqa: PLW2901 - completed
            columns = ("call_id", "outcome") if name == "calls" else ()
            write_csv(tmp_path / f"{name}.csv", rows, columns)
            audit += SOURCE.format(name=name)
        (tmp_path / "audit.toml").write_text(audit + more, "utf-8")
        lines = ["cxaudit = 1", "[checklist]", 'id = "t"', 'version = "1"', 'title = "T"']
        for name, value in {**PARAMETERS, **(parameters or {})}.items():
            lines += [f"[params.{name}]", 'type = "number"', 'question = "How much?"']
            lines += [f"value = {value}"] if value is not None else []
        for metric in metrics:
            lines += ["[[item]]", f'id = "item.{metric}"', 'area = "process"']
            lines += ['touchpoints = ["organisation"]', f'title = "{metric}"', f'per = "{per}"']
            lines += ['check = "within-target"']
            # Nothing is good enough, so that every row that counts against it is shown.
            higher = DIRECTIONS[qualified(metric)] is False
            aim = "target = 1" if higher else 'target = 0, better = "lower"'
            lines += [f'with = {{ metric = "{metric}", {aim} }}']
        (tmp_path / "checklist.toml").write_text("\n".join(lines), "utf-8")
        session = Session()
        result = session.run(session.load(tmp_path / "audit.toml"))
        assert faults or not result.problems, result.problems
        return Ran(result)

    return run
