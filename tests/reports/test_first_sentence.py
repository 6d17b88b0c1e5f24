"""The answer that a report begins with, for audits at the ends of what can be said."""

from __future__ import annotations

import pytest

from cxaudit._formats.markdown import render_markdown
from cxaudit._words.language import speaking

ANSWERS = {
    ("all-good", "en"): "Tide Bakery scores 100 of 100: keeps its word.",
    ("all-good", "de"): "Tide Bakery erreicht 100 von 100 Punkten: hält Wort.",
    ("empty", "en"): "Nothing was judged at Tide Bakery.",
    ("empty", "de"): "Bei Tide Bakery wurde nichts beurteilt.",
    ("mostly-not-assessed", "en"): (
        "Only 9.1 % of what applies at Tide Bakery was assessed; that part scores 100 of 100; "
        "the data allow any grade from “fails” to “keeps its word”."
    ),
    ("mostly-not-assessed", "de"): (
        "Nur 9,1 % von dem, was für Tide Bakery zutrifft, wurde beurteilt; dieser Teil erreicht "
        "100 von 100 Punkten; die Daten lassen jede Note von „fails“ bis „hält Wort“ zu."
    ),
}
GATES = {
    "all-good": "Gate: passed.",
    "empty": "Gate: passed.",
    "mostly-not-assessed": "Gate: not enough basis to say: 9.1 % assessed, 60 % needed.",
}


def markdown(report):
    with speaking(report.language):
        return render_markdown(report).replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(("name", "language"), ANSWERS)
def test_the_answer_comes_first_in_plain_words(report, name, language):
    text = markdown(report(name, language=language))
    assert text.split("\n## ")[1].split("**")[1] == ANSWERS[name, language]


@pytest.mark.parametrize("name", GATES)
def test_the_gate_is_said_with_its_reason(report, name):
    assert GATES[name] in markdown(report(name))


def test_what_was_not_assessed_has_no_score_in_the_matrix(report):
    text = markdown(report("mostly-not-assessed"))
    assert "| Process | not assessed | no item | no item | no item | not assessed |" in text
