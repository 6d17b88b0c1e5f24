"""Sums between counts are seen where they hold everywhere, and nowhere else."""

from __future__ import annotations

from cxaudit_reports.publish.relations import equal, parts_of_shares, three_parts, two_parts

COUNTS = {
    "offered": {"all": 100, "a": 60, "b": 40},
    "answered": {"all": 80, "a": 50, "b": 30},
    "abandoned": {"all": 15, "a": 8, "b": 7},
    "menu": {"all": 5, "a": 2, "b": 3},
    "lost": {"all": 20, "a": 10, "b": 10},
}


def test_counts_that_add_up_everywhere_are_seen():
    found = {(total, frozenset(parts)) for total, *parts in two_parts(COUNTS)}
    assert found == {
        ("offered", frozenset({"answered", "lost"})),
        ("lost", frozenset({"abandoned", "menu"})),
    }
    found = {(total, frozenset(parts)) for total, *parts in three_parts(COUNTS)}
    assert found == {("offered", frozenset({"answered", "abandoned", "menu"}))}


def test_one_place_that_does_not_add_up_is_enough():
    wrong = {**COUNTS, "offered": {"all": 100, "a": 60, "b": 41}}
    assert {total for total, *_ in two_parts(wrong)} == {"lost"}
    assert list(three_parts(wrong)) == []


def test_three_parts_at_two_places_may_be_chance():
    two = {name: {"a": own["a"], "b": own["b"]} for name, own in COUNTS.items()}
    assert list(three_parts(two)) == []


def test_equal_counts_are_named_with_the_first():
    same = {**COUNTS, "again": COUNTS["offered"], "part": {"a": 60}, "none": {"all": 0}}
    assert sorted(equal(same)) == [("offered", "again"), ("offered", "part")]


def test_a_share_tells_a_metric_that_rests_on_what_held():
    assert parts_of_shares({"all": 80, "a": 50}, COUNTS) == "answered"
    assert parts_of_shares({"all": 80, "a": 51}, COUNTS) is None
    # Counts under ten that agree may do so by chance.
    assert parts_of_shares({"a": 2, "b": 3}, {"menu": COUNTS["menu"]}) is None
