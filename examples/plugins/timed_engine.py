"""An engine in front of another: it measures nothing itself, and says what each call took.

An engine does what `cxaudit.plugin.EngineSession` lists. One of your own may pass on what it does
not do better, as here, or raise `NotImplementedError` with the reason.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from cxaudit import Session
from cxaudit.plugin import Engine, EngineSession, hook

LOG = logging.getLogger("timed_engine")


class TimedEngine:
    """Passes every call on."""

    name = "timed"

    def __init__(self, engine: EngineSession) -> None:
        """Stand in front of an engine."""
        self._engine = engine
        self.version = f"{engine.name} {engine.version}"

    def __getattr__(self, name: str) -> Any:
        """Return an ability of the engine, timed."""
        ability = getattr(self._engine, name)
        return self._timed(name, ability) if callable(ability) else ability

    def _timed(self, name: str, ability: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            start = perf_counter()
            try:
                return ability(*arguments, **named)
            finally:
                LOG.info("%s: %.4f s", name, perf_counter() - start)

        return call


def connect() -> TimedEngine:
    """Return an open engine in front of cxaudit's own."""
    session = Session()
    return TimedEngine(session.resolve(session.registered("engine")["cxaudit.duckdb"].connect)())


@hook
def cxaudit_register() -> Iterable[Engine]:
    """Yield the engine."""
    yield Engine(id="timed.duckdb", connect=connect, summary="The embedded engine, timed.")
