"""Containment: what somebody else's code raises is kept in one place, with its own line."""

from __future__ import annotations

import ast
import functools
import textwrap
from pathlib import Path

import click
import pytest

from cxaudit._plugins.containment import contained
from cxaudit._plugins.registry import Registry
from cxaudit.errors import CxauditError, PluginError, Problem, ResourceError, SourceError
from cxaudit.plugin import Check, RunProblem

ROOT = Path(__file__).parents[2]


def module(name, file, text):
    """Return the names that a text defines as a module of a file."""
    names = {"__name__": name}
    exec(compile(textwrap.dedent(text), file, "exec"), names)
    return names


def local_plugin(file, text):
    return module(f"_cxaudit_local_7_{file.removesuffix('.py')}", f"/house/{file}", text)


# The block around a plugin's code is always ours.
OURS = module(
    "cxaudit.ours",
    "ours.py",
    """
    from cxaudit._plugins.containment import contained

    def judge(function):
        with contained("judging", "item a", "acme") as containment:
            function()
        return containment.problem

    def judge_blaming(registry, function):
        def blame():
            with registry.blaming("check", "acme.late"):
                function()

        return judge(blame)
    """,
)
judge = OURS["judge"]


def test_a_block_that_raises_nothing_has_no_problem():
    with contained("judging", "item a", "acme") as containment:
        pass
    assert containment.error is None
    assert containment.problem is None


def test_what_is_raised_is_kept_with_the_plugins_own_line():
    rules = local_plugin(
        "rules.py",
        """
        import functools, json

        def fail():
            return functools.reduce(lambda _, text: json.loads(text), ["", "{"])
        """,
    )
    assert judge(rules["fail"]) == RunProblem(
        stage="judging",
        subject="item a",
        cause="JSONDecodeError: Expecting property name enclosed in double quotes: "
        "line 1 column 2 (char 1)",
        plugin="acme",
        hint="Raised in rules.py, line 5.",
    )


def test_code_between_ours_and_the_plugins_is_not_named():
    shop = local_plugin("shop.py", "def run():\n    raise ValueError('closed')\n")
    command = click.Command("shop", callback=shop["run"])
    problem = judge(functools.partial(command.main, [], standalone_mode=False))
    assert problem.hint == "Raised in shop.py, line 2."


def test_a_plugin_that_was_blamed_before_keeps_its_cause_and_line():
    late = local_plugin("late.py", "def read():\n    raise OSError('no such port')\n")
    registry = Registry()
    registry.add(Check(id="acme.late", judge=late["read"]), "acme")
    problem = OURS["judge_blaming"](registry, late["read"])
    assert problem.cause == "OSError: no such port"
    assert problem.hint == "Raised in late.py, line 2."


def raising(error):
    def fail():
        raise error

    return fail


def test_names_of_local_plugins_are_shown_as_they_are_on_disk():
    error = ImportError("cannot import name 'a' from '_cxaudit_local_12_house.rules'")
    problem = judge(raising(error))
    assert problem.cause == "ImportError: cannot import name 'a' from 'house.rules'"


@pytest.mark.parametrize(
    "error", [SystemExit(1), GeneratorExit(), StopIteration(), BaseException(), MemoryError()]
)
def test_errors_of_every_kind_are_kept(error):
    with contained("judging", "item a") as containment:
        raise error
    assert containment.error is error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ResourceError("disk", "full", "free some")])
def test_ctrl_c_and_what_ran_out_pass(error):
    with pytest.raises(type(error)), contained("judging", "item a"):
        raise error


def test_errors_that_are_meant_to_pass_do():
    error = SourceError((Problem("no such file"),))
    with pytest.raises(SourceError), contained("source", "a", passing=CxauditError):
        raise error


@pytest.mark.parametrize(
    "error",
    [ValueError("Grace Hopper, room 214"), PluginError("acme", "", "redact", "Grace Hopper")],
    ids=lambda error: type(error).__name__,
)
def test_a_redactor_that_fails_says_none_of_the_words_it_was_to_take_out(error):
    with contained("cxaudit_redact", "acme", "acme") as containment:
        raise error
    assert containment.problem is not None
    assert containment.problem.cause == type(error).__name__
    assert "Hopper" not in str(containment.problem)


class MuteError(Exception):
    def __str__(self):
        raise SystemExit


@pytest.mark.parametrize(
    ("error", "cause"),
    [(MuteError(), "MuteError: (its text cannot be shown)"), (LookupError(), "LookupError")],
)
def test_an_error_without_a_text_and_one_whose_text_fails_are_named(error, cause):
    assert judge(raising(error)).cause == cause


# -- nowhere else -------------------------------------------------------------------------

CATCHING_ALL = {
    "src/cxaudit/_cli/guard.py": "the last guard: whatever is left is a fault of cxaudit",
    "src/cxaudit/_cli/streams.py": "the last flush: there is nowhere left to tell it",
    "src/cxaudit/_engines/duckdb/threads.py": "raised again in the thread that asked",
    "src/cxaudit/_model/resources.py": "memory and disk that run out are told from all errors",
    "src/cxaudit/_plugins/containment.py": "within a time limit: raised in the thread that asked",
    "src/cxaudit/_report/pictures.py": "a broken picture fails Pillow in many ways",
    "plugins/cxaudit_reports/drawing/office.py": "a broken picture fails its reader in many ways",
    "plugins/cxaudit_reports/word/blocks.py": "a broken picture fails its reader in many ways",
    "plugins/cxaudit_reports/word/document.py": "a broken template fails python-docx in many ways",
}
"""Modules that may catch every error beside containment, and why."""


def catches_all(handler):
    """Tell whether a handler takes errors of every kind and does not simply raise them again."""
    if handler.type is not None:
        names = {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
        if not names & {"Exception", "BaseException"}:
            return False
    last = handler.body[-1]
    return not (isinstance(last, ast.Raise) and last.exc is None and handler.name is None)


def suppresses_all(node):
    return (
        isinstance(node, ast.Call)
        and "suppress" in {getattr(node.func, "id", ""), getattr(node.func, "attr", "")}
        and any(getattr(name, "id", "") in {"Exception", "BaseException"} for name in node.args)
    )


def test_errors_of_every_kind_are_caught_by_containment_alone():
    catching = [
        file.relative_to(ROOT).as_posix()
        for folder in ("src", "plugins")
        for file in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if (isinstance(node, ast.ExceptHandler) and catches_all(node)) or suppresses_all(node)
    ]
    assert catching == list(CATCHING_ALL)
