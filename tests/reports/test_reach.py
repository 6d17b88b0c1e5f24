"""How many contacts went wrong: counted, a month only by the wave, in money only by the client."""

from __future__ import annotations

from datetime import date

import attrs
import pytest

from cxaudit._model.audit import Wave, Worth
from cxaudit._model.metrics import Measurement
from cxaudit._report.build import build_report
from cxaudit._report.context import Context
from cxaudit._report.sections.reach import reach, reach_of

YEAR = Wave(id="year", start=date(2025, 1, 1), end=date(2025, 12, 31))


@pytest.fixture
def found(audit):
    """Return the reach of the mixed audit's measured finding, its rows as given."""

    def find(*, wave=None, days=None, worth=None, table="calls", **fields):
        base = audit("mixed")
        finding, old = next(
            (each, known)
            for each in base.findings
            if each.unit == "tide"
            and (known := Context.of(base, "client", 0).measurement(each)) is not None
            and known.kind == "share"
        )
        given = {"n": 12_000, "statistics": {"k": 9_000, "n": 12_000}, **fields}
        new = attrs.evolve(old, **given)
        result = attrs.evolve(
            base,
            metrics=tuple(
                attrs.evolve(m, lower_is_better=False, table=table) for m in base.metrics
            ),
            measurements=tuple(new if each is old else each for each in base.measurements),
            wave=wave,
            days={} if days is None else {"calls": days},
            worth=worth,
        )
        return finding, reach_of(Context.of(result, "client", 0), finding), result

    return find


def test_what_did_not_hold_is_counted(found):
    _, reach, _ = found()
    assert (reach.wrong, reach.of, reach.monthly, reach.worth) == (3_000, 12_000, None, None)
    assert reach.words() == "3,000 calls in the records"


def test_a_month_is_a_twelfth_of_the_waves_year(found):
    _, reach, _ = found(wave=YEAR, days=365)
    assert reach.monthly == pytest.approx(3_000 * 365.2425 / 12 / 365)
    assert reach.words() == "about 250 calls a month"


@pytest.mark.parametrize("table", ["staffing", "staffing_needs", "message_volumes"])
def test_stretches_of_time_are_no_contacts(found, table):
    _, reach, _ = found(table=table)
    assert reach is None


def test_worth_is_the_clients_own_figure_or_nothing(found):
    finding, _, _ = found()
    worth = Worth(currency="EUR", per_contact={finding.item: 2.5}, basis="controlling")
    _, reach, result = found(wave=YEAR, days=365, worth=worth)
    assert reach.worth == pytest.approx(reach.monthly * 2.5)
    section = next(each for each in build_report(result).sections if each.id == "reach")
    assert section.blocks[0].columns[-1] == "EUR a month"
    assert section.blocks[-1].text == "Worth by the client's own figures: controlling."
    other = Worth(currency="EUR", per_contact={"nothing.*": 2.5}, basis="controlling")
    assert found(worth=other)[1].worth is None


def test_a_quantile_counts_what_lies_beyond_the_target(found):
    finding, _, result = found()
    item = next(each for each in result.checklist.items if each.id == finding.item)
    target = float(item.check.settings["target"])
    given = {"kind": "quantile", "statistics": {"n": 12_000, f"le:{target!r}": 11_000}}
    # Higher is better here, so what lies at or under the target went wrong.
    assert found(**given)[1].wrong == 11_000


def test_a_mean_does_not_tell(found):
    statistics = {"n": 12_000, "sum": 1.0, "sum2": 1.0, "shift": 0.0}
    assert found(kind="mean", statistics=statistics)[1] is None


def test_nothing_wrong_touches_nobody(found):
    assert found(statistics={"k": 12_000, "n": 12_000})[1] is None
    assert isinstance(found()[2].measurements[0], Measurement)


def test_what_went_wrong_is_named_also_where_the_item_is_met(found):
    """3,000 calls that were not answered are none of "Calls are answered in time"."""
    finding, _, result = found()

    def heading(item):
        items = tuple(item if each.id == finding.item else each for each in result.checklist.items)
        checklist = attrs.evolve(result.checklist, items=items)
        unscored = attrs.evolve(finding, state="no_target", score=None)
        context = Context.of(attrs.evolve(result, checklist=checklist), "client", 0)
        (table, _) = reach(context, [unscored]).blocks
        return table.rows[0][0]

    item = next(each for each in result.checklist.items if each.id == finding.item)
    assert heading(item) == "Callers wait longer than promised"
    bare = attrs.evolve(item, fail_title=None)
    assert heading(bare) == "expected: Calls are answered in time"


def test_a_table_that_the_wave_does_not_bound_has_no_month(found):
    """Three years of calls in an audit of a quarter say nothing about a month of it."""
    _, reach, result = found(wave=YEAR)
    assert (reach.monthly, reach.words()) == (None, "3,000 calls in the records")
    (table, _) = next(each for each in build_report(result).sections if each.id == "reach").blocks
    assert "A month" not in table.columns
    assert table.note.endswith("said where a wave bounds the records.")
