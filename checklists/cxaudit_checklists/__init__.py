"""The checklists that cxaudit ships, as data beside this module.

Registered through our own entry point like those of any other plugin; extend one by its id::

    extends = ["pride-core"]

``cases/`` holds invented cases with a key, on which new auditors can test themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from cxaudit.plugin import ChecklistFile, hook

__all__ = ["cxaudit_register"]

_SHIPPED = (
    "conversation",
    "machine-agents",
    "message",
    "phone",
    "pride-core",
    "quick-scan",
    "voice-agents",
)


@hook
def cxaudit_register() -> Iterator[ChecklistFile]:
    """Register each checklist under its full id."""
    for name in _SHIPPED:
        yield ChecklistFile(id=f"cxaudit.{name}", package="cxaudit_checklists", file=f"{name}.toml")
