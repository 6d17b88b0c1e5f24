"""Markers: what a reader tells is no contact of a customer, counted by rule in the account."""

from __future__ import annotations

import pytest

from cxaudit import Session
from cxaudit.plugin import MarkedRecords, Marker, MarkerEffect, Marks, Rows, Source, hook
from tests.support.kiosk import CHECKLIST

AUDIT = """cxaudit = 1
[audit]
id = "kiosk"
title = "Kiosk"
client = "Kiosk"
checklists = ["kiosk.toml"]
[[unit]]
id = "kiosk"
kind = "organisation"
zone = "UTC"
[sources.letters]
reader = "kiosk.letters"
table = "threads"
path = "letters.txt"
unit = "kiosk"
"""
MARKERS = (
    Marker(id="bounce", effect="leaves-out", meaning="mails that came back", source="RFC 3464"),
    Marker(id="merged", effect="joins", meaning="letters merged into another", source="the post"),
    Marker(id="machine", effect="marks", meaning="letters of machines", source="the post"),
)


def read(request):
    marks = Marks(MARKERS)

    def rows():
        for number, line in enumerate(request.files[0].read_text("utf-8").splitlines(), start=1):
            if line == "bounce":
                yield "letters.txt", number, marks.left_out("bounce")
                continue
            if line == "merged":
                marks.count("merged")
            yield "letters.txt", number, {"thread_id": str(number)}

    return Rows(rows=rows(), columns=("thread_id",), marked=marks.records)


class Plugin:
    @hook
    def cxaudit_register(self):
        yield Source(
            id="kiosk.letters", read=read, tables=("threads",), markers=MARKERS, summary="Letters."
        )


@pytest.fixture
def result(tmp_path):
    (tmp_path / "audit.toml").write_text(AUDIT)
    (tmp_path / "kiosk.toml").write_text(CHECKLIST)
    (tmp_path / "letters.txt").write_text("hello\nbounce\nmerged\nbounce\n")
    session = Session(plugins=[Plugin()])
    audit = session.load(tmp_path / "audit.toml")
    return session.run(audit, folder=tmp_path / "results")


def test_the_account_says_per_rule_how_many_records_it_named(result):
    account = next(account for account in result.accounts if account.source == "letters")
    assert account.marked == (
        MarkedRecords(
            rule="bounce",
            effect=MarkerEffect.LEAVES_OUT,
            meaning="mails that came back",
            records=2,
        ),
        MarkedRecords(
            rule="merged",
            effect=MarkerEffect.JOINS,
            meaning="letters merged into another",
            records=1,
        ),
        MarkedRecords(
            rule="machine", effect=MarkerEffect.MARKS, meaning="letters of machines", records=0
        ),
    )
    assert (account.read, account.kept, account.skipped) == (4, 2, 2)


def test_the_report_names_each_rule_once(result):
    text = Session().render(result, "markdown", audience="internal")
    assert text.count("left out (bounce): mails that came back") == 1
    assert text.count("joined to another (merged): letters merged into another") == 1
    assert "letters of machines" not in text, "no letter was one"


def test_a_result_with_markers_is_read_again(result, tmp_path):
    text = Session().render(result, "json")
    (tmp_path / "result.json").write_text(text, "utf-8")
    assert Session().read_result(tmp_path / "result.json").accounts == result.accounts


def test_a_rule_that_the_source_does_not_declare_is_an_error_of_its_reader():
    with pytest.raises(KeyError, match="spam"):
        Marks(MARKERS).count("spam")
