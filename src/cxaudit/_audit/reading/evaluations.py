"""Evaluations that other systems made, as answers of raters to items of the checklist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from cxaudit._audit.planning.waves import cases_of_wave
from cxaudit._audit.reading.core_tables import Asked
from cxaudit._model.audit import Audit, EvaluationUse
from cxaudit._model.checklist import Item
from cxaudit._model.engine import EngineSession, RowQuery
from cxaudit._model.evidence import Answer, AnswerKind, Answers, Case, RaterKind, SourceAccount
from cxaudit._model.result import Note
from cxaudit._model.said import Said, listed
from cxaudit.errors import AnswersError, Problem

__all__ = ["with_evaluations"]

_LISTED = 10
_KINDS = {kind.value: kind for kind in AnswerKind}
_RATERS = {kind.value: kind for kind in RaterKind}


def with_evaluations(
    audit: Audit, engine: EngineSession, asked: Asked, accounts: tuple[SourceAccount, ...]
) -> Asked:
    """Return what people noted, with the answers that are in the table ``evaluations``.

    Raises:
        AnswersError: With every answer that does not fit its item.
    """
    readers = {use.source: _Reader(audit, use, asked.cases) for use in audit.evaluations}
    sources = {
        name: account.source
        for account in accounts
        if account.table == "evaluations"
        for name in account.files
    }
    for batch in engine.rows(RowQuery(table="evaluations")):
        for row in batch:
            file = row["_source"]
            reader = readers.get(sources.get(file, sources.get(file.rpartition("#")[0], "")))
            if reader is not None:
                reader.read(row)
    problems = tuple(problem for reader in readers.values() for problem in reader.problems)
    if problems:
        raise AnswersError(problems)
    known = {case.id for case in asked.cases}
    further = {
        case.id: case
        for reader in readers.values()
        for case in reader.cases.values()
        if case.id not in known
    }
    cases, notes = cases_of_wave(tuple(further.values()), audit)
    kept = known | {case.id for case in cases}
    answers = Answers.of(
        answer
        for reader in readers.values()
        for answer in reader.answers.values()
        if answer.case in kept
    )
    return attrs.evolve(
        asked,
        cases=(*asked.cases, *cases),
        answers=Answers.joined([asked.answers, answers]),
        notes=(
            *asked.notes,
            *notes,
            *(note for reader in readers.values() for note in reader.notes()),
        ),
    )


class _Reader:
    """Turns the rows of one source into cases and answers.

    Attributes:
        cases: Case to itself, by id; some may be the audit's own.
        answers: The answers by case, item and rater: of several the latest.
        problems: What is wrong.
    """

    def __init__(self, audit: Audit, use: EvaluationUse, cases: tuple[Case, ...]) -> None:
        self._audit = audit
        self._use = use
        self._items: Mapping[str, Item] = {item.id: item for item in audit.checklist.items}
        self.cases: dict[str, Case] = {case.id: case for case in cases}
        self.answers: dict[tuple[str, str, str], Answer] = {}
        self.problems: list[Problem] = []
        self._latest: dict[tuple[str, str, str], Any] = {}
        self._unmapped: Counter[str] = Counter()
        self._homeless = self._older = self._empty = 0

    def read(self, row: Mapping[str, Any]) -> None:
        """Read one answer."""
        question = row["question"] or ""
        name = next(
            (
                self._use.items[asked]
                for asked in (row["question_id"], question)
                if asked and asked in self._use.items
            ),
            None,
        )
        if name is None:
            self._unmapped[question or row["question_id"] or ""] += 1
            return
        if row["unit"] is None:
            self._homeless += 1
            return
        kind, value, reason = self._reply(row, self._items[name])
        if kind is AnswerKind.VALUE and value is None:
            self._empty += 1
            return
        rater_kind = _RATERS.get(row["rater_kind"] or "person")
        if rater_kind is None:
            message = f"{row['rater_kind']!r} is no kind of rater"
            self._problem(row, message, f"Use {' or '.join(_RATERS)}.")
            return
        case = self._case(row)
        touchpoint = self._touchpoint(row, self._items[name], case)
        if touchpoint is None:
            return
        rater = self._rater(row, rater_kind)
        key = (case.id, name, rater)
        at = row["evaluated_at"]
        if key in self._latest:
            self._older += 1
            latest = self._latest[key]
            if at is None or (latest is not None and at < latest):
                return
        self._latest[key] = at
        self.answers[key] = Answer(
            item=name,
            touchpoint=touchpoint,
            unit=case.unit,
            case=case.id,
            rater=rater,
            kind=kind,
            value=value,
            reason=reason,
            comment=row["comment"] or "",
            rater_kind=rater_kind,
            source=row["_source"],
            row=int(row["_row"]),
        )

    def notes(self) -> Iterator[Note]:
        """Yield what did not become an answer, and why."""
        subject = Said("of-evaluations", source=self._use.source)
        if self._unmapped:
            questions = listed([name for name, _ in self._unmapped.most_common()], _LISTED)
            text = Said("questions-not-mapped", n=self._unmapped.total(), questions=questions)
            yield Note(subject=subject, text=text)
        if self._homeless:
            yield Note(subject=subject, text=Said("answers-without-unit", n=self._homeless))
        if self._older:
            yield Note(subject=subject, text=Said("answers-evaluated-again", n=self._older))
        if self._empty:
            yield Note(subject=subject, text=Said("rows-unanswered", n=self._empty))

    def _reply(
        self, row: Mapping[str, Any], item: Item
    ) -> tuple[AnswerKind, bool | float | str | None, str]:
        from cxaudit._sources.values import BadValueError, answer_value

        kind = _KINDS.get(row["answer_kind"] or AnswerKind.VALUE.value)
        if kind is None:
            hint = f"Use {', '.join(_KINDS)}."
            self._problem(row, f"{row['answer_kind']!r} is no kind of answer", hint)
            return AnswerKind.VALUE, None, ""
        if kind is not AnswerKind.VALUE:
            return kind, None, row["comment"] or Said("so-in-the-evaluation")
        written = (row["answer"] or "").strip()
        if not written or item.ask is None:
            return kind, None, ""
        text = self._use.values.get(item.id, {}).get(written, written)
        try:
            return kind, answer_value(item.ask, text), ""
        except BadValueError as error:
            message, hint = error.args
            table = f'[evaluations.{self._use.source}.values."{item.id}"]'
            hint = f"{hint} Say under {table} what their answers are here."
            self._problem(row, f"item {item.id!r}: {message}", hint)
            return kind, None, ""

    def _case(self, row: Mapping[str, Any]) -> Case:
        """Return the case of an answer: the audit's own of that id, or one of its own."""
        name = row["case_id"]
        if name not in self.cases:
            self.cases[name] = Case(
                id=name,
                unit=row["unit"],
                touchpoint=self._use.touchpoint or row["touchpoint"],
                at=row["at"],
            )
        return self.cases[name]

    def _touchpoint(self, row: Mapping[str, Any], item: Item, case: Case) -> str | None:
        fitting = [
            touchpoint
            for touchpoint in item.touchpoints
            if f"{case.touchpoint}.".startswith(f"{touchpoint}.")
        ]
        if fitting:
            return max(fitting, key=len)
        if len(item.touchpoints) == 1:
            return item.touchpoints[0]
        hint = f"It is judged at {', '.join(item.touchpoints)}."
        message = f"item {item.id!r} is not judged at touchpoint {case.touchpoint!r}"
        self._problem(row, message, hint)
        return None

    def _rater(self, row: Mapping[str, Any], rater_kind: RaterKind) -> str:
        from cxaudit._sources.answers import pseudonym

        # A machine is nobody whose name must be kept back, and several are told apart by name.
        name = row["rater"] or self._use.source
        return name if rater_kind is RaterKind.MACHINE else pseudonym(name)

    def _problem(self, row: Mapping[str, Any], message: str, hint: str) -> None:
        # One problem of a kind is enough: there may be as many as rows.
        if all(problem.message != message for problem in self.problems):
            file, line = row["_source"], int(row["_row"])
            self.problems.append(Problem(message, file=file, path=f"row {line}", hint=hint))
