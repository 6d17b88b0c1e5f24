"""The registry: names, namespaces, duplicates, and specs that cannot be used."""

from __future__ import annotations

import pytest

from cxaudit._plugins.registry import KINDS, Registry
from cxaudit.errors import UnknownNameError
from cxaudit.plugin import (
    Check,
    ChecklistFile,
    Column,
    Command,
    Detector,
    Engine,
    Lens,
    Metric,
    Output,
    Policy,
    PresetFile,
    Source,
    Table,
    Touchpoint,
)


def spec(kind: str, spec_id: str) -> object:
    """Return the smallest spec of a kind."""
    more = {
        "checklist": {"package": "acme", "file": "list.toml"},
        "preset": {"package": "acme", "file": "calls.toml"},
        "check": {"judge": "acme:judge"},
        "metric": {"table": "calls", "kind": "count"},
        "table": {"columns": ()},
        "source": {"read": "acme:read"},
        "detector": {"table": "messages"},
        "engine": {"connect": "acme:connect"},
        "touchpoint": {"title": "T"},
        "lens": {"title": "L", "keys": {}},
        "policy": {
            "title": "P",
            "not_applicable": "",
            "unanswered": "",
            "critical": "",
            "aggregation": "",
            "bands": (),
            "score": "acme:score",
        },
        "output": {"takes": "result", "render": "acme:render", "suffix": ".x"},
        "command": {"command": "acme:command"},
    }[kind]
    return KINDS[kind](id=spec_id, **more)


NAMESPACED = [kind for kind in KINDS if kind not in {"table", "touchpoint", "lens"}]


def test_the_kinds_are_all_classes_of_specs():
    assert set(KINDS.values()) == {
        Check, ChecklistFile, Command, Detector, Engine, Lens, Metric, Output, Policy,
        PresetFile, Source, Table, Touchpoint,
    }  # fmt: skip


@pytest.mark.parametrize("kind", NAMESPACED)
def test_ids_of_foreign_plugins_have_a_namespace_that_is_not_ours(kind):
    registry = Registry()
    assert registry.add(spec(kind, "acme.thing"), "acme") is None
    ours = registry.add(spec(kind, "cxaudit.thing"), "acme")
    assert "begins with 'cxaudit.', which is cxaudit's own" in ours.cause
    bare = registry.add(spec(kind, "thing"), "acme")
    assert (bare.cause, bare.subject) == ("id 'thing' has no namespace", "thing")
    assert "acme.thing" in bare.hint
    assert list(registry.of(kind)) == ["acme.thing"]


@pytest.mark.parametrize("kind", NAMESPACED)
def test_a_built_in_is_found_with_and_without_our_namespace(kind):
    registry = Registry()
    assert registry.add(spec(kind, "cxaudit.phone.thing"), "cxaudit", builtin=True) is None
    whole = registry.get(kind, "cxaudit.phone.thing")
    assert registry.get(kind, "phone.thing") is whole
    assert registry.origin(kind, "phone.thing") == "cxaudit"
    assert registry.add(spec(kind, "acme.thing"), "acme") is None
    with pytest.raises(UnknownNameError):
        registry.get(kind, "cxaudit.acme.thing")
    assert registry.add(spec(kind, "thing.x"), "cxaudit", builtin=True) is not None


def test_a_foreign_plugin_cannot_take_the_short_name_of_a_built_in():
    registry = Registry()
    first = spec("metric", "cxaudit.phone.wait")
    registry.add(first, "cxaudit", builtin=True)
    problem = registry.add(spec("metric", "phone.wait"), "phone-kit")
    assert problem.cause == (
        "metric 'cxaudit.phone.wait' is registered twice: "
        "by plugin 'cxaudit' and plugin 'phone-kit'"
    )
    assert problem.plugin == "phone-kit"
    assert registry.get("metric", "phone.wait") is first


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_of_two_with_one_id_the_first_stays_and_both_are_named(kind):
    registry = Registry()
    name = "thing" if kind in {"table", "touchpoint", "lens"} else "acme.thing"
    first = spec(kind, name)
    assert registry.add(first, "a-plugin") is None
    problem = registry.add(spec(kind, name), "b-plugin")
    assert "'a-plugin'" in problem.cause
    assert "'b-plugin'" in problem.cause
    assert registry.get(kind, name) is first
    assert registry.origin(kind, name) == "a-plugin"


