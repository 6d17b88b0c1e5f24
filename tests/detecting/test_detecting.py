"""Detectors find whole words of any script, in RE2 as the engine runs it."""

from __future__ import annotations

import duckdb
import numpy as np
import pytest

from cxaudit._audit.reading.detectors import QUOTE_LIMIT, detect
from cxaudit._engines.duckdb.session import connect
from cxaudit._expressions import parse
from cxaudit._expressions.patterns import detector_problems, pattern_problem
from cxaudit._model.tables import ColumnRows
from cxaudit.plugin import Column, Detector, Hit, Table
from cxaudit.testing import run_detector


class Rows:
    """The two abilities of an engine that detectors use, over texts at hand, by DuckDB's RE2."""

    def __init__(self, *texts):
        self.texts = texts

    def find_phrases(self, table, column, patterns, where, screens):
        assert (table, column, where) == ("messages", "text", None)
        matches = list(self._matches(patterns, screens))
        columns = zip(*matches, strict=True) if matches else [()] * 5
        names = ("_source", "_row", "pattern", "start", "quote")
        kinds = (object, int, int, int, object)
        return ColumnRows(
            {
                name: np.array(values, dtype=kind)
                for name, kind, values in zip(names, kinds, columns, strict=True)
            }
        )

    def _matches(self, patterns, screens):
        with duckdb.connect() as connection:
            for row, text in enumerate(self.texts, start=1):
                passes = "SELECT list_bool_or([regexp_matches(?, screen) FOR screen IN ?])"
                if not connection.execute(passes, [text, screens]).fetchone()[0]:
                    continue
                for number, pattern in enumerate(patterns):
                    [found] = connection.execute(
                        "SELECT regexp_extract_all(?, ?)", [text, pattern]
                    ).fetchone()
                    end = 0
                    for quote in found:
                        start = text.index(quote, end)
                        end = start + len(quote)
                        yield "m.csv", row, number, start, quote

    def rows(self, query):
        assert query.table == "messages"
        for row, text in enumerate(self.texts, start=1):
            yield [{"_source": "m.csv", "_row": row, "text": text}]


def found(texts, **given):
    detector = Detector(id="acme.words", table="messages", column="text", **given)
    hits = list(detect(detector, Rows(*texts), lambda reference: reference))
    for hit in hits:
        assert texts[hit.row - 1][hit.start : hit.end] == hit.quote
    return [(hit.row, hit.label, hit.quote) for hit in hits]


@pytest.mark.parametrize(
    ("phrase", "text", "quotes"),
    [
        (
            "sorry",
            "Sorry, SORRY sorry; sorrysorry notsorry sorry_ sorry.",
            ["Sorry", "SORRY"] + ["sorry"] * 2,
        ),
        (
            "thank you",
            "Thank \n you. thank\u00a0you thank-you thankyou",
            ["Thank \n you", "thank\u00a0you"],
        ),
        ("été", "l'été et Été, étés, bété", ["été", "Été"]),
        ("caf", "café caféine caf", ["caf"]),
        ("don't", "Don't and don\u2019t", ["Don't", "don\u2019t"]),
        ("c++ (new)", "We know C++ (new) well", ["C++ (new)"]),
        ("спасибо", "Спасибо, спасибочки", ["Спасибо"]),
        ("100% sure", "100% sure, 1100% sure", ["100% sure"]),
    ],
)
def test_phrases_are_whole_words_whatever_case_and_space(phrase, text, quotes):
    assert [quote for _, _, quote in found([text], phrases={"it": (phrase,)})] == quotes


def test_of_two_phrases_at_one_place_the_longest_is_the_hit():
    hits = found(
        ["thank you so much, thanks"],
        phrases={"thanks": ("thank you", "thank you so much", "thanks")},
    )
    assert [quote for _, _, quote in hits] == ["thank you so much", "thanks"]


def test_a_shorter_phrase_is_found_where_the_longer_one_is_no_whole_word():
    hits = found(["thank yours"], phrases={"thanks": ("thank you", "thank")})
    assert [quote for _, _, quote in hits] == ["thank"]


