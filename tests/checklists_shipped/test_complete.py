"""What is shipped is complete: an auditor can judge by it, and a client can act on it."""

from __future__ import annotations

import re

import attrs
import pytest

from cxaudit import Session
from cxaudit.plugin import Guidance

GUIDANCE = [field.name for field in attrs.fields(Guidance)]
DEFINITIONS = {
    "repeat-days": 7,
    "return-days": 7,
    "short-service-seconds": 10,
    "silence-seconds": 10,
}
"""Parameters that say what is counted, not how much of it is wanted."""
AGENTS = ("machine-agents", "voice-agents")
UNTARGETED = {"informative", "outcome"}


def test_every_item_tells_all_that_guidance_can_hold(items):
    for item in items.values():
        missing = [key for key in GUIDANCE if not item["guidance"].get(key)]
        assert not missing, (item["id"], missing)
        assert item["fail_title"], item["id"]


def test_every_item_has_keys_of_both_lenses_and_says_why_we_ask(items):
    for item in items.values():
        assert set(item["lens"]) == {"be-sure", "fundamentals"}, item["id"]
        assert all(item["lens"].values()), item["id"]
        for seed in item["seeds"]:
            assert seed["title"], item["id"]
            assert seed["publisher"], item["id"]
            assert seed["says"].endswith("."), item["id"]
            assert not re.search(r"\d{3}:\d", " ".join(seed.values())), item["id"]


def test_levels_are_three_and_each_is_described(items):
    asked = [item for item in items.values() if item.get("ask", {}).get("answer") == "levels"]
    assert len(asked) >= 6
    for item in asked:
        anchors = item["ask"]["anchors"]
        assert [anchor["level"] for anchor in anchors] == [1.0, 0.5, 0.0], item["id"]
        assert len({anchor["text"] for anchor in anchors}) == 3, item["id"]
        assert item["ask"]["raters"] == 2, item["id"]


def test_yes_always_meets_an_item(items):
    """One direction: nobody has to turn an answer round."""
    for item in items.values():
        ask = item.get("ask", {})
        assert ask.get("answer", "yes-no") in {"yes-no", "levels"}, item["id"]
        assert ask.get("met", "yes") == "yes", item["id"]


def test_every_target_is_a_question_to_the_client(items, params):
    for item in items.values():
        if "with" not in item:
            continue
        target = item["with"].get("target")
        if item.get("role") in UNTARGETED:
            assert target is None, item["id"]
            continue
        assert isinstance(target, str), (item["id"], "a target is the client's")
        assert target.startswith("$"), item["id"]
        name = target[1:]
        assert name in params, item["id"]
        assert name not in DEFINITIONS, item["id"]


def test_only_definitions_carry_a_value(params):
    assert {name: p["value"] for name, p in params.items() if "value" in p} == DEFINITIONS
    for name in DEFINITIONS:
        assert params[name]["basis"] == "policy"
        assert params[name]["agreed_by"]


def test_every_parameter_is_a_question_with_a_unit(params):
    for name, param in params.items():
        assert param["question"].endswith("?"), name
        assert param["unit"], name


def test_what_is_published_names_its_source_and_decides_nothing(items, params):
    tables = [*items.values(), *params.values()]
    published = [each for table in tables for each in table.get("references", ())]
    assert len(published) >= 12
    for each in published:
        assert each["source"], each
        assert ("low" in each) == ("high" in each), each
        if "low" in each:
            assert each["low"] <= each["high"], each


def test_items_of_several_touchpoints_are_shared_and_never_written_twice(written):
    both = {item["id"] for item in written["conversation"]["item"]}
    for item in written["conversation"]["item"]:
        assert item["touchpoints"] == ["phone", "message"], item["id"]
    assert written["phone"]["checklist"]["extends"] == ["conversation"]
    assert written["message"]["checklist"]["extends"] == ["conversation"]
    assert written["pride-core"]["checklist"]["extends"] == ["phone", "message"]
    for name in ("phone", "message", "pride-core"):
        for item in written[name]["item"]:
            assert item["id"] not in both, item["id"]
            assert not {"phone", "message"} <= set(item["touchpoints"]), item["id"]


