"""The invented firm: when its records begin, and how files are written."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

DATA = Path(__file__).parent / "data"
ZONE = ZoneInfo("Europe/Paris")
START = datetime(2026, 4, 6, tzinfo=ZONE)
DAYS = 28
HOLIDAYS = {"2026-04-06", "2026-05-01"}


def stamp(at: datetime | None) -> str:
    """Return a local time as people write it in a table."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}"


def zulu(at: datetime) -> str:
    """Return an instant as an API gives it."""
    return at.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock_time(at: datetime) -> str:
    """Return a local time to the second, as a machine writes it in a table."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def clock(seconds: float) -> str:
    """Return a time in a recording."""
    return f"00:{int(seconds) // 60:02d}:{seconds % 60:06.3f}"


def save(name: str, header: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    """Write a CSV file."""
    with (DATA / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def dump(name: str, content: object) -> None:
    """Write a JSON file."""
    (DATA / name).write_text(json.dumps(content, indent=1) + "\n", "utf-8")
