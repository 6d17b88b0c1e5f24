"""Actions of a client's own list: kept in the result, shown where something is decided."""

from __future__ import annotations

from datetime import date

import jsonschema
import pytest

from cxaudit._formats.result_json import from_json, schema, to_json
from cxaudit.plugin import PlannedAction

CHECKLIST = """
[[item]]
id = "greeted"
area = "interpersonal"
touchpoints = ["in-store"]
per = "site"
title = "Greeted"
ask = { answer = "yes-no" }
guidance = { advice = "Put somebody at the door." }
[[item]]
id = "thanked"
area = "interpersonal"
touchpoints = ["in-store"]
title = "Thanked"
ask = { answer = "yes-no" }
guidance = { advice = "Say thank you." }
"""
HEAD = 'cases = ["cases.csv"]\nanswers = ["answers.csv"]\nwave = "spring"\n'
AUDIT = """
[[wave]]
id = "spring"
start = 2026-04-01
end = 2026-06-30
[sources.actions]
reader = "csv"
table = "actions"
path = "actions.csv"
"""
ASKED = {
    "cases.csv": "id,unit,touchpoint\nv1,quay,in-store\n",
    "answers.csv": "item,case,rater,value\ngreeted,v1,a,no\nthanked,v1,a,no\n",
}
COLUMNS = "action_id,item,unit,what,owner,due_on,done_on\n"


@pytest.fixture
def planned(run):
    def start(rows, columns=COLUMNS):
        files = {**ASKED, "actions.csv": columns + rows}
        return run(CHECKLIST, head=HEAD, audit=AUDIT, files=files)

    return start


def decided(ran, audience="client"):
    """Return what is to be done, as (text, owner, due)."""
    report = ran.session.report(ran.result, audience)
    return [
        (block.text, block.owner, block.due)
        for section in report.sections
        if section.id == "decide"
        for block in section.blocks
        if type(block).__name__ == "Action"
    ]


def test_owner_and_date_of_an_action_stand_where_it_is_decided(planned):
    ran = planned("a1,greeted,,A second person at noon,Joan Mills,2026-07-31,\n")
    assert ran.result.actions == (
        PlannedAction(
            id="a1",
            item="greeted",
            what="A second person at noon",
            owner="Joan Mills",
            due_on=date(2026, 7, 31),
        ),
    )
    expected = [
        ("A second person at noon", "Joan Mills", "due on 31 July 2026"),
        ("Say thank you.", "owner to name", "date to set"),
    ]
    assert sorted(decided(ran)) == sorted(decided(ran, "internal")) == expected
    # Who does what is no matter of the public.
    public = ran.session.report(ran.result, "public")
    assert "Joan Mills" not in str(public)
    assert "owner to name" not in str(public)


def test_actions_without_owner_or_date_and_done_and_overdue_ones(planned):
    ran = planned(
        "a4,greeted,,Four,,,\n"
        "a3,greeted,,Three,Ann,2026-05-01,\n"
        "a2,greeted,,Two,Ben,2026-05-01,2026-04-20\n"
        "a1,greeted,,,Cat,2026-06-30,\n"
        "a5,greeted,quay,Five,Dan,2026-08-01,\n"
        "a6,greeted,nowhere,Six,Eve,2026-09-01,\n"
    )
    shown = [each for each in decided(ran) if each[0] != "Say thank you."]
    assert shown == [
        ("Three", "Ann", "due on 1 May 2026, overdue"),
        ("Put somebody at the door.", "Cat", "due on 30 June 2026"),
        ("Quay: Five", "Dan", "due on 1 August 2026"),
        ("Six", "Eve", "due on 1 September 2026"),
        ("Four", "owner to name", "date to set"),
    ]
    # The one that is done comes last and is counted.
    assert "1 more action is planned." in str(ran.session.report(ran.result))


def test_an_action_on_an_item_that_is_not_there_is_told(planned):
    ran = planned("a1,greted,,One,Ann,,\na2,,,Two,,,\na3,greted,,Three,,,\n")
    assert ran.result.actions == ()
    assert [note for note in ran.notes if note.startswith("actions")] == [
        "actions: 1 action names no item",
        "actions: 2 actions name the item 'greted', which the checklist does not have",
    ]
    assert ("Put somebody at the door.", "owner to name", "date to set") in decided(ran)


def test_a_list_with_few_columns_and_one_without_rows(planned):
    ran = planned("a1,greeted\n", columns="action_id,item\n")
    assert ("Put somebody at the door.", "owner to name", "date to set") in decided(ran)
    assert [each.id for each in ran.result.actions] == ["a1"]
    assert planned("").result.actions == ()


def test_addresses_and_numbers_in_the_words_of_an_action_are_redacted(planned):
    ran = planned("a1,greeted,,Ask joan@example.org for help,Joan Mills,,\n")
    assert ran.result.actions[0].what == "Ask [email] for help"


def test_actions_are_saved_and_older_results_have_none(planned):
    ran = planned("a1,greeted,quay,One,Ann,2026-07-31,2026-08-01\n")
    data = to_json(ran.result)
    jsonschema.Draft202012Validator(schema()).validate(data)
    assert from_json(data).actions == ran.result.actions
    del data["actions"]
    assert from_json(data).actions == ()
