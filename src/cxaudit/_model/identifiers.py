"""Ids: lower-case words with hyphens, parts joined by dots."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["ID_PATTERN", "is_id", "qualified", "short", "validate_id"]

ID_PATTERN = r"[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*"
_ID = re.compile(ID_PATTERN)
_NAMESPACE = "cxaudit."


def is_id(text: str) -> bool:
    """Tell whether a text is a valid id."""
    return _ID.fullmatch(text) is not None


def validate_id(instance: object, attribute: Any, value: str) -> None:
    """Refuse a bad id (an attrs validator).

    Raises:
        ValueError: If the value is not an id.
    """
    if not is_id(value):
        msg = (
            f"{type(instance).__name__}.{attribute.name} {value!r} is not an id: "
            "use lower-case words with hyphens, parts joined by dots"
        )
        raise ValueError(msg)


def qualified(name: str) -> str:
    """Return the full form of a registered name, its own namespace made explicit."""
    return name if name.startswith(_NAMESPACE) else _NAMESPACE + name


def short(name: str) -> str:
    """Return the form in which a registered name is shown: ours without ``cxaudit.``."""
    return name.removeprefix(_NAMESPACE)
