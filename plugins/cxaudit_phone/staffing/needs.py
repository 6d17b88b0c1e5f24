"""How many people each interval of work needed, beside those who were there."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cxaudit_phone.staffing.erlang import Waiting, erlang_a, erlang_c, people_needed

__all__ = ["staffing_needs"]

_HALF_HOUR = 1800.0
_MOST = 100_000.0
"""Erlangs; a row with more is a fault, and its staff would take long to count."""

_KEPT = ("starts_at", "length_s", "queue", "offered", "handling_s", "staffed")
_ORIGIN = ("unit", "touchpoint", "_source", "_row", "_zone")


def staffing_needs(
    read: Callable[[str], Iterator[Mapping[str, Any]]], parameters: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield each row of ``staffing`` with what Erlang C and Erlang A say of it.

    Rows of one agent are left out: they say nothing of a queue. What cannot be worked out of a
    row's figures stays empty.

    Args:
        read: Yields the rows of a table.
        parameters: ``service-level-share`` (above 0 and below 1), ``answer-seconds`` and
            ``patience-seconds`` (without it, Erlang A stays empty).

    Raises:
        ValueError: If a parameter cannot be aimed at.
    """
    share, within = parameters["service-level-share"], parameters["answer-seconds"]
    patience = parameters.get("patience-seconds")
    if not 0 < share < 1:
        message = f"service-level-share is {share:g}; a share lies between 0 and 1, as 0.8 does"
        raise ValueError(message)
    if within < 0 or (patience is not None and patience <= 0):
        message = "answer-seconds is 0 or more, and patience-seconds above 0"
        raise ValueError(message)
    for row in read("staffing"):
        if row["agent"] is None:
            kept = {name: row[name] for name in (*_KEPT, *_ORIGIN)}
            yield kept | _needs(row, share, within, patience)


def _needs(
    row: Mapping[str, Any], share: float, within: float, patience: float | None
) -> dict[str, Any]:
    offered, handling, staffed = (row[name] for name in ("offered", "handling_s", "staffed"))
    length = _HALF_HOUR if row["length_s"] is None else row["length_s"]
    figures = (offered, handling, length)
    if None in figures or not all(map(math.isfinite, figures)):
        return {}
    if offered < 0 or handling <= 0 or length <= 0 or offered * handling > _MOST * length:
        return {}
    rate = offered / length
    needs: dict[str, Any] = {"needed_erlang_c": people_needed(share, rate, handling, within)}
    if patience is not None:
        needs["needed_erlang_a"] = people_needed(share, rate, handling, within, patience)
    if staffed is None or not 0 <= staffed <= _MOST or not offered:
        return needs
    # Half a person answers no call; whole people do.
    people = math.floor(staffed)
    endless: Waiting = erlang_c(rate, handling, people, within)
    needs["service_level_erlang_c"] = endless.in_time
    if math.isfinite(endless.mean_wait):
        needs["wait_erlang_c_s"] = endless.mean_wait
    if patience is not None:
        leaving = erlang_a(rate, handling, people, within, patience)
        needs["service_level_erlang_a"] = leaving.in_time
        needs["abandoned_erlang_a"] = leaving.abandoned
    return needs
