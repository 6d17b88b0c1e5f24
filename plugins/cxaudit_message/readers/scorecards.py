"""Reads scorecards as separated text with a column for each question, a row for each review."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cxaudit.errors import Problem, SourceError
from cxaudit.plugin import ReadRequest, Rows
from cxaudit.records import csv_records

__all__ = ["read"]


def read(request: ReadRequest) -> Rows:
    """Return a row for each filled cell of a question, with the other columns beside it.

    The option ``questions`` is a pattern for the names of such columns; its group ``question``, if
    it has one, is the question. The option ``comments`` is a pattern for columns of comments, whose
    group ``question`` says on which.
    """
    options = request.use.options
    questions = _pattern(options.get("questions", ""), "questions")
    comments = _pattern(options["comments"], "comments") if "comments" in options else None
    notes: list[str] = []

    def rows() -> Iterator[tuple[str, int, Mapping[str, Any] | ValueError]]:
        number, file = 0, ""
        for name, _, record in csv_records(
            request, separator=options.get("separator", ","), notes=notes
        ):
            number, file = (number + 1 if name == file else 1), name
            if isinstance(record, ValueError):
                yield name, number, record
                continue
            said = {
                match["question"]: text
                for column, text in record.items()
                if comments is not None and (match := comments.fullmatch(column))
            }
            asked = {column: match for column in record if (match := questions.fullmatch(column))}
            others = {column: text for column, text in record.items() if column not in asked}
            filled = {column: match for column, match in asked.items() if record[column].strip()}
            if not filled:
                reason = "a review without an answer: no column of a question is filled"
                yield name, number, ValueError(reason, str(record)[:500])
            for place, (column, match) in enumerate(filled.items()):
                number += bool(place)
                question = match.groupdict().get("question") or column
                yield (
                    name,
                    number,
                    {
                        **others,
                        "question": question,
                        "answer": record[column],
                        "comment": said.get(question) or None,
                    },
                )

    return Rows(rows=rows(), columns=("question", "answer", "comment"), notes=notes)


def _pattern(text: str, option: str) -> re.Pattern[str]:
    hint = f"Write {option} = '(?P<question>.*) rating', for example."
    try:
        pattern = re.compile(text)
    except re.error as error:
        cause = f"the option {option} is no regular expression: {error}"
        raise SourceError((Problem(cause, hint=hint),)) from error
    if option == "comments" and "question" not in pattern.groupindex:
        raise SourceError((Problem(f"the option {option} has no group question", hint=hint),))
    return pattern
