"""What a source lost is said when it is more than 1 in 100, with the likely cause."""

from __future__ import annotations

import attrs
import pytest

from cxaudit._cli import main
from cxaudit._model.evidence import Loss
from cxaudit._report.build import build_report
from cxaudit._report.sections.losses import warnings

METRIC = """
[[metric]]
id = "answered"
table = "calls"
kind = "count"
lower_is_better = false
[[item]]
id = "phone.answered"
area = "process"
role = "informative"
touchpoints = ["phone"]
title = "Calls"
check = "within-target"
with = { metric = "answered", target = 1, better = "higher" }
"""
SOURCE = """
[sources.calls]
reader = "csv"
table = "calls"
path = "calls.csv"
zone = "unit"
[sources.calls.columns]
call_id = "id"
"""


@pytest.fixture
def losses(run):
    """Run an audit over calls with one further column; return their losses."""

    def start(values, column, *, head="", said=None):
        rows = [{"id": f"c{n}", "raw": value} for n, value in enumerate(values)]
        ran = run(
            METRIC, audit=SOURCE + column + "\n", head=head, files={"calls.csv": rows or "id,raw\n"}
        )
        (account,) = ran.result.accounts
        if said is not None:
            said.append(ran)
        return account.losses

    return start


NUMBERS = 'wait_s = "number(raw)"'
TIMES = "started_at = \"parse_time(raw, '%m.%d.%Y %H:%M')\""


@pytest.mark.parametrize(("bad", "of", "told"), [(1, 100, False), (2, 199, True), (0, 50, False)])
def test_one_in_a_hundred_is_not_told_and_more_is(losses, bad, of, told):
    found = losses(["long"] * bad + ["7"] * (of - bad), NUMBERS)
    expected = (Loss(kind="values", column="wait_s", lost=bad, of=of),) if told else ()
    assert found == expected


def test_what_was_not_there_is_not_lost(losses):
    """Empty fields are no values: 1 of the 10 that are there could not be read."""
    found = losses([""] * 990 + ["7"] * 9 + ["long"], NUMBERS)
    assert found == (Loss(kind="values", column="wait_s", lost=1, of=10),)


def test_the_format_that_fits_is_named_with_its_share(losses):
    """Twelve days could be months; the fit is judged on what could not be read."""
    days = [f"{day:02}.03.2026 09:15" for day in range(1, 31)] + ["31.02.2026 09:15"]
    (loss,) = losses(days, TIMES)
    assert loss == Loss(
        kind="times",
        column="started_at",
        lost=19,
        of=31,
        likely=("%d.%m.%Y %H:%M",),
        fit=18,
        seen=19,
    )


@pytest.mark.parametrize(
    ("values", "column", "likely"),
    [
        (["03/04/2026"] * 3, 'started_at = "raw"', ("%d/%m/%Y", "%m/%d/%Y")),
        (["03/04/2026", "13/04/2026"], 'started_at = "raw"', ("%d/%m/%Y",)),
        (["04/13/26 9:05 PM"], TIMES, ("%m/%d/%y %I:%M %p",)),
        (["20260413T091500"], TIMES, ()),
        (["2026-04-13T09:15:00Z"], TIMES, ("%Y-%m-%dT%H:%M:%S%z",)),
        (["13 Apr 2026, 09:15"], TIMES, ("%d %b %Y, %H:%M",)),
        (["yesterday"], TIMES, ()),
        (["13'; drop table calls"], TIMES, ()),
    ],
)
def test_usual_formats_are_tried(losses, values, column, likely):
    (loss,) = losses(values, column)
    assert (loss.lost, loss.of, loss.likely) == (len(values), len(values), likely)


def test_a_format_that_is_named_reads_the_times(losses):
    """It is one that `parse_time` takes, so that the hint can be followed as it stands."""
    (loss,) = losses(["13.03.2026 09:15"], TIMES)
    column = f"started_at = \"parse_time(raw, '{loss.likely[0]}')\""
    assert losses(["13.03.2026 09:15"], column) == ()


def test_dates_are_told_like_times(run):
    source = SOURCE.replace('"calls"', '"call_volumes"').replace(
        'call_id = "id"', "starts_on = \"parse_date(day, '%Y-%m-%d')\""
    )
    rows = [{"day": "13.03.2026"}, {"day": "2026-03-14"}]
    ran = run(METRIC.replace('"calls"', '"call_volumes"'), audit=source, files={"calls.csv": rows})
    (loss,) = ran.result.accounts[0].losses
    assert (loss.kind, loss.lost, loss.of, loss.likely) == ("times", 1, 2, ("%d.%m.%Y",))


