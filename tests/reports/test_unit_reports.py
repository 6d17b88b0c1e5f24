"""A report for each unit: its own figures, a band of peers that tells nobody, no other name."""

from __future__ import annotations

import csv

import pytest

from cxaudit import Session
from cxaudit._formats.markdown import render_markdown
from cxaudit._report.sections.units import unit_reports

SITES = 12
CHECKLIST = """cxaudit = 1
[checklist]
id = "c"
version = "1"
title = "C"
[[metric]]
id = "answered"
table = "calls"
kind = "share"
value = "outcome = 'answered'"
lower_is_better = false
[[item]]
id = "phone.answered"
area = "process"
touchpoints = ["phone"]
per = "site"
title = "Calls are answered"
fail_title = "Calls stay unanswered"
check = "within-target"
with = { metric = "answered", target = 1, limit = 0 }
[item.guidance]
advice = "Put a second person on the phone at noon."
"""
HEAD = """cxaudit = 1
[audit]
id = "t"
title = "Calls of a chain"
client = "Chain"
checklists = ["c.toml"]
units = "units.csv"
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
"""


@pytest.fixture
def chain(tmp_path):
    """Return the result of a chain of sites; site n answers n of 20 calls."""

    def run(sites=SITES):
        (tmp_path / "c.toml").write_text(CHECKLIST)
        (tmp_path / "audit.toml").write_text(HEAD)
        with (tmp_path / "units.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("id", "name", "kind", "parent", "comparator"))
            writer.writerow(("chain", "Chain", "organisation", "", ""))
            writer.writerows((f"s{n}", f"Shop {n:02}", "site", "chain", "") for n in range(sites))
            writer.writerow(("rival", "Rival", "site", "chain", "true"))
        with (tmp_path / "calls.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("call_id", "unit", "outcome"))
            writer.writerows(
                (f"{site}-{call}", f"s{site}", "answered" if call < site else "abandoned")
                for site in range(sites)
                for call in range(20)
            )
        session = Session()
        return session, session.run(session.load(tmp_path / "audit.toml"))

    return run


def texts(result, **given):
    return {unit.id: render_markdown(report) for unit, report in unit_reports(result, **given)}


def test_each_unit_has_its_own_and_names_no_other(chain):
    _, result = chain()
    found = texts(result)
    assert set(found) == {f"s{n}" for n in range(SITES)}, "no root, no comparator"
    for name, text in found.items():
        assert f"Shop {int(name[1:]):02}" in text
        assert sum(f"Shop {n:02}" in text for n in range(SITES)) == 1
        assert "Rival" not in text


def test_the_band_is_the_middle_half_of_the_peers(chain):
    _, result = chain()
    # Sites answer 0 to 11 of 20: quartiles by hand are 2.75 and 8.25 of 20.
    assert "The middle half of its peers lies between 14 and 41." in texts(result)["s5"]


def test_few_peers_show_no_band(chain):
    _, result = chain(5)
    assert "middle half of its peers" not in texts(result)["s2"]


def test_what_to_do_comes_with_advice(chain):
    _, result = chain()
    text = texts(result)["s3"]
    fact = (
        "Phone: answered: 3 of 20 (15\u00a0%, likely 5.2\u00a0% to 36\u00a0%). Target: 100\u00a0%."
    )
    assert f"| Calls stay unanswered | {fact}" in text
    assert "Target: 100\u00a0%. Score 15 of 100. |" in text
    assert "Put a second person on the phone at noon." in text


def test_all_units_are_written_to_a_folder(chain, tmp_path):
    session, result = chain()
    files = session.render_units(result, "markdown", tmp_path / "units")
    assert [file.name for file in files] == [f"s{n}.md" for n in range(SITES)]
    with pytest.raises(ValueError, match="made from a result"):
        session.render_units(result, "json", tmp_path / "units")


def test_small_units_are_left_out(chain):
    _, result = chain()
    assert texts(result, minimum=21) == {}


def test_a_funnel_shows_which_units_chance_does_not_explain(chain):
    """Of 240 calls 66 were answered, 27.5 %: of 20 calls chance gives 0 to 58 % of them."""
    from cxaudit._report.build import build_report

    _, result = chain()
    section = next(each for each in build_report(result).sections if each.id == "units")
    (funnel,) = [block for block in section.blocks if type(block).__name__ == "Funnel"]
    assert funnel.mean == pytest.approx(66 / 240)
    assert [point.side for point in funnel.points] == [""] * SITES
    low, high = next(each[1:] for each in funnel.limits if each[0] == 20)
    assert (low, high) == pytest.approx((0, 0.275 + 3.0902 * (0.275 * 0.725 / 20) ** 0.5), abs=1e-4)


def test_few_units_make_no_funnel(chain):
    from cxaudit._report.build import build_report

    _, result = chain(4)
    section = next(each for each in build_report(result).sections if each.id == "units")
    assert not [block for block in section.blocks if type(block).__name__ == "Funnel"]


@pytest.mark.parametrize(("sites", "drawn"), [(4, False), (12, True)])
def test_the_interval_that_is_ranked_is_shown(chain, sites, drawn):
    """Ranks follow from what stands in the table: own intervals, or those drawn to the mean."""
    from cxaudit._report.build import build_report

    _, result = chain(sites)
    section = next(each for each in build_report(result).sections if each.id == "units")
    ranking = next(each for each in section.blocks if type(each).__name__ == "Ranking")
    assert all(("drawn to the mean" in row.note) is drawn for row in ranking.rows)
    text = next(each.text for each in section.blocks if type(each).__name__ == "TextBlock")
    assert ("drawn towards their mean" in text) is drawn
    if not drawn:
        for row in ranking.rows:
            assert row.rank == 1 + sum(other.low > row.high for other in ranking.rows)
