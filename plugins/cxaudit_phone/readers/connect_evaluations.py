"""Evaluations of Amazon Connect: JSON of its export to S3, or of DescribeContactEvaluation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from cxaudit.plugin import Marks, ReadRequest, Rows
from cxaudit.records import json_records
from cxaudit_phone.readers.evaluation_sources import EVALUATION_MARKERS

__all__ = ["read"]

_COLUMNS = (
    *("case_id", "evaluated_at", "agent", "rater", "rater_kind", "form", "question_id"),
    *("question", "answer", "answer_kind", "comment", "score"),
)
_SYSTEM = frozenset({"SYSTEM_ANSWER"})
"""Status of an answer that a machine gave and nobody changed."""
_RAW = 500
Row = tuple[str, int, Mapping[str, Any] | ValueError]


def read(request: ReadRequest) -> Rows:
    """Return a row for each answer of each evaluation.

    An answer is a machine's where Connect gave it by itself and nobody overrode it, or where the
    evaluation names nobody who made it.
    """
    notes: list[str] = []
    marks = Marks(EVALUATION_MARKERS)

    def rows() -> Iterator[Any]:
        number = 0
        for file, _, record in json_records(request, "evaluations", notes=notes):
            if isinstance(record, ValueError):
                number += 1
                yield file, number, record
                continue
            for fields in _answers(record, marks):
                number += 1
                yield file, number, fields

    return Rows(rows=rows(), columns=_COLUMNS, notes=notes, marked=marks.records)


def _answers(record: dict[str, Any], marks: Marks) -> Iterator[Any]:
    if isinstance(record.get("Evaluation"), dict):
        yield from _described(record, marks)
        return
    head = record.get("metadata")
    head = head if isinstance(head, dict) else {}
    contact = head.get("contactId")
    questions = record.get("questions")
    if not isinstance(contact, str) or not isinstance(questions, list):
        reason = "a record that is no evaluation: it has no metadata.contactId, or no questions"
        yield ValueError(reason, str(record)[:_RAW])
        return
    if record.get("evaluationStatus") == "DRAFT" or head.get("status") == "DRAFT":
        yield marks.left_out("draft")
        return
    rater = head.get("evaluator") or ""
    common = {
        "case_id": contact,
        "evaluated_at": head.get("evaluationSubmitTimestamp"),
        "agent": head.get("agentId"),
        "form": head.get("evaluationDefinitionTitle"),
    }
    for question in questions:
        if not isinstance(question, dict):
            yield ValueError("a question that is no object", str(question)[:_RAW])
            continue
        answer = question.get("answer") or {}
        values = [
            value.get("valueText")
            for value in answer.get("values") or ()
            if isinstance(value, dict) and value.get("selected", True)
        ]
        automation = answer.get("automation") or {}
        machine = not rater or automation.get("status") in _SYSTEM
        score = question.get("score") or {}
        applies = not (
            (answer.get("metadata") or {}).get("notApplicable") or score.get("notApplicable")
        )
        if machine:
            marks.count("machine")
        yield {
            **common,
            "rater": "Amazon Connect" if machine else str(rater),
            "rater_kind": "machine" if machine else "person",
            "question_id": question.get("questionRefId"),
            "question": question.get("questionText") or question.get("questionRefId"),
            "answer": "; ".join(filter(None, map(_text, values))) or None,
            "answer_kind": "value" if applies else "not_applicable",
            "comment": answer.get("notes") or None,
            "score": score.get("percentage"),
        }


def _described(record: dict[str, Any], marks: Marks) -> Iterator[Any]:
    """Yield the answers of DescribeContactEvaluation, whose form has the words of questions."""
    evaluation, form = record["Evaluation"], record.get("EvaluationForm") or {}
    head = evaluation.get("Metadata") or {}
    if evaluation.get("Status") == "DRAFT":
        yield marks.left_out("draft")
        return
    answers = evaluation.get("Answers") or {}
    notes, scores = evaluation.get("Notes") or {}, evaluation.get("Scores") or {}
    rater = head.get("EvaluatorArn") or ""
    for question in _questions(form.get("Items") or ()):
        name = question.get("RefId")
        answer = answers.get(name)
        if not isinstance(answer, dict):
            continue
        value = answer.get("Value") or {}
        written = _value(value, question)
        suggested = answer.get("SystemSuggestedValue")
        machine = not rater or (suggested is not None and suggested == answer.get("Value"))
        if machine:
            marks.count("machine")
        yield {
            "case_id": head.get("ContactId"),
            "evaluated_at": _instant(evaluation.get("LastModifiedTime")),
            "agent": (head.get("ContactAgentId") or None),
            "form": form.get("Title"),
            "rater": "Amazon Connect" if machine else str(rater),
            "rater_kind": "machine" if machine else "person",
            "question_id": name,
            "question": question.get("Title") or name,
            "answer": written,
            "answer_kind": "not_applicable" if value.get("NotApplicable") else "value",
            "comment": (notes.get(name) or {}).get("Value"),
            "score": (scores.get(name) or {}).get("Percentage"),
        }


def _questions(items: Any) -> Iterator[dict[str, Any]]:
    """Yield the questions of a form, those in its sections among them."""
    for item in items:
        if isinstance(item, dict) and isinstance(item.get("Section"), dict):
            yield from _questions(item["Section"].get("Items") or ())
        elif isinstance(item, dict) and isinstance(item.get("Question"), dict):
            yield item["Question"]


def _value(value: Mapping[str, Any], question: Mapping[str, Any]) -> str | None:
    """Return an answer in the form's words: the options of a choice stand there by their ids."""
    chosen = value.get("StringValue")
    if chosen is None:
        number = value.get("NumericValue")
        return None if number is None else _text(number)
    options = question.get("QuestionTypeProperties") or {}
    for choices in options.values():
        for option in (choices or {}).get("Options") or ():
            if option.get("RefId") == chosen:
                return str(option.get("Text") or chosen)
    return str(chosen)


def _instant(value: Any) -> str | None:
    """Return an instant as text; the API writes seconds since 1970, other tools ISO 8601."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC).isoformat()
    return value if isinstance(value, str) else None


def _text(value: Any) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
