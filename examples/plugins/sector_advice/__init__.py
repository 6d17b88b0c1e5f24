"""What a sector advises where an item fell short: a pack of texts, and a section that shows them.

The texts lie in ``advice.toml`` beside this file, for those who know the sector, not Python.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from cxaudit.plugin import AuditResult, Section, blocks, hook

__version__ = "1.0.0"


def read_advice() -> Mapping[str, Any]:
    """Return item, or glob over items, to its advice."""
    file = Path(__file__).with_name("advice.toml")
    advice: Mapping[str, Any] = tomllib.loads(file.read_text("utf-8"))
    return advice


@hook
def cxaudit_report_sections(result: AuditResult, audience: str) -> Iterator[Section]:
    """Add what to do about each item that fell short, the heaviest first; not for the public."""
    if audience == "public":
        return
    lost: dict[str, float] = {}
    for finding in result.findings:
        if finding.score is not None and finding.score < 1:
            loss = finding.weight * (1 - finding.score)
            lost[finding.item] = lost.get(finding.item, 0) + loss
    titles = {item.id: item.title.within(result.language) for item in result.checklist.items}
    actions = tuple(
        blocks.Action(
            text=f"{titles[item]}: {advice['do']}",
            owner=advice.get("owner", ""),
        )
        for item in sorted(lost, key=lambda item: (-lost[item], item))
        for pattern, advice in read_advice().items()
        if fnmatchcase(item, pattern)
    )
    if actions:
        yield Section(id="sector-advice", title="What the sector advises", blocks=actions)
