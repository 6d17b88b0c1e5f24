"""The thirty threshold checks of `checks.py` in other tools; each call is a process of its own.

Run by `checks.py` with the Python of an environment that holds ``bench/peers.txt``, which is made
by ``uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header``
from: duckdb, great-expectations, pandas, pandera[polars], pointblank, polars, pyarrow, soda-duckdb.

    python bench/peers.py TOOL FOLDER

prints how many of the checks hold over ``FOLDER/calls.parquet``.
"""

from __future__ import annotations

import logging
import sys
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path

MOST = {"wait_s": 3600.0, "talk_s": 7200.0, "hold_s": 1800.0, "wrap_s": 600.0, "transfers": 5.0}
FILLED = (
    *("call_id", "customer_key", "unit", "queue", "outcome", "queued_at", "wait_s", "talk_s"),
    *("hold_s", "transfers"),
)
RANGES = tuple(
    (column, 0.0, most * part) for part in (1, 0.5, 2, 0.05) for column, most in MOST.items()
)
"""Column, least and greatest value; an empty value is in any range."""
KEPT = 0.95
"""A check holds where so large a share of all rows does."""
BROKEN = 1 - KEPT


def one_statement(folder: Path) -> int:
    """One statement, as short as the work can be."""
    import duckdb

    conditions = [f"coalesce({name} BETWEEN {low} AND {high}, true)" for name, low, high in RANGES]
    conditions += [f"{name} IS NOT NULL" for name in FILLED]
    counts = ", ".join(f"count_if({condition})" for condition in conditions)
    source = f"'{folder / 'calls.parquet'}'"
    rows, *kept = duckdb.execute(f"SELECT count(*), {counts} FROM {source}").fetchone() or ()
    return sum(count >= KEPT * rows for count in kept)


def soda(folder: Path) -> int:
    """A contract over a view of the file, each check with a share of rows."""
    import duckdb
    from soda_core.contracts import verify_contract_locally

    database = folder / "calls.duckdb"
    if not database.exists():
        source = f"'{folder / 'calls.parquet'}'"
        duckdb.connect(str(database)).execute(f"CREATE VIEW calls AS SELECT * FROM {source}")
    threshold = [
        "threshold:",
        "  metric: percent",
        f"  must_be_less_than_or_equal: {BROKEN:%}"[:-1],
    ]
    checks: dict[str, list[str]] = {}
    for number, (name, low, high) in enumerate(RANGES):
        lines = [f"qualifier: r{number}", f"valid_min: {low}", f"valid_max: {high}", *threshold]
        checks.setdefault(name, []).extend(["- invalid:", *(f"    {line}" for line in lines)])
    for name in FILLED:
        lines = ["- missing:", *(f"    {line}" for line in threshold)]
        checks.setdefault(name, []).extend(lines)
    contract = ["dataset: calls/main/calls", "columns:"]
    for name, lines in checks.items():
        contract += [f"  - name: {name}", "    checks:", *(f"      {line}" for line in lines)]
    (folder / "contract.yml").write_text("\n".join(contract) + "\n", "utf-8")
    connection = f"type: duckdb\nname: calls\nconnection:\n  database: {database}\n"
    (folder / "source.yml").write_text(connection, "utf-8")
    verified = verify_contract_locally(
        data_source_file_path=str(folder / "source.yml"),
        contract_file_path=str(folder / "contract.yml"),
        publish=False,
    )
    results = verified.contract_verification_results[0].check_results
    return sum(result.outcome.name == "PASSED" for result in results)


def pointblank(folder: Path) -> int:
    """A validation plan over Polars; empty values pass a range."""
    import pointblank as pb
    import polars as pl

    plan = pb.Validate(pl.read_parquet(folder / "calls.parquet"))
    for name, low, high in RANGES:
        plan = plan.col_vals_between(columns=name, left=low, right=high, na_pass=True)
    for name in FILLED:
        plan = plan.col_vals_not_null(columns=name)
    shares = plan.interrogate(collect_extracts=False).f_passed()
    return sum(share >= KEPT for share in shares.values())


def pandera(folder: Path) -> int:
    """A schema over Polars. It knows no share: rows that fail are counted in its list of them."""
    import pandera.polars as pa
    import polars as pl

    ranges: dict[str, list[pa.Check]] = {name: [] for name in FILLED}
    for name, low, high in RANGES:
        ranges.setdefault(name, []).append(pa.Check.in_range(low, high))
    columns = {
        name: pa.Column(checks=checks, nullable=name not in FILLED)
        for name, checks in ranges.items()
    }
    table = pl.read_parquet(folder / "calls.parquet")
    failing: Counter[tuple[str, str]] = Counter()
    try:
        pa.DataFrameSchema(columns).validate(table, lazy=True)
    except pa.errors.SchemaErrors as error:
        counts = error.failure_cases.group_by("column", "check").len()
        failing.update({(column, check): rows for column, check, rows in counts.iter_rows()})
    broken = sum(rows > BROKEN * table.height for rows in failing.values())
    return len(RANGES) + len(FILLED) - broken


def great_expectations(folder: Path) -> int:
    """A suite over pandas, each expectation mostly kept, with its few examples of what is not."""
    import great_expectations as gx
    import great_expectations.expectations as expect
    import pandas as pd

    logging.disable(logging.CRITICAL)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    frame = context.data_sources.add_pandas("bench").add_dataframe_asset("calls")
    batch = frame.add_batch_definition_whole_dataframe("whole").get_batch(
        batch_parameters={"dataframe": pd.read_parquet(folder / "calls.parquet")}
    )
    suite = gx.ExpectationSuite(name="calls")
    for name, low, high in RANGES:
        suite.add_expectation(
            expect.ExpectColumnValuesToBeBetween(
                column=name, min_value=low, max_value=high, mostly=KEPT
            )
        )
    for name in FILLED:
        suite.add_expectation(expect.ExpectColumnValuesToNotBeNull(column=name, mostly=KEPT))
    return sum(bool(result.success) for result in batch.validate(suite).results)


TOOLS: dict[str, Callable[[Path], int]] = {
    "one statement": one_statement,
    "soda": soda,
    "pointblank": pointblank,
    "pandera": pandera,
    "great-expectations": great_expectations,
}


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    passed = TOOLS[sys.argv[1]](Path(sys.argv[2]))
    print(f"passed {passed}")
