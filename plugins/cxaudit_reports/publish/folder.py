"""Publishing: a new folder with a result that others may see, in all formats made from it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

import attrs

from cxaudit.documents import (
    MINIMUM,
    Released,
    _,
    is_picture,
    released_pictures,
    scratch_folder,
    speaking,
    translated,
)
from cxaudit.errors import InputError, PluginError, Problem
from cxaudit.plugin import AuditResult, Output
from cxaudit.session import Session
from cxaudit_reports.publish.open_data import LICENCE, column_guide, findings_table
from cxaudit_reports.publish.plain_words import as_html, as_markdown, plain_words
from cxaudit_reports.publish.result import Publication, publication

__all__ = ["Published", "publish_result"]

_NOT_WRITTEN = {"cxaudit.json", "cxaudit.terminal"}


@attrs.frozen(kw_only=True)
class Published:
    """What was written.

    Attributes:
        publication: The result, and what was kept back.
        files: All files, relative to the folder.
        failed: Outputs that could not be written, with the cause.
    """

    publication: Publication
    files: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]


def publish_result(
    session: Session,
    result: AuditResult,
    folder: Path,
    *,
    audience: str,
    minimum: int = MINIMUM,
    release: Iterable[str] = (),
    files: Path = Path(),
    quotes: bool = False,
) -> Published:
    """Write a result that may be shown, and all formats from it, into a new folder.

    The folder appears whole or not at all. An output that fails is left out, which is reported.

    Args:
        session: Scores and renders.
        result: The whole result.
        folder: Where to write; must not exist, or be empty.
        audience: ``client`` or ``public``.
        minimum: Numbers on fewer rows or cases are kept back, but not what documents say.
        release: Pictures among the evidence that may be shown.
        files: Where the paths of evidence start.
        quotes: Whether words of people, already redacted, may be shown.

    Raises:
        InputError: If the folder holds something, a picture or the whole cannot be released.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        hint = "Give a new folder: what lies in an old one would be published with it."
        raise InputError((Problem(f"{folder} is there already, and not empty", hint=hint),))
    pictures = released_pictures(result, release, files)
    try:
        published = publication(
            result,
            lambda bare: session.rescore(bare, bare.checklist.policy),
            audience=audience,
            minimum=minimum,
            released=pictures,
            quotes=quotes,
        )
    except ValueError as error:
        raise InputError((Problem(f"nothing was published: {error}"),)) from error
    folder.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder(f".{folder.name}-", folder.parent) as draft:
        _pictures(pictures.values(), draft)
        failed = tuple(_outputs(session, published, draft))
        with speaking(published.result.language):
            _words_and_data(published, draft, result)
        session.render(published.result, "json", draft / "result.json")
        files_written = (path for path in draft.rglob("*") if path.is_file())
        written = sorted(path.relative_to(draft).as_posix() for path in files_written)
        with speaking(published.result.language):
            readme = _readme(published, written, failed)
        (draft / "README.md").write_text(readme, encoding="utf-8")
        draft.chmod(0o755)
        with contextlib.suppress(FileNotFoundError):
            folder.rmdir()
        draft.rename(folder)
    return Published(publication=published, files=("README.md", *written), failed=failed)


def _outputs(session: Session, published: Publication, draft: Path) -> Iterable[tuple[str, str]]:
    """Write every registered output; yield those that failed, with the cause."""
    pictures = [
        piece.source
        for evidence in published.result.evidence
        for piece in evidence.shown
        if is_picture(piece)
    ]
    taken: set[str] = set()
    for name, spec in session.registered("output").items():
        if name in _NOT_WRITTEN:
            continue
        file = _name(spec, taken)
        taken.add(file)
        try:
            session.render(
                published.result,
                name,
                draft / file,
                audience=published.audience,
                files=draft / "pictures",
                release=pictures,
            )
        except PluginError as error:
            yield name, error.cause
        except InputError as error:  # such as a format that needs what the result does not say
            yield name, error.problems[0].message


def _name(spec: Output, taken: set[str]) -> str:
    plain = ("report" if spec.takes == "report" else "findings") + spec.suffix
    return plain if plain not in taken else f"{spec.id.replace('.', '-')}{spec.suffix}"


def _words_and_data(published: Publication, draft: Path, result: AuditResult) -> None:
    parts = plain_words(published.result, published.minimum)
    kept_back = {
        (finding.item, finding.touchpoint, finding.unit)
        for finding in (result.findings[number] for number in published.kept.findings)
    }
    texts = {
        "summary.md": as_markdown(parts),
        "summary.html": as_html(parts),
    }
    if published.audience == "public":
        texts |= {
            "open-data/findings.csv": findings_table(published.result, kept_back),
            "open-data/columns.md": column_guide(published.result, published.minimum),
            "open-data/LICENCE.txt": _(LICENCE),
        }
    for name, text in texts.items():
        path = draft / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="replace", newline="")


def _pictures(released: Iterable[Released], draft: Path) -> None:
    for picture in released:
        (draft / "pictures").mkdir(exist_ok=True)
        (draft / "pictures" / picture.name).write_bytes(picture.content)


def _readme(published: Publication, files: list[str], failed: Iterable[tuple[str, str]]) -> str:
    """Return what the folder holds and what was left out."""
    lines = [
        "# " + _("What this folder holds"),
        "",
        *(f"- {translated(note.text)}" for note in published.result.notes),
        "",
        _("Files:"),
        "",
        *(f"- `{name}`" for name in files),
    ]
    if published.audience == "public":
        lines += ["", _("No licence has been chosen yet: see `open-data/LICENCE.txt`.")]
    for name, cause in failed:
        lines += ["", _("Not written: {name} ({cause}).", name=name, cause=cause)]
    return "\n".join(lines) + "\n"
