"""A small table of calls with a column of each type, which loads fill."""

from __future__ import annotations

from cxaudit.plugin import Column, Table

TABLE = Table(
    id="calls",
    touchpoint="phone",
    key=("call_id",),
    columns=(
        Column(name="call_id", type="text", meaning="", required=True),
        Column(name="at", type="time", meaning=""),
        Column(name="wait_s", type="number", meaning=""),
        Column(name="ok", type="boolean", meaning=""),
        Column(name="day", type="date", meaning=""),
        Column(name="note", type="text", meaning=""),
    ),
)
ZONES = {"root": "Europe/Paris", "east": "America/New_York"}
