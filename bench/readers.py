"""How many megabytes of a vendor's export are read in a CPU second.

Seeded exports of the shape that each vendor documents, all invented, are made in a temporary
folder: tickets with their comments or conversations, mails, and calls. Each is read by an audit
with one source, into the messages or the calls; the seconds are those of reading records, from
the file to the table in the engine. Goal: 20 MB of file a CPU second.

    python bench/readers.py [--megabytes 20] [--only zendesk,mail]
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

from exports import EXPORTS, SUFFIXES, Draw
from measure import Stages

from cxaudit import Session

MESSAGE_OF = {"zendesk", "freshdesk", "intercom", "chatwoot", "mail"}
OPTIONS = {"mail": 'options = { own_addresses = ["@shop.example"] }'}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--megabytes", type=float, default=20)
    arguments.add_argument("--only", default=",".join(EXPORTS))
    options = arguments.parse_args()
    print(f"{'reader':<20}{'MB':>7}{'rows':>9}{'CPU s':>8}{'MB/CPU s':>10}")
    for name in options.only.split(","):
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / f"export{SUFFIXES.get(name, '.json')}"
            write(path, EXPORTS[name](Draw()), int(options.megabytes * 1e6))
            size = path.stat().st_size / 1e6
            seconds, rows = reading(name, path)
            print(f"{name:<20}{size:>7.1f}{rows:>9,}{seconds:>8.2f}{size / seconds:>10.1f}")


def write(path: Path, records: Iterator[str], size: int) -> None:
    """Write records, each with a line end, until a file has its size."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        while file.tell() < size:
            file.writelines(next(records) for _ in range(100))


def reading(name: str, path: Path) -> tuple[float, int]:
    """Return the CPU seconds of reading an export, and the rows that came out of it."""
    stages = Stages()
    session = Session()
    result = session.run(session.load(write_audit(name, path)), stages)
    assert not result.problems, result.problems
    account = result.accounts[0]
    assert account.kept > 0, account
    assert not account.rejected, account.rejected
    return stages.seconds()["reading records"], account.kept


def write_audit(name: str, path: Path) -> Path:
    """Write an audit with an export as its one source."""
    table, touchpoint = ("messages", "message") if name in MESSAGE_OF else ("calls", "phone")
    checklist = ["cxaudit = 1", "[checklist]", 'id = "bench.rows"', 'version = "1"']
    checklist += ['title = "Rows"', "[[metric]]", 'id = "m.rows"', f'table = "{table}"']
    checklist += ['kind = "count"', "lower_is_better = false", "[[item]]", 'id = "i.rows"']
    checklist += ['title = "Rows"', 'area = "process"', f'touchpoints = ["{touchpoint}"]']
    checklist += ['check = "within-target"', 'with = { metric = "m.rows", target = 1, limit = 0 }']
    (path.parent / "rows.toml").write_text("\n".join(checklist), encoding="utf-8")
    audit = ["cxaudit = 1", "[audit]", 'id = "bench"', 'title = "Bench"', 'client = "None"']
    audit += ['checklists = ["rows.toml"]', "[[unit]]", 'id = "shop"', 'name = "Shop"']
    audit += ['kind = "organisation"', 'zone = "UTC"', f'touchpoints = ["{touchpoint}"]']
    audit += ["[sources.export]", f'reader = "{name}"', f'table = "{table}"']
    audit += [f'path = "{path.name}"', 'unit = "shop"', 'zone = "UTC"', OPTIONS.get(name, "")]
    (path.parent / "audit.toml").write_text("\n".join(audit), encoding="utf-8")
    return path.parent / "audit.toml"


if __name__ == "__main__":
    main()
