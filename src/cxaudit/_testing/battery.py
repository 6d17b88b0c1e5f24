"""The battery: what every plugin must stand, whatever it adds."""

from __future__ import annotations

import contextlib
import copy
import inspect
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from cxaudit._model.detectors import Detector
from cxaudit._model.specs import Check, Source
from cxaudit._model.tables import Table
from cxaudit._plugins.containment import contained
from cxaudit._testing.hostile import hostile_rows, least_settings
from cxaudit._testing.loading import Tested, opened
from cxaudit._testing.parts import (
    check_request,
    hostile_files,
    measurement,
    read_source,
    run_check,
    run_detector,
)
from cxaudit._testing.runs import PluginRun, run_plugin
from cxaudit.errors import CxauditError, SourceError

__all__ = ["assert_plugin"]

_AUDIENCES = ("client", "internal", "public")
_MEASUREMENTS = {
    "a share": measurement(0.25, n=40, low=0.13, high=0.41),
    "0 of 1": measurement(0.0, n=1, low=0.0, high=0.8),
    "1 of 1": measurement(1.0, n=1, low=0.2, high=1.0),
    "a million seconds": measurement(1e6, kind="mean", n=3, measured_in="seconds"),
    "a count below zero": measurement(-3, kind="count", n=3),
    "no rows": measurement(None, n=0),
    "a table that is missing": measurement(None, n=0, unavailable="there are no records"),
}
_OF_NO_TARGET = {"target": "$open", "better": "lower"}
_IMPORTS = """
import json, sys
import cxaudit.plugin, cxaudit.session, cxaudit._builtin
before = {name.partition(".")[0] for name in sys.modules}
import importlib
importlib.import_module(sys.argv[1])
after = {name.partition(".")[0] for name in sys.modules}
print(json.dumps(sorted(after - before)), file=sys.stderr)
"""


def assert_plugin(
    plugin: object,
    *,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    samples: Mapping[str, bytes] | None = None,
    imports: Collection[str] = (),
) -> None:
    """Hold a plugin to what every one must stand, and list all that it does not.

    It is loaded, installed or not, and each of its lazy references imported. It prints nothing.
    Importing it (a module or an import path) imports no further package. Checks judge odd
    measurements, sources read broken files, detectors look through odd texts; tables are run
    empty, with a row of nothing and with odd rows, on every engine that is installed, with the
    same numbers; its outputs, sections, policies and redactors get what came of that.

    Args:
        plugin: A module, object or class with hooks, an import path, or a `Path`.
        settings: Id of a check to the ``with`` table to judge by, where the least one that its
            schema allows says too little.
        samples: Id of a source to a good file of its format.
        imports: Packages that importing it may import nevertheless.

    Raises:
        AssertionError: With everything that it does not stand.
    """
    tested = opened(plugin)
    tested.refuse_problems(tested.session.problems)
    battery = _Battery(plugin, tested, settings or {}, samples or {})
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        faults = [*battery.faults(), *_faults_of_imports(plugin, imports)]
    if words := printed.getvalue().strip():
        faults.append(f"it prints: {words.splitlines()[0]}")
    if faults:
        raise AssertionError("\n".join(dict.fromkeys(faults)))


