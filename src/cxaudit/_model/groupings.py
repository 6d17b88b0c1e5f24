"""Groupings of items: the touchpoints where customers meet the organisation, and lenses."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from cxaudit._model.identifiers import validate_id

__all__ = ["Lens", "Touchpoint"]


@attrs.frozen(kw_only=True)
class Touchpoint:
    """Where the customer meets the organisation; a child is named ``parent.child``."""

    id: str = attrs.field(validator=validate_id)
    title: str

    @property
    def parent(self) -> str | None:
        """Return the id of the touchpoint above, or None."""
        return self.id.rpartition(".")[0] or None


@attrs.frozen(kw_only=True)
class Lens:
    """Another grouping of the same items, outside the check.

    Attributes:
        id: Its id.
        title: Name for people.
        keys: Key id to its title, in order.
    """

    id: str = attrs.field(validator=validate_id)
    title: str
    keys: Mapping[str, str]
