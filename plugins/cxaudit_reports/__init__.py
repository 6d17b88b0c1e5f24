"""Reports: documents that a consultant hands over, machine formats, and what may be published.

Imported by every session, so it imports nothing heavy: renderers are named as
``"package.module:attribute"`` and imported when they are used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxaudit.errors import did_you_mean
from cxaudit.plugin import Command, Evidence, hook
from cxaudit_reports.outputs import OUTPUTS

if TYPE_CHECKING:
    from cxaudit_reports.names import Names

__all__ = ["Reports"]

_SETTINGS = ("names",)
_PUBLISH = Command(
    id="cxaudit.publish",
    command="cxaudit_reports.publish.command:publish",
    summary="Write a result that may be shown to others, in all formats.",
)


class Reports:
    """The plugin; each session has its own, as it keeps the names of the audit that is loaded."""

    def __init__(self) -> None:
        """Begin without names."""
        self._names: Names | None = None

    @hook
    def cxaudit_register(self) -> Iterable[object]:
        """Yield all that this plugin adds."""
        yield from OUTPUTS
        yield _PUBLISH

    @hook
    def cxaudit_configure(self, settings: Mapping[str, Any], folder: Path) -> None:
        """Take ``names``: a file with one name a line, or a list of names.

        Raises:
            ValueError: If the settings are wrong.
        """
        self._names = None
        for key in settings:
            if key not in _SETTINGS:
                hint = did_you_mean(key, _SETTINGS) or f"There is {', '.join(_SETTINGS)}."
                msg = f"there is no setting {key!r}. {hint}"
                raise ValueError(msg)
        if settings:
            from cxaudit_reports.names import names_of

            self._names = names_of(settings, folder)

    @hook
    def cxaudit_redact(self, evidence: Evidence) -> Evidence:
        """Return the evidence without the names of the list."""
        return self._names.redact(evidence) if self._names else evidence
