"""All findings as Parquet: one row a finding, columns typed, values exactly those of the result."""

from __future__ import annotations

from cxaudit.documents import scratch_folder
from cxaudit.plugin import AuditResult

__all__ = ["render_parquet"]


def render_parquet(result: AuditResult) -> bytes:
    """Return all findings as a Parquet file.

    Numbers are whole, those not known null. The order is that of the result, and the same result
    gives the same bytes under one version of DuckDB.
    """
    import duckdb

    findings = result.table("findings")
    with scratch_folder("cxaudit-") as folder:
        file = folder / "findings.parquet"
        # With more threads the parts of the file would depend on the machine.
        with duckdb.connect(config={"threads": 1, "python_enable_replacements": False}) as engine:
            engine.register("findings", findings)
            target = str(file).replace("'", "''")
            engine.execute(f"COPY (FROM findings) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
        return file.read_bytes()
