"""Whether two runs came to the same: two results field by field, to the last digit.

Left out: times, versions, digests of code, and keys of people that were drawn for the run; where a
list is in the order of such keys, its order. Prints what differs, and ends with 1 where anything
does.

Run: ``python bench/compare_results.py OLD NEW``; files, or folders with a ``result.json`` for each
audit somewhere below, paired by the id of the audit.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

KEY = re.compile(r"\b[0-9a-f]{16}\b")
"""A pseudonym; without a key of the client's it differs from run to run."""

CHANGING = re.compile(
    r"provenance\.(started|finished|cxaudit|python|engine|plugins\[\d+\]\.(version|digest))"
)
MISSING = object()
MOST = 100


def results(path: Path) -> dict[str, Any]:
    """Return results by the id of their audit."""
    files = sorted(path.rglob("result.json")) if path.is_dir() else [path]
    contents = [json.loads(file.read_text(encoding="utf-8")) for file in files]
    return {content["audit"]: content for content in contents}


def settled(value: Any) -> Any:
    """Return a value without what is drawn for a run."""
    if isinstance(value, str):
        return KEY.sub("KEY", value)
    if isinstance(value, dict):
        return {KEY.sub("KEY", name): settled(part) for name, part in value.items()}
    if isinstance(value, list):
        parts = [settled(part) for part in value]
        return sorted(parts, key=json.dumps) if parts != value else parts
    return value


def differences(old: Any, new: Any, path: str) -> Iterator[str]:
    """Yield each field in which two values differ."""
    if CHANGING.fullmatch(path):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            parts = old.get(name, MISSING), new.get(name, MISSING)
            yield from differences(*parts, f"{path}.{name}" if path else name)
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            yield f"{path}: {len(old)} -> {len(new)} entries"
        for index, parts in enumerate(zip(old, new, strict=False)):
            yield from differences(*parts, f"{path}[{index}]")
    elif type(old) is not type(new) or old != new:
        yield f"{path}: {written(old)} -> {written(new)}"


def written(value: Any) -> str:
    """Return a value as it is printed."""
    return "(none)" if value is MISSING else json.dumps(value, ensure_ascii=False)


def main(old: Path, new: Path) -> int:
    before, after = results(old), results(new)
    differing = 0
    for audit in sorted(before.keys() | after.keys()):
        if audit not in before or audit not in after:
            lines = [f"only in {old if audit in before else new}"]
        else:
            lines = list(differences(settled(before[audit]), settled(after[audit]), ""))
        differing += len(lines)
        print(f"{audit}: {len(lines) or 'no'} differences")
        for line in lines[:MOST]:
            print(f"  {line}")
        if len(lines) > MOST:
            print(f"  ... and {len(lines) - MOST} more")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