def test_a_required_time_is_told_though_its_row_was_refused(run):
    source = SOURCE.replace('"calls"', '"staffing"').replace('call_id = "id"', 'starts_at = "at"')
    rows = [{"at": "13.03.2026 10:00"}, {"at": "2026-03-14 10:00"}]
    ran = run(METRIC.replace('"calls"', '"staffing"'), audit=source, files={"calls.csv": rows})
    (account,) = ran.result.accounts
    assert account.kept == 1
    assert [(loss.kind, loss.lost, loss.of) for loss in account.losses] == [
        ("times", 1, 2),
        ("rows", 1, 2),
    ]


def test_the_codes_that_most_rows_have_come_first(losses):
    raw = ["quay"] * 50 + ["0042"] * 3 + ["0041"] * 5 + [""] * 2 + list("abcd")
    (loss,) = losses(raw, 'unit = "raw"')
    assert (loss.kind, loss.lost, loss.of) == ("units", 14, 64)
    assert loss.likely == ("0041", "0042", "", "a", "b")


def test_one_unknown_unit_in_a_hundred_is_not_told(losses):
    assert losses(["quay"] * 99 + ["0042"], 'unit = "raw"') == ()


def test_no_rows_lose_nothing(losses):
    assert losses([], NUMBERS) == ()


def test_losses_stand_on_page_one_and_with_their_cause_in_the_account(losses):
    said = []
    losses(["13.03.2026 09:15", "01.02.2026 09:15"], TIMES, said=said)
    report = build_report(said[0].result)
    summary, sources = (
        next(section for section in report.sections if section.id == name)
        for name in ("summary", "sources")
    )
    fact = "calls: 1 of 2 times in “Started” could not be read (50\u00a0%)"
    (line,) = [block.text for block in summary.blocks if "calls:" in getattr(block, "text", "")]
    assert line == f"{fact}. More under “What was read”."
    told = fact.replace("“Started”", "started_at")
    cause = "1 of the 1 looked at fit the format '%d.%m.%Y %H:%M'"
    assert sources.blocks[0].text == f"{told}; {cause}."
    assert warnings(said[0].result) == (f"{told}; {cause}",)


def test_losses_are_told_in_the_language_of_the_audit(losses):
    said = []
    losses(["", "\x1b[31mX"], 'unit = "raw"', said=said)
    result = attrs.evolve(said[0].result, language="de")
    # Codes come from files: what a terminal would obey is taken out.
    assert warnings(result) == (
        (
            "calls: die Einheiten von 2 von 2 Zeilen sind nicht bekannt (100\u00a0%); diese Codes "
            "stehen in keinem [unit_alias]: (leer) (1), '[31mX' (1)"
        ),
    )


def test_a_run_says_them_on_stderr_and_ends_as_it_would(build, capsys):
    path = build(
        METRIC,
        audit=SOURCE + NUMBERS + "\n",
        files={"calls.csv": [{"id": "c1", "raw": "long"}]},
    )
    assert main(["run", str(path), "--quiet"]) == 4
    printed = capsys.readouterr()
    line = "warning: calls: 1 of 1 value in wait_s could not be read (100\u00a0%)"
    assert line in printed.err.splitlines()
    assert line not in printed.out


@pytest.mark.parametrize(("repeated", "told"), [(1, False), (2, True)])
def test_rows_that_are_refused_are_told(run, repeated, told):
    """Of 100 or 101 rows, those whose key is there already: 1 in 100 is not much."""
    rows = [{"id": f"c{n}", "raw": "7"} for n in range(99)]
    rows += [{"id": f"c{n}", "raw": "8"} for n in range(repeated)]
    ran = run(METRIC, audit=SOURCE + NUMBERS + "\n", files={"calls.csv": rows})
    (account,) = ran.result.accounts
    reason = "the key repeats: call_id"
    assert account.rejected == {reason: repeated}
    expected = (Loss(kind="rows", lost=repeated, of=99 + repeated, likely=(reason,)),)
    assert account.losses == (expected if told else ())
    assert warnings(ran.result) == (
        ("calls: 2 of 101 rows were refused (2\u00a0%); mostly: the key repeats: call_id",)
        if told
        else ()
    )
