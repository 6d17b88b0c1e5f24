"""Customer-experience audits: what is asked, observed and measured, in one explained score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxaudit._version import __version__

if TYPE_CHECKING:
    from cxaudit.session import Session, result_json, run

__all__ = ["Session", "__version__", "result_json", "run"]


def __getattr__(name: str) -> Any:
    if name in {"Session", "result_json", "run"}:
        from cxaudit import session

        return getattr(session, name)
    msg = f"module 'cxaudit' has no attribute {name!r}"
    raise AttributeError(msg)
