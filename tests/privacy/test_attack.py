"""A reader of what is published works out no count that was kept back.

The attacker here knows all that the program knows and does not use any of its code: every row lies
in one unit, one group and one kind of call (an atom); every published count is a sum of atoms. A
hidden count is found when it is a linear combination of published ones.
"""

from __future__ import annotations

import itertools
import json

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxaudit.plugin import Unit, UnitTree
from cxaudit_reports.publish.result import publication
from tests.support import rows as made
from tests.support.rows import ATOMS, result_of, scored, tree

LEAST = 10
OFFERED = ("t.offered", None)
BY_ID = {metric.id: metric for metric in made.METRICS}


def place(each):
    return each["metric"], each["unit"], each["breakdown"], each["group"]


def below(unit, units):
    return [each["id"] for each in units if each["parent"] == unit]


def vectors(key, atoms):
    """Return which atoms a measurement counts, and which of them held."""
    metric, unit, breakdown, group = key
    counted = np.zeros(len(atoms))
    held = np.zeros(len(atoms))
    for number, (at, own, atom) in enumerate(atoms):
        if made.under(unit, at) and (breakdown is None or own == group):
            counted[number], held[number] = made.counted_and_true(BY_ID[metric], atom)
    return counted, held


def found(whole, published):
    """Return the hidden counts that follow from published ones."""
    offered = {m["unit"]: m["n"] for m in whole["measurements"] if place(m)[::2] == OFFERED}
    # Where a unit has no rows of its own, the reader knows that too.
    leaves = [
        unit
        for unit, n in offered.items()
        if n != sum(offered[u] for u in below(unit, whole["units"]))
    ]
    groups = sorted({m["group"] for m in whole["measurements"] if m["breakdown"]})
    atoms = list(itertools.product(leaves, groups, ATOMS))
    shown = {place(each) for each in published["measurements"]}
    # A finding shows the share that it was judged from.
    shown |= {
        (each["item"].replace("phone.", "t."), each["unit"], None, None)
        for each in published["findings"]
        if each["n"]
    }
    known = []
    for key in shown:
        counted, held = vectors(key, atoms)
        known += [counted, held] if BY_ID[key[0]].kind.value == "share" else [counted]
    known = np.array(known) if known else np.zeros((1, len(atoms)))
    rank = np.linalg.matrix_rank(known)
    told = {tuple(each) for each in known}
    result = set()
    for each in whole["measurements"]:
        key = place(each)
        if key in shown or not each["n"]:
            continue
        # How many are counted, and how many of them held; what another metric says outright is
        # no secret, and neither is a count of nothing.
        counted, held = vectors(key, atoms)
        wanted = [counted, held] if each["statistics"].get("k") else [counted]
        secret = [count for count in wanted if tuple(count) not in told]
        if any(np.linalg.matrix_rank(np.vstack([known, one])) == rank for one in secret):
            result.add(key)
        if not secret:
            result.add(key)
    return result


def published(result, audience="public", **more):
    to_show = publication(result, scored, audience=audience, minimum=LEAST, **more).result
    return json.loads(made.SESSION.render(to_show, "json"))


def whole(result):
    return json.loads(made.SESSION.render(result, "json"))


COUNT = st.one_of(st.integers(0, 6), st.integers(0, 300))


@st.composite
def results(draw):
    units = tree(*draw(st.lists(st.integers(1, 3), min_size=1, max_size=3)))
    sites = [unit.id for unit in units if unit.kind == "site"]
    if draw(st.booleans()):
        staff = [
            Unit(id=f"{site}.a{n}", name="A", kind="agent", parent=site)
            for site in sites
            for n in range(draw(st.integers(0, 2)))
        ]
        units = UnitTree((*units.units, *staff))
        sites = [unit.id for unit in units if unit.kind in {"site", "agent"}]
    groups = [f"q{n}" for n in range(draw(st.integers(1, 3)))]
    rows = {
        key: draw(COUNT)
        for key in itertools.product([*sites, *draw(st.sampled_from([[], ["all"]]))], groups, ATOMS)
    }
    # One site is large, so that what holds everywhere is seen to hold.
    for atom in ATOMS:
        rows[sites[0], groups[0], atom] = draw(st.integers(40, 900))
    return result_of(units, rows)


@settings(max_examples=80)
@given(results())
def test_no_count_is_found_by_subtraction(result):
    before, after = whole(result), published(result)
    assert found(before, after) == set()


@settings(max_examples=30)
@given(results())
def test_nothing_small_is_shown(result):
    after = published(result)
    assert all(each["n"] == 0 or each["n"] >= LEAST for each in after["measurements"])
    assert all(each["n"] == 0 or each["n"] >= LEAST for each in after["findings"])


@settings(max_examples=30)
@given(results())
def test_hidden_numbers_move_no_published_one(result):
    """Scores come from shown findings alone: they follow from the published file itself."""
    shown = publication(result, scored, audience="public", minimum=LEAST).result
    card = scored(shown).scorecard
    units = (attrs.evolve(u, overall=attrs.evolve(u.overall, spread=None)) for u in card.units)
    assert shown.scorecard == attrs.evolve(card, units=tuple(units))


def test_the_attacker_finds_what_is_merely_left_out():
    """The test bites: with small numbers left out and nothing else, subtraction finds them."""
    units = tree(2, 1)
    rows = {("all.r0.s0", "q", atom): 100 + 30 * n for n, atom in enumerate(ATOMS)} | {
        ("all.r0.s1", "q", atom): 1 for atom in ATOMS
    }
    result = result_of(units, {**rows, ("all.r1.s0", "q", ATOMS[0]): 90})
    naive = whole(result)
    naive["measurements"] = [m for m in naive["measurements"] if m["n"] >= LEAST or not m["n"]]
    assert {key[1] for key in found(whole(result), naive)} >= {"all.r0.s1"}
    assert found(whole(result), published(result)) == set()


@pytest.mark.parametrize("audience", ["client", "public"])
def test_both_audiences_are_protected(audience):
    units = tree(3)
    rows = {
        (f"all.r0.s{site}", "q", atom): size
        for site, size in enumerate((200, 50, 1))
        for atom in ATOMS
    }
    result = result_of(units, rows)
    after = published(result, audience)
    assert found(whole(result), after) == set()
    assert {unit["id"] for unit in after["units"]} == {"all", "all.r0", "all.r0.s0"}
