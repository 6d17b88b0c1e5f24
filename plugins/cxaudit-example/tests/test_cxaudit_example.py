"""What the plugin promises. Cases of its checks lie beside, in cxaudit_example.cases.toml."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cxaudit.errors import SourceError
from cxaudit.plugin import Evidence, State
from cxaudit.testing import (
    PluginRun,
    assert_plugin,
    check_request,
    hostile_files,
    load_plugin,
    measurement,
    read_source,
    run_check,
    run_detector,
    run_plugin,
)

PLUGIN = "cxaudit_example"
BOOK = b"""frontdesk 1
day 2026-04-03
09:12 35 asked for the ferry times
09:40 - left before anyone came
22:05 140 ROOM 214 IS COLD, come back later
"""
VISITS = [
    {"arrived_at": "2026-04-03T09:12:00", "waited_seconds": 35, "note": "the ferry times"},
    {"arrived_at": "2026-04-03T09:40:00", "note": None},
    {"arrived_at": "2026-04-03T22:05:00", "waited_seconds": 140, "note": "room 214 is cold"},
]


def spec(kind: str, name: str) -> Any:
    """Return what the plugin registered under a name."""
    return load_plugin(PLUGIN).registry.get(kind, name)


def ran(**checklist: object) -> PluginRun:
    """Return an audit of three visits by one item."""
    settings = {"metric": "example.visits.quiet", "kind": "threshold", "target": 0.1}
    item = {"title": "Quiet hours", "check": "within-target", "with": settings}
    tables = {"example_visits": VISITS}
    return run_plugin(PLUGIN, tables=tables, items=[item], checklist=checklist)


def test_it_stands_what_every_plugin_must() -> None:
    """Odd records, broken files, nothing measured; and it is cheap to import."""
    assert_plugin(PLUGIN, samples={"example.frontdesk": BOOK})


def test_one_guest_in_three_came_at_night() -> None:
    """Hours are taken on the clock of the unit."""
    run = run_plugin(PLUGIN, tables={"example_visits": VISITS})
    assert run.value("example.visits.quiet") == pytest.approx(1 / 3)


def test_visits_are_at_the_desk() -> None:
    """Rows that name no touchpoint are at that of their table."""
    assert spec("table", "example_visits").touchpoint == "example-desk"
    assert spec("touchpoint", "example-desk").title == "Front desk"


@pytest.mark.parametrize(
    ("share", "at_most", "expected"),
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
    share: float | None, at_most: float | None, expected: tuple[State, float | None, bool]
) -> None:
    """A share at the limit still meets it; an interval over the limit is tentative."""
    ends = {} if share is None else {"low": share - 0.05, "high": share + 0.05}
    request = check_request(measurement(share, n=40, **ends), settings={"at_most": at_most})
    verdict = run_check(spec("check", "example.quiet-hours"), request)
    assert (verdict.state, verdict.score, verdict.tentative) == expected


def test_settings_are_held_to_their_schema() -> None:
    """A misspelt setting is named."""
    request = check_request(measurement(0.1), settings={"at_most": 0.1, "atmost": 0.2})
    with pytest.raises(AssertionError, match="'atmost' was unexpected"):
        run_check(spec("check", "example.quiet-hours"), request)


def test_a_book_is_read(tmp_path: Path) -> None:
    """Each visit is a row under its line number; '-' is null, not 0."""
    book = tmp_path / "quay.desk"
    book.write_bytes(BOOK + b"9:55 1 no leading zero\n")
    *visits, refused = read_source(spec("source", "example.frontdesk"), [book])
    assert visits[0] == (
        "quay.desk",
        3,
        {
            "arrived_at": "2026-04-03T09:12:00",
            "waited_seconds": "35",
            "note": "asked for the ferry times",
        },
    )
    assert [visit["waited_seconds"] for _, _, visit in visits] == ["35", None, "140"]
    assert refused[1] == len(BOOK.splitlines()) + 1
    assert isinstance(refused[2], ValueError)


def test_broken_books_are_refused_line_by_line_or_as_a_whole(tmp_path: Path) -> None:
    """No good line is lost."""
    outcome = {}
    for name, book in hostile_files(tmp_path, BOOK, ".desk").items():
        try:
            rows = read_source(spec("source", "example.frontdesk"), [book])
        except SourceError:
            outcome[name] = "no book"
        else:
            refused = sum(isinstance(row, ValueError) for _, _, row in rows)
            outcome[name] = f"{len(rows) - refused} read, {refused} refused"
    assert outcome["binary"] == "no book"
    assert outcome["empty"] == "0 read, 0 refused"
    assert outcome["doubled"] == "6 read, 0 refused"
    assert outcome["windows-newlines"] == outcome["byte-order-mark"] == "3 read, 0 refused"
    assert outcome["formula"] == outcome["latin-1"] == "3 read, 1 refused"


def test_guests_who_were_sent_away() -> None:
    """Phrases are whole words, whatever their case."""
    rows = [{"note": "Come  back later"}, {"note": "came back"}, {"note": None}]
    (hit,) = run_detector(spec("detector", "example.brush-offs"), rows)
    assert (hit.row, hit.label, hit.quote) == (1, "come-back", "Come  back later")


def test_shouting_is_at_its_place() -> None:
    """A hit names row, place and words."""
    rows = [{"note": "please"}, {"note": None}, {"note": "said: ROOM IS COLD! ok"}]
    (hit,) = run_detector(spec("detector", "example.shouting"), rows)
    assert (hit.row, hit.start, hit.end, hit.quote) == (3, 6, 19, "ROOM IS COLD!")


def test_points_grade_by_two_bands() -> None:
    """A score under 80 % is red."""
    run = ran(scoring={"policy": "example.points-1"})
    assert run.result.scorecard.policy == "example.points-1"
    assert run.result.scorecard.root.grade == "red"


def test_the_card_names_what_fell_short() -> None:
    """The score is not rounded; the worst item comes first."""
    card = json.loads(str(ran().output("example.card")))
    assert card["score"] == 0
    assert card["short"] == [{"item": "Quiet hours", "unit": "root", "score": 0}]


def test_the_section_shows_the_share_to_clients_only() -> None:
    """The public gets none."""
    (table,) = ran().section("front-desk").blocks
    assert table.rows == (("Guests in quiet hours", "root", pytest.approx(1 / 3), 3),)
    with pytest.raises(AssertionError, match="no section 'front-desk'"):
        ran().section("front-desk", audience="public")


def test_room_numbers_are_taken_out() -> None:
    """Redaction reaches quotes and fields."""
    evidence = Evidence(
        kind="row",
        source="quay.desk",
        quote="Room 214 is cold",
        fields={"note": "moved to room 9b", "waited_seconds": 140.0},
    )
    clean = load_plugin(PLUGIN).call_chain("cxaudit_redact", evidence=evidence)
    assert clean.quote == "room *** is cold"
    assert clean.fields == {"note": "moved to room ***", "waited_seconds": 140.0}
