"""A newcomer's path, from an empty folder with nothing but the built wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.support.tools import tool

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Return the wheel as it is built for others, by this environment's tools alone."""
    tool("hatchling")
    folder = tmp_path_factory.mktemp("dist")
    build = ["pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([sys.executable, "-m", *build, "-w", folder, ROOT], check=True)
    (wheel,) = folder.iterdir()
    return wheel


class Newcomer:
    """An empty folder, and an environment in which the wheel is installed.

    What cxaudit depends on is this environment's: nothing is fetched.
    """

    def __init__(self, folder: Path, wheel: Path) -> None:
        environment = folder / "environment"
        self.folder = folder / "work"
        self.folder.mkdir()
        venv.create(environment)
        self.programs = environment / ("Scripts" if os.name == "nt" else "bin")
        self.install("--no-index", "--no-deps", str(wheel))
        paths = {"base": str(environment), "platbase": str(environment)}
        (site,) = {sysconfig.get_path("purelib", vars=paths)}
        Path(site, "dependencies.pth").write_text(sysconfig.get_path("purelib"))

    @property
    def python(self) -> str:
        return str(self.programs / "python")

    def install(self, *arguments: str) -> None:
        pip = [sys.executable, "-m", "pip", "--python", self.python, "install", "-q"]
        subprocess.run([*pip, *arguments], check=True, cwd=self.folder)

    def ran(self, command: str, exit_code: int = 0) -> str:
        """Return what a command says, which must end with an exit code."""
        name, *words = command.split()
        program = [self.python, "-m", name] if name == "pytest" else [self.programs / name]
        variables = {"PATH": os.defpath, "HOME": str(self.folder), "LANG": "C.UTF-8"}
        done = subprocess.run(
            [*program, *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            env=variables,
        )
        assert done.returncode == exit_code, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def newcomer(tmp_path, wheel):
    return Newcomer(tmp_path, wheel)


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text("utf-8")
    assert text.count(before) == 1
    file.write_text(text.replace(before, after))


def test_a_package_from_nothing_to_a_second_run(newcomer):
    (newcomer.folder / "where.py").write_text("import cxaudit; print(cxaudit.__file__)")
    assert str(newcomer.programs.parent) in newcomer.ran("python where.py")
    assert "cxaudit" in newcomer.ran("cxaudit --version")
    newcomer.ran("cxaudit plugins new acme-audit")
    acme = newcomer.folder / "acme-audit"
    audit = "acme-audit/example/audit.toml"
    run = f"cxaudit --plugins acme-audit/src run {audit} --results results"
    assert "12 passed" in newcomer.ran("pytest -q acme-audit")
    assert "scores 100 of 100" in newcomer.ran(run)

    check = acme / "src/acme_audit/quiet_hours.py"
    change(check, "share.value <= target", "share.value < target")
    said = newcomer.ran("pytest -q acme-audit", exit_code=1)
    assert "a share at the limit still meets it\nverdict: state: 'not_met', not 'met'" in said
    change(check, "share.value < target", "share.value / 0 < target")
    said = newcomer.ran(run, exit_code=3)
    assert "acme_audit" in said
    assert "division by zero" in said
    change(check, "share.value / 0 < target", "share.value <= target")
    assert "12 passed" in newcomer.ran("pytest -q acme-audit")
    assert "scores 100 of 100" in newcomer.ran(run)

    newcomer.install("--no-index", "--no-build-isolation", "./acme-audit")
    assert "acme-audit 0.1.0 loaded" in newcomer.ran("cxaudit plugins list")
    assert "none with a problem" in newcomer.ran("cxaudit plugins doctor")
    assert "scores 100 of 100" in newcomer.ran(f"cxaudit run {audit} --results results")
    assert "12 passed" in newcomer.ran("pytest -q acme-audit")


def test_one_file_with_everything(newcomer):
    newcomer.ran("cxaudit plugins new house --file --kind all")
    assert " passed" in newcomer.ran("pytest -q house")
    run = "cxaudit --plugins house run house/example/audit.toml --results results"
    assert "THE FRONT DESK" in newcomer.ran(run)
    assert "none with a problem" in newcomer.ran("cxaudit --plugins house plugins doctor")
