"""Run the audit of the invented restaurant group by the API, and say what came out.

python examples/restaurant-group/run_audit.py report.html
"""

from __future__ import annotations

import sys
from pathlib import Path

from cxaudit import Session

HERE = Path(__file__).parent


def main(report: Path) -> None:
    """Run the audit and write its report as a page."""
    session = Session(plugins=[HERE / "plugins"])
    audit = session.load(HERE / "audit.toml")
    result = session.run(audit)
    session.render(result, "html", report)
    root = result.scorecard.root
    overall = root.overall
    if overall.value is not None and overall.coverage is not None:
        print(
            f"{result.title}: {overall.value:.0%}, {root.grade}; {overall.coverage:.0%} was judged"
        )
    for account in result.accounts:
        print(f"{account.source}: {account.kept} of {account.read} rows kept")
    for reason in result.gate.reasons:
        print(f"Gate: {reason}")
    print(f"Report: {report}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path("report.html"))