def _faults_of_imports(plugin: object, allowed: Collection[str]) -> Iterator[str]:
    """Yield what importing a plugin imports and prints, in a Python of its own."""
    name = plugin if isinstance(plugin, str) else getattr(plugin, "__name__", "")
    if not (isinstance(plugin, str) or inspect.ismodule(plugin)):
        return
    module = name.partition(":")[0]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    run = subprocess.run(  # noqa: S603 - our own program, and the name of a module
        [sys.executable, "-c", _IMPORTS, module],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    if run.returncode:
        yield f"importing {module} fails: {(run.stderr.strip().splitlines() or ['?'])[-1]}"
        return
    *warnings, listing = run.stderr.splitlines()
    if words := [*run.stdout.splitlines(), *warnings]:
        yield f"importing {module} prints: {words[0]}"
    usual = {*sys.stdlib_module_names, *allowed, module.partition(".")[0]}
    for package in json.loads(listing):
        if package not in usual and not package.startswith("_"):
            yield (
                f"importing {module} imports {package}, in every session of everybody: "
                "name what needs it as 'package.module:attribute', or import it where it is used"
            )


@attrs.frozen
class _Battery:
    """What is tried on a plugin, with the specs that it registered."""

    plugin: object
    tested: Tested
    settings: Mapping[str, Mapping[str, Any]]
    samples: Mapping[str, bytes]

    def specs(self, kind: str) -> dict[str, Any]:
        """Return the plugin's specs of a kind, by id."""
        registry = self.tested.session._host.registry  # noqa: SLF001 - the session's own
        return {
            name: spec
            for name, spec in registry.of(kind).items()
            if registry.origin(kind, name) in self.tested.names
        }

    def faults(self) -> Iterator[str]:
        """Yield all that the plugin does not stand."""
        yield from self._unresolved()
        for check in self.specs("check").values():
            yield from self._faults_of_check(check)
        for source in self.specs("source").values():
            yield from self._faults_of_source(source)
        for detector in self.specs("detector").values():
            yield from self._faults_of_detector(detector)
        yield from self._faults_of_runs()

    def _unresolved(self) -> Iterator[str]:
        lazy = {"check": "judge", "source": "read", "detector": "detect", "engine": "connect"}
        lazy |= {"policy": "score", "output": "render", "command": "command", "table": "derive"}
        for kind, field in lazy.items():
            for name, spec in self.specs(kind).items():
                with _noting(f"{kind} {name}") as faults:
                    reference = getattr(spec, field)
                    function = self.tested.session.resolve(reference)
                    if reference is not None and not callable(function):
                        faults.append(f"{kind} {name}: {field} is {function!r}, no function")
                yield from faults

    def _faults_of_check(self, check: Check) -> Iterator[str]:
        settings = self.settings.get(check.id)
        if settings is None:
            settings = least_settings(check.settings, check.metrics)
        if settings is None:
            yield f"check {check.id}: say settings={{{check.id!r}: {{...}}}} to judge it by"
            return
        for name, measured in _MEASUREMENTS.items():
            subject = f"check {check.id}, {name}"
            of_metrics = dict.fromkeys(check.metrics, measured)
            request = check_request(of_metrics, settings=copy.deepcopy(dict(settings)))
            before = copy.deepcopy(dict(request.settings))
            with _noting(subject) as faults:
                verdict = run_check(check, request)
                if dict(request.settings) != before:
                    faults.append(f"{subject}: it changes the settings that it is given")
                if verdict.state.scored and measured.unavailable:
                    faults.append(f"{subject}: {verdict.state.label}, though nothing was measured")
                if verdict.state.unknown and not verdict.reason:
                    faults.append(f"{subject}: {verdict.state.label} without a reason")
                if verdict.score is not None and not 0 <= verdict.score <= 1:
                    faults.append(f"{subject}: the score {verdict.score} lies outside 0 to 1")
            yield from faults

    def _faults_of_source(self, source: Source) -> Iterator[str]:
        sample = self.samples.get(source.id, b"a,b\n1,2\n")
        suffix = next(iter(source.suffixes), ".txt")
        with tempfile.TemporaryDirectory(prefix="cxaudit-") as folder:
            for name, file in hostile_files(Path(folder), sample, suffix).items():
                with _noting(f"source {source.id}, file {name}", SourceError, TypeError) as faults:
                    read_source(source, [file])
                yield from faults
            if source.id in self.samples:
                good = Path(folder) / f"good{suffix}"
                good.write_bytes(sample)
                with _noting(f"source {source.id}, the sample", TypeError) as faults:
                    if not any(isinstance(row, Mapping) for *_, row in read_source(source, [good])):
                        faults.append(f"source {source.id}: it reads no row of the sample")
                yield from faults

    def _faults_of_detector(self, detector: Detector) -> Iterator[str]:
        tables = self.tested.session.registered("table")
        if detector.table not in tables:
            yield f"detector {detector.id}: there is no table {detector.table!r}"
            return
        if detector.detect is None:
            return  # its phrases are looked for in the runs
        rows = hostile_rows(tables[detector.table])
        for name, some in (("no rows", []), ("odd rows", rows), ("twice the rows", rows * 2)):
            with _noting(f"detector {detector.id}, {name}") as faults:
                run_detector(detector, some)
            yield from faults

    def _faults_of_runs(self) -> Iterator[str]:
        """Yield what fails in audits of nothing, of a row of nothing, and of odd rows."""
        registered = self.tested.session.registered("table")
        metrics = self.specs("metric").values()
        detectors = self.specs("detector").values()
        names = {*self.specs("table"), *(spec.table for spec in (*metrics, *detectors))}
        names |= {name.rstrip("?") for n in [*names] for name in _reads(registered.get(n))}
        stored = {n: registered[n] for n in sorted(names & registered.keys())}
        stored = {n: table for n, table in stored.items() if not table.derived and n != "hits"}
        amounts: dict[str, Any] = {
            "no rows": {name: [] for name in stored},
            "a row of nothing": {name: hostile_rows(table)[:1] for name, table in stored.items()},
            "odd rows": {name: hostile_rows(table) for name, table in stored.items()},
        }
        for amount, tables in amounts.items():
            numbers: dict[str, object] = {}
            for engine in self.tested.session.registered("engine"):
                with _noting(f"a run of {amount}") as faults:
                    run = self._run(tables, engine)
                    numbers[engine] = [
                        (m.metric, m.unit, m.n, m.value) for m in run.result.measurements
                    ]
                    faults.extend(self._faults_of_result(run, amount))
                yield from faults
            if len({repr(values) for values in numbers.values()}) > 1:
                yield f"a run of {amount}: engines differ: {numbers}"

    def _run(self, tables: Mapping[str, Any], engine: str) -> PluginRun:
        """Return a run that measures every metric of the plugin, and the hits of its detectors."""
        hits = [
            {
                "id": f"battery.{name}",
                "table": detector.table,
                "kind": "share",
                "value": f"has_hit('{name}')",
            }
            for name, detector in self.specs("detector").items()
        ]
        metrics = {**self.specs("metric"), **{hit["id"]: None for hit in hits}}
        items = [
            {"id": name, "check": "within-target", "with": _OF_NO_TARGET | {"metric": name}}
            for name in metrics
        ]
        params = {"open": {"question": "Which value is good enough?"}}
        return run_plugin(
            self.plugin,
            tables=tables,
            items=items,
            engine=engine,
            checklist={"metric": hits, "params": params},
        )

    def _faults_of_result(self, run: PluginRun, amount: str) -> Iterator[str]:
        for policy in self.specs("policy"):
            with _noting(f"policy {policy}, {amount}") as faults:
                again = run.session.rescore(run.result, policy)
                if again != run.session.rescore(run.result, policy):
                    faults.append(f"policy {policy}: the same findings score differently")
            yield from faults
        for output in self.specs("output"):
            for audience in _AUDIENCES:
                with _noting(f"output {output}, {amount}, {audience}", ValueError) as faults:
                    run.output(output, audience)
                yield from faults
        for audience in _AUDIENCES:
            with _noting(f"the report, {amount}, {audience}") as faults:
                before = set(run.session.problems)
                run.session.report(run.result, audience)
                problems = [p for p in run.session.problems if p not in before]
                faults += [f"{p.stage}, {amount}, {audience}: {p.cause}" for p in problems]
            yield from faults


def _reads(table: Table | None) -> Collection[str]:
    return () if table is None else table.reads


@contextlib.contextmanager
def _noting(subject: str, *allowed: type[Exception]) -> Iterator[list[str]]:
    """Give a list of faults, to which an exception that is not allowed is added."""
    faults: list[str] = []
    with contained("testing", subject) as containment, contextlib.suppress(*allowed):
        yield faults
    if (error := containment.error) is not None:
        # What cxaudit and asserts say is a sentence; of anything else its type matters too.
        is_sentence = isinstance(error, AssertionError | CxauditError)
        faults.append(f"{subject}: {error if is_sentence else containment.cause}")
