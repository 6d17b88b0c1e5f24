"""How a client's documents look: the files that ``[branding]`` names, taken in as they are."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

from cxaudit._checklists.documents import Step
from cxaudit._checklists.secrets import Report

__all__ = ["read_branding"]

_LOGOS = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".svg": "image/svg+xml",
}
_TEMPLATES = {
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}
_MOST_BYTES = {"logo": 200_000, "template": 5_000_000}


def read_branding(given: Mapping[str, str], folder: Path, report: Report) -> dict[str, str]:
    """Return the branding with the files that it names as ``data:`` addresses.

    So a saved result is rendered alike wherever it lies.

    Args:
        given: The table of the audit file.
        folder: The audit file's folder, from which paths start.
        report: Takes what is wrong.
    """
    found = dict(given)
    for key, kinds in (("logo", _LOGOS), ("template", _TEMPLATES)):
        if key not in given:
            continue
        path: tuple[Step, ...] = ("branding", key)
        file = folder / given[key]
        media = kinds.get(file.suffix.lower())
        if media is None:
            report(path, f"{given[key]!r} is no {key}.", f"It ends in {', '.join(kinds)}.")
        elif not file.is_file():
            report(path, f"There is no file {given[key]!r}.", "Paths start beside the audit file.")
        elif file.stat().st_size > _MOST_BYTES[key]:
            most = f"{_MOST_BYTES[key] // 1000:,} kB"
            report(path, f"{given[key]!r} is larger than {most}.", "Save a smaller one.")
        else:
            found[key] = f"data:{media};base64,{base64.b64encode(file.read_bytes()).decode()}"
    return found
