"""The sentences that stand in results, in English, as patterns that a catalogue can translate.

A result is data and says its reasons in English, whatever the language of its reports. A report
in another language finds by these patterns what was said, and says it again.
"""

from __future__ import annotations

__all__ = ["LOOKS", "SENTENCES"]

SENTENCES = (
    # Why a finding is what it is
    "{n} rows, {least} are needed",
    "{n} of at least {least} cases",
    "its rows give no value",
    "no row counts for it here",
    "no row lies within the wave {wave}",
    "all rows lie after {day}, the last day observed",
    "the value is beyond all numbers",
    "the check failed: {cause}",
    "{metric} is 0, so there is no ratio to it",
    "more than {longest} {measure}: fewer than {share} in 100 were done when the records ended",
    "nobody has stated the target yet",
    "no target is agreed",
    "not counted: {n} {status}",
    "could not be observed in {n} of {all} cases",
    "not applicable in {n} of {all} cases",
    "{unit} has no touchpoint {touchpoint}",
    "{unit} closed on {day}",
    "{unit} opens on {day}",
    "only where {condition}",
    "outcome",
    "informative",
    "{rationale} (proposed by {plugin})",
    # Why a metric has no value
    "no source gives the table {table}",
    "no source gives {column}",
    "nobody has answered the parameter '{name}' yet",
    "table {table} is not defined for the engine {engine}",
    "table {table} could not be made: {cause}",
    "there is no detector named '{name}'. {hint}",
    "there is no detector named '{name}'.",
    "detector {detector} reads {reads}, and not {table}",
    "detector {detector} cannot run: {reason}",
    "detector {detector} failed: {cause}",
    "no schedule of open hours is given: the audit file needs [[schedule]]",
    "no usual schedule of open hours is given, only some with an id",
    "there is no schedule named '{name}'. {hint}",
    "there is no schedule named '{name}'.",
    # The gate and the grade
    "critical item {item} failed at {unit}",
    "compliance item {item} failed at {unit}",
    "the score is under {least}",
    "Critical and failed: {items}. So the grade is at best '{best}'",
    "Critical and not cleared: {items}. So the grade is at best '{best}'",
    "the score alone says '{earned}'.",
    "{n} of {all} reviews failed by a critical question.",
    # What failed, in which stage, and what to do about it
    "import",
    "block",
    "deriving",
    "detecting",
    "judging",
    "rendering",
    "table {table}",
    "detector {detector}",
    "item {item}, check {check}",
    "Raised in {file}, line {line}.",
    "Until it is mended, exclude the item by a [[tailor]] with a rationale.",
    "`cxaudit report` renders the saved result again when it is mended.",
    # Notes
    "{n} case is {status} and not counted",
    "{n} cases are {status} and not counted",
    "{n} case lies outside every wave and is not counted: {cases}",
    "{n} cases lie outside every wave and are not counted: {cases}",
    "{n} case has no time and counts in this wave: {cases}",
    "{n} cases have no time and count in this wave: {cases}",
    "without a case at {touchpoint}, so not in the means above: {names}",
    "without a case at {touchpoint}, so not in the means above: {names} and {n} more",
    "{n} action names no item",
    "{n} actions name no item",
    "{n} action names the item '{name}', which the checklist does not have",
    "{n} actions name the item '{name}', which the checklist does not have",
    "plugins excluded {n} finding",
    "plugins excluded {n} findings",
    "no unit is a {kind}, so it is judged at the root alone",
    "{n} row has no answer",
    "{n} rows have no answer",
    (
        "Made for the client. Numbers that rest on fewer than {minimum} rows or cases are kept "
        "back (but not what documents say), and so are others from which one of these could be "
        "found by subtraction, and all of single people."
    ),
    (
        "Made for the public. Numbers that rest on fewer than {minimum} rows or cases are kept "
        "back (but not what documents say), and so are others from which one of these could be "
        "found by subtraction, and all of single people."
    ),
    (
        "Kept back: {hidden} of {findings} findings; {unmeasured} of {measurements} measurements, "
        "{groups} of them groups of breakdowns; {small} of all these are small. {gone} of {units} "
        "units are left out, {people} of them single people, and {ungrouped} of {breakdowns} "
        "breakdowns as a whole."
    ),
    (
        "Scores are those of the findings that are shown, the others count as not assessed; so "
        "they may differ from the scores of the whole result."
    ),
    "Left out: {parts}, names of files, and the statements that were run.",
    "{n} answer",
    "{n} answers",
    "{n} case",
    "{n} cases",
    "{left} of {n} piece of evidence",
    "{left} of {n} pieces of evidence",
    "{left} of {n} theme",
    "{left} of {n} themes",
    "{n} problem",
    "{n} problems",
    "{n} note of the run",
    "{n} notes of the run",
    "draft",
    "disputed",
    "rejected",
    "checked",
    "final",
    "actions",
    "cases",
    "exclusions",
    "item {item}",
    "publication",
    # What became of rows
    "the wave does not bound its rows (wave = false)",
    "the wave does not bound its rows, as their table names no natural time",
    "keys of people are hashed with a key drawn for this run alone; see [pseudonyms]",
    "the key repeats: {columns}",
    "required column {column} cannot be read",
    "the row is broken: fewer fields than the header",
    "the row is broken: more fields than the header",
    "the row is broken: a quote that does not close its field",
    "the row is broken: longer than 32 MB",
    "the row is broken: bytes that are not UTF-8",
    "the line is not a JSON object",
    # Where evidence stands
    "row {n}",
    # What a published result keeps back
    "kept back: under {minimum} rows or cases, or it would give such a number away",
    "for reasons that are kept back",
    "not fit to be used",
)
"""Those without a value are found as they stand; in the others each name stands for one. A "; "
joins sentences, and only counts stand in one that holds it."""

LOOKS = {
    **dict.fromkeys(
        (
            *("n", "all", "least", "share", "longest", "minimum", "left", "small"),
            *("hidden", "findings", "unmeasured", "measurements", "groups", "gone", "units"),
            *("people", "ungrouped", "breakdowns"),
        ),
        r"[\d,]+(?:\.\d+)?",
    ),
    "day": r"\d{4}-\d\d-\d\d",
    "item": r"[\w-]+\.[\w.-]+",
    "name": "[^']*",
    "cause": ".+",
    "line": r"\d+",
    **dict.fromkeys(("measure", "status", "best", "earned"), r"[\w ]+"),
    **dict.fromkeys(
        (
            *("touchpoint", "table", "column", "detector", "metric", "engine", "reads"),
            *("check", "file"),
        ),
        r"\S+",
    ),
}
"""What values look like; others are words of one sentence."""
