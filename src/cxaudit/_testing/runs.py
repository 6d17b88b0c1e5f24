"""A plugin in a whole audit, in memory: from rows at hand to verdicts, sections and outputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs

from cxaudit._model.evidence import Evidence
from cxaudit._model.findings import Finding
from cxaudit._model.metrics import Metric
from cxaudit._model.report import Section
from cxaudit._model.result import AuditResult, RunProblem
from cxaudit._testing.loading import Tested, opened
from cxaudit.session import Session

__all__ = ["PluginRun", "Tables", "run_plugin"]

Tables = Mapping[str, Any]
"""Table to its rows: dicts, or a table as `Audit.with_sources` takes it."""

_UNIT = {"id": "root", "name": "Root", "kind": "organisation", "zone": "UTC"}
_OPEN = "open-target"


@attrs.frozen(eq=False)
class PluginRun:
    """What came of a run.

    Attributes:
        session: The session that ran it.
        result: The whole result.
    """

    session: Session
    result: AuditResult

    @property
    def problems(self) -> tuple[RunProblem, ...]:
        """Return what failed while the run went on."""
        return self.result.problems

    def finding(self, item: str | None = None, unit: str = "") -> Finding:
        """Return the finding on an item, or the only one.

        Args:
            item: The item's id; None where there is one finding.
            unit: The unit; by default the first that the item was judged at.

        Raises:
            AssertionError: If there is none, or several and no item is named.
        """
        findings = [
            finding
            for finding in self.result.findings
            if item in {None, finding.item} and unit in {"", finding.unit}
        ]
        if item is not None:
            del findings[1:]
        names = ", ".join(f"{f.item} at {f.unit}" for f in self.result.findings)
        assert len(findings) == 1, f"name one finding of: {names or 'none'}"
        return findings[0]

    def value(self, metric: str, unit: str = "") -> float | None:
        """Return what a metric measured; by default at the first unit that it was measured at.

        Raises:
            AssertionError: If it was not measured; the message says why, where that is known.
        """
        of_metric = [
            measured
            for measured in self.result.measurements
            if measured.metric == metric
            and measured.breakdown is None
            and unit in {"", measured.unit}
        ]
        names = ", ".join(sorted({measured.metric for measured in self.result.measurements}))
        assert of_metric, f"{metric} was not measured; there is {names or 'nothing'}"
        assert not of_metric[0].unavailable, f"{metric}: {of_metric[0].unavailable}"
        return of_metric[0].value

    def evidence(self, item: str) -> tuple[Evidence, ...]:
        """Return what is shown of the evidence on an item, redacted."""
        return tuple(piece for of in self.result.evidence if of.item == item for piece in of.shown)

    def section(self, name: str, audience: str = "client") -> Section:
        """Return a section of the report by its id.

        Raises:
            AssertionError: If the report has none, or a section of a plugin failed.
        """
        before = set(self.session.problems)
        report = self.session.report(self.result, audience)
        failed = [f"{p.plugin}: {p.cause}" for p in self.session.problems if p not in before]
        assert not failed, "; ".join(failed)
        sections = {section.id: section for section in report.sections}
        assert name in sections, f"the report has no section {name!r}, but {', '.join(sections)}"
        return sections[name]

    def output(
        self, name: str, audience: str = "client"
    ) -> str | bytes | Mapping[str, str | bytes]:
        """Return the result in an output format."""
        return self.session.render(self.result, name, audience=audience)


def run_plugin(
    plugin: object,
    *,
    tables: Tables | None = None,
    items: Iterable[Mapping[str, Any]] | None = None,
    answers: object = (),
    cases: object = (),
    settings: Mapping[str, Any] | None = None,
    audit: Mapping[str, Any] | None = None,
    checklist: Mapping[str, Any] | None = None,
    engine: str = "duckdb",
    fails: bool = False,
) -> PluginRun:
    """Run an audit in memory with a plugin, installed or not, and return what came of it.

    Args:
        plugin: A module, object or class with hooks, an import path, or a `Path`.
        tables: Table to its rows, with the table's columns and, where that matters, ``unit`` and
            ``touchpoint``. Times without an offset are UTC.
        items: Items as a checklist has them. What one need not say here is its ``id`` (``item-1``,
            ``item-2`` ...), ``area``, ``title``, and ``touchpoints`` (those of the table that its
            metric reads). By default, each of the plugin's metrics over these tables is an item
            without a target.
        answers: Answers at hand, as `Audit.with_answers` takes them.
        cases: Cases at hand, likewise.
        settings: The plugin's own table ``[plugins.NAME]``.
        audit: Further keys of the audit file, such as ``unit``, ``gate`` and ``params``; by
            default there is one unit, ``root``. Keys of ``[audit]`` are taken one by one.
        checklist: Further keys of the checklist, such as ``params``, ``scoring`` and ``metric``.
        engine: Id of the engine.
        fails: Whether the run may have problems, to look at them in the result.

    Raises:
        AssertionError: If the plugin has a problem, or the run has one; the message lists all.
        AuditFileError, ChecklistError: If items, settings or tables are wrong.
    """
    tested = opened(plugin)
    if not fails:
        tested.refuse_problems(tested.session.problems)
    tables = tables or {}
    registered = tested.session.registered
    entries = _items(items, tested, tables)
    document = {
        "cxaudit": 1,
        "checklist": {"id": "tested", "version": "1", "title": "Tested"},
        **_with_open_target(checklist or {}, entries),
        "item": [
            *(checklist or {}).get("item", ()),
            *(_whole(e, registered, tables) for e in entries),
        ],
    }
    for number, entry in enumerate(document["item"], 1):
        entry.setdefault("id", f"item-{number}")
        entry.setdefault("title", entry["id"])
    whole = _audit(tested, settings or {}, audit or {})
    records, sources = _records(tables, registered, whole["unit"][0]["id"])
    loaded = tested.session.load_data(
        {**whole, "sources": {**whole.get("sources", {}), **sources}},
        checklists=[document],
        sources=records,
        answers=answers,
        cases=cases,
    )
    spec = tested.session._host.registry.get("engine", engine)  # noqa: SLF001 - the session's own
    result = tested.session.run(attrs.evolve(loaded, engine=spec.id))
    if not fails:
        tested.refuse_problems(result.problems)
    return PluginRun(tested.session, result)


def _items(
    items: Iterable[Mapping[str, Any]] | None, tested: Tested, tables: Tables
) -> list[dict[str, Any]]:
    if items is not None:
        return [dict(item) for item in items]
    registry = tested.session._host.registry  # noqa: SLF001 - the registry is the session's own
    metrics: Mapping[str, Metric] = registry.of("metric")
    return [
        {"id": name, "check": "within-target", "with": _without_target(metric)}
        for name, metric in metrics.items()
        if metric.table in tables and registry.origin("metric", name) in tested.names
    ]


def _without_target(metric: Metric) -> dict[str, str]:
    settings = {"metric": metric.id, "target": f"${_OPEN}"}
    # A target needs a direction, though nothing is judged by it here.
    return settings if metric.lower_is_better is not None else {**settings, "better": "lower"}


def _with_open_target(
    checklist: Mapping[str, Any], entries: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return a checklist with the parameter that nobody answers, where an item needs it."""
    if not any(f"${_OPEN}" in entry.get("with", {}).values() for entry in entries):
        return dict(checklist)
    params = {_OPEN: {"question": "Which value is good enough?"}, **checklist.get("params", {})}
    return {**checklist, "params": params}


