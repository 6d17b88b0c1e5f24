"""Machine agents: who answered, what was contained, and whether the customer came back."""

from __future__ import annotations

import pytest

GIVEN = {
    "cutoff_hours": 24,
    "hand_over_hours": 24,
    "return_days": 7,
    "person_minutes": 10,
    "answer_hours": 1,
}
AS_OF = "2026-03-31"


def thread(number, **more):
    return {
        "thread_id": f"t{number}",
        "opened_at": f"2026-03-{number:02} 08:00",
        "customer_key": f"c{number}",
        "first_reply_at": "",
        "first_human_reply_at": "",
        "first_machine_reply_at": "",
        "person_asked_at": "",
        "handed_over_at": "",
        "machine_resolved": "",
        "machine_disclosed": "",
        "handled_by": "",
        "reopens": "",
        "solved_at": "",
    } | more


def at(number, hour=8, minute=0):
    return f"2026-03-{number:02} {hour:02}:{minute:02}"


BY_MACHINE = thread(2, first_machine_reply_at=at(2, 8, 1), solved_at=at(2, 9))
BY_PERSON = thread(3, first_human_reply_at=at(3, 9))
BY_BOTH = thread(4, first_reply_at=at(4, 8, 1), first_human_reply_at=at(4, 9))
BY_NOBODY = thread(5)
TOLD = thread(6, handled_by="machine")  # by its source, which gives no time


def test_the_first_replies_tell_who_answered_where_the_source_does_not(run):
    metrics = [f"message.handled.by-{who}" for who in ("machine", "person", "both")]
    rows = [BY_MACHINE, BY_PERSON, BY_BOTH, BY_NOBODY, TOLD]
    result = run(*metrics, threads=rows, as_of=AS_OF, given=GIVEN, target=None)
    assert [result.share(metric) for metric in metrics] == [(2, 5), (1, 5), (1, 5)]


def test_unanswered_is_by_anybody_and_its_variant_by_a_person(run):
    rows = [BY_MACHINE, BY_PERSON, BY_BOTH, BY_NOBODY, TOLD]
    metrics = ("message.unanswered", "message.unanswered.by-person")
    result = run(*metrics, threads=rows, as_of=AS_OF, given=GIVEN, target=None)
    assert [result.share(metric) for metric in metrics] == [(1, 5), (3, 5)]


@pytest.mark.parametrize("column", ["first_reply_at", "first_machine_reply_at"])
def test_any_column_of_a_first_answer_is_enough(run, column):
    rows = [
        {"thread_id": "a", "opened_at": at(2), column: at(2, 9)},
        {"thread_id": "b", "opened_at": at(2), column: ""},
    ]
    result = run("message.unanswered", threads=rows, as_of=AS_OF, given=GIVEN, target=None)
    assert result.share("message.unanswered") == (1, 2)


def test_the_first_answer_is_the_earlier_one_of_people_and_machines(run):
    metric = "message.first-answer.calendar.p50"
    rows = [BY_BOTH, BY_PERSON, thread(7, first_machine_reply_at=at(7, 8, 30))]
    result = run(metric, threads=rows, as_of=AS_OF, given=GIVEN, target=None)
    assert result.value(metric) == 0.5  # 1 minute, 30 minutes, 1 hour


def test_contained_does_not_last_when_the_customer_is_back(run):
    rows = [
        BY_MACHINE,
        thread(8, customer_key="c2", first_human_reply_at=at(8, 9)),  # within 7 days of 2 March
        thread(10, first_machine_reply_at=at(10, 8, 1), solved_at=at(10, 9)),
        thread(11, first_machine_reply_at=at(11, 8, 1), reopens=1),
        thread(12, first_machine_reply_at=at(12, 8, 1), handed_over_at=at(12, 8, 2)),
        thread(13, first_machine_reply_at=at(13, 8, 1), customer_key=""),
        thread(30, first_machine_reply_at=at(30, 8, 1)),  # too young to have stayed away
    ]
    metrics = ("message.contained", "message.contained.not-back")
    result = run(*metrics, threads=rows, as_of=AS_OF, given=GIVEN, target=None)
    assert result.share("message.contained") == (5, 6)
    assert result.share("message.contained.not-back") == (1, 4)


def test_a_call_of_the_same_customer_is_a_return(run):
    calls = [
        {"call_id": "1", "customer_key": "c2", "started_at": at(5), "direction": "in"},
        {"call_id": "2", "customer_key": "c10", "started_at": at(11), "direction": "out"},
    ]
    rows = [BY_MACHINE, thread(10, first_machine_reply_at=at(10, 8, 1))]
    metric = "message.contained.not-back"
    result = run(metric, threads=rows, calls=calls, as_of=AS_OF, given=GIVEN, target=None)
    assert result.share(metric) == (1, 2)