def test_a_longer_phrase_is_found_where_a_shorter_one_ends_its_first_word():
    phrases = {"late": ("due", "overdue payment"), "bar": ("overdue",)}
    assert found(["Overdue payment due, overdue"], phrases=phrases) == [
        (1, "late", "Overdue payment"),
        (1, "late", "due"),
        (1, "bar", "Overdue"),
        (1, "bar", "overdue"),
    ]


@pytest.mark.parametrize("text", ["not yet again", "Not  YET again, not yet", "not yet, yet again"])
def test_labels_find_their_phrases_as_if_each_were_alone(text):
    labels = {"no": ("not yet", "again"), "more": ("yet again", "yet"), "all": ("not yet again",)}
    alone = [
        hit for label, phrases in labels.items() for hit in found([text], phrases={label: phrases})
    ]
    assert found([text], phrases=labels) == alone
    assert len({label for _, label, _ in alone}) > 1


def test_labels_rows_and_patterns_stay_apart():
    hits = found(
        ["order 12 late", "nothing", "LATE again"],
        phrases={"late": ("late",)},
        patterns={"order": (r"order\s+\d+", r"ticket\s+\d+"), "late": ("lat.",)},
    )
    assert sorted(hits) == [(1, "late", "late"), (1, "order", "order 12"), (3, "late", "LATE")]


def test_long_quotes_are_cut_and_their_place_is_not():
    text = "a" * 1000
    [hit] = detect(
        Detector(id="d", table="messages", column="text", patterns={"a": ("a+",)}),
        Rows(text),
        lambda reference: reference,
    )
    assert (hit.start, hit.end, len(hit.quote)) == (0, 1000, QUOTE_LIMIT)
    assert hit.quote.endswith("…")


def test_a_function_detector_sees_batches_and_its_hits_bear_its_name():
    def longest(batches):
        for batch in batches:
            for row in batch:
                if len(row["text"]) > 3:
                    yield Hit(detector="", source=row["_source"], row=row["_row"], label="long")

    detector = Detector(id="acme.long", table="messages", detect="acme:longest")
    hits = list(detect(detector, Rows("abc", "abcd"), {"acme:longest": longest}.get))
    assert hits == [Hit(detector="acme.long", source="m.csv", row=2, label="long")]


@pytest.mark.parametrize(("columns", "seen"), [((), {"text", "unit"}), (("unit",), {"unit"})])
def test_a_function_detector_sees_the_columns_that_it_names_or_all(columns, seen):
    def names(batches):
        for batch in batches:
            for row in batch:
                place = {"source": row["_source"], "row": row["_row"]}
                yield from (Hit(detector="", label=name, **place) for name in row if name[0] != "_")

    detector = Detector(id="acme.names", table="messages", detect=names, columns=columns)
    session = connect()
    table = Table(id="messages", columns=(Column(name="text", type="text", meaning=""),))
    row = {"text": "a", "unit": "quay", "_source": "m.csv", "_row": 1}
    session.add(table, ColumnRows.of(table, [row]))
    hits = detect(detector, session, lambda reference: reference)
    assert {hit.label for hit in hits} - {"touchpoint"} == seen
    assert {hit.label for hit in run_detector(detector, [{"text": "a", "unit": "quay"}])} == seen


@pytest.mark.parametrize("where", [None, "text = 'lost' or unit = 'quay'"])
def test_a_function_detector_sees_the_rows_that_its_screen_matches(where):
    def every(batches):
        for batch in batches:
            for row in batch:
                yield Hit(detector="", source=row["_source"], row=row["_row"], label="x")

    detector = Detector(
        id="acme.every",
        table="messages",
        column="text",
        where=where,
        detect=every,
        columns=("unit",),
        screen="it's|\u00e9t\u00e9|^lost$",
    )
    session = connect()
    table = Table(id="messages", columns=(Column(name="text", type="text", meaning=""),))
    texts = ("IT'S here", "its", "\u00c9T\u00c9", None, "", "lost", "lost it")
    rows = [
        {"text": text, "unit": "quay", "_source": "m.csv", "_row": row}
        for row, text in enumerate(texts, start=1)
    ]
    session.add(table, ColumnRows.of(table, rows))
    condition = None if where is None else parse(where, {"text": "text", "unit": "text"}, {})
    hits = detect(detector, session, lambda reference: reference, where=condition)
    assert [hit.row for hit in hits] == [1, 3, 6]