@pytest.fixture(scope="module")
def session():
    return Session()


@pytest.mark.parametrize(
    "name",
    [
        "conversation",
        "phone",
        "message",
        "pride-core",
        "machine-agents",
        "voice-agents",
        "quick-scan",
    ],
)
def test_it_loads_without_a_problem(session, name):
    assert session.load_checklist(name).id == f"cxaudit.{name}"


def test_what_is_noted_is_known(session):
    """No item is heavy but where so few items share a score; nothing else is noted."""
    for name in ("phone", "pride-core"):
        assert not session.lint(session.load_checklist(name)), name
    notes = session.lint(session.load_checklist("message"))
    assert all(note.path.endswith(".weight") for note in notes)
    shares = [float(re.search(r"([\d.]+)%", note.message)[1]) for note in notes]
    assert max(shares) < 7


def test_the_core_holds_all_of_phone_and_message_once(session, core):
    loaded = session.load_checklist("pride-core")
    assert sorted(item.id for item in loaded.items) == sorted(core)


def test_the_direction_is_that_of_the_metric(session):
    metrics = session.registered("metric")
    loaded = [session.load_checklist(name) for name in ("pride-core", *AGENTS)]
    for item in (item for checklist in loaded for item in checklist.items):
        if item.check is not None:
            metric = metrics[item.check.settings["metric"]]
            lower = item.check.settings["better"] == "lower"
            assert metric.lower_is_better in {lower, None}, item.id


def test_what_a_metric_asks_for_is_a_parameter(session, params):
    """Any metric of the plugins can be shown beside the items: its parameters are here."""
    asked = set()
    for metric in session.registered("metric").values():
        texts = [text for text in attrs.asdict(metric).values() if isinstance(text, str)]
        asked |= set(re.findall(r"\$([a-z][a-z0-9-]*)", " ".join(texts)))
    for table in session.registered("table").values():
        asked |= {name.rstrip("?") for name in table.parameters}
    assert asked <= set(params), asked - set(params)


def test_every_parameter_is_used(session, items, params):
    text = " ".join(str(item.get("with", "")) for item in items.values())
    for metric in session.registered("metric").values():
        text += " ".join(each for each in attrs.asdict(metric).values() if isinstance(each, str))
    for table in session.registered("table").values():
        text += "".join(f" ${name} " for name in table.parameters)
    used = set(re.findall(r"\$([a-z][a-z0-9-]*)", text))
    assert set(params) <= used, set(params) - used


VENDORS = ("convin.ai", "celsiusindustries", "opsdog", "revos.ai", "keloa.ai", "lorikeetcx.ai")


def test_figures_of_vendors_say_so(items, params):
    for table in (*items.values(), *params.values()):
        for each in table.get("references", ()):
            if any(vendor in each["source"] for vendor in VENDORS):
                assert "(vendor" in each["source"], each


def test_it_can_stand_beside_the_quick_scan(session, core, tmp_path):
    """A firm that began with the quick scan adds the core, and leaves out what was replaced."""
    replaced = sorted({name for item in core.values() for name in item.get("replaces", ())})
    tailored = "".join(
        f'[[tailor]]\nitem = "{name}"\nexclude = true\nrationale = "Measured now"\n'
        for name in replaced
    )
    path = tmp_path / "both.toml"
    path.write_text(
        'cxaudit = 1\n[checklist]\nid = "both"\nversion = "1"\ntitle = "Both"\n'
        f'extends = ["quick-scan", "pride-core"]\n{tailored}',
        encoding="utf-8",
    )
    both = session.load_checklist(path)
    excluded = {item.id for item in both.items if item.excluded is not None}
    assert excluded == set(replaced), "what an item replaces is an item of the quick scan"
    live = [item.code for item in both.items if item.excluded is None and item.code]
    assert len(set(live)) == len(live)


def test_what_is_sampled_is_not_called_a_document(items):
    """A document is seen whole; calls and threads are a sample and carry an interval."""
    documents = {
        name for name, item in items.items() if item.get("ask", {}).get("method") == "document"
    }
    assert documents == {"phone.scorecard-rewards", "message.confirmation-stands"}
