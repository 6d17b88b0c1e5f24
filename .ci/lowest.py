"""Print the lowest versions that pyproject.toml states, one a line, as constraints for pip."""

from __future__ import annotations

import tomllib
from itertools import chain
from pathlib import Path

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))
stated = [
    *project["project"]["dependencies"],
    *chain.from_iterable(project["project"]["optional-dependencies"].values()),
    *chain.from_iterable(project["dependency-groups"].values()),
]
for requirement in sorted({line for line in stated if ">=" in line}):
    print(requirement.replace(">=", "=="))
