"""Plugins in folders: their tests, and an environment in which one is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def pytest_in(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> str:
    """Return what pytest says of a folder's tests, which must pass."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=env,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def with_installed(package: str, name: str, code: Path, site: Path) -> dict[str, str]:
    """Return an environment in which a plugin is installed as a distribution is, by its metadata.

    Args:
        package: The package that its entry point names.
        name: The plugin's name.
        code: Folder that holds the package.
        site: Folder for the metadata.
    """
    info = site / f"{package}-1.0.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n")
    (info / "entry_points.txt").write_text(f"[cxaudit.v1]\n{name} = {package}\n")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(code), str(site)])}
