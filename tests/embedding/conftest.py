"""A small audit without files: one organisation of two sites, calls and a question."""

from __future__ import annotations

import pytest

from cxaudit.session import Session

CHECKLIST = {
    "checklist": {"id": "acme.phone", "version": "2026.1", "title": "Acme on the phone"},
    "metric": [
        {
            "id": "answered",
            "table": "calls",
            "kind": "share",
            "value": "outcome = 'answered'",
            "lower_is_better": False,
        }
    ],
    "item": [
        {
            "id": "phone.answered",
            "area": "process",
            "touchpoints": ["phone"],
            "per": "site",
            "title": "Calls are answered",
            "check": "within-target",
            "with": {"metric": "answered", "target": 0.9, "limit": 0.1},
        },
        {
            "id": "phone.polite",
            "area": "interpersonal",
            "touchpoints": ["phone"],
            "title": "People are polite on the phone",
            "ask": {"method": "observe", "answer": "yes-no"},
        },
    ],
}
AUDIT = {
    "audit": {"id": "acme", "title": "Acme", "client": "Acme Ltd"},
    "unit": [
        {"id": "acme", "name": "Acme", "kind": "organisation", "zone": "Europe/Paris"},
        {"id": "north", "name": "North", "kind": "site", "parent": "acme"},
        {"id": "south", "name": "South", "kind": "site", "parent": "acme"},
    ],
}
CASES = [{"id": "visit-1", "unit": "north", "touchpoint": "phone", "at": "2026-03-02 10:00"}]
ANSWERS = [{"item": "phone.polite", "case": "visit-1", "rater": "Ann", "value": True}]


def calls(answered=3, lost=1, unit="north"):
    """Calls of a site, so many answered and so many lost, one an hour."""
    outcomes = ["answered"] * answered + ["lost"] * lost
    return [
        {
            "call_id": f"{unit}-{n}",
            "unit": unit,
            "outcome": outcome,
            "started_at": f"2026-03-{2 + n // 20:02} {n % 20:02}:30",
        }
        for n, outcome in enumerate(outcomes)
    ]


def content(**further):
    """The audit's content; its calls are in local times of their units."""
    return {**AUDIT, "sources": {"calls": {"zone": "unit"}}, **further}


@pytest.fixture(scope="session")
def session():
    return Session()


@pytest.fixture(scope="session")
def result(session):
    """All of 3 calls of 4 answered in the north, of 1 in 2 in the south; one visit."""
    records = [*calls(30, 10), *calls(10, 10, "south")]
    audit = session.load_data(
        content(),
        checklists=[CHECKLIST],
        sources={"calls": records},
        cases=CASES,
        answers=ANSWERS,
    )
    return session.run(audit)
