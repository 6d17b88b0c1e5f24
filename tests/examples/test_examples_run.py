"""The shipped examples run, and tell what was put into them on purpose."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cxaudit import Session
from cxaudit.plugin import State
from tests.support.examples import ran

ROOT = Path(__file__).parents[2]
RESTAURANT = ROOT / "examples" / "restaurant-group"


@pytest.fixture(scope="module")
def restaurant():
    return ran("restaurant-group")[1]


def findings(result, item, unit):
    return [f for f in result.findings if f.item == item and f.unit == unit]


def test_nothing_fails_and_the_gate_passes(restaurant):
    assert restaurant.problems == ()
    assert restaurant.gate.passed
    assert {outcome.status for outcome in restaurant.waivers} == {"used"}


def test_every_dirty_row_is_counted(restaurant):
    """The script cuts, lengthens and repeats rows, spoils values, and invents houses."""
    accounts = {account.source: account for account in restaurant.accounts}
    refused = {name: sum(account.rejected.values()) for name, account in accounts.items()}
    assert refused == {"calls": 4, "threads": 2, "messages": 0, "survey": 2, "complaints": 1}
    unreadable = {name: dict(account.unreadable) for name, account in accounts.items()}
    assert unreadable == {
        "calls": {"queued_at": 1, "wait_s": 1},
        "threads": {"opened_at": 1},
        "messages": {},
        "survey": {"asked_at": 1, "nps": 1},
        "complaints": {"received_at": 1},
    }
    assert accounts["calls"].unmatched_units == {"0099": 2}
    assert set(accounts["threads"].unmatched_units) == {"9999"}
    for account in accounts.values():
        rejected = sum(account.rejected.values())
        assert account.read == account.kept + account.skipped + rejected


def test_open_promises_show_a_value_and_no_score(restaurant):
    for item in ("phone.long-waits", "message.thanked"):
        (finding,) = findings(restaurant, item, "copper-spoon")
        assert finding.state is State.NO_TARGET
        assert finding.value > 0
        assert finding.score is None


def test_the_house_check_names_the_worst_window(restaurant):
    (finding,) = findings(restaurant, "phone.promise-at-its-worst", "copper-spoon")
    windows = {
        m.metric: m.value
        for m in restaurant.measurements
        if m.metric.startswith("phone.answered-in-time.") and m.unit == "copper-spoon"
    }
    assert len(windows) == 3
    assert finding.value == min(windows.values())
    assert min(windows, key=windows.get) in finding.reason


def test_only_checked_and_final_visits_of_the_quarter_count(restaurant):
    counting = [
        case.id
        for case in restaurant.cases
        if case.wave == "2026-q2"
        and case.counts
        and case.touchpoint.startswith("in-store")
        and case.unit != "copper-spoon.rival"
        and not case.id.endswith("-rota")
    ]
    (finding,) = findings(restaurant, "in-store.noticed", "copper-spoon")
    assert finding.n == len(counting)
    statuses = {case.status for case in restaurant.cases}
    assert {"draft", "disputed", "rejected"} <= statuses


def test_a_kiosk_has_no_tables_to_be_ready(restaurant):
    (kiosk,) = findings(restaurant, "in-store.table-ready", "copper-spoon.north.station")
    assert kiosk.state is State.NOT_APPLICABLE
    (table,) = findings(restaurant, "in-store.table-ready", "copper-spoon.north.quay")
    assert table.state.scored


def test_quotes_of_blame_are_shown(restaurant):
    quotes = [
        piece.quote.lower()
        for evidence in restaurant.evidence
        if evidence.item == "message.blame-free"
        for piece in evidence.shown
        if piece.kind == "hit"
    ]
    assert quotes
    said = ("your own fault", "you should have", "as we already told", "please read our terms")
    assert all(quote in said for quote in quotes)


def test_the_script_writes_the_page(tmp_path):
    page = tmp_path / "report.html"
    script = RESTAURANT / "run_audit.py"
    done = subprocess.run(
        [sys.executable, script, page], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Copper Spoon" in page.read_text(encoding="utf-8")


def test_the_quick_scan_needs_no_records():
    _, result = ran("quick-scan")
    assert result.accounts == ()
    assert result.measurements == ()
    assert result.provenance.engine == ""
    scored = [finding for finding in result.findings if finding.state.scored]
    assert len(scored) == len(list(result.findings)) - 1
    (open_promise,) = [f for f in result.findings if not f.state.scored]
    assert open_promise.item == "organisation.staff-as-needed"
    assert (open_promise.state, open_promise.value) == (State.NO_TARGET, 3)


CENTRE = ROOT / "examples" / "contact-centre"


@pytest.fixture(scope="module")
def centre():
    return ran("contact-centre")[1]


def test_the_contact_centre_runs_whole(centre):
    assert centre.problems == ()
    overall = centre.scorecard.root.overall
    assert overall.coverage > 0.7
    assert not [each for each in centre.findings if each.state is State.ERROR]


def test_every_export_tells_what_it_left_out(centre):
    accounts = {account.source: account for account in centre.accounts}
    for account in accounts.values():
        assert account.read == account.kept + account.skipped + sum(account.rejected.values())
        assert account.skipped >= sum(account.skipped_for.values())
    assert sum(accounts["queue-log"].skipped_for.values()) >= 1, "a log that begins mid-call"
    assert sum(accounts["queue-log"].rejected.values()) == 1, "a log that breaks off"
    assert accounts["tickets"].skipped_for == {
        "an older copy of the same record (the one updated last is kept)": 1,  # it came twice
        "tickets merged into another, whose answers count for both": 12,
        "tickets of phone calls, in which the customer wrote nothing": 5,
        "side conversations with others than the customer": 5,
        "tickets begun by staff, in which the customer never wrote": 4,
    }
    marked = {
        source: {rule.rule: rule.records for rule in account.marked}
        for source, account in accounts.items()
    }
    assert marked["queue-log"] == {"transferred": 26, "internal": 8, "outbound": 0}
    named = {rule for rule, records in marked["business-mail"].items() if records}
    assert named == {"bounce", "auto-reply", "list", "group-address"}
    assert marked["business-mail"]["group-address"] == 60, "each customer of the group address"
    (unlisted,) = (note for note in accounts["transcripts"].notes if "author_role" in note)
    assert "1 under 1 name" in unlisted, "a speaker nobody listed"
    assert "Sam" not in unlisted


def test_machine_and_people_are_told_apart(centre):
    """Tilda's list and tickets tell what she settled, as its own script wrote them."""
    data = CENTRE / "data"
    with (data / "voice_agent.csv").open(encoding="utf-8") as file:
        talks = list(csv.DictReader(file))
    tickets = json.loads((data / "tickets.json").read_text("utf-8"))["tickets"]
    shares = {
        m.metric: (m.statistics["k"], m.n)
        for m in centre.measurements
        if m.unit == "tidewater" and m.kind == "share" and not m.breakdown and m.n
    }
    settled = sum(talk["result"] == "settled" for talk in talks)
    assert shares["cxaudit.phone.contained"] == (settled, len(talks))
    asked = sum(bool(talk["asked"]) for talk in talks)
    assert shares["cxaudit.phone.person-reached"][1] == asked
    resolved = {t["id"] for t in tickets if "ai_agent_automated_resolution" in t["tags"]}
    assert shares["cxaudit.message.handled.by-machine"][0] >= len(resolved) > 40
    (unanswered,) = findings(centre, "message.unanswered", "tidewater")
    (by_person,) = findings(centre, "message.unanswered-by-person", "tidewater")
    assert unanswered.value < by_person.value / 2, "what she settled is not unanswered"


