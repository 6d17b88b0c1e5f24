"""What a core install takes on disk: a fresh environment, `pip install` of this folder, no extras.

Goal: at most 250 MB (millions of bytes) with all that pip puts there, compiled modules too. pip
itself, and setuptools where Python brings it, are listed and left out of the total.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
SIZES = """
import json
from importlib.metadata import distributions

sizes = {}
for package in distributions():
    files = (file.locate() for file in package.files or ())
    sizes[package.name] = sum(file.stat().st_size for file in files if file.is_file())
print(json.dumps(sizes))
"""
BROUGHT = ("pip", "setuptools")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder, "Scripts" if sys.platform == "win32" else "bin", "python")
        subprocess.run([python, "-m", "pip", "install", "-q", str(ROOT)], check=True)
        done = subprocess.run([python, "-c", SIZES], check=True, capture_output=True, text=True)
    sizes: dict[str, int] = json.loads(done.stdout)
    for name, size in sorted(sizes.items(), key=lambda item: -item[1]):
        print(f"{name:<28}{size / 1e6:>7.1f} MB" + ("  not counted" if name in BROUGHT else ""))
    total = sum(size for name, size in sizes.items() if name not in BROUGHT)
    print(f"{'in all':<28}{total / 1e6:>7.1f} MB  goal: 250")


if __name__ == "__main__":
    main()
