"""The doctor finds what no run looks at: every name is imported, every function tried on."""

from __future__ import annotations

import textwrap

import pytest

from cxaudit import Session

HEAD = "from cxaudit.plugin import *\nfrom cxaudit.plugin import hook\n"


@pytest.fixture
def examined(tmp_path):
    """Give what is said of a plugin whose register function has these lines."""

    def examine(lines, more=""):
        (tmp_path / "house").mkdir()
        body = textwrap.indent(textwrap.dedent(lines), "    ")
        text = f"{HEAD}{textwrap.dedent(more)}\n@hook\ndef cxaudit_register():\n{body}\n"
        (tmp_path / "house" / "house.py").write_text(text)
        return Session([tmp_path / "house"]).examine_plugins()

    return examine


def causes(diagnosis):
    return [problem.cause for problem in diagnosis.problems if problem.plugin == "house"]


def test_a_good_plugin_has_no_problem_and_tells_what_it_adds(examined):
    diagnosis = examined(
        """
        yield Check(id="house.calm", judge=lambda request: None)
        yield Touchpoint(id="quay", title="Quay")
        """
    )
    assert causes(diagnosis) == []
    (plugin,) = (plugin for plugin in diagnosis.plugins if plugin.name == "house")
    assert plugin.registered == {"check": ("house.calm",), "touchpoint": ("quay",)}
    assert plugin.notes == ()
    assert 0 <= plugin.seconds < 60


def test_every_spec_that_is_wrong_is_named_at_once_with_its_line(examined):
    diagnosis = examined(
        """
        yield Check(id="bad.check", judge="nosuchpkg.mod:judge", settings={"type": "objekt"})
        yield Output(id="bad.out", takes="result", render="nosuchpkg:x", suffix=".x")
        yield ChecklistFile(id="bad.list", package="nosuch", file="x.toml")
        yield Metric(id="bad.m", table="no_such_table", kind="share", value="nocol like (")
        yield Detector(id="bad.d", table="messages", column="nope", patterns={"x": ("(",)})
        yield Detector(id="bad.d2", table="messages", column="body")
        yield Detector(id="bad.d3", table="messages", column="body", phrases={"x": ("fence")})
        yield Touchpoint(id="nowhere.child", title="x")
        yield Table(id="bad_t", touchpoint="nowhere", columns=())
        """
    )
    lines = {
        int(problem.hint.partition("house.py, line ")[2].partition(".")[0])
        for problem in diagnosis.problems
    }
    assert lines == set(range(7, 16))
    assert "ModuleNotFoundError: No module named 'nosuchpkg'" in causes(diagnosis)
    assert any("settings.type: 'objekt'" in cause for cause in causes(diagnosis))


@pytest.mark.parametrize(
    ("function", "cause"),
    [
        ("lambda: None", "it is called with a CheckRequest: too many positional arguments"),
        ("lambda a, b: None", "it is called with a CheckRequest: missing a required argument: 'b'"),
    ],
)
def test_a_function_that_cannot_be_called_as_it_will_be_is_named(examined, function, cause):
    assert causes(examined(f'yield Check(id="house.calm", judge={function})')) == [cause]


def test_a_check_that_does_not_wait_is_named(examined):
    diagnosis = examined(
        'yield Check(id="house.calm", judge=judge)', "async def judge(request):\n    return None\n"
    )
    assert "asynchronous" in causes(diagnosis)[0]


def test_a_spec_that_a_module_holds_and_does_not_yield_is_noted(examined):
    diagnosis = examined(
        "yield Touchpoint(id='quay', title='Quay')", "PIER = Lens(id='a', title='A', keys={})"
    )
    (plugin,) = (plugin for plugin in diagnosis.plugins if plugin.name == "house")
    assert plugin.notes == ("PIER is the lens 'a', which cxaudit_register does not yield",)


def test_a_checklist_that_is_shipped_and_wrong_is_named_with_its_place(tmp_path):
    package = tmp_path / "shop"
    package.mkdir()
    (package / "list.toml").write_text("cxaudit = 1\n[checklist]\nid = 'shop.a'\n")
    (package / "__init__.py").write_text(
        f"{HEAD}@hook\ndef cxaudit_register():\n"
        "    yield ChecklistFile(id='shop.a', package='shop', file='list.toml')\n"
    )
    diagnosis = Session([package]).examine_plugins()
    assert diagnosis.problems
    assert all(problem.plugin == "shop" for problem in diagnosis.problems)
    assert any("list.toml" in problem.cause for problem in diagnosis.problems)
