"""The example plugin: it is what `plugins new` writes, loads by its place, and passes its tests."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from cxaudit._plugins.host import PluginHost
from cxaudit._scaffold.kinds import KINDS
from cxaudit._scaffold.plugin import NewPlugin
from cxaudit.plugin import Evidence, State
from cxaudit.testing import check_request, measurement
from tests.support.new_plugins import pytest_in

EXAMPLE = Path(__file__).parents[2] / "plugins" / "cxaudit-example"
NAME = "cxaudit_example"


def test_it_is_what_is_written_for_a_new_plugin_of_all_kinds():
    """`cxaudit plugins new cxaudit-example --kind all --to plugins/cxaudit-example` writes it."""
    content = {
        path.relative_to(EXAMPLE).as_posix(): path.read_text("utf-8")
        for path in EXAMPLE.rglob("*")
        if path.is_file() and not {"__pycache__", "results", ".ruff_cache"} & {*path.parts}
    }
    assert content == NewPlugin(name="cxaudit-example", kinds=KINDS).files()


def test_it_registers_all_that_its_readme_names():
    host = PluginHost([EXAMPLE / "src"])
    assert [p for p in host.problems if p.plugin == NAME] == []
    ours = {
        (kind, name)
        for kind in ("table", "metric", "source", "check", "detector", "policy", "output")
        for name in host.registry.of(kind)
        if host.registry.origin(kind, name) == NAME
    }
    assert ours == {
        ("table", "example_visits"),
        ("metric", "example.visits.attended"),
        ("metric", "example.visits.quiet"),
        ("source", "example.frontdesk"),
        ("check", "example.quiet-hours"),
        ("detector", "example.brush-offs"),
        ("detector", "example.shouting"),
        ("policy", "example.points-1"),
        ("output", "example.card"),
    }
    readme = (EXAMPLE / "README.md").read_text("utf-8")
    assert all(f"`{name}`" in readme for _, name in ours)


def test_its_lazy_parts_are_imported_only_when_used():
    host = PluginHost([EXAMPLE / "src"])
    private = host.registry.get("check", "example.quiet-hours").judge.partition(".")[0]
    assert [name for name in sys.modules if name.startswith(f"{private}.")] == []
    judge = host.registry.resolve(host.registry.get("check", "example.quiet-hours").judge)
    request = check_request(measurement(0.2), settings={"at_most": 0.1})
    assert judge(request).state is State.NOT_MET
    assert f"{private}.quiet_hours" in sys.modules
    assert f"{private}.frontdesk" not in sys.modules


def test_it_redacts_after_the_others():
    host = PluginHost([EXAMPLE / "src"])
    found = Evidence(kind="comment", source="answers.csv", quote="moved from Room 12b")
    clean = host.call_chain("cxaudit_redact", evidence=found)
    assert clean.quote == "moved from room ***"


def test_its_tests_pass():
    pytest_in(EXAMPLE, "-c", "pyproject.toml")


def test_it_is_a_distribution_of_its_own():
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["cxaudit.v1"] == {"cxaudit-example": NAME}
    namespace: dict = {}
    code = (EXAMPLE / "src" / NAME / "__init__.py").read_text(encoding="utf-8")
    version = next(line for line in code.splitlines() if line.startswith("__version__"))
    exec(version, namespace)
    assert namespace["__version__"] == project["version"]