def test_a_caller_in_the_overflow_queue_is_one_call(centre):
    level = "cxaudit.phone.service-level.of-offered"
    whole = [m for m in centre.measurements if m.unit == "tidewater"]
    (calls,) = (m.n for m in whole if m.metric == level and not m.breakdown)
    visits = {m.group: m.n for m in whole if m.metric == f"{level}.by-queue"}
    assert visits["overflow"] > 40
    assert sum(n for n in visits.values() if n) > calls + visits["overflow"] / 2


def test_numbers_in_three_forms_are_one_customer(centre, tmp_path):
    """Fewer contacts would look repeated if a way of writing a number were a customer."""

    def again(result):
        name = "cxaudit.phone.repeat-contact"
        return next(
            m.value for m in result.measurements if (m.metric, m.unit) == (name, "tidewater")
        )

    text = (CENTRE / "audit.toml").read_text("utf-8").replace('region = "FR"', 'region = "US"')
    shutil.copytree(CENTRE / "data", tmp_path / "data")
    shutil.copy(CENTRE / "themes.toml", tmp_path)
    (tmp_path / "audit.toml").write_text(text, "utf-8")
    session = Session()
    apart = session.run(session.load(tmp_path / "audit.toml"))
    assert again(centre) > again(apart) > 0


def test_who_hangs_up_is_counted_and_not_named(centre):
    from cxaudit._formats.markdown import render_markdown
    from cxaudit._report.build import build_report

    text = render_markdown(build_report(centre, "client"))
    assert "1 of 8 is worse than their mean by more than" in text


def test_the_records_of_the_contact_centre_are_those_of_its_script(tmp_path):
    before = {path: path.read_bytes() for path in (CENTRE / "data").rglob("*") if path.is_file()}
    for script in CENTRE.glob("*.py"):
        shutil.copy(script, tmp_path)
    subprocess.run([sys.executable, str(tmp_path / "make_records.py")], check=True)
    for path, content in before.items():
        assert (tmp_path / "data" / path.relative_to(CENTRE / "data")).read_bytes() == content


@pytest.mark.parametrize("name", ["restaurant", "centre"])
def test_page_one_quotes_two_customers(name, request):
    from cxaudit._report.build import build_report

    result = request.getfixturevalue(name)
    (section,) = (each for each in build_report(result).sections if each.id == "quotes")
    assert [each.source.partition(",")[0] for each in section.blocks] == {
        "restaurant": ["survey comment", "survey comment"],
        "centre": ["message", "message"],
    }[name]
    themes = {piece.quote for each in result.themes for piece in each.examples}
    assert {each.text for each in section.blocks} <= themes
