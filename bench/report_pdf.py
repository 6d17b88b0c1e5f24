"""Time and memory of PDFs: the restaurant group, one a unit, and 2,000 units x 100 items.

Run: ``python bench/report_pdf.py [UNITS]``. Each figure is of a warm process; no document is set
twice, as typst remembers what it has set.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import attrs
import report_page
from measure import peak

from cxaudit import Session
from cxaudit.plugin import AuditResult

EXAMPLE = Path(__file__).parent.parent / "examples" / "restaurant-group"
RUNS = 5
FILES = 900


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def example(folder: Path) -> AuditResult:
    shutil.copytree(EXAMPLE, folder / "audit", ignore=shutil.ignore_patterns("results", "plugins"))
    session = Session(plugins=[EXAMPLE / "plugins"])
    return session.run(session.load(folder / "audit" / "audit.toml"))


def main() -> None:
    session = Session()
    with tempfile.TemporaryDirectory() as name:
        result = example(Path(name))
        times = [
            timed(lambda title=title: session.render(attrs.evolve(result, title=title), "pdf"))
            for title in ("Cold", *(f"Wave {number}" for number in range(RUNS)))
        ]
        size = len(session.render(result, "pdf"))
        print(f"example, cold: {times[0]:.2f} s; warm: {min(times[1:]):.2f} s; {size / 1e6:.2f} MB")
        report_page.ITEMS, whole = 30, report_page.ITEMS
        many = report_page.result(FILES + 1)
        report_page.ITEMS = whole
        for output in ("html", "pdf"):
            took = timed(lambda o=output: session.render_units(many, o, Path(name) / o))
            count = len(list((Path(name) / output).iterdir()))
            print(f"{count} files of {output}, one a unit, 30 items each: {took:.1f} s")
    units = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    large = report_page.result(units)
    before = peak()
    took = timed(lambda: session.render(large, "pdf"))
    findings = f"{len(large.findings):,} findings"
    print(f"{findings}: {took:.1f} s; peak {peak():,.0f} MB, {before:,.0f} MB of them before")


if __name__ == "__main__":
    main()
