"""One small audit that the tests of answers share."""

from __future__ import annotations

from datetime import date

import pytest

from cxaudit._sources.answers import read_answer_sheet
from cxaudit._sources.cases import read_case_sheet
from cxaudit.errors import AnswersError
from cxaudit.plugin import (
    Anchor,
    Ask,
    Case,
    Checklist,
    CheckUse,
    Choice,
    Curve,
    Item,
    Text,
    Unit,
    UnitTree,
    Wave,
)


def asked(name, answer="yes-no", *, touchpoints=("in-store",), excluded=None, **ask):
    return Item(
        id=name,
        area="process",
        touchpoints=touchpoints,
        title=Text.of(name),
        ask=Ask(answer=answer, **ask),
        excluded=excluded,
    )


LEVELS = (
    Anchor(1.0, Text.of("warm")),
    Anchor(0.5, Text.of("polite")),
    Anchor(0.0, Text.of("cold")),
)
TONES = (
    Choice("formal", Text.of("formal"), 0.0),
    Choice("plain", Text.of("plain"), 1.0),
    Choice("none-seen", Text.of("no reply seen")),
)


@pytest.fixture
def checklist():
    items = (
        asked("greeting.seen"),
        asked("warmth", "levels", anchors=LEVELS),
        asked("wait", "time", curve=Curve(kind="threshold", lower_is_better=True, target=120)),
        asked("staff-seen", "count"),
        asked("temperature", "number", unit="degrees"),
        asked("reply-tone", "choice", choices=TONES),
        asked("notes", "text"),
        asked("hours-posted", evidence="required"),
        asked("polite", touchpoints=("in-store", "phone", "message")),
        asked("kiosk.queue", excluded="No kiosks in this brand."),
        Item(
            id="phone.wait",
            area="process",
            touchpoints=("phone",),
            title=Text.of("Waiting"),
            check=CheckUse(check="cxaudit.within-target", settings={}),
        ),
    )
    return Checklist(id="shops", version="1", title=Text.of("Shops"), items=items)


@pytest.fixture
def units():
    site = {"kind": "site", "parent": "shops", "zone": "Europe/Paris"}
    return UnitTree(
        (
            Unit(id="shops", name="Shops", kind="organisation", zone="Europe/Paris"),
            Unit(id="quay", name="Quay", touchpoints=("in-store", "message"), **site),
            Unit(id="hill", name="Hill", **site),
            Unit(id="pier", name="Pier", **site),
        )
    )


@pytest.fixture
def cases():
    return (
        Case(id="v1", unit="quay", touchpoint="in-store"),
        Case(id="v2", unit="quay", touchpoint="in-store"),
        Case(id="h1", unit="hill", touchpoint="in-store"),
        Case(id="p1", unit="quay", touchpoint="phone"),
        Case(id="o1", unit="shops", touchpoint="organisation"),
        Case(id="m1", unit="hill", touchpoint="message.chat"),
    )


@pytest.fixture
def touchpoints():
    return frozenset({"in-store", "phone", "message", "message.chat", "organisation", "online"})


@pytest.fixture
def waves():
    return (
        Wave(id="2026-q1", start=date(2026, 1, 1), end=date(2026, 3, 31)),
        Wave(id="2026-q2", start=date(2026, 4, 1), end=date(2026, 6, 30)),
    )


def raising(read, kind):
    """Return a reader of sheets that raises what is wrong in them, as a run does."""

    def read_all(paths, **where):
        sheet = read(paths, **where)
        if sheet.problems:
            raise AnswersError(sheet.problems)
        return getattr(sheet, kind)

    return read_all


@pytest.fixture
def read_cases():
    return raising(read_case_sheet, "cases")


@pytest.fixture
def read_answers():
    return raising(read_answer_sheet, "answers")
