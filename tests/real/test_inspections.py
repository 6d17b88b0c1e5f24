"""Inspections scored by bands give the posted grades, and contradictions are shown."""

from __future__ import annotations

import csv
from collections import defaultdict
from statistics import mean

import pytest

from cxaudit.plugin import State


@pytest.fixture(scope="module")
def expected(reference):
    return reference["nyc_restaurant"]


@pytest.fixture(scope="module")
def rows(expected, real):
    with (real.data / "nyc_restaurant" / "inspections.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == expected["rows"]
    return rows


@pytest.fixture(scope="module")
def measured(rows, real, tmp_path_factory):
    """Run the audit; the same scores are answers of a document review as well."""
    folder = tmp_path_factory.mktemp("inspections")
    audit = real.prepare("inspections", real.data / "nyc_restaurant", folder)
    with (folder / "cases.csv").open("w", newline="") as file:
        cases = csv.writer(file)
        cases.writerow(["id", "unit", "touchpoint", "status"])
        cases.writerows([row["row"], unit_of(row), "in-store", "final"] for row in rows)
    with (folder / "answers.csv").open("w", newline="") as file:
        answers = csv.writer(file)
        answers.writerow(["item", "case", "rater", "value"])
        answers.writerows(["visit.points", row["row"], "city", row["score"]] for row in rows)
    return real.run(audit)


def unit_of(row):
    return row["boro"].lower().replace(" ", "-")


def test_posted_grades_follow_from_the_score(measured, expected):
    measured.assert_share(expected["grade_equals_score_rule"], "grade.follows-score")


def test_the_bands_of_the_checklist_reproduce_posted_grades(measured, rows, expected):
    curve = measured.result.checklist.item("visit.points").ask.curve
    final = [row for row in rows if row["grade"] in {"A", "B", "C"}]
    same = sum(curve.band(float(row["score"])).label == row["grade"] for row in final)
    rule = expected["grade_equals_score_rule"]
    assert (same, len(final)) == (rule["k"], rule["n"])


def test_contradictions_are_evidence(measured, rows):
    wrong = {
        index
        for index, row in enumerate(rows, start=1)
        if row["grade"] in {"A", "B", "C"} and row["grade"] != by_rule(float(row["score"]))
    }
    (evidence,) = [e for e in measured.result.evidence if e.item == "grade.follows-score"]
    assert evidence.total == len(wrong) == 7
    assert {int(piece.key) for piece in evidence.shown} == wrong


def by_rule(score):
    return "A" if score <= 13 else "B" if score <= 27 else "C"


def test_grades_are_counted(measured, expected):
    found = {g: m.value for g, m in measured.groups("inspections", "by-grade").items()}
    assert found == expected["grade_counts"]


def test_points(measured, expected):
    points = measured.get("points")
    assert points.n == expected["score"]["n"]
    assert points.value == pytest.approx(expected["score"]["mean"], abs=1e-6)
    assert (points.low, points.high) == pytest.approx(expected["score"]["t95"], abs=1e-6)
    for level in ("p50", "p90", "p95"):
        assert measured.value(f"points.{level}") == pytest.approx(expected["score"][level])


def test_critical_share_leaves_out_what_was_not_judged(measured, expected):
    measured.assert_share(expected["critical_share"], "critical")


def test_by_borough(measured, expected):
    for borough, share in expected["share_A_by_boro"].items():
        unit = borough.lower().replace(" ", "-")
        measured.assert_share(share, "grade.a", unit=unit)
        mean = expected["mean_score_by_boro"][borough]
        assert measured.value("points", unit=unit) == pytest.approx(mean, abs=1e-6)


def test_answers_score_by_band_per_visit(measured, rows):
    """The finding is the mean of each visit's band, and each borough weighs alike."""
    bands = {"A": 1.0, "B": 0.5, "C": 0.0}
    boroughs = defaultdict(list)
    for row in rows:
        boroughs[row["boro"]].append(bands[by_rule(float(row["score"]))])
    expected = mean(mean(scores) for scores in boroughs.values())
    (finding,) = [
        f for f in measured.result.findings if f.item == "visit.points" and f.unit == "city"
    ]
    assert finding.state is State.MEASURED
    assert finding.score == pytest.approx(expected, abs=1e-9)
    assert finding.n == len(rows)
