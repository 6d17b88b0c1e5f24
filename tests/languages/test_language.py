"""Words, numbers and dates in the language of a report."""

from __future__ import annotations

import ast
import copy
import pickle
from datetime import date
from pathlib import Path

import pytest
from babel.numbers import get_group_symbol

from cxaudit._model.said import MESSAGES, Said, joined, listed, placeholders
from cxaudit._model.text import Text
from cxaudit._words import numbers
from cxaudit._words.language import (
    _,
    catalogues,
    has_catalogue,
    ngettext,
    right_to_left,
    speaking,
    translated,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture
def german():
    """Speak German for a test."""
    with speaking("de"):
        yield


@pytest.mark.usefixtures("german")
def test_numbers_and_dates_are_written_as_in_german():
    """By DIN 5008 and the CLDR: decimal comma, point between thousands, space before per cent."""
    assert numbers.count(1_234_567) == "1.234.567"
    assert numbers.number(8.25) == "8,25"
    assert numbers.number(-1204.4) == "-1.204"
    assert numbers.number(0.00001) == "1e-05"
    assert numbers.percent(0.214) == "21,4\u00a0%"
    assert numbers.percent(0.0001) == "<0,1\u00a0%"
    assert numbers.percent(0.99999) == ">99,9\u00a0%"
    assert numbers.score(0.725, 1) == "72,5"
    assert numbers.score(0.9999) == ">99"
    assert numbers.duration(4.2) == "4,2\u00a0s"
    assert numbers.duration(3723) == "1:02:03"
    assert numbers.day(date(2026, 4, 1)) == "1. April 2026"
    assert numbers.day(date(2026, 3, 1)) == "1. März 2026"
    assert numbers.interval(0.69, 0.75) == "69 bis 75"
    assert numbers.quantity_interval(26, 36.5, "hours") == "26 bis 36,5 Stunden"


def test_a_figure_keeps_its_number_in_any_language():
    with speaking("de"):
        figure = numbers.percent(0.214)
    assert isinstance(figure, numbers.Figure)
    assert (figure.value, figure.style) == (0.214, "percent")


def test_english_is_spoken_when_nothing_is_said_and_again_afterwards():
    with speaking("de"), speaking("en"):
        assert numbers.number(8.25) == "8.25"
    assert numbers.day(date(2026, 4, 1)) == "1 April 2026"
    assert ngettext("{n} visit", "{n} visits", 1) == "1 visit"
    assert ngettext("{n} visit", "{n} visits", 1200) == "1,200 visits"


def test_a_language_without_a_catalogue_is_written_in_english():
    assert not has_catalogue("xx")
    with speaking("xx"):
        assert _("{low} to {high}", low="1", high="2") == "1 to 2"
        assert numbers.number(8.25) == "8.25"


def test_a_region_takes_the_words_of_its_language_and_writes_its_own_numbers():
    """Switzerland sets thousands apart by an apostrophe; which of the two, CLDR says by release."""
    assert has_catalogue("de-CH")
    apostrophe = get_group_symbol("de_CH")
    assert apostrophe in {"'", "\u2019"}
    with speaking("de-CH"):
        assert numbers.count(1_234_567) == f"1{apostrophe}234{apostrophe}567"
        assert numbers.interval(0.69, 0.75) == "69 bis 75"
    with speaking("de-ZZ9"):
        assert numbers.number(8.25) == "8,25"


def test_english_and_german_have_a_catalogue():
    assert {"de", "en"} <= set(catalogues())


@pytest.mark.parametrize(
    ("tag", "mirrored"),
    [("en", False), ("de", False), ("ar", True), ("he", True), ("fa-IR", True), ("xx", False)],
)
def test_languages_written_from_right_to_left_are_known(tag, mirrored):
    assert right_to_left(tag) is mirrored


CAP = Said("grade-capped-by-failed", items=("a.b", "c.d"), best="fails its word")


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(
    ("sentence", "english", "expected"),
    [
        (Said("target-absent"), "no target is agreed", "kein Ziel ist vereinbart"),
        (
            Said("too-few-rows", n=1204, least=3000),
            "1,204 rows, 3,000 are needed",
            "1.204 Zeilen, nötig sind 3.000",
        ),
        (
            Said("quantile-not-reached", longest=1188.5, measure="hours", share=90.0),
            "more than 1,188.5 hours: fewer than 90 in 100 were done when the records ended",
            (
                "mehr als 1.188,5 Stunden: weniger als 90 von 100 waren erledigt, als die "
                "Aufzeichnung endete"
            ),
        ),
        (
            joined([Said("target-absent"), Said("cases-not-observed", n=2, all=7)]),
            "no target is agreed; could not be observed in 2 of 7 cases",
            "kein Ziel ist vereinbart; in 2 von 7 Fällen nicht zu beobachten",
        ),
        (
            joined([CAP, Said("grade-of-score-alone", earned="keeps its word")]),
            (
                "Critical and failed: a.b, c.d. So the grade is at best 'fails its word'; the "
                "score alone says 'keeps its word'."
            ),
            (
                "Kritisch und verfehlt: a.b, c.d. Daher lautet die Note bestenfalls „hält nicht "
                "Wort“; die Punktzahl allein ergäbe „hält Wort“."
            ),
        ),
        (
            Said(
                "left-out",
                parts=(Said("answers", n=2), Said("pieces-left-out", left=1, n=3)),
            ),
            (
                "Left out: 2 answers, 1 of 3 pieces of evidence, names of files, and the "
                "statements that were run."
            ),
            (
                "Ausgelassen: 2 Antworten, 1 von 3 Belegen, Namen von Dateien und die ausgeführten "
                "Anweisungen."
            ),
        ),
        (
            Said("detector-idle", detector="x.y", reason=Said("target-absent")),
            "detector x.y cannot run: no target is agreed",
            "der Detektor x.y kann nicht laufen: kein Ziel ist vereinbart",
        ),
        (
            Said("unit-closed", unit="Mill", day=date(2026, 3, 1)),
            "Mill closed on 2026-03-01",
            "Mill schloss am 1. März 2026",
        ),
        (
            Said("touchpoint-absent", unit="1012", touchpoint="phone"),
            "1012 has no touchpoint phone",
            "1012 hat keinen Kontaktpunkt phone",
        ),
        (
            Said("units-without-case", touchpoint="phone", names=listed(["a", "b", "c"], 2)),
            "without a case at phone, so not in the means above: a, b and 1 more",
            "ohne Fall bei phone, darum nicht in den Mittelwerten darüber: a, b und 1 weitere",
        ),
        (Said("rows-unanswered", n=1), "1 row has no answer", "1 Zeile hat keine Antwort"),
    ],
    ids=range(11),
)
def test_a_sentence_is_said_by_its_code(sentence, english, expected):
    assert sentence == english
    assert translated(sentence) == expected


@pytest.mark.usefixtures("german")
@pytest.mark.parametrize(
    "text",
    [
        "The group sends no parcels.",
        "3 rows, 30 are needed",
        "Mill closed on 2026-03-01",
        "{not} a pattern",
        "",
    ],
)
def test_a_clients_own_words_stay_even_when_they_look_like_ours(text):
    assert translated(text) == text


@pytest.mark.usefixtures("german")
def test_braces_in_a_value_are_words():
    sentence = Said("check-failed", cause="ValueError: {n} {0}")
    assert translated(sentence).endswith("ValueError: {n} {0}")


def test_a_sentence_survives_copying_and_pickling():
    sentence = joined([Said("too-few-rows", n=3, least=30), Said("target-absent")])
    for again in (
        copy.copy(sentence),
        copy.deepcopy(sentence),
        pickle.loads(pickle.dumps(sentence)),
    ):
        assert (again, again.code, dict(again.values)) == (
            sentence,
            sentence.code,
            dict(sentence.values),
        )


@pytest.mark.parametrize(("code", "values"), [("no-such-code", {}), ("too-few-rows", {"n": 1})])
def test_a_sentence_needs_a_code_and_all_its_values(code, values):
    with pytest.raises(KeyError):
        Said(code, **values)


def sayings():
    """Yield file and line, code and names of values of each sentence that the code says."""
    for folder in ("src/cxaudit", "plugins"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id in {"Said", "note"}
                    and node.args
                    and isinstance(node.args[0], ast.Constant)
                ):
                    names = {keyword.arg for keyword in node.keywords}
                    yield f"{file.name}:{node.lineno}", node.args[0].value, names


def test_each_code_is_said_with_exactly_its_values():
    wrong = [
        (where, code)
        for where, code, names in sayings()
        if None not in names and (code not in MESSAGES or placeholders(code) != names)
    ]
    assert wrong == []


def test_each_code_is_said_somewhere():
    texts = " ".join(
        file.read_text("utf-8")
        for folder in ("src/cxaudit", "plugins")
        for file in (ROOT / folder).rglob("*.py")
        if file.name != "said.py"
    )
    written = {code for code in MESSAGES if f'"{code}"' in texts}
    # These two are made from the kind of what is unknown, from a role, or from an audience.
    composed = {"detector-unknown", "detector-misspelt", "schedule-unknown", "schedule-misspelt"}
    composed |= {"outcome", "informative", "made-for-client", "made-for-public", "names-and-more"}
    assert set(MESSAGES) - written - composed == set()


def test_a_text_in_a_region_of_its_language_is_found():
    text = Text({"en": "Queue", "de": "Warteschlange", "zh-Hant": "\u968a\u5217"})
    assert text.within("de-AT") == "Warteschlange"
    assert text.within("zh-Hant-TW") == "\u968a\u5217"
    assert text.within("fr") == "Queue"
