"""Running an audit into its results folder, which gets whole files or none."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import attrs

from cxaudit._model.audit import Audit
from cxaudit._model.evidence import SourceAccount
from cxaudit._model.protocols import Event, Observer
from cxaudit._model.result import AuditResult, RunProblem
from cxaudit._plugins.implementations import place_of
from cxaudit.errors import PluginError
from cxaudit.session import Session

__all__ = ["run_and_save"]


def run_and_save(
    session: Session, audit: Audit, results: Path | None, observer: Observer
) -> tuple[AuditResult, tuple[Path, ...]]:
    """Run an audit and save it under ``results/<audit>/<wave or start>/``.

    Everything is written to a folder beside it first, and moved when all of it is there.

    Returns:
        The result, and the files for people to open.
    """
    started = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    base = (results or audit.folder / "results") / audit.id
    final = base / (audit.wave.id if audit.wave else started)
    made = [folder for folder in (base, base.parent) if not folder.exists()]
    base.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=base))
    try:
        result = session.run(audit, observer, folder=draft)
        result = attrs.evolve(result, accounts=_beside(result.accounts, draft))
        _evidence(result, draft / "evidence.jsonl")
        names = ["result.json"]
        # Core's outputs come last, so that they tell which of the plugins' failed.
        for output in sorted(audit.outputs, key=lambda output: output.startswith("cxaudit.")):
            if output not in {"cxaudit.json", "cxaudit.terminal"}:
                spec = session.registered("output")[output]
                name = ("report" if spec.takes == "report" else "findings") + spec.suffix
                try:
                    session.render(result, output, draft / name)
                except PluginError as error:
                    problem = _problem(error)
                    result = attrs.evolve(result, problems=(*result.problems, problem))
                    observer(Event(kind="problem", stage="rendering", text=str(error)))
                else:
                    pages = Path(name).with_suffix("") / "index.html"
                    names.append(pages.as_posix() if (draft / pages).exists() else name)
        session.render(result, "json", draft / "result.json")
        _replace(draft, final)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        for folder in made:
            with contextlib.suppress(OSError):  # it holds the result, or another run's
                folder.rmdir()
    return result, tuple(final / name for name in names)


def _beside(accounts: tuple[SourceAccount, ...], draft: Path) -> tuple[SourceAccount, ...]:
    """Return accounts that name their quarantine where it will lie, beside the result."""
    return tuple(
        attrs.evolve(
            account,
            quarantined_to=Path(account.quarantined_to).relative_to(draft).as_posix(),
        )
        if account.quarantined_to
        else account
        for account in accounts
    )


def _evidence(result: AuditResult, path: Path) -> None:
    with path.open("w", encoding="utf-8") as lines:
        for found in result.evidence:
            row = attrs.asdict(found)
            lines.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


def _problem(error: PluginError) -> RunProblem:
    return RunProblem(
        stage="rendering",
        subject=error.stage,
        cause=error.cause,
        plugin=error.plugin,
        hint=f"{place_of(error)} "
        "`cxaudit report` renders the saved result again when it is mended.".lstrip(),
    )


def _replace(draft: Path, final: Path) -> None:
    final.mkdir(exist_ok=True)
    for folder in ("quarantine", "report"):
        shutil.rmtree(final / folder, ignore_errors=True)
    for stale in (*final.glob("report.*"), *final.glob("findings.*")):
        stale.unlink(missing_ok=True)
    for path in sorted(draft.iterdir()):
        os.replace(path, final / path.name)  # noqa: PTH105 - folders too
