"""The shipped examples, each loaded and run once in a process."""

from __future__ import annotations

import functools
from pathlib import Path

from cxaudit import Session
from cxaudit.plugin import AuditResult

__all__ = ["ROOT", "ran"]

ROOT = Path(__file__).parents[2] / "examples"


@functools.cache
def ran(name: str) -> tuple[Session, AuditResult]:
    """Return a session with an example's plugins, and the example's result."""
    folder = ROOT / name
    session = Session([folder / "plugins"] if (folder / "plugins").is_dir() else [])
    return session, session.run(session.load(folder / "audit.toml"))
