"""Running an audit into its results folder, which gets whole files or none."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import attrs

from cxaudit._audit.scratch import scratch_folder
from cxaudit._model.audit import Audit
from cxaudit._model.evidence import SourceAccount
from cxaudit._model.protocols import Event, Observer
from cxaudit._model.result import AuditResult, RunProblem
from cxaudit._model.said import Said, joined
from cxaudit._plugins.containment import raised_in
from cxaudit.errors import InputError, PluginError
from cxaudit.session import Session

__all__ = ["newest_result", "run_and_save"]


def run_and_save(
    session: Session, audit: Audit, results: Path | None, observer: Observer
) -> tuple[AuditResult, tuple[Path, ...]]:
    """Run an audit and save it under ``results/<audit>/<wave or start>/``.

    Everything is written to a folder beside it first: result, evidence and refused rows are moved
    when they are there, before any document is made, and the documents when all of them are.

    Returns:
        The result, and the files for people to open.
    """
    started = datetime.now(UTC).strftime("%Y-%m-%dT%H%M%SZ")
    base = (results or audit.folder / "results") / audit.id
    final = base / (audit.wave.id if audit.wave else started)
    with _with_folder(base), scratch_folder(".unfinished-", base) as draft:
        result = session.run(audit, observer, folder=draft)
        result = attrs.evolve(result, accounts=_beside(result.accounts, draft))
        _evidence(result, draft / "evidence.jsonl")
        session.render(result, "json", draft / "result.json")
        _clear(final)
        _move(draft, final)
        # Whatever happens to a document, the result is there to make it from.
        result, names = _documents(session, audit, result, draft, observer)
        _move(draft, final)
    return result, tuple(final / name for name in ("result.json", *names))


def newest_result(audit: Audit) -> Path | None:
    """Return the result of an audit that was written last beside its file, if there is one."""
    results = (audit.folder / "results" / audit.id).glob("[!.]*/result.json")
    return max(results, key=lambda path: path.stat().st_mtime, default=None)


@contextlib.contextmanager
def _with_folder(base: Path) -> Iterator[None]:
    """Create a folder for a block; remove it and its parent again if they are new and empty."""
    created = [folder for folder in (base, base.parent) if not folder.exists()]
    base.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        for folder in created:
            with contextlib.suppress(OSError):  # it holds the result, or another run's
                folder.rmdir()


def _documents(
    session: Session, audit: Audit, result: AuditResult, draft: Path, observer: Observer
) -> tuple[AuditResult, list[str]]:
    """Write the audit's outputs, and the result anew when one of them fails."""
    names: list[str] = []
    problems = result.problems
    # Core's outputs come last, so that they tell which of the plugins' failed.
    for output in sorted(audit.outputs, key=lambda output: output.startswith("cxaudit.")):
        if output not in {"cxaudit.json", "cxaudit.terminal"}:
            spec = session.registered("output")[output]
            stem = "report" if spec.takes == "report" else "findings"
            part = draft / "part"
            part.mkdir()
            try:
                session.render(result, output, part / (stem + spec.suffix))
            except (InputError, PluginError) as error:
                problem = _problem(output, error)
                result = attrs.evolve(result, problems=(*result.problems, problem))
                observer(Event(kind="problem", stage="rendering", text=str(error)))
            else:
                names += _beside_others(part, draft, stem, output)
            shutil.rmtree(part)
    if result.problems != problems:
        session.render(result, "json", draft / "result.json")
    return result, names


def _beside_others(part: Path, draft: Path, stem: str, output: str) -> Iterator[str]:
    """Move what an output wrote beside what others did, and yield what people open of it.

    Where another output wrote a file of that name, the id of this one goes into the name.
    """
    for path in sorted(part.iterdir()):
        name = path.name
        if (draft / name).exists():
            name = f"{stem}-{output.replace('.', '-')}{name.removeprefix(stem)}"
        path.replace(draft / name)
        pages = Path(name) / "index.html"
        yield pages.as_posix() if (draft / pages).exists() else name


def _beside(accounts: tuple[SourceAccount, ...], draft: Path) -> tuple[SourceAccount, ...]:
    """Return accounts whose quarantine is named by its path beside the result."""
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
        for evidence in result.evidence:
            row = attrs.asdict(evidence)
            lines.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


def _problem(output: str, error: InputError | PluginError) -> RunProblem:
    again = Said("render-again")
    if isinstance(error, InputError):
        causes = "; ".join(problem.message for problem in error.problems)
        return RunProblem(stage="rendering", subject=f"output {output}", cause=causes, hint=again)
    return RunProblem(
        stage="rendering",
        subject=error.stage,
        cause=error.cause,
        plugin=error.plugin,
        hint=joined([raised_in(error), again], "text"),
    ).raised(error)


def _clear(final: Path) -> None:
    """Remove from a folder what an earlier run wrote and this one may not write again."""
    final.mkdir(exist_ok=True)
    stale = {final / name for name in ("quarantine", "report", "findings")}
    for stem in ("report", "findings"):
        stale.update(final.glob(f"{stem}[.-]*"))
    for path in stale:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _move(draft: Path, final: Path) -> None:
    for path in sorted(draft.iterdir()):
        os.replace(path, final / path.name)  # noqa: PTH105 - folders too
