"""What importing cxaudit costs, and how it is laid out."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = {"duckdb", "numpy", "rich", "jinja2", "jsonschema"}


def loaded(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(' '.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


@pytest.mark.parametrize(
    "statement",
    ["import cxaudit", "from cxaudit import Session", "import cxaudit.plugin"],
)
def test_importing_loads_nothing_heavy(statement):
    assert loaded(statement) & HEAVY == set()


def test_the_version_is_told_before_anything_is_loaded():
    code = (
        "import sys; sys.argv = ['cxaudit', '--version'];"
        "from cxaudit.__main__ import main; main();"
        "assert not {'click', 'pluggy', 'attrs', 'importlib.metadata'} & set(sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("cxaudit ")


def test_help_is_shown_without_any_class_of_the_model():
    code = (
        "import sys; from cxaudit._cli import main; main(['--help']); main(['run', '--help']);"
        "main(['validate']); print(); print(' '.join(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Usage: cxaudit run [OPTIONS] AUDIT" in run.stdout
    assert "Missing argument 'CHECKLIST'" in run.stderr
    modules = set(run.stdout.splitlines()[-1].split())
    assert not {"attrs", "cxaudit.errors", "cxaudit.session", *HEAVY} & modules


def test_an_audit_of_answers_alone_loads_no_engine_and_no_page_maker(tmp_path):
    """With JSON and the terminal as its outputs; what is not loaded costs no time."""
    shutil.copytree(
        ROOT / "examples/quick-scan", tmp_path / "scan", ignore=shutil.ignore_patterns("results")
    )
    audit = tmp_path / "scan/audit.toml"
    text = audit.read_text("utf-8")
    assert 'outputs = ["html", "json"]' in text
    audit.write_text(text.replace('["html", "json"]', '["json"]'), "utf-8")
    code = (
        "import sys; from cxaudit._cli import main;"
        f"code = main(['run', {str(audit)!r}]);"
        "print(); print(' '.join(sys.modules)); sys.exit(code)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert run.returncode in {0, 1}, run.stderr
    assert "Velo Corner" in run.stdout
    modules = set(run.stdout.splitlines()[-1].split())
    assert {"cxaudit._audit.run", "numpy", "rich"} <= modules
    assert not {"duckdb", "jinja2", "cattrs", "numpy.ma"} & modules
    assert list(tmp_path.glob("scan/results/*/*/result.json"))


def test_what_a_module_offers_is_sorted_and_there():
    """`__all__` is sorted and each of its names is defined."""
    for path in ROOT.glob("src/cxaudit/**/*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
                names = ast.literal_eval(node.value)
                assert sorted(names) == sorted(set(names)), path


def test_core_never_imports_a_plugin_of_ours():
    plugins = {path.name for path in (ROOT / "plugins").glob("cxaudit_*")}
    for path in ROOT.glob("src/cxaudit/**/*.py"):
        text = path.read_text(encoding="utf-8")
        assert not [name for name in plugins if f"import {name}" in text], path
