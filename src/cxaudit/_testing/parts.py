"""One part of a plugin, tested by itself."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from cxaudit._expressions.patterns import matching
from cxaudit._model.audit import SourceUse
from cxaudit._model.checklist import CheckUse, Item
from cxaudit._model.detectors import DetectFunction, Detector
from cxaudit._model.evidence import Hit
from cxaudit._model.findings import Verdict
from cxaudit._model.markers import Skipped
from cxaudit._model.metrics import Measurement, MetricKind
from cxaudit._model.protocols import (
    CheckFunction,
    CheckRequest,
    ReadFunction,
    ReadRequest,
    Rows,
)
from cxaudit._model.specs import Check, Source
from cxaudit._model.tables import Column, ColumnRows, Table
from cxaudit._model.text import Text
from cxaudit._model.units import Unit
from cxaudit._plugins.registry import Registry

__all__ = [
    "check_request",
    "hostile_files",
    "measurement",
    "read_source",
    "run_check",
    "run_detector",
]

_HUGE = 5_000_000


def measurement(
    value: float | None,
    *,
    metric: str = "example.metric",
    kind: MetricKind | str = MetricKind.SHARE,
    n: int = 100,
    low: float | None = None,
    high: float | None = None,
    statistics: Mapping[str, float] | None = None,
    unit: str = "root",
    touchpoint: str = "organisation",
    measured_in: str = "",
    unavailable: str = "",
) -> Measurement:
    """Return a measurement as an engine would give it.

    Args:
        value: The value; None when no row counts.
        metric: Id of the metric.
        kind: Its kind.
        n: Rows that it rests on.
        low: Lower end of the interval.
        high: Upper end of the interval.
        statistics: Sufficient statistics; by default ``n``, and of a share ``k``.
        unit: The audited unit.
        touchpoint: The touchpoint.
        measured_in: Unit of the value, such as ``seconds``.
        unavailable: Why it could not be measured.
    """
    kind = MetricKind(kind)
    if statistics is None:
        statistics = {"n": n}
        if kind is MetricKind.SHARE and value is not None:
            statistics = {"k": value * n, "n": n}
    return Measurement(
        metric=metric,
        kind=kind,
        unit=unit,
        touchpoint=touchpoint,
        statistics=statistics,
        n=n,
        value=value,
        low=low,
        high=high,
        measured_in=measured_in,
        unavailable=unavailable,
    )


def check_request(
    measurements: Measurement | Mapping[str, Measurement],
    *,
    settings: Mapping[str, Any] | None = None,
    lower_is_better: bool | Mapping[str, bool | None] | None = None,
    check: str = "example.check",
    unit: Unit | None = None,
    touchpoint: str = "organisation",
) -> CheckRequest:
    """Return a request as a run would make it.

    Args:
        measurements: One for the setting ``metric``, or several by setting.
        settings: The item's ``with`` table; metric ids are filled in where it has none.
        lower_is_better: Direction of all metrics, or by setting.
        check: Id of the check.
        unit: The unit judged; by default an organisation ``root``.
        touchpoint: The touchpoint judged.
    """
    if isinstance(measurements, Measurement):
        measurements = {"metric": measurements}
    named = {name: measurement.metric for name, measurement in measurements.items()}
    settings = {**named, **(settings or {})}
    directions = (
        dict(lower_is_better)
        if isinstance(lower_is_better, Mapping)
        else dict.fromkeys(measurements, lower_is_better)
    )
    item = Item(
        id="example.item",
        area="process",
        touchpoints=(touchpoint,),
        title=Text.of("An item"),
        check=CheckUse(check=check, settings=settings, written=settings),
    )
    return CheckRequest(
        item=item,
        settings=settings,
        measurements=measurements,
        lower_is_better=directions,
        unit=unit or Unit(id="root", name="Root", kind="organisation"),
        touchpoint=touchpoint,
    )


def run_check(check: Check | CheckFunction, request: CheckRequest) -> Verdict:
    """Judge a request, and hold the check to what a run demands of it.

    Args:
        check: The spec (its settings are validated too), or only its function.
        request: From `check_request`.

    Raises:
        AssertionError: If the settings break its schema, it names a metric that the request
            lacks, it gives no verdict, or it judges the same request twice differently.
        PluginError: If a lazy reference cannot be imported.
    """
    if isinstance(check, Check):
        _validate(check.settings, request.settings, f"with of {check.id}")
        missing = [name for name in check.metrics if name not in request.measurements]
        assert not missing, f"{check.id} judges {missing}, which the request does not measure"
        judge: CheckFunction = Registry().resolve(check.judge)
    else:
        judge = check
    verdict = judge(request)
    assert isinstance(verdict, Verdict), f"a check gives a Verdict, not {type(verdict).__name__}"
    assert judge(request) == verdict, "a check is pure: the same request gives the same verdict"
    return verdict


def read_source(
    source: Source | ReadFunction,
    files: Sequence[Path],
    options: Mapping[str, Any] | None = None,
    *,
    table: str = "",
) -> list[tuple[str, int, Mapping[str, Any] | ValueError | Skipped]]:
    """Read files by a source that yields rows itself.

    Args:
        source: The spec (its options are validated too), or only its function.
        files: The files, in order.
        options: Options as the audit file would give them.
        table: Table that it fills; by default the first that the spec names.

    Returns:
        File as shown, row number, and fields; a `ValueError` for a row that it refused, a
        `Skipped` for one that it left out.

    Raises:
        AssertionError: If the options break its schema, or a row is not formed as it should be.
        TypeError: If it gives a `Scan`; the engine reads that, so test it by a session.
        PluginError: If a lazy reference cannot be imported.
    """
    options = dict(options or {})
    read: ReadFunction
    if isinstance(source, Source):
        _validate(source.settings, options, f"options of {source.id}")
        table = table or next(iter(source.tables), "")
        read = Registry().resolve(source.read)
    else:
        read = source
    use = SourceUse(
        name="tested",
        reader=source.id if isinstance(source, Source) else "example.source",
        table=table,
        paths=tuple(str(file) for file in files),
        options=options,
    )
    with tempfile.TemporaryDirectory(prefix="cxaudit-") as scratch:
        result = read(ReadRequest(use=use, files=tuple(files), scratch=Path(scratch)))
        if not isinstance(result, Rows):
            msg = f"the source gives {type(result).__name__}, which the engine reads by itself"
            raise TypeError(msg)
        rows = list(result.rows)
    for file, number, fields in rows:
        assert isinstance(file, str), f"a row's file is a text, not {file!r}"
        assert number >= 1, f"rows are counted from 1, not {number!r}"
        if not isinstance(fields, ValueError | Skipped):
            for name, value in fields.items():
                plain = value is None or isinstance(value, str | int | float | bool | datetime)
                assert plain, f"{file}, row {number}: {name} holds {type(value).__name__}"
    return rows


def run_detector(
    detector: Detector | DetectFunction,
    rows: Sequence[Mapping[str, Any]],
    *,
    batch: int = 2,
) -> list[Hit]:
    """Return the hits of a detector on rows at hand; to a function they are given in batches.

    Rows that name none get ``_source`` (``rows``) and ``_row`` (from 1). They hold the columns that
    the detector names, if it names some, as in a run. Phrases and patterns are found by the engine.

    Raises:
        AssertionError: If a hit lies outside the rows, in one that its screen leaves out, or
            beside the words that it quotes.
        PluginError: If a lazy reference cannot be imported.
    """
    named: list[dict[str, Any]] = [
        {"_source": "rows", "_row": position} | dict(row) for position, row in enumerate(rows, 1)
    ]
    if isinstance(detector, Detector) and detector.detect is None:
        return _phrase_hits(detector, named) if named else []
    detect: DetectFunction
    passing = [True] * len(named)
    if isinstance(detector, Detector):
        detect = Registry().resolve(detector.detect)
        if detector.screen:
            passing = matching(detector.screen, [row.get(detector.column) for row in named])
        if detector.columns:
            names = {"_source", "_row", *detector.columns}
            named = [{name: row[name] for name in row if name in names} for row in named]
    else:
        detect = detector
    by_key = {(row["_source"], row["_row"]): row for row in named}
    screened = set(itertools.compress(by_key, passing))

    def batches() -> Iterator[Sequence[Mapping[str, Any]]]:
        for start in range(0, len(named), batch):
            yield named[start : start + batch]

    hits = list(detect(batches()))
    for hit in hits:
        assert isinstance(hit, Hit), f"a detector yields a Hit, not {type(hit).__name__}"
        assert (hit.source, hit.row) in by_key, f"{hit} names no row that was given"
        assert (hit.source, hit.row) in screened, f"{hit} lies in a row that the screen leaves out"
        texts = [text for text in by_key[hit.source, hit.row].values() if isinstance(text, str)]
        # A quote may be the sentence around the words, its white space brought to one form.
        placed = hit.start is None or any(
            _spaced(text[hit.start : hit.end]) in _spaced(hit.quote)
            and _spaced(hit.quote) in _spaced(text)
            for text in texts
        )
        assert placed, f"{hit} does not quote the words at its place"
    return hits


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _phrase_hits(detector: Detector, rows: Sequence[Mapping[str, Any]]) -> list[Hit]:
    """Return the hits of a detector that the engine runs, over a table of the rows at hand."""
    from cxaudit._audit.reading.detectors import detect
    from cxaudit._engines.duckdb.session import connect
    from cxaudit._expressions import parse

    names = dict.fromkeys(name for row in rows for name in row if not name.startswith("_"))
    names |= dict.fromkeys([detector.column])
    columns = tuple(
        Column(name=name, type=_type_of([row.get(name) for row in rows]), meaning="At hand.")
        for name in names
    )
    table = Table(id=detector.table, columns=columns)
    where = detector.where
    condition = None
    if where is not None:
        condition = parse(where, {c.name: c.type for c in columns}, {}, expect="boolean")
    engine = connect()
    with tempfile.TemporaryDirectory(prefix="cxaudit-") as scratch:
        try:
            engine.open([], Path(scratch))
            full = [{"unit": "root", "touchpoint": "organisation", **row} for row in rows]
            engine.add(table, ColumnRows.of(table, full))
            return list(detect(detector, engine, Registry().resolve, where=condition))
        finally:
            engine.close()


def _type_of(values: Sequence[Any]) -> str:
    """Return the type of a column that holds some values."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return "boolean"
    if kinds and kinds <= {int, float}:
        return "number"
    return "time" if kinds == {datetime} else "text"


