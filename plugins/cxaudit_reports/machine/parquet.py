"""All findings as Parquet: one row a finding, columns typed, values exactly those of the result.

The columns of the result are handed to DuckDB as they are; codes become names by joins, so that
no finding is ever built as a Python object.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cxaudit.documents import scratch_folder
from cxaudit.plugin import AuditResult, Flag, State

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["render_parquet"]

_NUMBERS = ("score", "low", "high", "weight", "value", "value_low", "value_high", "n")
_QUERY = """
    SELECT
        audit.id AS audit, audit.wave AS wave,
        -- The same digest as `Finding.fingerprint`; a test holds the two together.
        left(sha256(concat_ws(chr(31), items.id, touchpoints.id, units.id)), 16) AS fingerprint,
        items.id AS item, items.code AS code, items.title AS title, items.area AS area,
        items.role AS role, touchpoints.id AS touchpoint, units.id AS unit,
        units.name AS unit_name, states.id AS state, reasons.id AS reason,
        CASE flags.id WHEN '' THEN []::VARCHAR[] ELSE string_split(flags.id, ' ') END AS flags,
        findings.score, findings.low, findings.high, findings.weight, findings.value,
        findings.value_low, findings.value_high, findings.n
    FROM findings
    JOIN items ON items.key = findings.item
    JOIN touchpoints ON touchpoints.key = findings.touchpoint
    JOIN units ON units.key = findings.unit
    JOIN reasons ON reasons.key = findings.reason
    JOIN states ON states.key = findings.state
    JOIN flags ON flags.key = findings.flags
    CROSS JOIN audit
    ORDER BY findings.row
"""


def render_parquet(result: AuditResult) -> bytes:
    """Return all findings as a Parquet file.

    Numbers are whole, those not known null. The order is that of the result, and the same result
    gives the same bytes under one version of DuckDB.
    """
    import duckdb
    import numpy as np

    findings = result.findings
    items = {item.id: item for item in result.checklist.items}
    names = {unit.id: unit.name for unit in result.units}
    checklist_items = [items.get(item) for item in findings.items]
    numbers = {name: getattr(findings, name) for name in _NUMBERS}
    codes = ("item", "touchpoint", "unit", "reason", "state", "flags")
    coded = {name: getattr(findings, name).astype(np.int32) for name in codes}
    flags = np.unique(coded["flags"])
    titles = [item.title.within(result.language) if item else "" for item in checklist_items]
    tables: dict[str, dict[str, NDArray[Any]]] = {
        "findings": {"row": np.arange(len(findings), dtype=np.int64), **coded, **numbers},
        "items": {
            **_texts(id=findings.items, title=titles),
            **_texts(code=[item.code if item else "" for item in checklist_items]),
            **_texts(area=[item.area if item else "" for item in checklist_items]),
            **_texts(role=[item.role if item else "" for item in checklist_items]),
        },
        "touchpoints": _texts(id=findings.touchpoints),
        "units": _texts(id=findings.units, name=[names.get(unit, "") for unit in findings.units]),
        "reasons": _texts(id=findings.reasons),
        "states": _texts(np.array(list(State), dtype=np.int32), id=[s.label for s in State]),
        "flags": _texts(flags, id=[" ".join(Flag(int(flag)).labels) for flag in flags]),
        "audit": _texts(id=[result.audit], wave=[result.wave.id if result.wave else ""]),
    }
    with scratch_folder("cxaudit-") as folder:
        file = folder / "findings.parquet"
        # With more threads the parts of the file would depend on the machine.
        with duckdb.connect(config={"threads": 1, "python_enable_replacements": False}) as engine:
            for name, columns in tables.items():
                engine.register(name, columns)
            target = str(file).replace("'", "''")
            engine.execute(f"COPY ({_QUERY}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
        return file.read_bytes()


def _texts(key: NDArray[np.int32] | None = None, **columns: Sequence[str]) -> dict[str, Any]:
    """Return columns of texts with a key beside them, counted from 0 when none is given.

    A file name that is no text holds lone surrogates, which no Parquet file may hold. Arrays of
    objects keep long texts small and zeros at their ends; empty ones would have no type.
    """
    import numpy as np

    texts = {
        name: np.array(
            [text.encode(errors="replace").decode() for text in values],
            dtype=np.object_ if values else np.str_,
        )
        for name, values in columns.items()
    }
    size = len(next(iter(texts.values())))
    return {"key": np.arange(size, dtype=np.int32) if key is None else key, **texts}
