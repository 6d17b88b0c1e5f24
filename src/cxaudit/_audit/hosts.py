"""The plugins of a session, and what they know of each audit."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from cxaudit._model.audit import Audit
from cxaudit._model.result import AuditResult, PluginRecord, RunProblem
from cxaudit._plugins.host import PluginHost
from cxaudit.errors import AuditFileError, Problem

__all__ = ["Hosts"]

_MOST = 32
"""Of so many audits a session remembers what their plugins know."""


class Hosts:
    """Plugins as they were loaded, and as they were last configured for each audit.

    Attributes:
        loaded: The plugins as they were loaded.
    """

    def __init__(self, loaded: PluginHost) -> None:
        """Take plugins that are loaded."""
        self.loaded = loaded
        self._specs_checked = False
        self._lock = threading.RLock()
        # A report asks the plugins that were last configured for its audit.
        self._of_audits: OrderedDict[str, PluginHost] = OrderedDict()

    @property
    def plugins(self) -> tuple[PluginRecord, ...]:
        """Return what was loaded; of plugins that failed since, in what, too."""
        *_, last = self._all()
        return last.plugins

    @property
    def problems(self) -> tuple[RunProblem, ...]:
        """Return what went wrong with plugins as they were loaded, and last with each audit."""
        return tuple(dict.fromkeys(problem for host in self._all() for problem in host.problems))

    def check_specs(self) -> None:
        """Check what plugins registered, once, before it is used."""
        with self._lock:  # the first runs of several threads
            if not self._specs_checked:
                from cxaudit._checklists.specs import check_specs

                check_specs(self.loaded)
                self._specs_checked = True

    @contextmanager
    def of_audit(self, audit: Audit) -> Iterator[PluginHost]:
        """Give plugins that hold the settings of an audit, and no other's, for a block.

        Raises:
            AuditFileError: If a plugin that the audit relies on is not active.
        """
        self.check_specs()
        with self._lock if self.loaded.shares_settings else nullcontext():
            host = self.loaded.fresh()
            self._remember(audit.id, host)
            if refusals := _refusals(audit, host):
                raise AuditFileError(refusals)
            yield host

    def of_result(self, result: AuditResult) -> PluginHost:
        """Return the plugins as the run of a result left them; as loaded when it was not here."""
        host = self._of_audits.get(result.audit)
        if host is None:
            host = self.loaded.fresh()
            self._remember(result.audit, host)
        return host

    def _all(self) -> tuple[PluginHost, ...]:
        with self._lock:
            return (self.loaded, *self._of_audits.values())

    def _remember(self, audit: str, host: PluginHost) -> None:
        with self._lock:  # runs in several threads remember theirs
            self._of_audits[audit] = host
            self._of_audits.move_to_end(audit)
            while len(self._of_audits) > _MOST:
                self._of_audits.popitem(last=False)


def _refusals(audit: Audit, host: PluginHost) -> tuple[Problem, ...]:
    """Give plugins the settings of an audit, and return what it relies on and is not there."""
    from cxaudit._checklists import with_lines

    file = str(audit.path)
    problems = (
        *host.configure(audit.plugins, file=file, folder=audit.folder),
        *host.missing_redactors(audit.redactors, file=file),
    )
    return with_lines(problems, audit.path) if problems else ()