def _whole(entry: dict[str, Any], registered: Any, tables: Tables) -> dict[str, Any]:
    """Return an item with what it need not say."""
    metrics = registered("metric")
    used = (metrics.get(name) for name in map(str, entry.get("with", {}).values()))
    names = (*(metric.table for metric in used if metric is not None), *tables)
    known = registered("table")
    touchpoints = [known[name].touchpoint for name in names if name in known]
    return {"area": "process", "touchpoints": touchpoints[:1] or ["organisation"], **entry}


def _audit(
    tested: Tested, settings: Mapping[str, Any], further: Mapping[str, Any]
) -> dict[str, Any]:
    head = {"id": "tested.run", "title": "Tested", "client": "Tested"}
    audit: dict[str, Any] = {"cxaudit": 1, "unit": [_UNIT], **further}
    audit["audit"] = {**head, **further.get("audit", {})}
    if settings:
        (name,) = tested.names
        audit["plugins"] = {**further.get("plugins", {}), name: settings}
    return audit


def _records(
    tables: Tables, registered: Callable[[str], Mapping[str, Any]], unit: str
) -> tuple[dict[str, object], dict[str, dict[str, str]]]:
    """Return the records of each source, and what is to be said of it."""
    declared = registered("table")
    records: dict[str, object] = {}
    sources: dict[str, dict[str, str]] = {}
    for table, rows in tables.items():
        name = table.replace("_", "-")
        records[name] = rows
        sources[name] = {"table": table, "zone": "UTC"}
        names = set(rows.columns) if hasattr(rows, "columns") else {n for row in rows for n in row}
        if "unit" not in names:
            sources[name]["unit"] = unit
        if not names and table in declared:
            # No rows are a table without rows, not one that is missing.
            records[name] = _empty(column.name for column in declared[table].columns)
    return records, sources


def _empty(columns: Iterable[str]) -> dict[str, object]:
    import numpy as np

    return {name: np.empty(0, dtype=object) for name in columns}
