"""Markers: rules by which a reader tells what is no contact of a customer, or no answer of ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

import attrs

from cxaudit._model.identifiers import validate_id

__all__ = ["MarkedRecords", "Marker", "MarkerEffect", "Marks", "Skipped"]


@attrs.frozen
class Skipped:
    """A record that was read and left out by a rule of its format.

    Attributes:
        reason: The rule, in words that are the same for all such records.
    """

    reason: str


class MarkerEffect(StrEnum):
    """What a reader does with the records that a marker names."""

    LEAVES_OUT = "leaves-out"
    JOINS = "joins"
    MARKS = "marks"


@attrs.frozen(kw_only=True)
class Marker:
    """A rule by which a reader tells records that are not what they look like.

    Attributes:
        id: Name of the rule, such as ``merged``.
        effect: Whether such records are left out, joined to another, or kept and marked.
        meaning: What they are, in words that stand in the account: "tickets merged into another".
        source: Where the vendor or a standard says how they are told: an address, or a title.
        table: Whose rows it counts, whichever is read: a rule on messages names 300 of a source
            of threads too. None where it counts those that are read.
    """

    id: str = attrs.field(validator=validate_id)
    effect: MarkerEffect = attrs.field(converter=MarkerEffect)
    meaning: str
    source: str
    table: str | None = None


@attrs.frozen(kw_only=True)
class MarkedRecords:
    """How many records of a source a marker named.

    Attributes:
        rule: Name of the rule.
        effect: What was done with them.
        meaning: What they are.
        records: How many they are.
    """

    rule: str
    effect: MarkerEffect
    meaning: str
    records: int


class Marks:
    """Counts, while files are read, the records that each marker of a source names.

    Attributes:
        records: Rule to the number of records so far; rules that named none are there with 0.
    """

    def __init__(self, markers: Iterable[Marker]) -> None:
        """Begin with none."""
        self._markers: Mapping[str, Marker] = {marker.id: marker for marker in markers}
        self.records: dict[str, int] = dict.fromkeys(self._markers, 0)

    def count(self, rule: str, records: int = 1) -> None:
        """Count records that a rule names.

        Raises:
            KeyError: If the source declares no such rule.
        """
        self.records[rule] += records

    def left_out(self, rule: str) -> Skipped:
        """Count a record, and return what stands in place of its row.

        Raises:
            KeyError: If the source declares no such rule.
        """
        self.count(rule)
        return Skipped(self._markers[rule].meaning)