@pytest.mark.parametrize("spec", [{"column": "text"}, {"detect": "acme:every"}])
def test_a_screen_is_for_a_function_and_a_column(spec):
    with pytest.raises(ValueError, match="a screen is for a function that looks through a column"):
        Detector(id="acme.every", table="messages", screen="x", **spec)


@pytest.mark.parametrize("row", [1.5, "1", None])
def test_a_hit_whose_row_is_no_whole_number_is_refused(row):
    hit = Hit(detector="", source="m.csv", row=row, label="x")
    detector = Detector(id="d", table="messages", detect=lambda _batches: [hit])
    with pytest.raises(TypeError):
        list(detect(detector, Rows("abc"), lambda reference: reference))


@pytest.mark.parametrize(
    ("hit", "message"),
    [
        ({"label": "long"}, "it yielded dict, not a Hit"),
        (Hit(detector="", source="a", row=1, label="x", score=1.5), "outside 0 to 1"),
        (Hit(detector="", source="a", row=1, label="x", score=float("nan")), "not a finite number"),
        (Hit(detector="acme.e", source="a", row=1, label="x"), "one of 'acme.e', not of 'd'"),
        (Hit(detector="", source="a", row=1, label="x", start=7, end=3), "ends at 3, before"),
        (Hit(detector="", source="a", row=1, label=None), "label is NoneType, not str"),
    ],
)
def test_what_is_no_hit_is_refused(hit, message):
    detector = Detector(id="d", table="messages", detect=lambda _batches: [hit])
    with pytest.raises((TypeError, ValueError), match=message):
        list(detect(detector, Rows("abc"), lambda reference: reference))


def test_a_detector_that_ends_before_it_had_all_rows_is_refused():
    detector = Detector(id="d", table="messages", detect=lambda _batches: [])
    with pytest.raises(ValueError, match="before it had all rows"):
        list(detect(detector, Rows("abc"), lambda reference: reference))


def test_a_condition_that_was_not_compiled_is_no_reason_to_look_at_all_rows():
    detector = Detector(
        id="d", table="messages", column="text", where="a = 1", phrases={"x": ("x",)}
    )
    with pytest.raises(ValueError, match="'where' of detector d was not compiled"):
        list(detect(detector, Rows("x"), lambda reference: reference))


@pytest.mark.parametrize("pattern", [r"order\s+\d+", r"[[:alpha:]]+", r"\pL+", r"\bsorry\b", "é"])
def test_patterns_of_re2_are_fine(pattern):
    assert pattern_problem(pattern, must_match=True) == ""


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("a(", "missing ): a("),
        ("(?=a)", "invalid perl operator: (?="),
        (r"(a)\1", r"invalid escape sequence: \1"),
        ("a{2000}", "invalid repetition size: {2000}"),
        ("x*", "it matches the empty text"),
        ("x" * 2001, "it is longer than 2,000 characters"),
    ],
)
def test_patterns_that_cannot_be_used_say_why(pattern, problem):
    assert pattern_problem(pattern, must_match=True) == problem


def test_problems_of_a_detector_name_their_place():
    detector = Detector(
        id="d",
        table="messages",
        column="text",
        phrases={"a": ("fine", " - ")},
        patterns={"b": ("ok+", "a(")},
    )
    assert list(detector_problems(detector)) == [
        (("phrases", "a", 1), "' - ' holds no word"),
        (("patterns", "b", 1), "'a(' cannot be used: missing ): a("),
    ]
