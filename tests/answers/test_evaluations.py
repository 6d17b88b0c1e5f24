"""Evaluations that others made: their questions as items, people and machines apart."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest

from cxaudit import Session
from cxaudit.errors import AnswersError, AuditFileError, SourceError
from cxaudit.testing import hostile_files

CHECKLIST = """cxaudit = 1
[checklist]
id = "desk"
version = "1"
title = "Desk"
[[item]]
id = "phone.greets"
area = "process"
touchpoints = ["phone"]
title = "Callers are greeted"
ask = { method = "observe", answer = "yes-no" }
[[item]]
id = "phone.tone"
area = "interpersonal"
touchpoints = ["phone", "message"]
title = "The tone fits"
[item.ask]
method = "observe"
answer = "levels"
anchors = [
  { level = 1.0, text = "fits" },
  { level = 0.5, text = "polite" },
  { level = 0.0, text = "curt" },
]
[[item]]
id = "phone.answered"
area = "process"
touchpoints = ["phone"]
title = "Calls are answered"
check = "within-target"
with = { metric = "phone.answered", target = 0.9, better = "higher" }
"""
AUDIT = """cxaudit = 1
[audit]
id = "desk"
title = "Desk"
client = "Desk"
checklists = ["desk.toml"]
[[unit]]
id = "desk"
kind = "organisation"
zone = "UTC"
[sources.qa]
{source}
unit = "desk"
[evaluations.qa]
touchpoint = "phone"
[evaluations.qa.items]
"Greeted?" = "phone.greets"
"Tone" = "phone.tone"
[evaluations.qa.values."phone.tone"]
"Great" = "1.0"
"Fine" = "0.5"
"Bad" = "0.0"
"""
MAESTRO = (
    'preset = "maestroqa-answers"\npath = "qa.csv"',
    """\
Ticket ID,Date Graded,Agent Name,Grader Name,Rubric Name,Question ID,Question,Answer,Comment,Score
c1,2026-03-02,Anna,Gil,Calls,q1,Greeted?,Yes,,1
c1,2026-03-02,Anna,Gil,Calls,q2,Tone,Great,,1
c1,2026-03-02,Anna,Maestro AI,Calls,q1,Greeted?,No,,0
c2,2026-03-03,Anna,Gil,Calls,q1,Greeted?,No,,0
c2,2026-03-03,Anna,Gil,Calls,q2,Tone,N/A,No words,
c2,2026-03-03,Anna,Maestro AI,Calls,q1,Greeted?,No,,0
c3,2026-03-04,Anna,Maestro AI,Calls,q1,Greeted?,No,,0
c3,2026-03-04,Anna,Gil,Calls,q9,Spelling,5,,5
""",
)
HEADER = (
    "Conversation ID,Conversation created,Review created,Reviewee,Reviewer,Scorecard,"
    "Category: Greeted?,Category: Tone,Comment: Tone"
)
ZENDESK = (
    'preset = "zendesk-qa-reviews"\npath = "qa.csv"',
    HEADER
    + """
c1,2026-03-01 10:00,2026-03-02 10:00,Anna,Gil,Calls,yes,Great,Warm
c1,2026-03-01 10:00,2026-03-03 10:00,Anna,Gil,Calls,no,Bad,Heard again
c1,2026-03-01 10:00,2026-03-02 10:00,Anna,Zendesk AI,Calls,yes,Bad,
c2,2026-03-01 11:00,2026-03-02 11:00,Anna,Gil,Calls,,,
""",
)
INTERCOM = (
    'preset = "intercom-scorecards"\npath = "qa.csv"',
    """\
