"""The checklists that cxaudit ships, as data beside this module.

Registered through our own entry point like those of any other plugin; extend one by its id::

    extends = ["quick-scan"]
"""

from __future__ import annotations

from collections.abc import Iterator

from cxaudit.plugin import ChecklistFile, hook

__all__ = ["cxaudit_register"]


@hook
def cxaudit_register() -> Iterator[ChecklistFile]:
    """Register each checklist under its full id."""
    yield ChecklistFile(
        id="cxaudit.quick-scan", package="cxaudit_checklists", file="quick-scan.toml"
    )
