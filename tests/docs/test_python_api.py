"""Reference of Python: every public name has its entry, and examples in docstrings run."""

from __future__ import annotations

import importlib
import inspect
import re
import shutil
import textwrap
from pathlib import Path

import pytest

from cxaudit.documents import speaking
from cxaudit.plugin import Report
from cxaudit.testing import load_plugin, read_source
from tests.support.public_names import MODULES, members, public_names

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs/reference/python").glob("*.md"))
WHOLE = re.compile(r"^\.\. automodule:: (\S+)", re.MULTILINE)
ONE = re.compile(r"^\.\. (?:currentmodule|auto(?:class|data|function)):: (\S+)", re.MULTILINE)
FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLE = re.compile(r"::\n\n((?:[ ]{4}.*\n|\n)+)")


def entries():
    """Yield each name that a page documents, with its module."""
    for page in PAGES:
        for _, fence in FENCE.findall(page.read_text("utf-8")):
            module = ""
            for name in ONE.findall(fence):
                if name.startswith("cxaudit."):
                    module = name
                elif module:
                    yield f"{module}.{name}"
            for whole in WHOLE.findall(fence):
                yield from (f"{whole}.{name}" for name in members(whole))


def test_every_public_name_has_one_entry():
    documented = [n for n in entries() if not n.startswith("cxaudit.documents.numbers.")]
    assert sorted(documented) == sorted(public_names())


def test_pages_hold_no_code_but_that_of_docstrings():
    assert {kind for page in PAGES for kind, _ in FENCE.findall(page.read_text("utf-8"))} == {
        "{eval-rst}"
    }


def examples():
    """Return the examples in the docstrings of public modules and of what they define."""
    shown = {}
    for module in map(importlib.import_module, (f"cxaudit.{name}" for name in MODULES)):
        for holder in (module, *(getattr(module, name) for name in module.__all__)):
            text = inspect.getdoc(holder) or ""
            for number, example in enumerate(EXAMPLE.findall(f"{text}\n")):
                name = getattr(holder, "__name__", module.__name__)
                shown[f"{name}-{number}"] = textwrap.dedent(example)
    return shown


EXAMPLES = examples()


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_runs(name, tmp_path, monkeypatch):
    shutil.copytree(ROOT / "examples/quick-scan", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    exec(compile(EXAMPLES[name], name, "exec", dont_inherit=True), {"__name__": "example"})


def example(module):
    """Return what the example of a module defines."""
    names = {"__name__": "example"}
    exec(compile(EXAMPLES[f"cxaudit.{module}-0"], module, "exec", dont_inherit=True), names)
    return names


def test_the_reader_of_the_example_reads(tmp_path):
    file = tmp_path / "calls.json"
    file.write_text('{"calls": [\n{"uuid": "a"},\n{"uuid": "b"},\n{"uu', "utf-8")
    rows = [fields for _, _, fields in read_source(example("records")["read"], [file])]
    assert rows[:2] == [{"call_id": "a"}, {"call_id": "b"}]
    assert isinstance(rows[2], ValueError)


def test_the_output_of_the_example_speaks_the_report_s_language():
    render = example("documents")["render"]
    with speaking("de"):
        assert render(Report(title="Tee", sections=())).endswith("87\u00a0% of it was assessed.")


def test_the_plugin_of_the_example_loads(tmp_path):
    file = tmp_path / "quiet.py"
    file.write_text(EXAMPLES["cxaudit.plugin-0"], "utf-8")
    assert "acme.quiet" in load_plugin(file).registry.of("check")
