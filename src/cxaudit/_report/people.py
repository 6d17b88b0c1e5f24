"""What names single people: kinds of unit, and columns that a breakdown groups by."""

from __future__ import annotations

import re

from cxaudit._model.units import PEOPLE, Unit

__all__ = ["groups_people", "is_person"]

_COLUMNS = re.compile(
    r"\b((from_|to_)?agent|employee|staff|rater|auditor|operator|advis[eo]r|person)"
    r"(_?(id|name|key|code))?\b"
    r"|\b(first_responder|solved_by|promised_by|customer_key|visitor)\b"
)


def is_person(unit: Unit) -> bool:
    """Tell whether a unit is a single person, by its kind."""
    return unit.kind.lower() in PEOPLE


def groups_people(by: str) -> bool:
    """Tell whether the groups of a breakdown are single people, by its expression."""
    return bool(_COLUMNS.search(by.lower()))
