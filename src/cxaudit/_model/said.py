"""What a result says in words: a code with values, whose English text stands beside them.

Reports say it in their own language by the code. What clients and plugins write themselves is
plain text, and stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from string import Formatter
from types import MappingProxyType
from typing import Any, Self

__all__ = ["MESSAGES", "SEPARATORS", "TERMS", "Said", "joined", "listed", "number", "placeholders"]

SEPARATORS = {"clauses": "; ", "text": " "}
"""Codes of what is said in several parts, and what stands between them."""

MESSAGES: Mapping[str, str | tuple[str, str]] = MappingProxyType(
    {
        # Why a finding is what it is
        "too-few-rows": "{n} rows, {least} are needed",
        "too-few-cases": "{n} of at least {least} cases",
        "no-value": "its rows give no value",
        "no-row": "no row counts for it here",
        "no-row-in-wave": "no row lies within the wave {wave}",
        "rows-after-as-of": "all rows lie after {day}, the last day observed",
        "not-finite": "the value is beyond all numbers",
        "check-failed": "the check failed: {cause}",
        "zero-denominator": "{metric} is 0, so there is no ratio to it",
        "quantile-not-reached": (
            "more than {longest} {measure}: fewer than {share} in 100 were done when the records "
            "ended"
        ),
        "quantile-without-unit-not-reached": (
            "more than {longest}: fewer than {share} in 100 were done when the records ended"
        ),
        "target-open": "nobody has stated the target yet",
        "target-absent": "no target is agreed",
        "cases-not-observed": "could not be observed in {n} of {all} cases",
        "cases-not-applicable": "not applicable in {n} of {all} cases",
        "days-of-visits": (
            "all on one day of visits by one rater; other days may differ",
            "rests on {n} days of visits; those of one rater to one unit on one day are alike",
        ),
        "groups-of-cases": (
            "all in one group of cases; others may differ",
            "rests on {n} groups of cases that belong together",
        ),
        "touchpoint-absent": "{unit} has no touchpoint {touchpoint}",
        "unit-closed": "{unit} closed on {day}",
        "unit-not-yet-open": "{unit} opens on {day}",
        "condition-not-met": "only where {condition}",
        "outcome": "outcome",
        "informative": "informative",
        "exclusion-proposed": "{rationale} (proposed by {plugin})",
        # Why a metric has no value
        "table-absent": "no source gives the table {table}",
        "column-absent": "no source gives {column}",
        "parameter-open": "nobody has answered the parameter '{name}' yet",
        "source-failed": "source {source} failed: {cause}",
        "spec-refused": "{name} of plugin {plugin} was refused: {cause}",
        "table-failed": "table {table} could not be made: {cause}",
        "expression-wrong": "{field}: {message}",
        "detector-unknown": "there is no detector named '{name}'.",
        "detector-misspelt": "there is no detector named '{name}'. {hint}",
        "detector-of-another-table": "detector {detector} reads {reads}, and not {table}",
        "detector-idle": "detector {detector} cannot run: {reason}",
        "detector-failed": "detector {detector} failed: {cause}",
        "schedules-absent": (
            "no schedule of open hours is given: the audit file needs [[schedule]]"
        ),
        "usual-schedule-absent": ("no usual schedule of open hours is given, only some with an id"),
        "schedule-unknown": "there is no schedule named '{name}'.",
        "schedule-misspelt": "there is no schedule named '{name}'. {hint}",
        # The gate and the grade
        "critical-item-failed": "critical item {item} failed at {unit}",
        "compliance-item-failed": "compliance item {item} failed at {unit}",
        "gate-undecided": "the rule of plugin {plugin} could not be asked ({cause})",
        "score-under-minimum": "the score is under {least}",
        "grade-capped-by-failed": (
            "Critical and failed: {items}. So the grade is at best '{best}'"
        ),
        "grade-capped-by-not-cleared": (
            "Critical and not cleared: {items}. So the grade is at best '{best}'"
        ),
        "grade-of-score-alone": "the score alone says '{earned}'.",
        "reviews-failed": "{n} of {all} reviews failed by a critical question.",
        # What failed, and what to do about it
        "of-source": "source {source}",
        "of-policy": "policy {policy}",
        "of-table": "table {table}",
        "of-detector": "detector {detector}",
        "of-check": "item {item}, check {check}",
        "raised-in": "Raised in {file}, line {line}.",
        "see-line": "See {file}, line {line}.",
        "scored-by-default": "Scored by {policy} instead.",
        "exclude-item": "Until it is mended, exclude the item by a [[tailor]] with a rationale.",
        "render-again": "`cxaudit report` renders the saved result again when it is mended.",
        # Notes, and what they are on
        "of-actions": "actions",
        "of-cases": "cases",
        "of-evaluations": "evaluations of {source}",
        "of-exclusions": "exclusions",
        "of-intervals": "intervals",
        "of-item": "item {item}",
        "of-publication": "publication",
        "directions-left-out": (
            "what was published leaves out how days differ: the intervals here are those of the "
            "whole result, and scores worked out anew would have narrower ones"
        ),
        "directions-absent": (
            "the result is of a version that took rows and findings as independent, and holds no "
            "directions: its intervals are too narrow, also under another policy; run the audit "
            "again"
        ),
        "cases-of-status": (
            "{n} case is {status} and not counted",
            "{n} cases are {status} and not counted",
        ),
        "cases-outside-waves": (
            "{n} case lies outside every wave and is not counted: {cases}",
            "{n} cases lie outside every wave and are not counted: {cases}",
        ),
        "cases-without-time": (
            "{n} case has no time and counts in this wave: {cases}",
            "{n} cases have no time and count in this wave: {cases}",
        ),
        "units-without-case": (
            "without a case at {touchpoint}, so not in the means above: {names}"
        ),
        "actions-without-item": ("{n} action names no item", "{n} actions name no item"),
        "actions-on-unknown-item": (
            "{n} action names the item '{name}', which the checklist does not have",
            "{n} actions name the item '{name}', which the checklist does not have",
        ),
        "findings-excluded": ("plugins excluded {n} finding", "plugins excluded {n} findings"),
        "kind-absent": "no unit is a {kind}, so it is judged at the root alone",
        "questions-not-mapped": (
            "{n} answer is to a question that [evaluations] gives no item: {questions}",
            "{n} answers are to questions that [evaluations] gives no item: {questions}",
        ),
        "answers-without-unit": (
            "{n} answer is of no unit and not counted",
            "{n} answers are of no unit and not counted",
        ),
        "answers-evaluated-again": (
            "{n} answer was given anew by the same rater; the latest counts",
            "{n} answers were given anew by the same rater; the latest count",
        ),
        "so-in-the-evaluation": "so in the evaluation, without a reason",
        "rows-unanswered": ("{n} row has no answer", "{n} rows have no answer"),
        # What a published result keeps back
        "made-for-client": (
            "Made for the client. Numbers that rest on fewer than {minimum} rows or cases are kept "
            "back (but not what documents say), and so are others from which one of these could be "
            "found by subtraction, and all of single people."
        ),
        "made-for-public": (
            "Made for the public. Numbers that rest on fewer than {minimum} rows or cases are kept "
            "back (but not what documents say), and so are others from which one of these could be "
            "found by subtraction, and all of single people."
        ),
        "kept-back-in-all": (
            "Kept back: {hidden} of {findings} findings; {unmeasured} of {measurements} "
            "measurements, {groups} of them groups of breakdowns; {small} of all these are small. "
            "{gone} of {units} units are left out, {people} of them single people, and "
            "{ungrouped} of {breakdowns} breakdowns as a whole."
        ),
        "scores-of-findings-shown": (
            "Scores are those of the findings that are shown, the others count as not assessed; so "
            "they may differ from the scores of the whole result."
        ),
        "left-out": "Left out: {parts}, names of files, and the statements that were run.",
        "answers": ("{n} answer", "{n} answers"),
        "cases": ("{n} case", "{n} cases"),
        "pieces-left-out": (
            "{left} of {n} piece of evidence",
            "{left} of {n} pieces of evidence",
        ),
        "themes-left-out": ("{left} of {n} theme", "{left} of {n} themes"),
        "problems": ("{n} problem", "{n} problems"),
        "notes-of-the-run": ("{n} note of the run", "{n} notes of the run"),
        "kept-back": (
            "kept back: under {minimum} rows or cases, or it would give such a number away"
        ),
        "reasons-kept-back": "for reasons that are kept back",
        "rows-unfit": "not fit to be used",
        # What became of rows
        "wave-set-aside": "the wave does not bound its rows (wave = false)",
        "wave-without-time": (
            "the wave does not bound its rows, as their table names no natural time"
        ),
        # What looks odd in rows
        "plausibility-unknown": "whether its records are plausible was not looked at: {cause}",
        "much-is-automatic": (
            "the rule {rule} names {n} of {all} records, more than one in five ({meaning}): look "
            "at some of them in the export, whether people wrote them"
        ),
        "duplicates-dropped": (
            (
                "{n} row repeats the key {columns} of another and was dropped ({rows}): look "
                "whether files overlap, or whether the key names more than one thing"
            ),
            (
                "{n} rows repeat the key {columns} of others and were dropped (such as {rows}): "
                "look whether files overlap, or whether the key names more than one thing"
            ),
        ),
        "rows-without-time": (
            (
                "{n} of {all} rows has no time ({row}), so that no day or wave bounds it: look at "
                "what {columns} is read from"
            ),
            (
                "{n} of {all} rows have no time (the first: {row}), so that no day or wave bounds "
                "them: look at what {columns} is read from"
            ),
        ),
        "threads-without-opening": (
            (
                "{n} of {all} threads has no opening ({row}), so that no day or wave bounds it: "
                "look whether a customer wrote in it, and at what {columns} is read from"
            ),
            (
                "{n} of {all} threads have no opening (the first: {row}), so that no day or wave "
                "bounds them: look whether a customer wrote in them, and at what {columns} is "
                "read from"
            ),
        ),
        "threads-without-customer": (
            (
                "{n} of {all} threads holds messages of staff and none of a customer ({row}): look "
                "whether the export is cut at its beginning, or staff wrote first"
            ),
            (
                "{n} of {all} threads hold messages of staff and none of a customer (the first: "
                "{row}): look whether the export is cut at its beginning, or staff wrote first"
            ),
        ),
        "customers-are-staff": (
            (
                "{n} customer has the key of one of the staff (rows: {rows}, the first {row}): "
                "look whether contacts among colleagues, or tests, count as those of customers"
            ),
            (
                "{n} customers have keys of staff (rows of one of them: {rows}, the first {row}): "
                "look whether contacts among colleagues, or tests, count as those of customers"
            ),
        ),
        "customers-with-many-contacts": (
            (
                "{n} customer has more than one contact a day: {rows} in {days} days (the first: "
                "{row}); look whether it is a colleague, a system, or a key that many share"
            ),
            (
                "{n} customers have more than one contact a day, one of them {rows} in {days} "
                "days (the first: {row}); look whether they are colleagues, systems, or keys that "
                "many share"
            ),
        ),
        "silent-while-another-is-not": (
            "silent at {unit} from {start} to {end}, local time, when about {usual} rows are usual "
            "and {beside} has {n} (the last row before: {row}): look whether records are missing"
        ),
        "further-silences": (
            "{n} further silence of this kind",
            "{n} further silences of this kind",
        ),
        "volume-jumps-on-first-day": (
            (
                "{n} row on {day}, the first day of its file, and {low} to {high} on others like "
                "it ({row}): look whether the file begins within the day"
            ),
            (
                "{n} rows on {day}, the first day of their file, and {low} to {high} on others "
                "like it (the first: {row}): look whether the file begins within the day, or "
                "whether days before it are put there"
            ),
        ),
        "volume-jumps-on-last-day": (
            (
                "{n} row on {day}, the last day of its file, and {low} to {high} on others like "
                "it ({row}): look whether the file ends within the day"
            ),
            (
                "{n} rows on {day}, the last day of their file, and {low} to {high} on others "
                "like it (the last: {row}): look whether the file ends within the day, or whether "
                "days after it are put there"
            ),
        ),
        "records-begin-late": (
            "the first record is of {day} ({row}) and the wave begins on {start}: {n} days without "
            "any, holidays and the like aside, and no pause between records is longer than "
            "{pause}; look whether the export begins too late"
        ),
        "records-end-early": (
            "the last record is of {day} ({row}) and the wave ends on {end}: {n} days without any, "
            "holidays and the like aside, and no pause between records is longer than {pause}; "
            "look whether the export ends too soon"
        ),
        "preset-never-seen": (
            "read by the preset {preset}, which follows the vendor's description and was never "
            "held against a real file: compare some rows with the export"
        ),
        "pseudonyms-drawn": (
            "keys of people are hashed with a key drawn for this run alone; see [pseudonyms]"
        ),
        "key-repeats": "the key repeats: {columns}",
        "column-unreadable": "required column {column} cannot be read",
        "row-too-short": "the row is broken: fewer fields than the header",
        "row-too-long": "the row is broken: more fields than the header",
        "quote-open": "the row is broken: a quote that does not close its field",
        "row-too-large": "the row is broken: longer than 32 MB",
        "row-broken": "the row is broken: {cause}",
        "row-not-utf-8": "the row is broken: bytes that are not UTF-8",
        "lines-in-an-open-quote": (
            (
                "{file}, row {row}: a quote is not closed; {n} further line was read as part of "
                "that row and refused with it"
            ),
            (
                "{file}, row {row}: a quote is not closed; {n} further lines were read as part of "
                "that row and refused with it"
            ),
        ),
        "in-file": "{file}: {note}",
        "file-empty": "the file is empty",
        "column-renamed": "column {n}, {column} in the file, is read as {name}",
        "bytes-of-another-encoding": (
            (
                "{file}: {n} byte is not {encoding}, in line {line}; it is read as \ufffd. Set the "
                "option encoding if the file has another."
            ),
            (
                "{file}: {n} bytes are not {encoding}, the first in line {line}; each is read as "
                "\ufffd. Set the option encoding if the file has another."
            ),
        ),
        "line-not-an-object": "the line is not a JSON object",
        # Where evidence stands
        "row": "row {n}",
        "names-and-more": "{names} and {n} more",
    }
)
"""Code to English text, or to its forms for one and for many by ``{n}``."""

TERMS = ("draft", "disputed", "rejected", "checked", "final")
"""Words that stand as values and have a translation of their own."""


class Said(str):
    """A sentence of ours: English text, with the code and the values that it was made from.

    Attributes:
        code: One of `MESSAGES`.
        values: Name of each placeholder to its value: a number, a day, a text, a sentence, or
            several of them.

    Raises:
        KeyError: If there is no such code, or a value is missing.
    """

    __slots__ = ("code", "values")

    code: str
    values: Mapping[str, Any]

    def __new__(cls, code: str, **values: Any) -> Self:
        """Return a sentence by its code and values."""
        if code in SEPARATORS:
            text = SEPARATORS[code].join(map(str, values["parts"]))
        else:
            message = MESSAGES[code]
            if isinstance(message, tuple):
                message = message[values["n"] != 1]
            text = message.format(**{name: _english(value) for name, value in values.items()})
        self = super().__new__(cls, text)
        self.code = code
        self.values = MappingProxyType(values)
        return self

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        """Return what a copy is made from."""
        return (self.code,), dict(self.values)

    def __getstate__(self) -> None:
        """Return no more: a copy is made anew from code and values."""


def joined(parts: Iterable[str], code: str = "clauses") -> str:
    """Return parts as one sentence: ``clauses`` divided by semicolons, or ``text`` by spaces.

    One part stays what it is, and none is empty.
    """
    texts = tuple(part for part in parts if part)
    if len(texts) > 1:
        return Said(code, parts=texts)
    return texts[0] if texts else ""


def listed(names: Sequence[str], most: int) -> tuple[str, ...] | Said:
    """Return names as a value, of which at most so many are named; the others are counted."""
    if len(names) <= most:
        return tuple(names)
    return Said("names-and-more", names=tuple(names[:most]), n=len(names) - most)


def placeholders(code: str) -> frozenset[str]:
    """Return the names of the values of a code.

    Raises:
        KeyError: If there is no such code.
    """
    if code in SEPARATORS:
        return frozenset({"parts"})
    message = MESSAGES[code]
    text = message[1] if isinstance(message, tuple) else message
    return frozenset(name for _, name, _, _ in Formatter().parse(text) if name)


def _english(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_english, value))
    if isinstance(value, int | float):
        return number(value)
    return value.isoformat() if isinstance(value, date) else f"{value}"


def number(value: float) -> str:
    """Return a number as sentences write it in English."""
    return f"{value:,.12g}"
