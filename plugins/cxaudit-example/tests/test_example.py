"""What the plugin promises, tested with `cxaudit.testing`."""

from __future__ import annotations

from pathlib import Path

import cxaudit_example
import pytest

from cxaudit.errors import SourceError
from cxaudit.plugin import Evidence, State
from cxaudit.testing import (
    check_request,
    hostile_files,
    load_plugin,
    measurement,
    read_source,
    run_check,
    run_detector,
)

BOOK = b"""frontdesk 1
day 2026-04-03
09:12 35 asked for the ferry times
09:40 - left before anyone came
22:05 140 ROOM 214 IS COLD, come back later
"""


def judged(value: float | None, **settings: object) -> tuple[State, float | None, bool]:
    """Return what the check says of a share with the interval of 0.05 around it."""
    ends = {} if value is None else {"low": value - 0.05, "high": value + 0.05}
    request = check_request(measurement(value, n=40, **ends), settings=settings)
    verdict = run_check(cxaudit_example.QUIET_HOURS, request)
    return verdict.state, verdict.score, verdict.tentative


def test_it_loads_without_a_problem() -> None:
    """All that it registers is found by its name."""
    registry = load_plugin(cxaudit_example).registry
    assert registry.get("check", "example.quiet-hours") is cxaudit_example.QUIET_HOURS
    assert registry.get("table", "frontdesk_visits").touchpoint == "in-store"


@pytest.mark.parametrize(
    ("value", "at_most", "expected"),
    [
        (0.02, 0.1, (State.MET, 1.0, False)),
        (0.1, 0.1, (State.MET, 1.0, True)),
        (0.12, 0.1, (State.NOT_MET, 0.0, True)),
        (0.3, 0.1, (State.NOT_MET, 0.0, False)),
        (0.3, None, (State.NO_TARGET, None, False)),
        (None, 0.1, (State.INSUFFICIENT, None, False)),
    ],
)
def test_quiet_hours(
    value: float | None, at_most: float | None, expected: tuple[State, float | None, bool]
) -> None:
    """A share at the limit still meets it; an interval over the limit is tentative."""
    assert judged(value, at_most=at_most) == expected


def test_few_contacts_decide_nothing() -> None:
    """Fewer contacts than `min_n` are not judged."""
    assert judged(0.0, at_most=0.1, min_n=41)[0] is State.INSUFFICIENT


def test_settings_are_held_to_their_schema() -> None:
    """A misspelt setting is named."""
    with pytest.raises(AssertionError, match="'atmost' was unexpected"):
        judged(0.1, at_most=0.1, atmost=0.2)


def test_a_book_is_read(tmp_path: Path) -> None:
    """Each visit is a row under its line number; '-' is null, not 0."""
    book = tmp_path / "quay.desk"
    book.write_bytes(BOOK + b"9:55 1 no leading zero\n")
    *visits, refused = read_source(cxaudit_example.FRONTDESK, [book])
    assert visits[0] == (
        "quay.desk",
        3,
        {
            "arrived_at": "2026-04-03T09:12:00",
            "waited_seconds": "35",
            "note": "asked for the ferry times",
        },
    )
    assert [fields["waited_seconds"] for _, _, fields in visits] == ["35", None, "140"]
    assert refused[1] == len(BOOK.splitlines()) + 1
    assert isinstance(refused[2], ValueError)


def test_hostile_books_are_refused_line_by_line_or_as_a_whole(tmp_path: Path) -> None:
    """No file makes the source raise anything else, and no good line is lost."""
    seen = {}
    for name, book in hostile_files(tmp_path, BOOK, ".desk").items():
        try:
            rows = read_source(cxaudit_example.FRONTDESK, [book])
        except SourceError:
            seen[name] = "no book"
        else:
            refused = sum(isinstance(fields, ValueError) for _, _, fields in rows)
            seen[name] = f"{len(rows) - refused} read, {refused} refused"
    assert seen["empty"] == seen["only-newlines"] == seen["utf-16"] == seen["binary"] == "no book"
    assert seen["doubled"] == "6 read, 0 refused"
    assert seen["windows-newlines"] == seen["byte-order-mark"] == "3 read, 0 refused"
    assert seen["huge-field"] == "2 read, 1 refused"
    assert seen["formula"] == seen["latin-1"] == "3 read, 1 refused"


def test_shouting_is_found_with_its_place() -> None:
    """A hit names row, place and words."""
    rows = [{"note": "please"}, {"note": None}, {"note": "said: ROOM IS COLD! ok"}]
    (hit,) = run_detector(cxaudit_example.SHOUTING, rows)
    assert (hit.row, hit.start, hit.end, hit.quote) == (3, 6, 19, "ROOM IS COLD!")


def test_room_numbers_are_taken_out() -> None:
    """Redaction reaches quotes and fields."""
    host = load_plugin(cxaudit_example)
    found = Evidence(
        kind="row",
        source="quay.desk",
        quote="Room 214 is cold",
        fields={"note": "moved to room 9b", "waited_seconds": 140.0},
    )
    clean = host.call_chain("cxaudit_redact", evidence=found)
    assert clean.quote == "room *** is cold"
    assert clean.fields == {"note": "moved to room ***", "waited_seconds": 140.0}
