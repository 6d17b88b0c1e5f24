"""A gate: it fails when a source lost so many rows that its numbers say little."""

from __future__ import annotations

from collections.abc import Iterator

from cxaudit.plugin import AuditResult, hook

AT_MOST = 0.05
"""The share of its rows that a source may lose."""


@hook
def cxaudit_gate(result: AuditResult) -> Iterator[str]:
    """Yield a reason for each source that lost more."""
    for account in result.accounts:
        lost = sum(account.rejected.values())
        if lost > AT_MOST * account.read:
            yield f"{account.source}: {lost} of {account.read} rows could not be used"
