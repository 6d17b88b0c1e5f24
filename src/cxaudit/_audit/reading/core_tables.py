"""Cases and answers, and the tables that core itself fills: with them, hits and observation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import attrs

from cxaudit._model.audit import Audit, matching
from cxaudit._model.engine import EngineSession
from cxaudit._model.evidence import Answer, Answers, Case
from cxaudit._model.result import Note
from cxaudit._model.tables import ColumnRows
from cxaudit._plugins.registry import Registry
from cxaudit.errors import Problem

__all__ = [
    "Asked",
    "answer_rows",
    "case_rows",
    "fill_core_tables",
    "observed_until",
    "read_asked",
]


_AT_ONCE = 50_000
"""Answers that are made rows at once."""


@attrs.frozen(kw_only=True)
class Asked:
    """What people noted for an audit.

    Attributes:
        cases: All cases, those that do not count among them.
        answers: All answers.
        unanswered: File and row of each row of answers that holds no value.
        digests: File, as shown, to SHA-256 of each file of cases and answers.
        problems: Everything that is wrong in them, and weights of units that weigh nothing.
        notes: What did not become a case or an answer.
    """

    cases: tuple[Case, ...] = ()
    answers: Answers = attrs.field(factory=lambda: Answers.of(()))
    unanswered: tuple[tuple[str, int], ...] = ()
    digests: dict[str, str] = attrs.field(factory=dict)
    problems: tuple[Problem, ...] = ()
    notes: tuple[Note, ...] = ()


def read_asked(audit: Audit, registry: Registry) -> Asked:
    """Return the cases and answers of an audit, and everything that is wrong in them."""
    if not audit.has_answers:
        return Asked(problems=tuple(audit.idle_weights.values()))
    from cxaudit._sources import digest_file
    from cxaudit._sources.answers import read_answer_sheet
    from cxaudit._sources.cases import read_case_sheet
    from cxaudit._sources.sheets import display_path

    touchpoints = {spec.id for spec in registry.of("touchpoint").values()}
    touchpoints |= {spec.id for spec in audit.checklist.touchpoints}
    case_files, answer_files = (_files(audit, names) for names in (audit.cases, audit.answers))
    noted = read_case_sheet(
        case_files,
        units=audit.units,
        touchpoints=frozenset(touchpoints),
        waves=audit.waves,
        folder=audit.folder,
        records=audit.case_records,
    )
    sheet = read_answer_sheet(
        answer_files,
        checklist=audit.checklist,
        units=audit.units,
        cases=noted.cases,
        folder=audit.folder,
        unread=noted.unread,
        records=audit.answer_records,
    )
    at_hand = {"cases": noted.digest, "answers": sheet.digest}
    visited = {case.unit for case in noted.cases if not audit.units[case.unit].comparator}
    return Asked(
        cases=noted.cases,
        answers=sheet.answers,
        unanswered=sheet.unanswered,
        digests={
            display_path(path, audit.folder): digest_file(path)
            for path in (*case_files, *answer_files)
            if path.is_file()
        }
        | {name: digest for name, digest in at_hand.items() if digest},
        problems=(
            *(problem for unit, problem in audit.idle_weights.items() if unit not in visited),
            *noted.problems,
            *sheet.problems,
        ),
    )


def _files(audit: Audit, names: Sequence[str]) -> list[Path]:
    """Return files beside the audit file, globs expanded; what matches nothing stays as it is."""
    paths: dict[Path, None] = {}
    for name in names:
        paths |= dict.fromkeys(matching(audit.folder, name) or [audit.folder / name])
    return list(paths)


def fill_core_tables(
    audit: Audit,
    registry: Registry,
    engine: EngineSession,
    cases: Sequence[Case],
    answers: Answers,
    past: Sequence[datetime] = (),
) -> None:
    """Fill the tables of cases, of answers, and of the instant up to which records go.

    Args:
        audit: The audit.
        registry: Holds the tables.
        engine: Takes them.
        cases: The cases.
        answers: The answers.
        past: Instants at which something took place, the last of them among them.
    """
    by_id = {case.id: case for case in cases}
    of_cases = registry.get("table", "cases")
    engine.add(of_cases, ColumnRows.of(of_cases, case_rows(cases, audit)))
    # As rows of their own answers take far more memory than as columns.
    of_answers = registry.get("table", "answers")
    for start in range(0, max(1, len(answers)), _AT_ONCE):
        rows = answer_rows(answers[start : start + _AT_ONCE], by_id, audit)
        engine.add(of_answers, ColumnRows.of(of_answers, rows))
    until = observed_until(audit, (*past, *(case.at for case in cases if case.at is not None)))
    observation = registry.get("table", "observation")
    engine.add(observation, ColumnRows.of(observation, [{"until": until}]))


def case_rows(cases: Sequence[Case], audit: Audit) -> list[dict[str, Any]]:
    """Return cases as rows of the ``cases`` table."""
    zones = {unit.id: unit.zone for unit in audit.units}
    return [
        {
            "case_id": case.id,
            "at": case.at,
            "scenario": case.scenario or None,
            "wave": case.wave or None,
            "status": case.status,
            "unit": case.unit,
            "touchpoint": case.touchpoint,
            "_source": "cases",
            "_row": number,
            "_zone": zones[case.unit],
        }
        for number, case in enumerate(cases, start=1)
    ]


def answer_rows(
    answers: Sequence[Answer], cases: Mapping[str, Case], audit: Audit
) -> list[dict[str, Any]]:
    """Return answers that count as rows of the ``answers`` table."""
    zones = {unit.id: unit.zone for unit in audit.units}
    rows = []
    for answer in answers:
        if not cases[answer.case].counts:
            continue
        value = answer.value
        number = float(value) if isinstance(value, (bool, int, float)) else None
        rows.append(
            {
                "item": answer.item,
                "case_id": answer.case,
                "rater": answer.rater,
                "rater_kind": answer.rater_kind.value,
                "kind": answer.kind.value,
                "value": number,
                "value_text": value if isinstance(value, str) else None,
                "value_yes": value if isinstance(value, bool) else None,
                "reason": answer.reason or None,
                "comment": answer.comment or None,
                "unit": answer.unit,
                "touchpoint": answer.touchpoint,
                "_source": answer.source,
                "_row": answer.row,
                "_zone": zones[answer.unit],
            }
        )
    return rows


def observed_until(audit: Audit, past: Sequence[datetime]) -> datetime | None:
    """Return the instant up to which records were observed, in UTC; None without any record.

    That is the end of the audit's ``as_of`` day in the root's zone; without one, the last
    instant that any record tells of, due dates and the like left aside.
    """
    if audit.as_of is None:
        return max(past, default=None)
    midnight = datetime.combine(audit.as_of + timedelta(days=1), time())
    return midnight.replace(tzinfo=ZoneInfo(audit.units.root.zone)).astimezone(UTC)
