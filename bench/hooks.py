"""The share of a run that goes into calling hooks. Goal: under 1 %.

Ten plugins implement every hook that a run calls, and do nothing in them, so all the time that
passes inside the host's calls is the machinery's. Start-up and loading are left out of the run,
so the share of a whole process is smaller. Times are of CPU.

    python bench/hooks.py [audit.toml ...]
"""

# ruff: noqa: ARG002 - the arguments are named so that the host passes them

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cxaudit import Session
from cxaudit._plugins.host import PluginHost
from cxaudit.plugin import hook

ROOT = Path(__file__).parents[1]
AUDITS = ("examples/quick-scan/audit.toml", "examples/restaurant-group/audit.toml")
RUNS = 7


class Idle:
    """A plugin with every hook and nothing to do."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    @hook
    def cxaudit_propose_exclusions(self, audit: object) -> tuple[()]:
        return ()

    @hook
    def cxaudit_redact(self, evidence: object) -> object:
        return evidence

    @hook
    def cxaudit_gate(self, result: object) -> tuple[()]:
        return ()

    @hook
    def cxaudit_report_sections(self, result: object, audience: str) -> tuple[()]:
        return ()

    @hook
    def cxaudit_after_run(self, result: object) -> None:
        return None


def main() -> None:
    spent = [0.0, 0]

    def timed(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            start = time.process_time()
            try:
                return method(*arguments, **named)
            finally:
                spent[0] += time.process_time() - start
                spent[1] += 1

        return call

    PluginHost.call = timed(PluginHost.call)  # type: ignore[method-assign]
    PluginHost.call_chains = timed(PluginHost.call_chains)  # type: ignore[method-assign]
    for name in sys.argv[1:] or [str(ROOT / audit) for audit in AUDITS]:
        audit_file = Path(name)
        folders = [folder for folder in [audit_file.parent / "plugins"] if folder.is_dir()]
        for idle in (0, 10):
            session = Session([*folders, *(Idle(f"idle-{n}") for n in range(idle))])
            audit = session.load(audit_file)
            shares, times = [], []
            for _ in range(RUNS):
                spent[:] = [0.0, 0]
                start = time.process_time()
                session.report(session.run(audit))
                times.append(spent[0] * 1000)
                shares.append(spent[0] / (time.process_time() - start))
            assert not [problem for problem in session.problems if "idle" in problem.plugin]
            took, share = statistics.median(times), statistics.median(shares)
            print(
                f"{audit_file.parent.name}, {idle} idle plugins: {spent[1]} calls of hooks, "
                f"{took:.2f} ms, {share:.2%} of run and report"
            )


if __name__ == "__main__":
    main()