def test_listings_are_sorted_and_cannot_be_changed():
    registry = Registry()
    for name in ("acme.b", "acme.a", "zoo.a"):
        registry.add(spec("check", name), "p")
    registry.add(spec("check", "cxaudit.x"), "cxaudit", builtin=True)
    assert list(registry.of("check")) == ["acme.a", "acme.b", "cxaudit.x", "zoo.a"]
    with pytest.raises(TypeError):
        registry.of("check")["acme.c"] = None


def test_an_unknown_name_comes_with_the_nearest():
    registry = Registry()
    registry.add(spec("check", "cxaudit.within-target"), "cxaudit", builtin=True)
    with pytest.raises(UnknownNameError) as caught:
        registry.get("check", "within-targt")
    assert str(caught.value) == (
        "There is no check named 'within-targt'.\n  Hint: Did you mean 'within-target'?"
    )
    with pytest.raises(UnknownNameError, match="Did you mean 'metric'"):
        registry.of("metrics")


def table(*columns: Column, name: str = "visits_x", key: tuple[str, ...] = ()) -> Table:
    return Table(id=name, columns=columns, key=key)


NUMBER = Column(name="n", type="number", meaning="")


@pytest.mark.parametrize(
    ("given", "cause", "hint"),
    [
        ("text", "str is nothing that can be registered", "Check"),
        (Check, "type is nothing that can be registered", "Check"),
        (
            Check(id="acme.a", judge="acme.checks.judge"),
            "judge = 'acme.checks.judge' is no reference",
            "package.module:attribute",
        ),
        (Source(id="acme.a", read="os.path:../x"), "read = 'os.path:../x' is no reference", ""),
        (
            Output(id="acme.a", takes="reports", render="a:b", suffix=".x"),
            "takes = 'reports' is neither 'result' nor 'report'",
            "",
        ),
        (table(NUMBER, name="Visits"), "table name 'Visits' is no plain word", "lower-case"),
        (table(NUMBER, name="a; drop"), "table name 'a; drop' is no plain word", ""),
        (
            table(Column(name="a b", type="text", meaning="")),
            "column name 'a b' is no plain word",
            "lower-case",
        ),
        (
            table(Column(name="a", type="numbr", meaning="")),
            "column 'a' has the unknown type 'numbr'",
            "'number'",
        ),
        (table(NUMBER, NUMBER), "column 'n' is declared twice", ""),
        (table(NUMBER, key=("m",)), "key column 'm' is not declared", ""),
    ],
)
def test_a_spec_that_cannot_be_used_is_refused_with_its_reason(given, cause, hint):
    problem = Registry().add(given, "acme")
    assert problem.cause == cause
    assert problem.plugin == "acme"
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("says", "unknown", "hint"),
    [
        ("{k} of {n} in {answer-second} s.", "{answer-second}", "Did you mean 'answer-seconds'?"),
        ("{k.__class__}", "{k.__class__}", "It may hold {value}, {k}, {n}, {rest}, "),
        ("{}", "{}", "It may hold"),
    ],
)
def test_a_sentence_with_an_unknown_placeholder_is_refused(says, unknown, hint):
    metric = Metric(
        id="acme.quick",
        table="calls",
        kind="share",
        value="wait_s <= $answer-seconds and queue <> '$literal'",
        says=says,
    )
    problem = Registry().add(metric, "acme")
    assert problem.cause == f"says: nothing is put in for {unknown}"
    assert problem.hint.startswith(hint)


def test_a_sentence_of_known_placeholders_is_taken():
    metric = Metric(
        id="acme.wait", table="calls", kind="mean", value="wait_s", says="{value} over {n} calls."
    )
    assert Registry().add(metric, "acme") is None