Conversation ID,Reviewed at,Teammate,Reviewer,Scorecard,Criteria: Greeted?,Criteria: Tone
c1,2026-03-02 10:00,Anna,Gil,Chats,yes,N/A
c1,2026-03-02 10:00,Anna,AI,Chats,no,Great
""",
)


def connect(contact, evaluator, answers, **head):
    """An evaluation as Amazon Connect writes it to S3."""
    return {
        "schemaVersion": "3.5",
        "evaluationId": f"e-{contact}-{evaluator}",
        "metadata": {
            "contactId": contact,
            "agentId": "agent-1",
            "evaluationDefinitionTitle": "Calls",
            "evaluator": evaluator,
            "evaluationSubmitTimestamp": "2026-03-02T10:00:00Z",
            **head,
        },
        "questions": [
            {
                "questionRefId": name,
                "questionText": words,
                "answer": {
                    "values": [
                        {"valueText": text, "selected": True},
                        {"valueText": "Other", "selected": False},
                    ],
                    "notes": note,
                    "metadata": {"notApplicable": text is None},
                    **({"automation": {"status": status}} if status else {}),
                },
                "score": {"percentage": 50},
            }
            for name, words, text, note, status in answers
        ],
    }


CONNECT = (
    'reader = "connect-evaluations"\npath = "qa.json"',
    json.dumps(
        [
            connect(
                "c1",
                "arn:gil",
                [
                    ("q1", "Greeted?", "Yes", "", "SYSTEM_ANSWER"),
                    ("q2", "Tone", "Fine", "Short", "OVERRIDDEN_ANSWER"),
                ],
            ),
            connect("c2", None, [("q1", "Greeted?", "No", "", None)]),
            connect("c3", "arn:gil", [("q2", "Tone", None, "Silence", None)]),
            connect("c4", "arn:gil", [], status="DRAFT"),
        ]
    ),
)


@pytest.fixture
def run(tmp_path):
    def start(system, audit=AUDIT, **files):
        source, content = system
        (tmp_path / "desk.toml").write_text(CHECKLIST)
        (tmp_path / "audit.toml").write_text(audit.replace("{source}", source))
        name = source.partition('path = "')[2].rstrip('"')
        (tmp_path / name).write_text(content)
        for file, text in files.items():
            (tmp_path / f"{file}.csv").write_text(text)
        session = Session()
        return session.run(session.load(tmp_path / "audit.toml"))

    return start


def given(result):
    return sorted(
        (answer.case, answer.item, answer.rater_kind, answer.kind.value, answer.value)
        for answer in result.answers
    )


def finding(result, item):
    return next(f for f in result.findings if f.item == item and f.unit == "desk")


def test_answers_of_people_are_scored_and_those_of_machines_are_not(run):
    result = run(MAESTRO)
    assert given(result) == [
        ("c1", "phone.greets", "machine", "value", False),
        ("c1", "phone.greets", "person", "value", True),
        ("c1", "phone.tone", "person", "value", 1.0),
        ("c2", "phone.greets", "machine", "value", False),
        ("c2", "phone.greets", "person", "value", False),
        ("c2", "phone.tone", "person", "not_applicable", None),
        ("c3", "phone.greets", "machine", "value", False),
    ]
    greets = finding(result, "phone.greets")
    assert (greets.score, greets.n) == (0.5, 2)  # with the machine it would be 1/5 of three cases
    assert result.agreement == ()  # one person alone
    notes = [str(note.text) for note in result.notes]
    assert "1 answer is to a question that [evaluations] gives no item: Spelling" in notes


def test_a_report_shows_a_machine_beside_people_on_the_same_cases(run):
    text = Session().render(run(MAESTRO), "markdown", audience="internal")
    row = next(line for line in text.splitlines() if "Maestro AI" in line)
    cells = [cell.strip().replace("\xa0", " ") for cell in row.strip("|").split("|")]
    # No to all three; people said yes and no to the two that both rated.
    assert cells == ["Callers are greeted", "Maestro AI", "3", "0", "2", "0", "50", "50 %"]


def test_other_rules_score_people_alone_too(run):
    session = Session()
    result = session.rescore(run(MAESTRO), "amazon-connect-1")
    assert result.scorecard.units[0].overall.value is not None
    lines = MAESTRO[1].splitlines(keepends=True)
    people = "".join(line for line in lines if "AI" not in line)
    without = session.rescore(run((MAESTRO[0], people)), "amazon-connect-1")
    assert result.scorecard.units[0].overall.value == without.scorecard.units[0].overall.value


def test_reviews_with_a_column_a_category_are_read(run):
    result = run(ZENDESK)
    assert given(result) == [
        ("c1", "phone.greets", "machine", "value", True),
        ("c1", "phone.greets", "person", "value", False),
        ("c1", "phone.tone", "machine", "value", 0.0),
        ("c1", "phone.tone", "person", "value", 0.0),
    ]
    comments = {answer.comment for answer in result.answers if answer.rater_kind == "person"}
    assert comments == {"", "Heard again"}  # the latest review of a reviewer counts
    assert any("given anew" in str(note.text) for note in result.notes)
    (account,) = result.accounts
    assert sum(account.rejected.values()) == 1  # the review without an answer
    assert [case.at.hour for case in result.cases] == [10]


def test_criteria_of_a_scorecard_are_read(run):
    assert given(run(INTERCOM)) == [
        ("c1", "phone.greets", "machine", "value", False),
        ("c1", "phone.greets", "person", "value", True),
        ("c1", "phone.tone", "machine", "value", 1.0),
        ("c1", "phone.tone", "person", "not_applicable", None),
    ]


def test_evaluations_of_amazon_connect_are_read(run):
    result = run(CONNECT)
    assert given(result) == [
        ("c1", "phone.greets", "machine", "value", True),
        ("c1", "phone.tone", "person", "value", 0.5),
        ("c2", "phone.greets", "machine", "value", False),
        ("c3", "phone.tone", "person", "not_applicable", None),
    ]
    (account,) = result.accounts
    assert {m.rule: m.records for m in account.marked} == {"draft": 1, "machine": 2}
    reasons = {a.reason for a in result.answers if a.kind.value == "not_applicable"}
    assert reasons == {"Silence"}


def test_an_item_that_machines_alone_answered_is_not_assessed(run):
    only = "\n".join(line for line in MAESTRO[1].splitlines() if "Gil" not in line) + "\n"
    result = run((MAESTRO[0], only))
    assert finding(result, "phone.greets").state.name == "UNANSWERED"
    text = Session().render(result, "markdown", audience="internal")
    assert "Maestro AI" in text


def test_a_case_of_the_audits_own_has_answers_of_both(run):
    audit = AUDIT.replace(
        'checklists = ["desk.toml"]',
        'checklists = ["desk.toml"]\ncases = ["cases.csv"]\nanswers = ["own.csv"]',
    )
    result = run(
        MAESTRO,
        audit,
        cases="id,unit,touchpoint\nc1,desk,phone\n",
        own="item,case,rater,value,rater_kind\nphone.greets,c1,Zoe,no,\nphone.greets,c1,M,yes,machine\n",
    )
    assert [case.id for case in result.cases] == ["c1", "c2", "c3"]
    (agreement,) = result.agreement
    assert (agreement.item, agreement.raters, agreement.cases, agreement.raw) == (
        "phone.greets",
        2,
        1,
        0.0,
    )


def test_a_kind_of_rater_that_there_is_not_is_told(run):
    audit = AUDIT.replace(
        'checklists = ["desk.toml"]',
        'checklists = ["desk.toml"]\ncases = ["cases.csv"]\nanswers = ["own.csv"]',
    )
    with pytest.raises(AnswersError, match="'robot' is no kind of rater"):
        run(
            MAESTRO,
            audit,
            cases="id,unit,touchpoint\nc1,desk,phone\n",
            own="item,case,rater,value,rater_kind\nphone.greets,c1,Zoe,no,robot\n",
        )


def test_an_answer_that_does_not_fit_names_where_to_map_it(run):
    with pytest.raises(AnswersError) as caught:
        run((MAESTRO[0], MAESTRO[1].replace("Great", "Splendid")))
    (problem,) = caught.value.problems
    assert "item 'phone.tone'" in problem.message
    assert (problem.file, problem.path) == ("qa.csv", "row 2")
    assert '[evaluations.qa.values."phone.tone"]' in problem.hint


def test_all_that_is_wrong_in_the_mapping_is_told(run):
    audit = (
        AUDIT.replace('"Tone" = "phone.tone"', '"Tone" = "phone.ton"\n"A" = "phone.answered"')
        + '[evaluations.qb]\nitems = { "x" = "phone.greets" }\n'
    )
    with pytest.raises(AuditFileError) as caught:
        run(MAESTRO, audit)
    assert [problem.message for problem in caught.value.problems] == [
        "There is no item 'phone.ton'.",
        "Item 'phone.answered' is judged by a check.",
        "There is no source 'qb'.",
    ]


def test_no_row_at_all_is_no_answer(run):
    result = run((MAESTRO[0], MAESTRO[1].splitlines()[0] + "\n"))
    assert (len(result.answers), result.cases) == (0, ())


def test_answers_of_machines_stay_what_they_are_in_a_saved_result(run, tmp_path):
    result = run(MAESTRO)
    (tmp_path / "result.json").write_text(Session().render(result, "json"), "utf-8")
    assert given(Session().read_result(tmp_path / "result.json")) == given(result)


@pytest.mark.parametrize("system", [CONNECT, ZENDESK], ids=["connect", "scorecards"])
def test_damaged_files_end_in_rows_reasons_or_one_error(tmp_path, system):
    source, content = system
    name = source.partition('path = "')[2].rstrip('"')
    (tmp_path / "desk.toml").write_text(CHECKLIST)
    (tmp_path / "audit.toml").write_text(AUDIT.replace("{source}", source))
    for path in hostile_files(tmp_path / "files", content.encode()).values():
        (tmp_path / name).write_bytes(path.read_bytes())
        session = Session()
        with suppress(SourceError, AnswersError, AuditFileError):
            session.run(session.load(tmp_path / "audit.toml"))


@pytest.mark.parametrize(
    "record",
    [
        {},
        [1],
        {"metadata": {"contactId": "c"}},
        {"metadata": 1, "questions": [1]},
        {"Evaluation": {}},
    ],
    ids=str,
)
def test_records_of_another_shape_are_refused(run, record):
    result = run((CONNECT[0], json.dumps(record if isinstance(record, list) else [record])))
    assert len(result.answers) == 0
