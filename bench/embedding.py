"""What an audit costs a program that embeds it: CPU of a small one, memory of a thousand.

    python bench/embedding.py [--runs 1000]

An audit in memory: ten items (nine checks of calls, one question) over three sites, 1,000 rows as
dicts or as an Arrow table. The first run loads the engine; the others are what a service pays.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import threading
import time
from pathlib import Path

import pyarrow as pa

from cxaudit import Session
from cxaudit.plugin import Audit

ITEMS = 9
SITES = ("north", "south", "east")
CHECKLIST = {
    "checklist": {"id": "bench", "version": "1", "title": "Bench"},
    "metric": [
        {
            "id": f"answered-{n}",
            "table": "calls",
            "kind": "share",
            "value": f"outcome = 'answered' and wait_s <= {10 * (n + 1)}",
            "lower_is_better": False,
        }
        for n in range(ITEMS)
    ],
    "item": [
        {
            "id": f"phone.answered-{n}",
            "area": "process",
            "touchpoints": ["phone"],
            "per": "site",
            "title": f"Calls are answered within {10 * (n + 1)} seconds",
            "check": "within-target",
            "with": {"metric": f"answered-{n}", "target": 0.9, "limit": 0.1},
        }
        for n in range(ITEMS)
    ]
    + [
        {
            "id": "phone.polite",
            "area": "interpersonal",
            "touchpoints": ["phone"],
            "title": "People are polite on the phone",
            "ask": {"method": "observe", "answer": "yes-no"},
        }
    ],
}
AUDIT = {
    "audit": {"id": "bench", "title": "Bench", "client": "Bench"},
    "unit": [
        {"id": "bench", "kind": "organisation", "zone": "UTC"},
        *({"id": site, "kind": "site", "parent": "bench"} for site in SITES),
    ],
}
ROWS = [
    {
        "call_id": f"c{n}",
        "unit": SITES[n % 3],
        "outcome": "lost" if n % 7 == 0 else "answered",
        "wait_s": n * 37 % 120,
        "started_at": f"2026-03-{1 + n % 28:02}T{8 + n % 10:02}:00:00Z",
    }
    for n in range(1_000)
]
CASES = [{"id": f"v{n}", "unit": SITES[n % 3], "touchpoint": "phone"} for n in range(12)]
ANSWERS = [
    {"item": "phone.polite", "case": case["id"], "rater": "Ann", "value": "yes"} for case in CASES
]


def resident() -> float:
    """Return the memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096 / 1e6


def load(session: Session, records: object) -> Audit:
    """Return the audit over some records."""
    return session.load_data(
        AUDIT,
        checklists=[CHECKLIST],
        sources={"calls": records},
        cases=CASES,
        answers=ANSWERS,
    )


def once(session: Session, records: object, audit: Audit | None = None) -> float:
    """Load the audit, unless it was, run it on some records, and return the seconds of CPU."""
    before = time.process_time()
    if audit is None:
        audit = load(session, records)
    else:
        audit = audit.with_sources({"calls": records}).with_answers(ANSWERS, CASES)
    result = session.run(audit)
    seconds = time.process_time() - before
    assert len(result.findings) == ITEMS * 4 + 1, len(result.findings)
    assert result.problems == ()
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    runs = parser.parse_args().runs
    session = Session()
    kinds = {"dicts": ROWS, "arrow": pa.Table.from_pylist(ROWS)}
    for name, records in kinds.items():
        print(f"{name}: first {1000 * once(session, records):.0f} ms of CPU")
        for label, audit in (("loaded each time", None), ("loaded once", load(session, records))):
            rest = [1000 * once(session, records, audit) for _ in range(30)]
            print(f"  {label}: median {statistics.median(rest):.1f} ms, least {min(rest):.1f}")
    sizes = []
    for number in range(runs + 1):
        if number % max(1, runs // 10) == 0:
            gc.collect()
            sizes.append(resident())
            print(f"{number:5} runs: {sizes[-1]:.0f} MB, {threading.active_count()} threads")
        once(session, ROWS)
    half = len(sizes) // 2
    print(f"growth over the second half: {sizes[-1] - sizes[half]:+.1f} MB")


if __name__ == "__main__":
    main()
