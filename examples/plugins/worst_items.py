"""A command: ``cxaudit worst-items result.json`` names the items that lost most."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from cxaudit.plugin import Command, hook


@click.command()
@click.argument("result", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--most", type=click.IntRange(1), default=5, show_default=True, help="How many.")
@click.pass_obj
def worst_items(options: Any, result: Path, most: int) -> None:
    """Name the items of a saved result that lost most."""
    session = options.session()
    findings = [
        (finding.weight * (1 - finding.score), finding)
        for finding in session.read_result(result).findings
        if finding.score is not None
    ]
    order = sorted(findings, key=lambda lost: (-lost[0], lost[1].item, lost[1].unit))
    for lost, finding in order[:most]:
        if lost > 0:
            click.echo(f"{finding.score:.2f}  {finding.item}  {finding.unit}")


@hook
def cxaudit_register() -> Iterable[Command]:
    """Yield the command; it is called by its full id."""
    yield Command(id="house.worst-items", command=worst_items, summary="Names what lost most.")
