"""The hooks that a plugin may implement. Arguments are passed by name; take those you need.

Each implementation is called by itself: its failure is recorded with its plugin's name, what
it gave before stays, and the run goes on. Wrappers are refused. Results are sorted by id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pluggy

if TYPE_CHECKING:
    from cxaudit._model.audit import Audit
    from cxaudit._model.checklist import Item
    from cxaudit._model.evidence import Evidence
    from cxaudit._model.report import Section
    from cxaudit._model.result import AuditResult
    from cxaudit._model.units import Unit

__all__ = [
    "cxaudit_after_run",
    "cxaudit_configure",
    "cxaudit_gate",
    "cxaudit_propose_exclusions",
    "cxaudit_redact",
    "cxaudit_register",
    "cxaudit_report_sections",
]

hookspec = pluggy.HookspecMarker("cxaudit")


@hookspec
def cxaudit_register() -> Iterable[object]:
    """Yield the specs that the plugin adds (`Check`, `Metric`, `Table`, `Source`, ...).

    Called once when a session loads plugins. Name heavy parts as ``"package.module:attribute"``.
    """


@hookspec
def cxaudit_configure(settings: Mapping[str, Any], folder: Path) -> None:
    """Take the plugin's own table ``[plugins.NAME]`` of the audit file.

    Called when an audit is loaded and before each run, secrets already put in: of a class, on an
    instance of that run alone. Paths start from ``folder``, where the audit file lies. Raise
    `ValueError` to refuse settings.
    """


@hookspec
def cxaudit_propose_exclusions(
    audit: Audit, items: tuple[Item, ...], unit: Unit
) -> Iterable[tuple[str, str]]:
    """Yield ``(item id, rationale)`` of items that cannot apply at a unit.

    Called once per unit before judging. Each exclusion is recorded with the plugin's name.
    """


@hookspec
def cxaudit_redact(evidence: Evidence) -> Evidence | None:
    """Return a piece of evidence with personal data taken out; None drops it.

    Called for each piece that enters a result, after the default redactor. An exception drops
    the piece: redaction fails closed.
    """


@hookspec
def cxaudit_gate(result: AuditResult) -> Iterable[str]:
    """Yield reasons for which the gate fails. Called once, after core's own rules.

    An exception leaves the gate undecided, and never passed.
    """


@hookspec
def cxaudit_report_sections(result: AuditResult, audience: str) -> Iterable[Section]:
    """Yield further sections of the report, as typed blocks.

    Called once per report. ``audience`` is client, internal or public. Numbers of
    `cxaudit.documents` are written in the report's language, which is ``result.language``.
    """


@hookspec
def cxaudit_after_run(result: AuditResult) -> None:
    """Do something with a finished result, such as sending a message. Called once per run."""
