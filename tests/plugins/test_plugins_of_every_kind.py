"""The example plugins of every kind do what they say, each in an audit of its own."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from cxaudit._cli import main
from cxaudit.errors import SourceError
from cxaudit.plugin import Evidence, Skipped, State
from cxaudit.session import Session
from cxaudit.testing import assert_plugin, load_plugin, read_source, run_plugin

FOLDER = Path(__file__).parents[2] / "examples" / "plugins"
FILES = sorted(path for path in FOLDER.iterdir() if path.suffix == ".py" or path.is_dir())
ASKED = {"area": "interpersonal", "touchpoints": ["in-store"], "ask": {"answer": "yes-no"}}
ORDERS = """\
Order;Called;Promised min;Served;State
a1;2026-04-03T12:00:00Z;10;2026-04-03T12:10:00Z;served
a2;2026-04-03T12:00:00Z;7,5;2026-04-03T12:08:00Z;served
a3;2026-04-03T12:00:00Z;soon;2026-04-03T12:08:00Z;served
a4;2026-04-03T12:00:00Z;;2026-04-03T12:50:00Z;served
a5;2026-04-03T12:00:00Z;10;;cancelled
"""


def codes():
    return [path for path in FILES if path.suffix == ".py" or (path / "__init__.py").exists()]


def test_the_readme_names_each_and_all_load_together():
    readme = (FOLDER / "README.md").read_text("utf-8")
    for path in codes():
        assert f"[{path.name}]" in readme
    host = load_plugin(FOLDER)
    assert {path.stem for path in codes()} <= {record.name for record in host.plugins}


@pytest.mark.slow
@pytest.mark.parametrize("path", codes(), ids=lambda path: path.stem)
def test_each_stands_what_every_plugin_must(path):
    assert_plugin(path, samples={"house.orders": ORDERS.encode()})


def test_home_delivery():
    drop = {"promised_from": "2026-04-03T10:00:00", "promised_to": "2026-04-03T12:00:00"}
    arrivals = ("10:00", "11:00", "12:00", "12:01", "09:59")
    drops = [
        {"drop_id": str(number), "arrived_at": f"2026-04-03T{clock}:00", **drop}
        for number, clock in enumerate(arrivals)
    ]
    drops.append({"drop_id": "x", "arrived_at": "2026-04-03T15:00:00"})
    settings = {"metric": "delivery.drops.in-window", "early": "delivery.drops.early"}
    item = {"check": "delivery.window", "touchpoints": ["home-delivery"]}

    def judged(at_least, early_at_most):
        limits = {"at_least": at_least, "early_at_most": early_at_most}
        items = [{**item, "with": settings | limits}]
        path = FOLDER / "home_delivery.py"
        return run_plugin(path, tables={"home_drops": drops}, items=items).finding()

    # Three of five in the window, both ends included; one of five before it.
    assert judged(0.6, 0.2).state is State.MET
    assert judged(0.7, 0.2).state is State.NOT_MET
    early = judged(0.6, 0.1)
    assert (early.state, early.reason) == (State.NOT_MET, "20% came before their window")


def test_each_order_is_held_to_its_own_promise(tmp_path):
    path = FOLDER / "house_orders.py"
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS)
    source = load_plugin(path).registry.get("source", "house.orders")
    rows = [row for _, _, row in read_source(source, [file])]
    assert isinstance(rows[2], ValueError)
    assert isinstance(rows[4], Skipped)
    good = [rows[0], rows[1], rows[3]]
    assert [row["promised_s"] for row in good] == [600, 450, None]
    # a1 is served at the very second, a2 half a minute late; a4 was promised nothing.
    run = run_plugin(path, tables={"house_orders": good})
    assert run.value("house.orders.as-promised") == 0.5
    file.write_text("Order;Called\na1;now\n")
    with pytest.raises(SourceError, match="no column 'Promised min'"):
        read_source(source, [file])


def late_orders(plugin, **options):
    """Return a run of a plugin in which one item of two fell short."""
    calls = [{"call_id": str(n), "wait_s": wait} for n, wait in enumerate((10, 200))]
    metric = {"id": "m.long", "table": "calls", "kind": "share", "value": "wait_s > 60"}
    checklist = {"metric": [metric | {"lower_is_better": True}], **options.pop("checklist", {})}
    settings = {"metric": "m.long", "target": 0, "limit": 1, "kind": "linear"}
    items = [
        {"id": "phone.long-waits", "title": "Nobody waits long", "check": "within-target"}
        | {"with": settings},
        {"id": "phone.some-wait", "title": "Some wait", "check": "within-target"}
        | {"with": settings | {"target": 0.9}, "area": "interpersonal"},
    ]
    return run_plugin(plugin, tables={"calls": calls}, items=items, checklist=checklist, **options)


def test_a_card_for_a_chat():
    run = late_orders(FOLDER / "chat_card.py")
    card = json.loads(run.output("chat.card"))
    assert card["type"] == "AdaptiveCard"
    title, score, facts = card["body"]
    assert title["text"] == "Tested"
    assert score["text"].startswith("75.0 of 100, ")
    assert facts["facts"] == [{"title": "50", "value": "Nobody waits long (Root)"}]


def test_advice_stands_beside_what_fell_short_only():
    run = late_orders(FOLDER / "sector_advice")
    (action,) = run.section("sector-advice").blocks
    assert action.text.startswith("Nobody waits long: Offer a call-back")
    assert action.owner == "Contact centre"
    with pytest.raises(AssertionError, match="no section"):
        run.section("sector-advice", audience="public")


def test_a_policy_on_the_public_scorer():
    scoring = {"scoring": {"policy": "house.people-first-1"}}
    root = late_orders(FOLDER / "house_policy.py", checklist=scoring).result.scorecard.root
    # One area at 0.5, and the one that weighs double at 1.
    assert root.overall.value == pytest.approx(2.5 / 3)
    assert root.grade == "none"
    assert root.overall.low is not None


def test_number_plates_are_taken_out_of_quotes_and_fields():
    host = load_plugin(FOLDER / "number_plates.py")
    evidence = Evidence(
        kind="row", source="a", quote="B-XY 123 left", fields={"note": "M AB 1", "n": 4}
    )
    clean = host.call_chain("cxaudit_redact", evidence=evidence)
    assert (clean.quote, clean.fields) == ("[plate] left", {"note": "[plate]", "n": 4})


def test_the_gate_fails_when_rows_are_lost():
    path = FOLDER / "fresh_records.py"
    assert late_orders(path).result.gate.passed
    calls = [{"call_id": "1", "wait_s": 3}, {"call_id": "1", "wait_s": 3}]
    gate = run_plugin(path, tables={"calls": calls}).result.gate
    assert not gate.passed
    assert gate.reasons == ("calls: 1 of 2 rows could not be used",)


def test_the_section_says_what_was_read():
    (table,) = late_orders(FOLDER / "who_was_read.py").section("who-was-read").blocks
    assert table.rows == (("calls", 2, 2, 0),)


def test_the_command_names_what_lost_most(tmp_path, capsys):
    run = late_orders(FOLDER / "worst_items.py")
    run.session.render(run.result, "json", tmp_path / "result.json")
    plugin = str(FOLDER)
    assert main(["--plugins", plugin, "house.worst-items", str(tmp_path / "result.json")]) == 0
    assert capsys.readouterr().out == "0.50  phone.long-waits  root\n"


def test_another_engine_gives_the_same_numbers(caplog):
    path = FOLDER / "timed_engine.py"
    with caplog.at_level(logging.INFO, logger="timed_engine"):
        timed = late_orders(path, engine="timed.duckdb").result
    usual = late_orders(path).result
    assert timed.provenance.engine.startswith("timed cxaudit.duckdb")
    assert [f.score for f in timed.findings] == [f.score for f in usual.findings]
    assert [m.value for m in timed.measurements] == [m.value for m in usual.measurements]
    assert any(message.startswith("load: ") for message in caplog.messages)
    assert Session([path]).problems == ()