def hostile_files(folder: Path, sample: bytes, suffix: str = ".txt") -> dict[str, Path]:
    """Write variations of a good file that real records contain sooner or later.

    A source must read each, refuse single rows, or raise `ValueError` or `SourceError`;
    anything else is a failure of the source.

    Args:
        folder: Where to write; made when it is missing.
        sample: Content of a good file, in UTF-8.
        suffix: File name ending.

    Returns:
        What is wrong with each, and its path.
    """
    text = sample.decode("utf-8")
    half = len(sample) // 2
    contents = {
        "empty": b"",
        "only-newlines": b"\n\n\n",
        "truncated": sample[:half],
        "no-final-newline": sample.rstrip(b"\n"),
        "doubled": sample + sample,
        "every-line-twice": b"".join(line * 2 for line in sample.splitlines(keepends=True)),
        "windows-newlines": sample.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
        "byte-order-mark": b"\xef\xbb\xbf" + sample,
        "utf-16": text.encode("utf-16"),
        "latin-1": text.encode("latin-1", errors="replace") + "\nécole ü\n".encode("latin-1"),
        "null-bytes": sample[:half] + b"\0\0" + sample[half:],
        "binary": bytes(range(256)) * 16,
        "huge-field": sample.rstrip(b"\n") + b"x" * _HUGE + b"\n",
        "nested-deep": sample + b"[" * 100_000,
        "formula": sample + b"=HYPERLINK(1)|@SUM(1)|-1+1\n",
        "direction-marks": sample + "\u202egnp.exe \u200b\u2066\n".encode(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for name, content in contents.items():
        written[name] = folder / f"{name}{suffix}"
        written[name].write_bytes(content)
    return written


def _validate(schema: Mapping[str, Any], value: object, what: str) -> None:
    if not schema:
        return
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(dict(schema))
    errors = [error.message for error in Draft202012Validator(dict(schema)).iter_errors(value)]
    assert not errors, f"{what}: " + "; ".join(errors)
