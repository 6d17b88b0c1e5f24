"""Tables in memory are read as the files are that hold the same, whoever made them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cxaudit._engines.duckdb.session import connect
from cxaudit._expressions import parse
from cxaudit.errors import SourceError
from cxaudit.plugin import RowQuery, Scan, TableLoad
from tests.support.records import TABLE, ZONES

COLUMNS = {
    "call_id": ["c1", "c2", None, "c2", "ü\U0001f600"],
    "at": [
        dt.datetime(2026, 3, 29, 2, 30),  # noqa: DTZ001 - local, in the gap of that night
        None,
        dt.datetime(2026, 10, 25, 2, 30),  # noqa: DTZ001 - local, shown twice
        dt.datetime(2026, 1, 1),  # noqa: DTZ001
        dt.datetime(1999, 1, 1),  # noqa: DTZ001
    ],
    "wait_s": [1.5, float("inf"), None, 2.0, -0.0],
    "ok": [True, None, False, True, False],
    "note": ["", " ", None, "x", "0"],
    "site": ["east", "Q1", "nowhere", None, "east"],
}


@pytest.fixture
def load(tmp_path):
    """Load a scan, and return its account, rows and instants."""

    def start(format_, names=tuple(COLUMNS), **given):
        files = given.get("files", ())
        scan = Scan(format=format_, shown=("calls",), columns=names, digests=("abc",), **given)
        raw = dict.fromkeys(names, "text")
        columns = {name: parse(name, raw, {}) for name in COLUMNS if name in names}
        columns["unit"] = columns.pop("site")
        session = connect()
        session.open(files, tmp_path / "scratch")
        try:
            outcome = session.load(
                TableLoad(
                    source="calls",
                    table=TABLE,
                    scan=scan,
                    columns=columns,
                    zone="Europe/Paris",
                    unit_zones=ZONES,
                    unit_aliases={"Q1": "east"},
                    quarantine=tmp_path / f"{format_}.jsonl",
                )
            )
            rows = [row for batch in session.rows(RowQuery(table="calls")) for row in batch]
            with pytest.raises(duckdb.CatalogException):
                session._connection.fetched("SELECT * FROM _cx_table_0")
        finally:
            session.close()
        quarantined = (tmp_path / f"{format_}.jsonl").read_text("utf-8")
        return outcome, [{**row, "at": str(row["at"])} for row in rows], quarantined

    return start


def tables():
    arrow = pa.table(COLUMNS)
    frame = pd.DataFrame({n: pd.Series(v, dtype=object) for n, v in COLUMNS.items()})
    frame["at"] = pd.to_datetime(frame["at"])
    arrays = {name: np.array(values, dtype=object) for name, values in COLUMNS.items()}
    arrays["at"] = np.array(COLUMNS["at"], dtype="datetime64[us]")
    arrays["wait_s"] = np.array([1.5, np.inf, np.nan, 2.0, -0.0])
    arrays["ok"] = np.ma.array([True, False, False, True, False], mask=[0, 1, 0, 0, 0])
    other = duckdb.connect()
    other.register("t", arrow)
    return {
        "arrow": arrow,
        "pandas": frame,
        "numpy": arrays,
        "duckdb": other.sql("SELECT * FROM t"),
    }


@pytest.mark.parametrize("kind", ["arrow", "pandas", "numpy", "duckdb"])
def test_a_table_gives_what_its_parquet_file_gives(load, tmp_path, kind):
    path = tmp_path / "calls.parquet"
    pq.write_table(pa.table(COLUMNS), path)
    from_file, rows, quarantined = load("parquet", files=(path,))
    from_table, same, again = load("table", tables=(tables()[kind],))
    assert same == rows
    assert from_table.instants == from_file.instants
    assert from_table.account.rejected == from_file.account.rejected != {}
    assert (from_table.account.ambiguous_times, from_table.account.skipped_times) == (1, 1)
    assert from_table.account.files == {"calls": "abc"}
    assert from_table.account.unmatched_units == from_file.account.unmatched_units
    assert len(again.splitlines()) == len(quarantined.splitlines()) > 0


def test_columns_of_other_types_and_of_none_are_read_as_their_text(load):
    table = pa.table(
        {
            "call_id": pa.array([1, 2, 2], pa.int64()),
            "wait_s": pa.array([Decimal("1.25"), None, Decimal("0.10")]),
            "note": pa.array([None] * 3, pa.null()),
            "site": pa.array(["east"] * 3).dictionary_encode(),
        }
    )
    outcome, rows, _ = load("table", tuple(table.column_names), tables=(table,))
    found = [(row["call_id"], row["wait_s"], row["note"], row["unit"]) for row in rows]
    assert found == [("1", 1.25, None, "east"), ("2", None, None, "east")]
    assert sum(outcome.account.rejected.values()) == 1


def test_what_no_engine_can_read_is_told_by_its_name(load):
    with pytest.raises((SourceError, duckdb.Error)) as caught:
        load("table", tables=(object(),))
    assert "calls" in str(caught.value)
