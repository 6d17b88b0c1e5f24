"""Actions: what will be done about findings."""

from __future__ import annotations

from datetime import date

import attrs

__all__ = ["PlannedAction"]


@attrs.frozen(kw_only=True)
class PlannedAction:
    """What will be done about an item that fell short, as the table ``actions`` has it.

    Attributes:
        id: Its id.
        item: Item that it answers.
        unit: Unit at which it is done; None for the whole organisation.
        what: What will be done, redacted; empty when not stated.
        owner: Who does it, by name; empty when nobody is named. Not for the public.
        due_on: When it falls due.
        done_on: When it was done; None while it is open.
    """

    id: str
    item: str
    unit: str | None = None
    what: str = ""
    owner: str = ""
    due_on: date | None = None
    done_on: date | None = None
