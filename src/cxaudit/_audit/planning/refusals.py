"""What a run would refuse before it measures: cases, answers, weights of units, sources."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from cxaudit._audit.reading.sources import Reading, located_problem, with_identity
from cxaudit._audit.scratch import scratch_folder
from cxaudit._model.audit import Audit
from cxaudit._model.evidence import Answer, Case
from cxaudit._plugins.registry import Registry
from cxaudit.errors import Problem, SourceError

__all__ = ["Asked", "problems_of_sources", "read_asked"]


@attrs.frozen(kw_only=True)
class Asked:
    """What people noted for an audit.

    Attributes:
        cases: All cases, those that do not count among them.
        answers: All answers.
        unanswered: File and row of each row of answers that holds no value.
        digests: File, as shown, to SHA-256 of each file of cases and answers.
        problems: Everything that is wrong in them, and weights of units that weigh nothing.
    """

    cases: tuple[Case, ...] = ()
    answers: tuple[Answer, ...] = ()
    unanswered: tuple[tuple[str, int], ...] = ()
    digests: dict[str, str] = attrs.field(factory=dict)
    problems: tuple[Problem, ...] = ()


def read_asked(audit: Audit, registry: Registry) -> Asked:
    """Return the cases and answers of an audit, and everything that is wrong in them."""
    if not audit.cases and not audit.answers:
        return Asked(problems=tuple(audit.idle_weights.values()))
    from cxaudit._sources import digest_file
    from cxaudit._sources.answers import read_answer_sheet
    from cxaudit._sources.cases import read_case_sheet
    from cxaudit._sources.sheets import shown_path

    touchpoints = {spec.id for spec in registry.of("touchpoint").values()}
    touchpoints |= {spec.id for spec in audit.checklist.touchpoints}
    case_files, answer_files = (_files(audit, names) for names in (audit.cases, audit.answers))
    noted = read_case_sheet(
        case_files,
        units=audit.units,
        touchpoints=frozenset(touchpoints),
        waves=audit.waves,
        folder=audit.folder,
    )
    sheet = read_answer_sheet(
        answer_files,
        checklist=audit.checklist,
        units=audit.units,
        cases=noted.cases,
        folder=audit.folder,
        unread=noted.unread,
    )
    visited = {case.unit for case in noted.cases if not audit.units[case.unit].comparator}
    return Asked(
        cases=noted.cases,
        answers=sheet.answers,
        unanswered=sheet.unanswered,
        digests={
            shown_path(path, audit.folder): digest_file(path)
            for path in (*case_files, *answer_files)
            if path.is_file()
        },
        problems=(
            *(problem for unit, problem in audit.idle_weights.items() if unit not in visited),
            *noted.problems,
            *sheet.problems,
        ),
    )


def problems_of_sources(audit: Audit, registry: Registry) -> Iterator[Problem]:
    """Yield what keeps sources from being read, and what is wrong in their mappings.

    Of CSV and Parquet files only the names of the columns are read.
    """
    from cxaudit._sources import expand

    audit = with_identity(audit, registry)
    with scratch_folder("cxaudit-") as scratch:
        for use in audit.sources:
            try:
                files = expand(use, audit.folder)
                Reading(audit, registry, {use.name: files}, scratch).load_of(use)
            except SourceError as error:
                for problem in error.problems:
                    yield located_problem(problem, audit, use)


def _files(audit: Audit, names: Sequence[str]) -> list[Path]:
    """Return files beside the audit file, globs expanded; what matches nothing stays as it is."""
    paths: dict[Path, None] = {}
    for name in names:
        whole = audit.folder / name
        matches = [] if whole.exists() else sorted(glob.glob(str(whole), recursive=True))  # noqa: PTH207 - Path.glob takes no absolute patterns
        paths |= dict.fromkeys(map(Path, matches) if matches else [whole])
    return list(paths)
