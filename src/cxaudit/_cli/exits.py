"""Exit codes.

0 fine; 1 the gate failed; 2 usage, configuration or checklist error; 3 some check or plugin
failed, or memory or disk ran out; 4 not enough basis; 5 our bug; 130 interrupted; 141 nobody
read the output to its end; 143 terminated. Where several hold: 141, 5, 2, 1, 4, 3; but 3 where
the basis is missing because a source failed, or the gate undecided because a plugin's rule did.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxaudit._model.result import AuditResult

__all__ = [
    "BUG",
    "FAILED",
    "GATE",
    "INPUT",
    "INTERRUPTED",
    "NO_BASIS",
    "TERMINATED",
    "UNREAD",
    "code_of",
]

GATE, INPUT, FAILED, NO_BASIS, BUG = 1, 2, 3, 4, 5
INTERRUPTED, UNREAD, TERMINATED = 130, 141, 143
"""As shells tell of SIGINT, SIGPIPE and SIGTERM."""


def code_of(result: AuditResult) -> int:
    """Return the exit code for a result."""
    if any(getattr(reason, "code", "") != "gate-undecided" for reason in result.gate.reasons):
        return GATE
    if result.gate.reasons:
        return FAILED
    if not result.gate.enough and all(problem.stage != "reading" for problem in result.problems):
        return NO_BASIS
    return FAILED if result.problems else 0