def test_who_asked_for_a_person_reaches_one_in_time_or_not(run):
    asked = {"first_machine_reply_at": at(2, 8, 1), "person_asked_at": at(2, 8, 5)}
    rows = [
        thread(2, **asked, first_human_reply_at=at(2, 8, 15)),
        thread(2, **asked, first_human_reply_at=at(2, 8, 16)) | {"thread_id": "late"},
        thread(2, **asked) | {"thread_id": "never"},
        thread(2, **asked, first_human_reply_at=at(2, 8, 2)) | {"thread_id": "before"},
    ]
    messages = [
        {"message_id": "1", "thread_id": "before", "author_role": "agent", "sent_at": at(2, 8, 6)}
    ]
    metric = "message.person-reached"
    result = run(metric, threads=rows, messages=messages, as_of=AS_OF, given=GIVEN, target=None)
    assert result.share(metric) == (2, 4)


def test_hand_overs_are_wrong_lost_or_tell_the_story_again(run):
    over = {"first_machine_reply_at": at(2, 8, 1), "handed_over_at": at(2, 8, 10)}
    rows = [
        thread(2, **over, first_human_reply_at=at(2, 9)),
        thread(2, **over, first_human_reply_at=at(2, 9)) | {"thread_id": "smooth"},
        thread(2, **over) | {"thread_id": "lost"},
        thread(2, first_machine_reply_at=at(2, 8, 1)) | {"thread_id": "kept"},
    ]
    say = {"author_role": "agent", "sent_at": at(2, 9)}
    messages = [
        say | {"message_id": "1", "thread_id": "t2", "body": "Hello, what happened?"},
        say | {"message_id": "2", "thread_id": "smooth", "body": "Your money is on its way."},
        say
        | {
            "message_id": "3",
            "thread_id": "smooth",
            "sent_at": at(2, 8, 9),
            "body": "How can I help you?",
        },
        {
            "message_id": "4",
            "thread_id": "lost",
            "author_role": "customer",
            "sent_at": at(2, 10),
            "body": "Hello?",
        },
    ]
    moves = [
        {"issue_id": "t2", "at": at(2, 8, 10), "from_group": "bot", "to_group": "sales"},
        {"issue_id": "t2", "at": at(2, 8, 30), "from_group": "sales", "to_group": "billing"},
        {"issue_id": "smooth", "at": at(2, 8, 30), "from_group": "sales", "to_group": "sales"},
    ]
    names = ("handed-over", "handed-over.wrong", "handed-over.unanswered", "handed-over.told-again")
    metrics = [f"message.{name}" for name in names]
    result = run(
        *metrics,
        threads=rows,
        messages=messages,
        handovers=moves,
        as_of=AS_OF,
        given=GIVEN,
        target=None,
    )
    assert [result.share(metric) for metric in metrics] == [(3, 4), (1, 3), (1, 3), (1, 2)]


def test_without_a_log_of_hand_overs_none_is_called_right_or_wrong(run):
    rows = [thread(2, handed_over_at=at(2, 9))]
    result = run("message.handed-over.wrong", threads=rows, as_of=AS_OF, given=GIVEN, target=None)
    assert result.get("message.handed-over.wrong").n == 0


def test_what_the_vendor_calls_resolved_stands_beside_what_stayed_so(run):
    rows = [
        thread(2, first_machine_reply_at=at(2, 8, 1), machine_resolved="true", solved_at=at(2, 9)),
        thread(3, customer_key="c2", first_human_reply_at=at(3, 9)),
        thread(4, first_machine_reply_at=at(4, 8, 1), machine_resolved="true"),
        thread(5, first_machine_reply_at=at(5, 8, 1), machine_resolved="false"),
    ]
    metrics = ("message.machine-resolved.by-vendor", "message.machine-resolved.by-return")
    result = run(*metrics, threads=rows, as_of=AS_OF, given=GIVEN, target=None)
    assert [result.share(metric) for metric in metrics] == [(2, 3), (1, 2)]


def test_a_machine_says_what_it_is_at_its_first_turn_or_not(run):
    rows = [
        thread(2, machine_disclosed="true"),
        thread(3, machine_disclosed="false"),
        thread(4, first_human_reply_at=at(4, 9)),
    ]
    result = run("message.machine-disclosed", threads=rows, as_of=AS_OF, given=GIVEN, target=None)
    assert result.share("message.machine-disclosed") == (1, 2)


def test_a_message_is_answered_by_who_writes_next_what_goes_into_the_matter(run):
    def wrote(number, role, minute, **more):
        row = {"thread_id": "t2", "author_role": role, "sent_at": at(2, 8, minute)}
        return row | {"message_id": str(number), "is_acknowledgement": ""} | more

    messages = [
        wrote(1, "customer", 0),
        wrote(2, "bot", 1, is_acknowledgement="true"),
        wrote(3, "bot", 2),
        wrote(4, "customer", 3),
        wrote(5, "agent", 59),
        wrote(6, "customer", 59, thread_id="other"),
    ]
    metrics = ("message.answered-within.by-anybody", "message.answered-within")
    result = run(*metrics, messages=messages, as_of=AS_OF, given=GIVEN | {"answer_hours": 0.5})
    assert [result.share(metric) for metric in metrics] == [(1, 3), (0, 3)]
