"""The command ``cxaudit publish``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from cxaudit.documents import MINIMUM

__all__ = ["publish"]

_FAILED = 3
_FILE = click.Path(dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("result", type=_FILE)
@click.option(
    "--audience", type=click.Choice(["client", "public"]), required=True, help="For whom it is."
)
@click.option("--to", type=_FOLDER, required=True, help="New folder to write.")
@click.option(
    "--minimum",
    type=click.IntRange(1),
    default=MINIMUM,
    show_default=True,
    help="Keep back numbers on fewer rows or cases, documents apart.",
)
@click.option("--release", multiple=True, metavar="FILE", help="Picture that may be shown.")
@click.option("--files", type=_FOLDER, default=".", help="Folder in which paths of pictures start.")
@click.option("--quotes", is_flag=True, help="Show words of people, already redacted.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def publish(
    options: Any,
    result: Path,
    audience: str,
    to: Path,
    minimum: int,
    release: tuple[str, ...],
    files: Path,
    quotes: bool,  # noqa: FBT001
    as_json: bool,  # noqa: FBT001
) -> int:
    """Write a result that may be shown to others, in all formats."""
    from cxaudit_reports.publish.folder import publish_result

    session = options.session()
    published = publish_result(
        session,
        session.read_result(result),
        to,
        audience=audience,
        minimum=minimum,
        release=release,
        files=files,
        quotes=quotes,
    )
    notes = [note.text for note in published.publication.result.notes]
    if as_json:
        summary = {
            "folder": str(to),
            "files": published.files,
            "notes": notes,
            "failed": dict(published.failed),
        }
        click.echo(json.dumps(summary, indent=2, ensure_ascii=False))
    else:
        for note in notes:
            click.echo(note)
        for name in published.files:
            click.echo(f"Written: {to / name}", err=True)
    for name, cause in published.failed:
        click.echo(f"{name} was not written: {cause}", err=True)
    return _FAILED if published.failed else 0
